"""A cancelled call: its id, and whether it may have been done, on the exception and in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call

__all__ = ["CancelledMark", "mark_cancelled", "mark_of", "note_cancelled", "warn_of_unknown"]

log: Final = logging.getLogger("freedompay_async")
_DID_NOTHING: Final = "{call} was cancelled [request_id {request_id}]: it did nothing"
_LOOK_UP: Final = (
    "{call} was cancelled [request_id {request_id}]: it may have been done: look it up before "
    "anything else"
)
_HARMLESS: Final = (
    "{call} was cancelled [request_id {request_id}]: it may have been done: doing it again does no "
    "harm"
)
_FOR_A_PERSON: Final = (
    "{call} was cancelled [request_id {request_id}]: it may have been done: a person has to look"
)


class CancelledMark(NamedTuple):
    """What a cancellation says of a call."""

    request_id: str | None
    outcome_unknown: bool


def mark_of(error: BaseException) -> CancelledMark | None:
    """What `mark_cancelled` has put on it; `None`: it has cancelled no call of this library."""
    # The exception is Python's own: it has no such attributes unless they were put there.
    unknown = getattr(error, "outcome_unknown", None)
    return None if unknown is None else CancelledMark(getattr(error, "request_id", None), unknown)


def mark_cancelled(error: BaseException, request_id: str | None, *, outcome_unknown: bool) -> None:
    """Put the id on a cancellation, and whether the call may have been done."""
    error.request_id = request_id  # type: ignore[attr-defined]
    error.outcome_unknown = outcome_unknown  # type: ignore[attr-defined]


def note_cancelled(
    error: BaseException, call: Call[Any], request_id: str | None, *, outcome_unknown: bool
) -> None:
    """Mark a cancellation, and say in words what to do; the log gets an unknown outcome too."""
    mark_cancelled(error, request_id, outcome_unknown=outcome_unknown)
    text = _FOR_A_PERSON
    if not outcome_unknown:
        text = _DID_NOTHING
    elif call.retry is Retry.ASKABLE:
        text = _LOOK_UP
    elif call.retry.harmless or call.safe_again:
        text = _HARMLESS
    error.add_note(text.format(call=call.name, request_id=request_id))
    if outcome_unknown:
        warn_of_unknown(call.name, request_id)


def warn_of_unknown(call: str | None, request_id: str | None) -> None:
    """Log a cancelled effect, because its caller may have no log of its own."""
    extra = {"request_id": request_id, "call": call}
    log.warning("%s was cancelled after it was sent: its outcome is not known", call, extra=extra)
