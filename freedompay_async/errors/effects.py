"""The meaning of each ending of a call that changes something."""

from __future__ import annotations

from typing import Final

from freedompay_async.errors.classes import (
    AuthenticationError,
    Busy,
    DuplicateRequest,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RequestFailed,
    ResultUnknown,
)
from freedompay_async.errors.endings import Ending, Meaning, Of

__all__ = ["EFFECTS"]

_NEW: Final = "any"
_SAME: Final = "the same"
_NONE: Final = "none"

EFFECTS: Final[dict[Ending, Meaning]] = {
    Ending.NOT_SENT: Meaning(
        error=NotSent,
        of=Of.EFFECT,
        case="not sent: no connection, no DNS name, no TLS, or the wait in the queue took too long",
        done=False,
        next_id=_NEW,
        text="not sent: {why}.",
        safe="Nothing was done; it is safe to repeat.",
    ),
    Ending.BUSY: Meaning(
        error=Busy,
        of=Of.EFFECT,
        case="not sent: it would have had to wait longer than its `queue` allows",
        done=False,
        next_id=_NEW,
        text="not sent: {why}.",
        safe="Nothing was done; it is safe to repeat.",
    ),
    Ending.LIMITED: Meaning(
        error=RateLimited,
        of=Of.EFFECT,
        case="429 to every attempt",
        done=None,
        next_id=_SAME,
        text="the issuer limits the rate ({why}).",
        safe=(
            "HTTP 429 means that nothing was done, and does not prove it: repeat it later with "
            "this request_id."
        ),
    ),
    Ending.LIMITED_PAYING: Meaning(
        error=RateLimited,
        of=Of.EFFECT,
        case="429 to a call that pays (a gift card's issue, with its id in a header)",
        done=None,
        next_id=_SAME,
        text="the issuer limits the rate ({why}).",
        safe=(
            "HTTP 429 means that nothing was done, and does not prove it. This call pays: make "
            "sure that it was not done before you repeat it, and keep to this request_id."
        ),
    ),
    Ending.LIMITED_WITHOUT_ID: Meaning(
        error=RateLimited,
        of=Of.EFFECT,
        case="429, and no request id is on the wire (gift cards under JWS)",
        done=None,
        next_id=_NONE,
        text="the issuer limits the rate ({why}).",
        safe=(
            "HTTP 429 means that nothing was done, and does not prove it. No request id goes out "
            "with this call, so the issuer can't tell a repeat from a second order: make sure that "
            "it was not done before you repeat it."
        ),
    ),
    Ending.LIMITED_REPEATABLE: Meaning(
        error=RateLimited,
        of=Of.EFFECT,
        case=(
            "429 to every attempt, and doing it again does no harm (a PIN of your own, a gift "
            "card's confirmation)"
        ),
        done=None,
        next_id=_NEW,
        text="the issuer limits the rate ({why}).",
        safe=(
            "HTTP 429 means that nothing was done, and does not prove it. Doing it again does no "
            "harm: repeat it later."
        ),
    ),
    Ending.DENIED: Meaning(
        error=AuthenticationError,
        of=Of.EFFECT,
        case="401 or 403 in the issuer's own JSON, and to the question about the request too",
        done=False,
        next_id=_NEW,
        text="the issuer refused the signature or the merchant ({why}).",
        safe=(
            "This attempt did nothing. Check auth_id, secret_key, the region and its signature "
            "scheme."
        ),
    ),
    Ending.DENIED_NOT_KNOWN: Meaning(
        error=AuthenticationError,
        of=Of.EFFECT,
        case=(
            "401 or 403 in the issuer's own JSON, to this call only: `request/status` answers, and "
            "does not know the id"
        ),
        done=None,
        next_id=_SAME,
        text="the issuer refused the signature or the merchant ({why}), and does not know the id.",
        safe=(
            "Nothing proves that it was not done. Check auth_id, secret_key, the region and its "
            "signature scheme, and whether this merchant may make this call. Then repeat it with "
            "this request_id."
        ),
    ),
    Ending.DENIED_UNSURE: Meaning(
        error=AuthenticationError,
        of=Of.EFFECT,
        case="401 or 403 in any other form, or after a 429, and `request/status` is refused too",
        done=None,
        next_id=_SAME,
        text="the host refuses this key ({why}), for status questions too.",
        safe=(
            "Whether this call did anything is not known. Check auth_id, secret_key, the region "
            "and its signature scheme, and what stands between you and the issuer. Then ask "
            "(requests.attach)."
        ),
    ),
    Ending.DENIED_UNASKABLE: Meaning(
        error=AuthenticationError,
        of=Of.EFFECT,
        case=(
            "401 or 403 in any other form, and it can't be asked about (gift cards, a PIN that the "
            "issuer makes)"
        ),
        done=None,
        next_id=_NONE,
        text="the host refuses this key ({why}), and not in the issuer's own JSON.",
        safe=(
            "Whether this call did anything is not known, and it can't be asked about: a person "
            "has to look before it is repeated. Check auth_id, secret_key, the region and its "
            "signature scheme, and what stands between you and the issuer."
        ),
    ),
    Ending.DENIED_REPEATABLE: Meaning(
        error=AuthenticationError,
        of=Of.EFFECT,
        case=(
            "401 or 403 in any other form, and doing it again gives the same end (a PIN of your "
            "own)"
        ),
        done=None,
        next_id=_NEW,
        text="the host refuses this key ({why}).",
        safe=(
            "Whether this call did anything is not known. Check auth_id, secret_key, the region "
            "and its signature scheme, and what stands between you and the issuer. Doing it again "
            "gives the same end: correct the key, and repeat it."
        ),
    ),
    Ending.REFUSED: Meaning(
        error=RequestFailed,
        of=Of.EFFECT,
        case="refused, and the issuer does not know the id (`proved` is false)",
        done=None,
        next_id=_SAME,
        text="refused, and the issuer does not know the id ({why}).",
        safe=(
            "Nothing proves that it was not done: ask again later (requests.attach) before you "
            "send it under a new id."
        ),
    ),
    Ending.REFUSED_UNASKABLE: Meaning(
        error=RequestFailed,
        of=Of.EFFECT,
        case="refused, and it can't be asked about (a PIN that the issuer makes)",
        done=None,
        next_id=_NONE,
        text="the issuer refused it ({why}).",
        safe=(
            "It can't be asked about, so nothing proves that it was not done: make sure of that "
            "before it is repeated."
        ),
    ),
    Ending.REFUSED_REPEATABLE: Meaning(
        error=RequestFailed,
        of=Of.EFFECT,
        case="refused, and doing it again gives the same end (a PIN of your own)",
        done=None,
        next_id=_NEW,
        text="the issuer refused it ({why}).",
        safe="Doing it again gives the same end: it is safe to repeat.",
    ),
    Ending.GIFT_REFUSED: Meaning(
        error=GiftCardError,
        of=Of.EFFECT,
        case="a negative status about the input (-2, -3, -4, -11)",
        done=False,
        next_id=_NEW,
        text="the issuer refused it ({why}).",
        safe="The status says that it was not done: correct what it names, and call again.",
    ),
    Ending.GIFT_UNSURE: Meaning(
        error=GiftCardError,
        of=Of.EFFECT,
        case="a negative status that leaves it open (-1, -5 to -10)",
        done=None,
        next_id=_NONE,
        text="the issuer refused it ({why}).",
        safe=(
            "The status does not tell whether it was done: look at the card or at the account "
            "before it is repeated."
        ),
    ),
    Ending.GIFT_UNSURE_HARMLESS: Meaning(
        error=GiftCardError,
        of=Of.EFFECT,
        case="the same, for a gift card's confirmation",
        done=None,
        next_id=_NEW,
        text="the issuer refused it ({why}).",
        safe=(
            "The status does not tell whether an earlier attempt did it; the state of the card "
            "does. Another attempt does no harm."
        ),
    ),
    Ending.DUPLICATE: Meaning(
        error=DuplicateRequest,
        of=Of.EFFECT,
        case="409 to an id that was used before, and `request/status` does not know it",
        done=None,
        next_id=_SAME,
        text="the issuer refused the request id ({why}).",
        safe=(
            "An earlier use of this id may have been done. Do not repeat it under a new id before "
            "that is clear."
        ),
    ),
    Ending.UNKNOWN: Meaning(
        error=OutcomeUnknown,
        of=Of.EFFECT,
        case="sent; the answer is lost, or no look-up confirms the refusal; and the time is over",
        done=None,
        next_id=_SAME,
        text=(
            "sent, and its outcome is not known ({why}). It may or may not have been done; never "
            "repeat it under a new id."
        ),
        safe=(
            "Ask again later (requests.attach), or repeat it with this request_id within "
            "{within:.0f} s of its first send."
        ),
    ),
    Ending.UNKNOWN_OLD: Meaning(
        error=OutcomeUnknown,
        of=Of.EFFECT,
        case="the same, and it is too long ago to send it again",
        done=None,
        next_id=_SAME,
        text=(
            "sent, and its outcome is not known ({why}). It may or may not have been done; never "
            "repeat it under a new id."
        ),
        safe="Ask again later (requests.attach); it is not sent again: {not_again}.",
    ),
    Ending.UNKNOWN_UNASKABLE: Meaning(
        error=OutcomeUnknown,
        of=Of.EFFECT,
        case=(
            "sent, the answer is lost, and it can't be asked about (gift cards, a PIN that the "
            "issuer makes)"
        ),
        done=None,
        next_id=_NONE,
        text="sent, and its outcome is not known ({why}). It may or may not have been done.",
        safe="It can't be asked about: a person has to look before it is repeated.",
    ),
    Ending.UNKNOWN_HARMLESS: Meaning(
        error=OutcomeUnknown,
        of=Of.EFFECT,
        case=(
            "sent, the answer is lost, and doing it again does no harm (a gift card's confirmation)"
        ),
        done=None,
        next_id=_NEW,
        text="sent, and its outcome is not known ({why}).",
        safe="It can't be asked about; doing it again does no harm.",
    ),
    Ending.UNKNOWN_REPEATABLE: Meaning(
        error=OutcomeUnknown,
        of=Of.EFFECT,
        case="sent, the answer is lost, and doing it again gives the same end (a PIN of your own)",
        done=None,
        next_id=_NEW,
        text="sent, and its outcome is not known ({why}).",
        safe="Doing it again gives the same end: it is safe to repeat.",
    ),
    Ending.UNREADABLE: Meaning(
        error=ResultUnknown,
        of=Of.EFFECT,
        case="done, and the answer can't be read",
        done=True,
        next_id=_NONE,
        text="the issuer did it, and its answer can't be read ({why}).",
        safe="Do not repeat it. `body` has the answer.",
    ),
}
