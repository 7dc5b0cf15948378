"""A cancelled call: its id, and whether it may have been done, on the exception and in the log."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.calls.error_hints import way_to_ask
from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call

__all__ = [
    "Lost",
    "LostOutcome",
    "mark_cancelled",
    "mark_of",
    "note_cancelled",
    "note_did_nothing",
    "note_wait_cancelled",
    "warn_of_unknown",
]

log: Final = logging.getLogger("freedompay_async")
_DID_NOTHING: Final = "it did nothing"
_LOOK_UP: Final = "it may have been done: look it up before anything else"
_HARMLESS: Final = "it may have been done: doing it again does no harm"
_FOR_A_PERSON: Final = "it may have been done: a person has to look"
_WAIT: Final = "{call}: the wait was cancelled [request_id {request_id}]: the request {what}"
_ACCEPTED: Final = "was accepted and may be done"
_ATTACHED: Final = "may have been done"


class LostOutcome(StrEnum):
    """What is known of a call whose caller has no answer."""

    NOT_DONE = "not done"
    """It did nothing; so does every question."""
    UNKNOWN = "unknown"
    """It may or may not have been done."""
    ACCEPTED = "accepted"
    """The issuer accepted it, and it may be done by now."""
    DONE = "done"
    """It was done."""


class Lost(Struct, frozen=True):
    """A call that ended without its answer.

    Attributes:
        request_id: its id; `None`: it got none, or it is not one call but a wait for many.
        call: the method, such as `cards.issue`; `None`: as for the id.
        outcome: whether it may have been done.
    """

    request_id: str | None
    call: str | None
    outcome: LostOutcome

    @property
    def outcome_unknown(self) -> bool:
        """Whether it may or may not have been done."""
        return self.outcome is LostOutcome.UNKNOWN or self.outcome is LostOutcome.ACCEPTED


def mark_of(error: BaseException) -> Lost | None:
    """What `mark_cancelled` has put on it; `None`: it has cancelled no call of this library."""
    # The exception is Python's own: it has no such attribute unless it was put there.
    lost = getattr(error, "lost", None)
    return lost if isinstance(lost, Lost) else None


def mark_cancelled(error: BaseException, lost: Lost, note: str) -> bool:
    """Put on a cancellation which call it has ended, once.

    A question inside of a call marks it first. Then the call's own mark takes that place, unless
    it would say less: what may have been done stays so.

    Args:
        error: the cancellation. Its `args` get one more text, behind those that it has: anyio knows
            its own cancellations by the first one.
        lost: the call.
        note: what to do, in words.

    Returns:
        Whether the mark is there now.
    """
    before = mark_of(error)
    if before is not None:
        if before.outcome_unknown and not lost.outcome_unknown:
            return False
        _take_back(error, before)
    error.request_id = lost.request_id  # type: ignore[attr-defined]
    error.outcome_unknown = lost.outcome_unknown  # type: ignore[attr-defined]
    error.lost, error.lost_note = lost, note  # type: ignore[attr-defined]
    error.args = (*error.args, _short(lost))
    error.add_note(note)
    return True


def note_did_nothing(error: BaseException, call: str, request_id: str | None) -> None:
    """Mark a cancellation before anything was sent, or of a question."""
    lost = Lost(request_id, call, LostOutcome.NOT_DONE)
    mark_cancelled(error, lost, _text(lost, _DID_NOTHING))


def note_cancelled(
    error: BaseException, call: Call[Any], request_id: str | None, *, outcome_unknown: bool
) -> None:
    """Mark a cancellation, and say in words what to do; the log gets an unknown outcome too."""
    if not outcome_unknown:
        note_did_nothing(error, call.name, request_id)
        return
    advice = _FOR_A_PERSON
    if call.retry is Retry.ASKABLE:
        advice = _LOOK_UP
    elif call.retry.harmless or call.safe_again:
        advice = _HARMLESS
    lost = Lost(request_id, call.name, LostOutcome.UNKNOWN)
    mark_cancelled(error, lost, _text(lost, advice))
    warn_of_unknown(call.name, request_id)


def note_wait_cancelled(
    error: BaseException, call: str, request_id: str, *, accepted: bool
) -> None:
    """Mark a cancelled wait for the end of a request, and log it.

    Args:
        error: the cancellation.
        call: the method.
        request_id: of the request.
        accepted: the issuer has said that it knows the request.
    """
    what = _ACCEPTED if accepted else _ATTACHED
    text = _WAIT.format(call=call, request_id=request_id, what=what)
    outcome = LostOutcome.ACCEPTED if accepted else LostOutcome.UNKNOWN
    mark_cancelled(
        error, Lost(request_id, call, outcome), f"{text}: go on with {way_to_ask(request_id)}"
    )
    extra = {"request_id": request_id, "call": call}
    log.warning("%s: the wait was cancelled: the request %s", call, what, extra=extra)


def warn_of_unknown(call: str | None, request_id: str | None) -> None:
    """Log a cancelled effect, because its caller may have no log of its own."""
    extra = {"request_id": request_id, "call": call}
    log.warning("%s was cancelled after it was sent: its outcome is not known", call, extra=extra)


def _text(lost: Lost, advice: str) -> str:
    return f"{lost.call} was cancelled [request_id {lost.request_id}]: {advice}"


def _short(lost: Lost) -> str:
    return f"{lost.call} [request_id {lost.request_id}]: {lost.outcome.value}"


def _take_back(error: BaseException, before: Lost) -> None:
    """Take off what an earlier mark has added."""
    short, note = _short(before), getattr(error, "lost_note", None)
    # What a caller gives to `Task.cancel` may be anything, and its equality need not be a truth.
    error.args = tuple(each for each in error.args if not (type(each) is str and each == short))
    error.__notes__ = [each for each in getattr(error, "__notes__", ()) if each != note]
