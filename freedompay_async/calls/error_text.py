"""The end of a call that has no answer to give, as an error that says what happened, whether
anything was sent, and what is safe: pure.
"""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Mark, Retry, Section
from freedompay_async.contract.models.answers import RequestState, as_id
from freedompay_async.contract.models.dictionaries import GiftStatus
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import (
    KEEP_TO_THE_ID,
    MEANINGS,
    AuthenticationError,
    Ending,
    FreedomPayError,
    Of,
)
from freedompay_async.redaction.redaction import BY_SHAPE, Redaction
from freedompay_async.redaction.secret import MASK

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import AnyAnswer

__all__ = [
    "CancelledMark",
    "asked_to_wait",
    "hint_of",
    "mark_cancelled",
    "mark_of",
    "named_in",
    "to_error",
]

# What is wrong with what was asked: an earlier copy of it would have been told the same. Not so of
# money, a card id or a code, which that may have used up.
_OF_WHAT_WAS_ASKED: Final = frozenset(
    str(status.value)
    for status in (
        GiftStatus.WRONG_HOLDER_NAME,
        GiftStatus.WRONG_PHONE,
        GiftStatus.WRONG_PRODUCT,
        GiftStatus.ACCESS_DENIED,
    )
)
# Codes of the vendor's E-Money section, whose envelope is the same. No page says that they mean the
# same here.
_NEIGHBOUR: Final = {"1002": "is not unique", "1006": "is not known"}
_LINK: Final = re.compile(r"(?i)(?:https?(?::|%3a))?(?:\\{0,8}/|%2f){2}\S+")


def to_error(
    end: End,
    *,
    call: Call[Any],
    request_id: str | None,
    told: Verdict,
    asked: Verdict | None,
    resend_within: float,
    not_again: str | None = None,
    id_sent: bool = True,
    before: RequestState | None = None,
    given: bool = False,
    refused: bool = False,
    redaction: Redaction = BY_SHAPE,
    retry_after: float = 0.0,
    wait_too_long: bool = False,
    on_refusal: str = "",
) -> FreedomPayError:
    """The error for an end; what it means is of the one table in `errors.py`.

    Args:
        end: how the call ended.
        call: its row.
        request_id: the id of the intent.
        told: the last thing that was said of the call itself.
        asked: the last look-up, if there was one.
        resend_within: seconds.
        not_again: why it was not sent again, where its age forbids it.
        id_sent: the request id is on the wire, in the body or in a header.
        before: what the issuer told before that of a success, or by name.
        given: the caller gave the id.
        refused: the issuer has refused the call itself.
        redaction: what the issuer's texts must not show.
        retry_after: seconds that the issuer asked to wait in its last answer, where that is worth a
            sentence.
        wait_too_long: there was no time left for that.
        on_refusal: what else to look at where the signature was refused.
    """
    answer: AnyAnswer | None = told.answer
    code, description = (
        (None, None) if answer is None else (answer.refusal_code, answer.refusal_text)
    )
    code = None if code is None else redaction.code(code)
    # A link in a refusal may be one that lets its holder set a PIN.
    description = None if description is None else _LINK.sub(MASK, redaction.text(description))
    said = " ".join(part for part in (code, description) if part is not None)
    why = told.reason + (f": {said}" if code is not None or description is not None else "")
    # What comes back instead of an answer that is made of secrets may be one too.
    sealed = call.made_of_secrets
    if asked is not None and asked is not told:
        why += f"; request/status: {asked.evidence.value}" + (
            f", {asked.reason}" if asked.reason else ""
        )
    state = answer if isinstance(answer, RequestState) else None
    named = None if state is None else state.names
    ending = _ending(end, call, told, id_sent=id_sent, not_again=not_again, named=named, code=code)
    if end is End.FAILED and before is not None:
        ending, named = Ending.FAILED_AFTER_SUCCESS, before.names or "a success"
    elif end is End.DENIED and asked is not None and asked.evidence is Evidence.NOT_KNOWN:
        ending = Ending.DENIED_NOT_KNOWN
    meaning = MEANINGS[ending]
    text = meaning.text.format(why=why, named=named)
    safe = meaning.safe.format(within=resend_within, not_again=not_again)
    if (
        meaning.error is AuthenticationError
        and meaning.done is False
        and call.section is Section.HASHDT
    ):
        text, safe = (
            f"HashDT refused the keys ({why}).",
            "This attempt did nothing. Check api_key, product_id and token.",
        )
    if retry_after:
        text += f" {asked_to_wait(retry_after, too_long=wait_too_long)}"
    text = f"{text} {safe}"
    if given and meaning.done is False and meaning.of is Of.EFFECT:
        text += KEEP_TO_THE_ID
    if on_refusal and meaning.error is AuthenticationError:
        text += f" {on_refusal}"
    status = None if told.reply is None else told.reply.status
    if call.section is Section.PAYMENT_CARDS:
        text += hint_of(code, status) or _hint_of_look_up(asked)
    if status == 404:
        text += _of_the_path(call)
    error = meaning.error(
        text,
        request_id=request_id,
        call=call.name,
        http_status=status,
        body=None if told.reply is None else MASK if sealed else redaction.body(told.reply.body),
        error_code=code,
        error_description=description,
        retry_after=retry_after or told.retry_after or None,
        done=meaning.done,
        refused=refused or end is End.REFUSED,
        proved=ending in (Ending.FAILED, Ending.FAILED_NAMED),
        **named_in(before, state),
    )
    if wait_too_long:
        error.wait_too_long = True
    return error


def hint_of(code: str | None, http_status: int | None) -> str:
    """What a code may mean, in a sentence for people; nothing is concluded from it.

    Empty: it is none of those known elsewhere.
    """
    if http_status != 200 or code not in _NEIGHBOUR:
        return ""
    return (
        f" In the vendor's E-Money section the code {code} stands for a request id that "
        f"{_NEIGHBOUR[code]}. "
        "Here that is a hint, and proves nothing."
    )


def _hint_of_look_up(asked: Verdict | None) -> str:
    if asked is None or asked.answer is None or asked.reply is None:
        return ""
    return hint_of(asked.answer.refusal_code, asked.reply.status)


def _of_the_path(call: Call[Any]) -> str:
    """After a 404: whether the path may be wrong, and whose it is."""
    if call.table_path is not None:
        return (
            f" The path {call.path} is what the contract of this client says; the table has "
            f"{call.table_path}."
        )
    text = ""
    if call.not_in_menu is not None:
        text = (
            f" As far as seen, the vendor's menu for {call.not_in_menu} has no such call: only "
            "the one for KZ has it."
        )
    if call.mark is Mark.INFERRED:
        text += (
            f" The path {call.path} is a guess: no public page of the vendor shows it. If the "
            "vendor gave you another, "
            f'say so in a contract file ([{call.name}] path = "…"), or '
            f'use FreedomPay(contract=[Override(call="{call.name}", path="…")]).'
        )
    elif (
        call.mark is not Mark.GIVEN
        and call.section is not Section.HASHDT
        and call.name != REQUESTS_STATUS.name
    ):
        # A 404 to a look-up may be how the host says that it does not know an id.
        text += (
            f" If this host has another path for it than {call.path}, say so in a contract file "
            f'([{call.name}] path = "…").'
        )
    return text


def asked_to_wait(seconds: float, *, too_long: bool) -> str:
    """What the issuer asked for, and whether it was too much, for whoever reads the error."""
    return f"The issuer asked to wait {ceil(seconds)} s" + (
        ", and there was no time left for that." if too_long else "."
    )


def named_in(*states: RequestState | None) -> dict[str, Any]:
    """What these answers name, as attributes of an error."""
    told = [state for state in states if state is not None]
    return {
        "card_ids": tuple(dict.fromkeys(card_id for state in told for card_id in state.card_ids)),
        "client_id": next((name for state in told if (name := as_id(state.client_id))), None),
        "transaction_id": next(
            (name for state in told if (name := as_id(state.transaction_id))), None
        ),
    }


def _ending(
    end: End,
    call: Call[Any],
    told: Verdict,
    *,
    id_sent: bool,
    not_again: str | None,
    named: str | None,
    code: str | None,
) -> Ending:
    if end is End.FAILED:
        # A failure is of the effect that was asked about, even if all that is known of it is its
        # id.
        return Ending.FAILED_NAMED if named else Ending.FAILED
    if call.retry is Retry.READ:
        return _ending_of_read(end, call.section, answered=told.reply is not None)
    of_kind = call.retry
    match end:
        case End.NOT_SENT:
            return Ending.NOT_SENT
        case End.LIMITED if of_kind is Retry.REPEATABLE or call.safe_again:
            return Ending.LIMITED_REPEATABLE
        case End.LIMITED:
            paying = Ending.LIMITED_PAYING if call.pays else Ending.LIMITED
            return paying if id_sent else Ending.LIMITED_WITHOUT_ID
        case End.DENIED:
            return Ending.DENIED
        case End.BLOCKED:
            unsure = {
                Retry.ASKABLE: Ending.DENIED_UNSURE,
                Retry.REPEATABLE: Ending.DENIED_REPEATABLE,
            }
            return unsure.get(of_kind, Ending.DENIED_UNASKABLE)
        case End.DUPLICATE:
            return Ending.DUPLICATE
        case End.TAKEN:
            return Ending.UNREADABLE
        case End.REFUSED if call.section is Section.GIFT_CARDS:
            unsure_gift = Ending.GIFT_UNSURE_HARMLESS if call.safe_again else Ending.GIFT_UNSURE
            return Ending.GIFT_REFUSED if code in _OF_WHAT_WAS_ASKED else unsure_gift
        case End.REFUSED:
            refused = {Retry.ASKABLE: Ending.REFUSED, Retry.REPEATABLE: Ending.REFUSED_REPEATABLE}
            return refused.get(of_kind, Ending.REFUSED_UNASKABLE)
        case _ if of_kind is Retry.REPEATABLE:
            return Ending.UNKNOWN_REPEATABLE
        case _ if of_kind is Retry.UNASKABLE:
            return Ending.UNKNOWN_HARMLESS if call.safe_again else Ending.UNKNOWN_UNASKABLE
        case _:
            return Ending.UNKNOWN if not_again is None else Ending.UNKNOWN_OLD


def _ending_of_read(end: End, section: Section, *, answered: bool) -> Ending:
    ends = {
        End.NOT_SENT: Ending.READ_NOT_SENT,
        End.LIMITED: Ending.READ_LIMITED,
        End.DENIED: Ending.READ_DENIED,
        End.BLOCKED: Ending.READ_BLOCKED,
        End.REFUSED: Ending.READ_GIFT_REFUSED
        if section is Section.GIFT_CARDS
        else Ending.READ_REFUSED,
        End.UNCLEAR: Ending.READ_UNCLEAR,
    }
    return ends.get(end, Ending.READ_UNCLEAR if answered else Ending.READ_UNANSWERED)


class CancelledMark(NamedTuple):
    """What is told of a call on its cancellation."""

    request_id: str | None
    outcome_unknown: bool


def mark_of(error: BaseException) -> CancelledMark | None:
    """What `mark_cancelled` has put on a cancellation; `None`: it was no call of this library's
    that it reached.
    """
    # The exception is Python's own: it has no such attributes unless they were put there.
    unknown = getattr(error, "outcome_unknown", None)
    return None if unknown is None else CancelledMark(getattr(error, "request_id", None), unknown)


def mark_cancelled(error: BaseException, request_id: str | None, *, outcome_unknown: bool) -> None:
    """Put the id on a cancellation, and whether the call may have been done."""
    error.request_id = request_id  # type: ignore[attr-defined]
    error.outcome_unknown = outcome_unknown  # type: ignore[attr-defined]
