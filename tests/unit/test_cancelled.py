"""What a cancelled call says on its exception and in the log."""

from __future__ import annotations

import asyncio
import logging
import pickle
from dataclasses import replace

import pytest

from freedompay_async.calls.cancelled import (
    Lost,
    LostOutcome,
    mark_cancelled,
    mark_of,
    note_cancelled,
    note_did_nothing,
    note_wait_cancelled,
)
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.table import (
    CARDS_INFO,
    CARDS_ISSUE,
    CARDS_SET_PIN,
    GIFT_CARDS_CONFIRM,
    GIFT_CARDS_ISSUE,
)

UNKNOWN = Lost("r-1", "cards.issue", LostOutcome.UNKNOWN)
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
NOTHING = Lost("r-2", "requests.status", LostOutcome.NOT_DONE)
ACCEPTED = Lost("r-3", "cards.issue", LostOutcome.ACCEPTED)


@pytest.mark.parametrize(
    ("outcome", "unknown"),
    [
        (LostOutcome.NOT_DONE, False),
        (LostOutcome.UNKNOWN, True),
        (LostOutcome.ACCEPTED, True),
        (LostOutcome.DONE, False),
    ],
)
def test_it_is_marked_with_its_id_and_whether_it_may_have_been_done(outcome, unknown):
    error, lost = asyncio.CancelledError(), Lost("r-1", "cards.issue", outcome)
    mark_cancelled(error, lost, "a note")

    assert (error.request_id, error.outcome_unknown) == ("r-1", unknown)
    assert mark_of(error) is lost


def test_a_cancellation_of_something_else_has_no_mark():
    error = asyncio.CancelledError()
    error.lost = "property"

    assert (mark_of(error), mark_of(asyncio.CancelledError())) == (None, None)


@pytest.mark.parametrize(
    ("call", "unknown", "advice"),
    [
        (CARDS_ISSUE, False, "it did nothing"),
        (CARDS_INFO, False, "it did nothing"),
        (CARDS_ISSUE, True, "it may have been done: look it up before anything else"),
        (GIFT_CARDS_ISSUE, True, "it may have been done: a person has to look"),
        (GIFT_CARDS_CONFIRM, True, "it may have been done: doing it again does no harm"),
        (
            replace(CARDS_SET_PIN, retry=Retry.REPEATABLE),
            True,
            "it may have been done: doing it again does no harm",
        ),
    ],
)
def test_its_note_says_what_to_do(call, unknown, advice):
    error = asyncio.CancelledError()
    note_cancelled(error, call, "r-1", outcome_unknown=unknown)

    outcome = LostOutcome.UNKNOWN if unknown else LostOutcome.NOT_DONE
    assert mark_of(error) == Lost("r-1", call.name, outcome)
    assert error.__notes__ == [f"{call.name} was cancelled [request_id r-1]: {advice}"]


@pytest.mark.parametrize("unknown", [True, False])
def test_only_an_unknown_outcome_is_logged(caplog, unknown):
    with caplog.at_level(logging.WARNING, "freedompay_async"):
        note_cancelled(asyncio.CancelledError(), CARDS_ISSUE, "r-1", outcome_unknown=unknown)

    expected = "cards.issue was cancelled after it was sent: its outcome is not known"
    assert [(each.getMessage(), each.request_id, each.call) for each in caplog.records] == (
        [(expected, "r-1", "cards.issue")] if unknown else []
    )


@pytest.mark.parametrize(
    ("accepted", "outcome", "what"),
    [
        (True, LostOutcome.ACCEPTED, "was accepted and may be done"),
        (False, LostOutcome.UNKNOWN, "may have been done"),
    ],
)
@pytest.mark.parametrize(("own", "way"), [(OWN, "requests.attach"), ("r-1", "requests.status")])
def test_a_wait_that_is_cancelled_says_what_became_of_the_request(
    caplog, accepted, outcome, what, own, way
):
    error = asyncio.CancelledError()
    with caplog.at_level(logging.WARNING, "freedompay_async"):
        note_wait_cancelled(error, "cards.issue", own, accepted=accepted)

    assert mark_of(error) == Lost(own, "cards.issue", outcome)
    begins = f"cards.issue: the wait was cancelled [request_id {own}]: the request"
    assert error.__notes__ == [f"{begins} {what}: go on with {way}"]
    assert [(each.getMessage(), each.request_id, each.call) for each in caplog.records] == [
        (f"cards.issue: the wait was cancelled: the request {what}", own, "cards.issue")
    ]


@pytest.mark.parametrize("args", [(), ("Cancelled via cancel scope 7f",), ("a", 5)])
def test_its_args_get_one_more_text_behind_those_that_it_has(args):
    error = asyncio.CancelledError(*args)
    note_did_nothing(error, "cards.issue", "r-1")

    assert error.args == (*args, "cards.issue [request_id r-1]: not done")
    assert "cards.issue [request_id r-1]: not done" in repr(error)
    assert "cards.issue [request_id r-1]: not done" in str(error)


@pytest.mark.parametrize(
    ("marks", "left"),
    [
        ([NOTHING, ACCEPTED], ACCEPTED),
        ([NOTHING, UNKNOWN, UNKNOWN], UNKNOWN),
        ([UNKNOWN, ACCEPTED], ACCEPTED),
        ([UNKNOWN, NOTHING], UNKNOWN),
        ([ACCEPTED, NOTHING], ACCEPTED),
        ([NOTHING, NOTHING], NOTHING),
    ],
)
def test_it_is_marked_once_and_what_may_have_been_done_stays_so(marks, left):
    error = asyncio.CancelledError("msg")
    error.add_note("of another library")
    taken = [mark_cancelled(error, each, f"note of {each.outcome}") for each in marks]

    assert mark_of(error) == left
    assert (error.request_id, error.outcome_unknown) == (left.request_id, left.outcome_unknown)
    assert error.args == ("msg", f"{left.call} [request_id {left.request_id}]: {left.outcome}")
    assert error.__notes__ == ["of another library", f"note of {left.outcome}"]
    assert taken[-1] is (marks[-1] == left)


def test_a_marked_one_is_pickled_with_its_mark():
    error = asyncio.CancelledError()
    mark_cancelled(error, UNKNOWN, "a note")
    again = pickle.loads(pickle.dumps(error))

    assert (mark_of(again), again.args, again.__notes__) == (UNKNOWN, error.args, ["a note"])


class Odd:
    """As an array of numbers: equality is no truth."""

    def __eq__(self, other):
        return self

    def __hash__(self):
        return 1

    def __bool__(self):
        raise ValueError("ambiguous")


def test_a_second_mark_leaves_what_others_have_put_on_it_or_taken_off():
    odd = Odd()
    error = asyncio.CancelledError(odd)
    mark_cancelled(error, NOTHING, "a question")
    del error.__notes__
    mark_cancelled(error, UNKNOWN, "the call")

    assert error.args[0] is odd
    assert error.args[1:] == ("cards.issue [request_id r-1]: unknown",)
    assert (mark_of(error), error.__notes__) == (UNKNOWN, ["the call"])
