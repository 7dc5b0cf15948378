"""A process that is held up after its commit, and another one that takes its row up meanwhile."""

from __future__ import annotations

import pytest

from tests.model.issuer import Manner, Nature, number_of
from tests.model.machine import CALLERS, CLOCKS, DEATHS, DISTURBANCES, TIMEOUTS

NO_FAULT = {"first": 0, "second": 0}
SLEEPS = (10.0, 58.0, 100.0)
FORGETS = Nature(
    takes="taken",
    succeeds=True,
    seconds=0.0,
    hidden=0.0,
    word="process",
    files=True,
    tells=False,
    id_for=0.0,
    state_for=0.0,
    pays_once=True,
    unnamed=0.0,
)
"""It is made at once, and forgotten as soon as an issuer may forget it."""


def held_up(manner: Manner) -> tuple[str, dict]:
    caller = number_of(
        ("stored", CALLERS),
        (30.0, TIMEOUTS),
        (True, (True, False)),
        (1, (1, 2)),
        ("held up", DEATHS),
        (0.0, CLOCKS),
    )
    drawn = {
        "manner": number_of(*zip(manner, Manner.CHOICES, strict=True)),
        "seed": 0,
        "caller": caller,
        "nature": number_of(*zip(FORGETS, Nature.CHOICES, strict=True)),
    }
    return "begin", drawn | NO_FAULT


@pytest.mark.parametrize("scheme", ["JWS", "SHA-256"])
@pytest.mark.parametrize("slept", SLEEPS)
def test_what_was_taken_up_meanwhile_gets_no_second_card(runner, scheme, slept):
    """The first process waits for a connection; the second one asks through the grace, and sends;
    the machine of the first sleeps for so long.
    """
    manner = Manner(scheme, "like a refusal", 200, "404", "right", "honest", gateways=False)
    sleep = DISTURBANCES.index("sleep") + len(DISTURBANCES) * SLEEPS.index(slept)
    reached = runner.play(
        [
            held_up(manner),
            ("go_on", {"which": 0} | NO_FAULT),
            ("wait", {"seconds": 6.0}),
            ("disturb", {"which": sleep}),
            ("wait", {"seconds": 61.0}),
        ]
    )

    assert reached["stored: taken up while its first process lives"] == 1
    assert reached["submit: an answer success"] == (2 if slept < 20.0 else 1)
    assert reached["held up: NotSent"] == (0 if slept < 20.0 else 1)
