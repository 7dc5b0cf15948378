"""The meaning of each ending of a question, which changes nothing."""

from __future__ import annotations

from typing import Final

from freedompay_async.errors.classes import (
    AuthenticationError,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.errors.endings import Ending, Meaning, Of

__all__ = ["QUESTIONS"]

_NEW: Final = "any"
_HARMLESS: Final = "It changes nothing: it is safe to repeat."

QUESTIONS: Final[dict[Ending, Meaning]] = {
    Ending.READ_NOT_SENT: Meaning(
        error=NotSent,
        of=Of.READ,
        case="not sent",
        done=False,
        next_id=_NEW,
        text="not sent: {why}.",
        safe=_HARMLESS,
    ),
    Ending.READ_LIMITED: Meaning(
        error=RateLimited,
        of=Of.READ,
        case="429 to every attempt",
        done=False,
        next_id=_NEW,
        text="the issuer limits the rate ({why}).",
        safe=_HARMLESS,
    ),
    Ending.READ_DENIED: Meaning(
        error=AuthenticationError,
        of=Of.READ,
        case="401 or 403 in the issuer's own JSON",
        done=False,
        next_id=_NEW,
        text="the issuer refused the signature or the merchant ({why}).",
        safe=(
            "The question did nothing. Check auth_id, secret_key, the region and its signature "
            "scheme."
        ),
    ),
    Ending.READ_BLOCKED: Meaning(
        error=AuthenticationError,
        of=Of.READ,
        case="401 or 403 in any other form",
        done=False,
        next_id=_NEW,
        text=(
            "the host, or a proxy before it, refused the question ({why}), and not in the issuer's "
            "own JSON."
        ),
        safe=(
            "The question did nothing. Check base_url, what stands between you and the issuer, "
            "auth_id, secret_key, the region and its signature scheme."
        ),
    ),
    Ending.READ_REFUSED: Meaning(
        error=RequestFailed,
        of=Of.READ,
        case="refused",
        done=False,
        next_id=_NEW,
        text="the issuer refused to answer ({why}). That says nothing about any other request.",
        safe=_HARMLESS,
    ),
    Ending.READ_GIFT_REFUSED: Meaning(
        error=GiftCardError,
        of=Of.READ,
        case="a negative status (gift cards)",
        done=False,
        next_id=_NEW,
        text="the issuer refused to answer ({why}).",
        safe=_HARMLESS,
    ),
    Ending.READ_UNCLEAR: Meaning(
        error=ProtocolError,
        of=Of.READ,
        case="an answer that does not fit the contract",
        done=False,
        next_id=_NEW,
        text="the answer does not fit the contract ({why}).",
        safe=_HARMLESS,
    ),
    Ending.READ_UNANSWERED: Meaning(
        error=OutcomeUnknown,
        of=Of.READ,
        case="no answer",
        done=False,
        next_id=_NEW,
        text="sent, and no answer came ({why}).",
        safe=_HARMLESS,
    ),
}
