"""The error for a call that has no answer to give: what happened, whether anything was sent, and
what is safe. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.calls.error_hints import (
    asked_to_wait,
    hint_of,
    hint_of_path,
    with_way_to_ask,
)
from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry, Section
from freedompay_async.contract.models.answers import RequestState, as_id
from freedompay_async.contract.models.dictionaries import GiftStatus
from freedompay_async.errors import (
    KEEP_TO_THE_ID,
    MEANINGS,
    AuthenticationError,
    Busy,
    Ending,
    FreedomPayError,
    Of,
    WaitReason,
)
from freedompay_async.redaction.redaction import BY_SHAPE, Redaction
from freedompay_async.redaction.secret import MASK

if TYPE_CHECKING:
    from freedompay_async.calls.call_answers import CallAnswers
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.contract.calls import Call
    from freedompay_async.traffic.hindrance import Hindrance

__all__ = ["busy_error", "named_in", "to_error"]

# A call that changes something, by its end and its retry class.
_CLASSES: Final = (Retry.ASKABLE, Retry.UNASKABLE, Retry.REPEATABLE)
_OF_EFFECT: Final[dict[End, tuple[Ending, Ending, Ending]]] = {
    End.NOT_SENT: (Ending.NOT_SENT, Ending.NOT_SENT, Ending.NOT_SENT),
    End.LIMITED: (Ending.LIMITED, Ending.LIMITED, Ending.LIMITED_REPEATABLE),
    End.DENIED: (Ending.DENIED, Ending.DENIED, Ending.DENIED),
    End.BLOCKED: (Ending.DENIED_UNSURE, Ending.DENIED_UNASKABLE, Ending.DENIED_REPEATABLE),
    End.DUPLICATE: (Ending.DUPLICATE, Ending.DUPLICATE, Ending.DUPLICATE),
    End.TAKEN: (Ending.UNREADABLE, Ending.UNREADABLE, Ending.UNREADABLE),
    End.REFUSED: (Ending.REFUSED, Ending.REFUSED_UNASKABLE, Ending.REFUSED_REPEATABLE),
    End.UNKNOWN: (Ending.UNKNOWN, Ending.UNKNOWN_UNASKABLE, Ending.UNKNOWN_REPEATABLE),
    End.UNCLEAR: (Ending.UNKNOWN, Ending.UNKNOWN_UNASKABLE, Ending.UNKNOWN_REPEATABLE),
}
_OF_READ: Final = {
    End.NOT_SENT: Ending.READ_NOT_SENT,
    End.LIMITED: Ending.READ_LIMITED,
    End.DENIED: Ending.READ_DENIED,
    End.BLOCKED: Ending.READ_BLOCKED,
    End.REFUSED: Ending.READ_REFUSED,
    End.UNCLEAR: Ending.READ_UNCLEAR,
}
# An end that may be another one later.
_COME_AGAIN: Final = (End.LIMITED, End.UNKNOWN, End.NOT_SENT)
# Gift-card codes that say what is wrong with what was asked: an earlier copy of it would have got
# the same. Not so of money, a card id or a code, which an earlier copy may have used up.
_WRONG_REQUEST: Final = frozenset(
    str(status.value)
    for status in (
        GiftStatus.WRONG_HOLDER_NAME,
        GiftStatus.WRONG_PHONE,
        GiftStatus.WRONG_PRODUCT,
        GiftStatus.ACCESS_DENIED,
    )
)
_HASHDT_DENIED: Final = (
    "HashDT refused the keys ({why}).",
    "This attempt did nothing. Check api_key, product_id and token.",
)
_WAITS: Final = {
    WaitReason.PLACE: "all slots are taken",
    WaitReason.RATE: "its turn by the rate of this client has not come",
    WaitReason.LEARNT_LIMIT: "the issuer's answers have lowered how many calls may leave",
    WaitReason.OUTAGE: "the issuer answers nothing",
}
_SENT: Final = "sent, and its outcome"
_MAYBE_SENT: Final = "it may have been sent before, and its outcome"
_LINK: Final = re.compile(r"(?i)(?:https?(?::|%3a))?(?:\\{0,8}/|%2f){2}\S+")


def to_error(
    end: End,
    *,
    call: Call[Any],
    request_id: str | None,
    answers: CallAnswers,
    resend_within: float,
    not_again: str | None = None,
    id_sent: bool = True,
    callers_id: bool = False,
    refused: bool = False,
    sent: bool = True,
    redaction: Redaction = BY_SHAPE,
    on_refusal: str = "",
) -> FreedomPayError:
    """The error for an end; the table `MEANINGS` says what it means.

    Args:
        end: how the call ended.
        call: its row.
        request_id: the id of the intent.
        answers: what the issuer has said.
        resend_within: seconds after its first send in which it may be sent again.
        not_again: why its age forbids that it is sent again.
        id_sent: the request id goes out, in the body or in a header.
        callers_id: the id is the caller's own.
        refused: the issuer has refused the call itself.
        sent: False: nothing was sent by this call, and an earlier process may have sent it.
        redaction: what the issuer's texts must not show.
        on_refusal: what else to look at where the signature was refused.
    """
    verdict, look_up, success = answers.verdict, answers.look_up, answers.success
    code, description = _refusal_in(verdict, redaction)
    state = verdict.answer if isinstance(verdict.answer, RequestState) else None
    named = None if state is None else state.names
    if end is End.FAILED and success is not None:
        named = success.names or "a success"
    ending = _ending(
        end, call, answers, id_sent=id_sent, not_again=not_again, named=named, code=code
    )
    meaning = MEANINGS[ending]
    denied = meaning.error is AuthenticationError
    text, safe = meaning.text, meaning.safe
    if denied and meaning.done is False and call.section is Section.HASHDT:
        text, safe = _HASHDT_DENIED
    if not sent:
        text = text.replace(_SENT, _MAYBE_SENT)
    parts = [text.format(why=_why(verdict, look_up, code, description), named=named)]
    retry_after = answers.retry_after if end in _COME_AGAIN else 0.0
    if retry_after:
        parts.append(asked_to_wait(retry_after, too_long=answers.wait_too_long))
    safe = with_way_to_ask(safe, request_id)
    parts.append(safe.format(within=resend_within, not_again=not_again))
    if callers_id and meaning.done is False and meaning.of is Of.EFFECT:
        parts[-1] += KEEP_TO_THE_ID
    if on_refusal and denied:
        parts.append(on_refusal)
    text = " ".join(parts) + _hints(call, verdict, look_up, code)
    body = None
    if verdict.reply is not None:
        # What comes in place of an answer that is made of secrets may be one too.
        body = MASK if call.made_of_secrets else redaction.body(verdict.reply.body)
    error = meaning.error(
        text,
        request_id=request_id,
        call=call.name,
        http_status=verdict.http_status,
        body=body,
        error_code=code,
        error_description=description,
        retry_after=retry_after or verdict.retry_after or None,
        done=meaning.done,
        refused=refused or end is End.REFUSED,
        proved=ending in (Ending.FAILED, Ending.FAILED_NAMED),
        **named_in(success, state),
    )
    if answers.wait_too_long:
        error.wait_too_long = True
    return error


def busy_error(
    call: Call[Any],
    request_id: str | None,
    *,
    callers_id: bool,
    busy: int,
    queue: bool | float,
    hindrance: Hindrance,
) -> Busy:
    """The error of a call that may not wait for its slot any longer.

    Args:
        call: its row.
        request_id: its id.
        callers_id: the id is the caller's own.
        busy: how many calls of the client have a slot.
        queue: how long the call may wait, as its caller has said it.
        hindrance: what it would have to wait for.
    """
    meaning = MEANINGS[Ending.BUSY]
    about = f"about {hindrance.seconds:.2f} s{' more' if queue else ''}"
    why = (
        f"it would have to wait in the queue for {about} ({_WAITS[hindrance.reason]}; {busy} calls "
        f"are in flight), and queue={queue!r}"
    )
    keep = KEEP_TO_THE_ID if callers_id else ""
    text = f"{meaning.text.format(why=why)} {meaning.safe}{keep}"
    return Busy(
        text,
        request_id=request_id,
        call=call.name,
        reason=hindrance.reason,
        retry_after=hindrance.seconds,
    )


def named_in(*states: RequestState | None) -> dict[str, Any]:
    """What these answers name, as attributes of an error."""
    known = [state for state in states if state is not None]
    return {
        "card_ids": tuple(dict.fromkeys(card_id for state in known for card_id in state.card_ids)),
        "client_id": next((name for state in known if (name := as_id(state.client_id))), None),
        "transaction_id": next(
            (name for state in known if (name := as_id(state.transaction_id))), None
        ),
    }


def _refusal_in(verdict: Verdict, redaction: Redaction) -> tuple[str | None, str | None]:
    """The issuer's own code and words."""
    if verdict.answer is None:
        return None, None
    code, description = verdict.answer.refusal_code, verdict.answer.refusal_text
    return (
        None if code is None else redaction.code(code),
        # A link in a refusal may be one that lets its holder set a PIN.
        None if description is None else _LINK.sub(MASK, redaction.text(description)),
    )


def _why(
    verdict: Verdict, look_up: Verdict | None, code: str | None, description: str | None
) -> str:
    why = verdict.reason
    if code is not None or description is not None:
        why += ": " + " ".join(part for part in (code, description) if part is not None)
    if look_up is not None and look_up is not verdict:
        why += f"; request/status: {look_up.evidence.value}"
        why += f", {look_up.reason}" if look_up.reason else ""
    return why


def _hints(call: Call[Any], verdict: Verdict, look_up: Verdict | None, code: str | None) -> str:
    hints = ""
    if call.section is Section.PAYMENT_CARDS:
        hints = hint_of(code, verdict.http_status)
        if not hints and look_up is not None and look_up.answer is not None:
            hints = hint_of(look_up.answer.refusal_code, look_up.http_status)
    return hints + (hint_of_path(call) if verdict.http_status == 404 else "")


def _ending(
    end: End,
    call: Call[Any],
    answers: CallAnswers,
    *,
    id_sent: bool,
    not_again: str | None,
    named: str | None,
    code: str | None,
) -> Ending:
    if end is End.FAILED:
        # A failure is of the effect that was asked about, even if all that is known of it is its
        # id.
        if answers.success is not None:
            return Ending.FAILED_AFTER_SUCCESS
        return Ending.FAILED_NAMED if named else Ending.FAILED
    if call.retry is Retry.READ:
        if end is End.REFUSED and call.section is Section.GIFT_CARDS:
            return Ending.READ_GIFT_REFUSED
        unanswered = answers.verdict.reply is None
        return _OF_READ.get(end, Ending.READ_UNANSWERED if unanswered else Ending.READ_UNCLEAR)
    ending = _OF_EFFECT[end][_CLASSES.index(call.retry)]
    if ending is Ending.DENIED and answers.look_up is not None:
        unknown_id = answers.look_up.evidence is Evidence.NOT_KNOWN
        return Ending.DENIED_NOT_KNOWN if unknown_id else ending
    if ending is Ending.LIMITED:
        if call.safe_again:
            return Ending.LIMITED_REPEATABLE
        if not id_sent:
            return Ending.LIMITED_WITHOUT_ID
        return Ending.LIMITED_PAYING if call.pays else ending
    if end is End.REFUSED and call.section is Section.GIFT_CARDS:
        if code in _WRONG_REQUEST:
            return Ending.GIFT_REFUSED
        return Ending.GIFT_UNSURE_HARMLESS if call.safe_again else Ending.GIFT_UNSURE
    if ending is Ending.UNKNOWN_UNASKABLE and call.safe_again:
        return Ending.UNKNOWN_HARMLESS
    return Ending.UNKNOWN_OLD if ending is Ending.UNKNOWN and not_again is not None else ending
