"""What is told of a request that has not ended, or that could not be asked about: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freedompay_async.calls.error_hints import asked_to_wait
from freedompay_async.calls.error_text import named_in
from freedompay_async.calls.reuse import tell_other_body
from freedompay_async.errors import (
    MEANINGS,
    AuthenticationError,
    Ending,
    FreedomPayError,
    StillProcessing,
)
from freedompay_async.operations.held import lacks

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import RequestState

__all__ = ["question_denied", "still_processing"]


def still_processing(
    call: Call[Any],
    request_id: str,
    *,
    answer: RequestState | None,
    before: RequestState | None,
    trouble: FreedomPayError | None,
    cards: int | None,
    wait_too_long: bool = False,
) -> StillProcessing:
    """The error of a wait that has stopped before the request has ended.

    Args:
        call: the row of the request.
        request_id: its id.
        answer: the last thing the issuer said of it.
        before: what was said before that, and tells of a success or names something.
        trouble: what the last question came to, if it got no usable answer.
        cards: how many cards were ordered; `None`: that is not known.
        wait_too_long: the issuer asked to wait longer than there was time.
    """
    ending, why = _how_far(call, answer, trouble, cards)
    meaning = MEANINGS[ending]
    error = StillProcessing(
        f"{meaning.text.format(why=why)} {meaning.safe}",
        request_id=request_id,
        call=call.name,
        done=meaning.done,
        **named_in(before, answer),
    )
    error.__cause__ = trouble
    if trouble is not None and trouble.retry_after:
        error.retry_after, error.wait_too_long = trouble.retry_after, wait_too_long
        error.text += f" {asked_to_wait(trouble.retry_after, too_long=wait_too_long)}"
        error.args = (error.text,)
    if answer is not None and answer.other_body:
        tell_other_body(error)
    return error


def _how_far(
    call: Call[Any], answer: RequestState | None, trouble: FreedomPayError | None, cards: int | None
) -> tuple[Ending, str]:
    if answer is None:
        unheard = "the issuer does not know this request id, or not yet"
        return (
            Ending.NOT_KNOWN,
            unheard
            if trouble is None
            else "the last question about this request id has told nothing",
        )
    if not answer.succeeded:
        late = (
            ""
            if trouble is None
            else ", as far as was told before the last question, which got no usable answer"
        )
        return Ending.PROCESSING, f"in {str(answer.request_status or 'process')!r}{late}"
    return Ending.UNNAMED, str(lacks(call, answer, cards=cards))


def question_denied(
    denied: AuthenticationError, *, call: Call[Any], request_id: str, done: bool | None
) -> AuthenticationError:
    """The refusal of a question, told of the request that was asked about."""
    meaning = MEANINGS[Ending.RESULT_DENIED]
    return AuthenticationError(
        f"{meaning.text.format(why=f'HTTP {denied.http_status}')} {meaning.safe}",
        request_id=request_id,
        call=call.name,
        http_status=denied.http_status,
        body=denied.body,
        error_code=denied.error_code,
        error_description=denied.error_description,
        retry_after=denied.retry_after,
        done=done,
    )
