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
        NotSent, Of.READ, "not sent", False, _NEW, "not sent: {why}.", _HARMLESS
    ),
    Ending.READ_LIMITED: Meaning(
        RateLimited,
        Of.READ,
        "429 to every attempt",
        False,
        _NEW,
        "the issuer limits the rate ({why}).",
        _HARMLESS,
    ),
    Ending.READ_DENIED: Meaning(
        AuthenticationError,
        Of.READ,
        "401 or 403 in the issuer's own JSON",
        False,
        _NEW,
        "the issuer refused the signature or the merchant ({why}).",
        "The question did nothing. Check auth_id, secret_key, the region and its signature scheme.",
    ),
    Ending.READ_BLOCKED: Meaning(
        AuthenticationError,
        Of.READ,
        "401 or 403 in any other form",
        False,
        _NEW,
        (
            "the host, or something before it, refused the question ({why}), and not in the "
            "issuer's own JSON."
        ),
        "The question did nothing. Check base_url and what stands between you and the issuer; "
        "auth_id, secret_key, the region and its "
        "signature scheme.",
    ),
    Ending.READ_REFUSED: Meaning(
        RequestFailed,
        Of.READ,
        "refused",
        False,
        _NEW,
        "the issuer refused to answer ({why}). That says nothing of any other request.",
        _HARMLESS,
    ),
    Ending.READ_GIFT_REFUSED: Meaning(
        GiftCardError,
        Of.READ,
        "a negative status (gift cards)",
        False,
        _NEW,
        "the issuer refused to answer ({why}).",
        _HARMLESS,
    ),
    Ending.READ_UNCLEAR: Meaning(
        ProtocolError,
        Of.READ,
        "an answer that is not the contract's",
        False,
        _NEW,
        "the answer is not the contract's ({why}).",
        _HARMLESS,
    ),
    Ending.READ_UNANSWERED: Meaning(
        OutcomeUnknown,
        Of.READ,
        "no answer",
        False,
        _NEW,
        "sent, and no answer came ({why}).",
        _HARMLESS,
    ),
}
