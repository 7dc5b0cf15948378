"""`kill -9` of workers that share a batch on PostgreSQL; the issuer's ledger is the judge.

`--rounds` says how many kills there are, some to a batch of 4,000 rows. Up to the default it is one
batch of 600 rows with three kills, so that it fits into every run.
"""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.crash.machines import TAKEN_OVER

DEFAULT = 20
WORKERS = 4
KILLS, ROWS = 5, 4_000
FEW_KILLS, FEW_ROWS = 3, 600
FAULTS = (
    *("--lost", "0.03", "--stall", "0.2", "--reset", "0.02", "--unavailable", "0.005"),
    *("--error-500", "0.01", "--html-502", "0.01"),
)


def pytest_generate_tests(metafunc):
    if "campaign" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("rounds")
        some = rounds > DEFAULT
        kills = [min(KILLS, rounds - done) for done in range(0, rounds, KILLS)]
        campaigns = (
            [(number, each, ROWS) for number, each in enumerate(kills, 1)]
            if some
            else [(1, FEW_KILLS, FEW_ROWS)]
        )
        metafunc.parametrize("campaign", campaigns, ids=[f"batch-{each[0]}" for each in campaigns])


@pytest.mark.timeout(600)
def test_a_batch_whose_workers_are_killed_ends_by_itself_with_one_card_a_row(
    machines, one_each, campaign, request, record_property
):
    number, kills, rows = campaign
    some = request.config.getoption("rounds") > DEFAULT
    seed = number + (request.config.getoption("randomly_seed", 0) if some else 0)
    print(f"seed {seed}")
    random = Random(seed)
    few = rows == FEW_ROWS
    bank = machines.scene.bank(
        "--processing", "0.4-1.2" if few else "0.05-0.4", "--seed", str(seed), *FAULTS
    )
    each = ("--concurrency", "3" if few else "16")
    for _ in range(WORKERS):
        machines.worker(*each)
    machines.issue(rows)

    took = []
    for kill in range(kills):
        goal = int((kill + random.random()) * rows * 0.6 / kills)
        machines.scene.until(lambda goal=goal: bank.health()["cards"] > goal)
        victim = random.choice(machines.workers[-WORKERS:])
        assert victim.kill() == -9
        since = time.monotonic()
        machines.workers.remove(victim)
        took.append(machines.taken_over(since))
        print(f"killed at {bank.health()['cards']} cards, taken over after {took[-1]} s")
        if kill < kills - 1:
            machines.worker(*each)

        assert machines.wrongs(bank) == []

    machines.until_it_ends(300)
    codes, ledger = machines.drain(), bank.ledger()
    record_property("kills of workers", kills)
    record_property("rows of workers", rows)

    assert codes == [0] * (WORKERS - 1)
    assert machines.crashed() == []
    assert machines.wrongs(bank) == []
    assert machines.ended() == rows
    assert {card["phone"]: 1 for card in ledger} == one_each(rows)
    assert len(ledger) == rows
    # A figure, and no verdict: a machine that does much else is late.
    late = sum(begun >= TAKEN_OVER for begun, _ in filter(None, took))
    record_property("take-overs later than 10 s", late)
