"""The end of a call that has no answer to give, as an error that says what happened, whether anything was sent, and what is safe: pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract import Mark, Retry, Section
from freedompay_async.errors import (
    AuthenticationError,
    DuplicateRequest,
    FreedomPayError,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.masking import concealed, mask, mask_text
from freedompay_async.policy import Step
from freedompay_async.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.contract import Call
    from freedompay_async.models import AnyAnswer
    from freedompay_async.secret import Secret
    from freedompay_async.wire import Verdict

__all__ = ["mark_cancelled", "to_error"]

# Of the issuer's own words: more is in `body`.
_LONGEST: Final = 2_000
_LINK: Final = re.compile(r"(?i)https?://\S+")


def to_error(
    step: Step,
    *,
    call: Call[Any],
    request_id: str | None,
    told: Verdict,
    asked: Verdict | None,
    resend_within: float,
    not_again: str | None = None,
    hide: Sequence[Secret] = (),
) -> FreedomPayError:
    """The error for an end.

    Args:
        step: how the call ended.
        call: its row.
        request_id: the id of the intent.
        told: the last thing that was said of the call itself.
        asked: the last look-up, if there was one.
        resend_within: seconds.
        not_again: why it was not sent again, where its age forbids it.
        hide: what went out and must not be shown, should the issuer repeat it.
    """
    # A failure is of the effect that was asked about, even if all that is known of it is its id.
    effect = call.retry is not Retry.READ or step is Step.FAILED
    kind: type[FreedomPayError]
    answer: AnyAnswer | None = told.answer
    code = _shown(None if answer is None else answer.refusal_code, hide)
    description = _shown(None if answer is None else answer.refusal_text, hide)
    said = " ".join(part for part in (code, description) if part is not None)
    why = concealed(told.reason, hide) + (f": {said}" if code is not None or description is not None else "")
    # What comes back instead of an answer that is made of secrets may be one too.
    sealed = bool(getattr(call.result, "SECRET", False))
    if asked is not None and asked is not told:
        why += f"; request/status: {asked.seen.value}" + (f", {concealed(asked.reason, hide)}" if asked.reason else "")
    if step is Step.DENIED:
        kind, text = AuthenticationError, _denied(why, call.section)
    elif effect:
        again = "with this request_id" if call.body_id else "later"
        kind, text = _of_effect(step, why, looked_up=asked is not None, again=again)
    else:
        kind, text = _of_read(step, why, answered=told.reply is not None)
    if step is Step.UNKNOWN and call.retry is Retry.ASKABLE:
        repeat = f", or repeat it with this request_id within {resend_within:.0f} s of its first send."
        text += " Ask again later (requests.attach)" + (repeat if not_again is None else f"; it is not sent again: {not_again}.")
    if step is Step.UNKNOWN and call.retry is Retry.REPEATABLE:
        text = f"sent, and its outcome is not known ({why}). Doing it again gives the same end: it is safe to repeat."
    if step is Step.UNKNOWN and call.retry is Retry.UNASKABLE and call.safe_again:
        text = f"sent, and its outcome is not known ({why}). It can't be asked about; doing it again does no harm."
    elif step is Step.UNKNOWN and call.retry is Retry.UNASKABLE:
        text += " It can't be asked about: a person has to look."
    if call.mark is Mark.INFERRED and told.reply is not None and told.reply.status == 404:
        text += (
            f" The path {call.path} is a guess: no public page of the vendor shows it. If the vendor gave you another, "
            f'use FreedomPay(contract=[Override(call="{call.name}", path="…")]).'
        )
    if kind is RequestFailed and call.section is Section.GIFT_CARDS:
        # Not "it was not done": the answer may be that an earlier call did it.
        kind, text = GiftCardError, text.replace("It was not done", "This attempt did nothing")
    return kind(
        text,
        request_id=request_id,
        call=call.name,
        http_status=told.reply.status if told.reply else None,
        body=None if told.reply is None else MASK if sealed else mask(told.reply.body, hide=hide),
        error_code=code,
        error_description=description,
        retry_after=told.retry_after or None,
        proved=step is Step.FAILED,
    )


def _of_effect(step: Step, why: str, *, looked_up: bool, again: str) -> tuple[type[FreedomPayError], str]:
    match step:
        case Step.NOT_SENT:
            return NotSent, f"not sent: {why}. Nothing was done; it is safe to repeat."
        case Step.LIMITED:
            return (
                RateLimited,
                f"the issuer limits the rate ({why}). By the meaning of 429 nothing was done; repeat it {again}.",
            )
        case Step.DUPLICATE:
            return DuplicateRequest, (
                f"the issuer refused the request id ({why}). An earlier use of this id may have been done; "
                "do not repeat it under a new id before that is clear."
            )
        case Step.TAKEN:
            return ProtocolError, f"the issuer did it, and its answer can't be read ({why}). Do not repeat it; `body` has the answer."
        case Step.FAILED:
            return RequestFailed, f"the issuer accepted the request and it failed ({why}). It was not done."
        case Step.REFUSED if looked_up:
            return RequestFailed, f"the issuer refused it ({why}). It was not done, unless this request_id was used before this call."
        case Step.REFUSED:
            return RequestFailed, f"the issuer refused it ({why}). It was not done."
        case _:
            return OutcomeUnknown, (
                f"sent, and its outcome is not known ({why}). It may or may not have been done; never repeat it under a new id."
            )


def _of_read(step: Step, why: str, *, answered: bool) -> tuple[type[FreedomPayError], str]:
    harmless = "It changes nothing: it is safe to repeat."
    match step:
        case Step.NOT_SENT:
            return NotSent, f"not sent: {why}. {harmless}"
        case Step.LIMITED:
            return RateLimited, f"the issuer limits the rate ({why}). {harmless}"
        case Step.REFUSED:
            return RequestFailed, f"the issuer refused to answer ({why}). That says nothing of any other request. {harmless}"
        case Step.UNCLEAR:
            return ProtocolError, f"the answer is not the contract's ({why}). {harmless}"
        case _ if answered:
            return ProtocolError, f"no usable answer ({why}). {harmless}"
        case _:
            return OutcomeUnknown, f"sent, and no answer came ({why}). {harmless}"


def _denied(why: str, section: Section) -> str:
    if section is Section.HASHDT:
        return f"HashDT refused the keys ({why}). This attempt did nothing. Check api_key, product_id and token."
    return (
        f"the issuer refused the signature or the merchant ({why}). This attempt did nothing. "
        "Check auth_id, secret_key, the region and its signature scheme."
    )


def _shown(text: str | None, hide: Sequence[Secret]) -> str | None:
    # A link in a refusal may be one that lets its holder set a PIN.
    return None if text is None else _LINK.sub(MASK, mask_text(concealed(text, hide)[:_LONGEST]))


def mark_cancelled(error: BaseException, request_id: str | None, *, outcome_unknown: bool) -> None:
    """Put the id on a cancellation, and whether the call may have been done."""
    error.request_id = request_id  # type: ignore[attr-defined]
    error.outcome_unknown = outcome_unknown  # type: ignore[attr-defined]
