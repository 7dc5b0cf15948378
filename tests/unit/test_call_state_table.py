"""The table of transitions in the docstring of `states.py` is what a call state does."""

from __future__ import annotations

import re

import pytest

from freedompay_async.calls import states
from freedompay_async.calls.states import State
from freedompay_async.codec.messages import Evidence
from tests.unit.call_state_examples import shown

ROW = re.compile(r"^ {4}(?! )(.+?) {2,}(late: )?(.+?) {2,}(.+?)(?: {2,}(.+?))?$", re.MULTILINE)
LATE = 6.0  # More than the grace.


def rows():
    """Each state and evidence of each row, apart."""
    for found in ROW.finditer(states.__doc__):
        named, late, shows, *rest = found.groups()
        if named == "state":
            continue
        for state in named.split(", "):
            for evidence in shows.split(", "):
                yield pytest.param(
                    State(state),
                    Evidence(evidence),
                    bool(late),
                    *rest,
                    id=f"{state}, {late or ''}{evidence}",
                )


AFTER_A_SEND = [row for row in rows() if row.values[4] is not None]
AFTER_A_LOOK_UP = [row for row in rows() if row.values[4] is None]


def test_has_every_row():
    assert (len(AFTER_A_SEND), len(AFTER_A_LOOK_UP)) == (35, 56)


@pytest.mark.parametrize(("state", "evidence", "late", "after", "step"), AFTER_A_SEND)
def test_of_a_send(call_state, state, evidence, late, after, step):
    subject = call_state(state=state, first_sent=0.0, last_sent=0.0)
    subject.sending(0.0)
    action = subject.after_send(shown(evidence), 0.0)
    expected = state if after == "as before" else State(after)

    assert (subject.state, action.step.value, late) == (expected, step, False)


@pytest.mark.parametrize(("state", "evidence", "late", "step", "nothing"), AFTER_A_LOOK_UP)
def test_of_a_look_up(call_state, state, evidence, late, step, nothing):
    subject = call_state(state=state, first_sent=0.0, last_sent=0.0)
    action = subject.after_ask(shown(evidence), LATE if late else 1.0)

    assert (subject.state, action.step.value) == (state, step)


@pytest.mark.parametrize(
    ("http_status", "expected"), [(200, State.USED_ID_REFUSED), (409, State.CONFLICT)]
)
def test_of_an_error_for_the_callers_own_id(call_state, http_status, expected):
    subject = call_state(callers_id=True)
    subject.sending(0.0)
    subject.after_send(shown(Evidence.ERROR, http_status=http_status), 0.0)

    assert subject.state is expected


@pytest.mark.parametrize(
    ("path_unsure", "http_status", "expected"),
    [(True, 404, State.NO_SUCH_PATH), (False, 404, State.LOST), (True, 200, State.LOST)],
)
def test_of_a_path_that_no_page_shows(call_state, path_unsure, http_status, expected):
    subject = call_state(path_unsure=path_unsure)
    subject.sending(0.0)
    subject.after_send(shown(Evidence.UNCLEAR, http_status=http_status), 0.0)

    assert subject.state is expected
