"""The errors of a request that failed, is not known, has not ended, or could not be asked about."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.calls.error_hints import asked_to_wait, with_way_to_ask
from freedompay_async.calls.error_text import named_in, to_error
from freedompay_async.calls.reuse import tell_other_body
from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence, Verdict
from freedompay_async.errors import (
    MEANINGS,
    AuthenticationError,
    ConfigurationError,
    Ending,
    FreedomPayError,
    NotKnown,
    OutcomeUnknown,
    StillProcessing,
)
from freedompay_async.operations.held import lacks

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import RequestState
    from freedompay_async.redaction.redaction import Redaction

__all__ = [
    "failed",
    "not_known",
    "question_denied",
    "question_not_made",
    "say_not_asked",
    "still_processing",
]

log: Final = logging.getLogger("freedompay_async")
_NOT_KNOWN_YET: Final = "the issuer does not know this request id, or not yet"
_NOT_ASKED_YET: Final = "the issuer has not been asked about this request id"
_ASKED_LATE: Final = "asked {age:.0f} s after {since}"
_ATTACHED: Final = "it was attached"
# The caller says that it was accepted, and the answer does not bear that out.
_SAID: Final = "the time given as accepted="
_NOTHING_SAID: Final = "the last question about this request id got no usable answer"
_IN: Final = "in {status!r}"
_WAS_IN: Final = "in {status!r} by its last usable answer, and the last question about it got none"
_UNKNOWN_NOW: Final = (
    "in {status!r} by an earlier answer, and by the last one the issuer does not know its id"
)
_NOT_ASKED: Final = (
    "the question about the request was not sent, and a note on this error says why. That says "
    "nothing of the request itself."
)
_NOT_MADE: Final = (
    "the question about the request could not be made ({why}), which says nothing of the request "
    "itself. Mend that, then ask again (requests.attach)."
)


def failed(
    call: Call[Any],
    request_id: str,
    *,
    answer: RequestState | None,
    success: RequestState | None,
    redaction: Redaction,
) -> FreedomPayError:
    """The error of a request that the issuer says has failed.

    Args:
        call: the row of the request.
        request_id: its id.
        answer: the last thing the issuer said of it.
        success: an earlier answer that said success or named something.
        redaction: what the issuer's texts must not show.
    """
    verdict = Verdict(Evidence.FAILED, "request/status", answer)
    error = to_error(
        End.FAILED,
        call=call,
        request_id=request_id,
        answers=CallAnswers(verdict, success=success),
        resend_within=0.0,  # It is not sent again.
        redaction=redaction,
    )
    if answer is not None and answer.other_body:
        tell_other_body(error)
    return error


def not_known(call: Call[Any], request_id: str, *, age: float, accepted: bool) -> NotKnown:
    """The error of a request that the issuer does not know after the grace time.

    Args:
        call: the row of the request.
        request_id: its id.
        age: seconds, at the last look-up that did not know it.
        accepted: they count from the time at which the caller says that it was accepted.
    """
    meaning = MEANINGS[Ending.NOT_KNOWN]
    why = _ASKED_LATE.format(age=age, since=_SAID if accepted else _ATTACHED)
    text = meaning.text.format(why=why)
    return NotKnown(
        f"{text} {with_way_to_ask(meaning.safe, request_id)}",
        request_id=request_id,
        call=call.name,
        done=meaning.done,
    )


def still_processing(
    call: Call[Any],
    request_id: str,
    *,
    answer: RequestState | None,
    success: RequestState | None,
    trouble: FreedomPayError | None,
    cards: int | None,
    asked: bool = True,
    unknown: bool = False,
    wait_too_long: bool = False,
) -> StillProcessing:
    """The error of a wait that has stopped before the request has ended.

    Args:
        call: the row of the request.
        request_id: its id.
        answer: the last thing the issuer said of it.
        success: an earlier answer that said success or named something.
        trouble: the error of the last look-up, if it got no usable answer.
        cards: how many cards were ordered; `None`: that is not known.
        asked: a look-up has been answered.
        unknown: the last look-up that was answered did not know the id.
        wait_too_long: the issuer asked to wait longer than there was time.
    """
    ending, why = _how_far(call, answer, trouble, cards, asked=asked, unknown=unknown)
    meaning = MEANINGS[ending]
    error = StillProcessing(
        f"{meaning.text.format(why=why)} {with_way_to_ask(meaning.safe, request_id)}",
        request_id=request_id,
        call=call.name,
        done=meaning.done,
        **named_in(success, answer),
    )
    error.__cause__ = trouble
    if trouble is not None and trouble.retry_after:
        error.retry_after, error.wait_too_long = trouble.retry_after, wait_too_long
        error.text += f" {asked_to_wait(trouble.retry_after, too_long=wait_too_long)}"
    if answer is not None and answer.other_body:
        tell_other_body(error)
    return error


def _how_far(
    call: Call[Any],
    answer: RequestState | None,
    trouble: FreedomPayError | None,
    cards: int | None,
    *,
    asked: bool,
    unknown: bool,
) -> tuple[Ending, str]:
    if answer is None:
        why = _NOT_KNOWN_YET if asked else _NOT_ASKED_YET
        return Ending.NOT_KNOWN_YET, why if trouble is None else _NOTHING_SAID
    if not answer.succeeded:
        text = _WAS_IN if trouble is not None else _UNKNOWN_NOW if unknown else _IN
        return Ending.PROCESSING, text.format(status=str(answer.request_status or "process"))
    return Ending.UNNAMED, str(lacks(call, answer, cards=cards))


def question_denied(
    denied: AuthenticationError, *, call: Call[Any], request_id: str, done: bool | None
) -> AuthenticationError:
    """The error of a request whose look-up was refused.

    Args:
        denied: the error of the look-up.
        call: the row of the request.
        request_id: its id.
        done: whether it was done; `None`: that is not known.
    """
    meaning = MEANINGS[Ending.RESULT_DENIED]
    text = meaning.text.format(why=f"HTTP {denied.http_status}")
    return AuthenticationError(
        f"{text} {with_way_to_ask(meaning.safe, request_id)}",
        request_id=request_id,
        call=call.name,
        http_status=denied.http_status,
        body=denied.body,
        error_code=denied.error_code,
        error_description=denied.error_description,
        retry_after=denied.retry_after,
        done=done,
    )


def say_not_asked(
    error: ConfigurationError, *, call: Call[Any], request_id: str, done: bool | None
) -> None:
    """Make the error of a look-up that was not sent speak of the request."""
    # As a note: its own text may say that nothing was sent, which is true of the question only.
    error.add_note(f"The question about the request: {error.text}")
    error.text = _NOT_ASKED
    error.request_id, error.call, error.done = request_id, call.name, done


def question_not_made(
    error: Exception, *, call: Call[Any], request_id: str, done: bool | None
) -> OutcomeUnknown:
    """The error of a request whose look-up failed before it was sent; it is logged too."""
    unknown = OutcomeUnknown(
        with_way_to_ask(_NOT_MADE.format(why=type(error).__name__), request_id),
        request_id=request_id,
        call=call.name,
        done=done,
    )
    log.error("%s", unknown.text, extra={"request_id": request_id, "call": call.name})
    return unknown
