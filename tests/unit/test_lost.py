"""Which call an error has cost: on itself, behind it, in groups."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import (
    ConfigurationError,
    JournalError,
    Lost,
    LostOutcome,
    NotSent,
    OutcomeUnknown,
    RequestFailed,
    ResultUnknown,
    StillProcessing,
    lost_in,
)
from freedompay_async.calls.cancelled import mark_cancelled

CALL = {"request_id": "r-1", "call": "cards.issue"}


def cancelled(outcome, request_id="r-1"):
    error = asyncio.CancelledError()
    mark_cancelled(error, Lost(request_id, "cards.issue", outcome), "a note")
    return error


def behind(error, cause, *, context=False):
    """The error, and another one behind it."""
    if context:
        error.__context__ = cause
    else:
        error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotSent("no.", **CALL), "not done"),
        (RequestFailed("no.", done=False, **CALL), "not done"),
        (RequestFailed("no.", **CALL), "unknown"),
        (OutcomeUnknown("no.", **CALL), "unknown"),
        (OutcomeUnknown("a question.", done=False, **CALL), "not done"),
        (StillProcessing("no.", **CALL), "unknown"),
        (StillProcessing("no.", done=True, **CALL), "done"),
        (ResultUnknown("no.", **CALL), "done"),
        (cancelled(LostOutcome.ACCEPTED), "accepted"),
        (cancelled(LostOutcome.NOT_DONE), "not done"),
    ],
)
def test_an_error_says_it_itself(error, outcome):
    assert lost_in(error) == Lost("r-1", "cards.issue", LostOutcome(outcome))


@pytest.mark.parametrize(
    "error",
    [
        asyncio.CancelledError(),
        TimeoutError(),
        ValueError("no"),
        ConfigurationError("wrong settings."),
        ExceptionGroup("", [ValueError()]),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_what_has_nothing_to_do_with_a_call_gives_nothing(error):
    assert lost_in(error) is None


@pytest.mark.parametrize("error", [StillProcessing("many."), JournalError("a batch.")], ids=repr)
def test_where_no_one_call_is_named_the_outcome_is_told_all_the_same(error):
    assert lost_in(error) == Lost(None, None, LostOutcome.UNKNOWN)


@pytest.mark.parametrize("context", [False, True])
def test_it_is_found_behind_other_errors(context):
    hidden = behind(ValueError(), cancelled(LostOutcome.UNKNOWN), context=context)

    assert lost_in(behind(TimeoutError(), hidden, context=not context)).request_id == "r-1"


def test_it_is_found_in_groups():
    inner = BaseExceptionGroup("", [KeyError(), cancelled(LostOutcome.UNKNOWN)])
    group = BaseExceptionGroup("", [ValueError(), behind(TimeoutError(), inner)])

    assert lost_in(group).request_id == "r-1"


@pytest.mark.parametrize("last", [LostOutcome.UNKNOWN, LostOutcome.ACCEPTED, LostOutcome.DONE])
def test_of_several_the_one_that_may_have_been_done_wins(last):
    far = cancelled(last, "far")
    near = behind(NotSent("no.", **CALL), far, context=True)

    assert lost_in(near).request_id == "far"
    assert lost_in(BaseExceptionGroup("", [NotSent("no.", **CALL), far])).request_id == "far"


def test_of_equal_ones_the_nearest_is_given():
    near = behind(OutcomeUnknown("no.", **CALL), cancelled(LostOutcome.UNKNOWN, "far"))

    assert lost_in(near).request_id == "r-1"


def test_errors_that_stand_behind_each_other_have_an_end():
    first, second = ValueError(), cancelled(LostOutcome.NOT_DONE)
    behind(first, second)
    behind(second, first, context=True)

    assert lost_in(first).request_id == "r-1"


@pytest.mark.parametrize("context", [False, True])
def test_what_is_proved_of_a_request_holds_for_an_older_error_that_did_not_know_it(context):
    older = OutcomeUnknown("no answer.", **CALL)
    other = OutcomeUnknown("no answer.", request_id="r-2", call="cards.issue")
    done = ResultUnknown("it was done.", **CALL)

    def told(error, *causes):
        for cause in causes:
            error = behind(error, cause, context=context)
        return lost_in(error)

    assert told(done, older) == Lost("r-1", "cards.issue", LostOutcome.DONE)
    accepted = cancelled(LostOutcome.ACCEPTED)
    assert told(accepted, OutcomeUnknown("no.", **CALL)) == Lost(
        "r-1", "cards.issue", LostOutcome.ACCEPTED
    )
    # What did nothing this time says nothing of the time before, and nothing of another request.
    assert told(NotSent("no.", **CALL), OutcomeUnknown("no.", **CALL)).outcome == "unknown"
    assert told(ResultUnknown("done.", **CALL), other).request_id == "r-2"
