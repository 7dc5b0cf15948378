"""What a cancelled call says on its exception and in the log."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from freedompay_async.calls.cancelled import (
    CancelledMark,
    mark_cancelled,
    mark_of,
    note_cancelled,
)
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.table import (
    CARDS_INFO,
    CARDS_ISSUE,
    CARDS_SET_PIN,
    GIFT_CARDS_CONFIRM,
    GIFT_CARDS_ISSUE,
)


@pytest.mark.parametrize("unknown", [False, True])
def test_it_is_marked_with_its_id_and_whether_it_may_have_been_done(unknown):
    error = asyncio.CancelledError()
    mark_cancelled(error, "r-1", outcome_unknown=unknown)

    assert vars(error) == {"request_id": "r-1", "outcome_unknown": unknown}


@pytest.mark.parametrize("unknown", [True, False])
def test_what_was_put_on_it_is_read_from_it(unknown):
    error = asyncio.CancelledError()
    mark_cancelled(error, "r-1", outcome_unknown=unknown)

    assert mark_of(error) == CancelledMark("r-1", outcome_unknown=unknown)


def test_a_cancellation_of_something_else_has_no_mark():
    assert mark_of(asyncio.CancelledError()) is None


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

    assert mark_of(error) == CancelledMark("r-1", outcome_unknown=unknown)
    assert error.__notes__ == [f"{call.name} was cancelled [request_id r-1]: {advice}"]


@pytest.mark.parametrize("unknown", [True, False])
def test_only_an_unknown_outcome_is_logged(caplog, unknown):
    with caplog.at_level(logging.WARNING, "freedompay_async"):
        note_cancelled(asyncio.CancelledError(), CARDS_ISSUE, "r-1", outcome_unknown=unknown)

    expected = "cards.issue was cancelled after it was sent: its outcome is not known"
    assert [(each.getMessage(), each.request_id, each.call) for each in caplog.records] == (
        [(expected, "r-1", "cards.issue")] if unknown else []
    )
