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
_HARMLESS: Final = "It changes nothing: it is safe to repeat."

EFFECTS: Final[dict[Ending, Meaning]] = {
    Ending.NOT_SENT: Meaning(
        NotSent,
        Of.EFFECT,
        "not sent: no connection, no name, no TLS, its turn did not come",
        False,
        _NEW,
        "not sent: {why}.",
        "Nothing was done; it is safe to repeat.",
    ),
    Ending.BUSY: Meaning(
        Busy,
        Of.EFFECT,
        "not sent: its turn had not come, and `queue=False`",
        False,
        _NEW,
        "not sent: {why}.",
        "It is safe to repeat.",
    ),
    Ending.LIMITED: Meaning(
        RateLimited,
        Of.EFFECT,
        "429 to every attempt",
        None,
        _SAME,
        "the issuer limits the rate ({why}).",
        (
            "HTTP 429 means that nothing was done, and does not prove it: repeat it later with "
            "this request_id."
        ),
    ),
    Ending.LIMITED_PAYING: Meaning(
        RateLimited,
        Of.EFFECT,
        "429 to what pays (a gift card's issue, with its id in a header)",
        None,
        _SAME,
        "the issuer limits the rate ({why}).",
        "HTTP 429 means that nothing was done, and does not prove it. It pays: make sure that it "
        "was not done before you repeat it, and "
        "keep to this request_id.",
    ),
    Ending.LIMITED_WITHOUT_ID: Meaning(
        RateLimited,
        Of.EFFECT,
        "429, and no request id is on the wire (gift cards under JWS)",
        None,
        _NONE,
        "the issuer limits the rate ({why}).",
        "HTTP 429 means that nothing was done, and does not prove it. No request id goes out with "
        "this call, so nothing would tell a "
        "repeat from a second order: make sure that it was not done before you repeat it.",
    ),
    Ending.LIMITED_REPEATABLE: Meaning(
        RateLimited,
        Of.EFFECT,
        (
            "429 to every attempt, and doing it again does no harm (a PIN of your own, a gift "
            "card's confirmation)"
        ),
        None,
        _NEW,
        "the issuer limits the rate ({why}).",
        (
            "HTTP 429 means that nothing was done, and does not prove it. Doing it again does no "
            "harm: repeat it later."
        ),
    ),
    Ending.DENIED: Meaning(
        AuthenticationError,
        Of.EFFECT,
        "401 or 403 in the issuer's own JSON, and to the question about it too",
        False,
        _NEW,
        "the issuer refused the signature or the merchant ({why}).",
        "This attempt did nothing. Check auth_id, secret_key, the region and its signature scheme.",
    ),
    Ending.DENIED_NOT_KNOWN: Meaning(
        AuthenticationError,
        Of.EFFECT,
        (
            "401 or 403 in the issuer's own JSON, to this call only: `request/status` answers, "
            "and does not know the id"
        ),
        None,
        _SAME,
        "the issuer refused the signature or the merchant ({why}), and does not know the id.",
        "Nothing proves that it was not done. Check auth_id, secret_key, the region and its "
        "signature scheme, and whether this merchant "
        "may make this call, then repeat it with this request_id.",
    ),
    Ending.DENIED_UNSURE: Meaning(
        AuthenticationError,
        Of.EFFECT,
        "401 or 403 in any other form, or after a 429, and `request/status` is refused too",
        None,
        _SAME,
        "the host refuses this key ({why}), for status questions too.",
        "Whether this call did anything is not known: mend the key (auth_id, secret_key, the "
        "region and its signature scheme, or what "
        "stands between you and the issuer), then ask (requests.attach).",
    ),
    Ending.DENIED_UNASKABLE: Meaning(
        AuthenticationError,
        Of.EFFECT,
        (
            "401 or 403 in any other form, and it can't be asked about (gift cards, a PIN that "
            "the issuer makes)"
        ),
        None,
        _NONE,
        "the host refuses this key ({why}), and not in the issuer's own JSON.",
        "Whether this call did anything is not known, and it can't be asked about: a person has "
        "to look before it is repeated. "
        "Check auth_id, secret_key, the region and its signature scheme, and what stands between "
        "you and the issuer.",
    ),
    Ending.DENIED_REPEATABLE: Meaning(
        AuthenticationError,
        Of.EFFECT,
        "401 or 403 in any other form, and doing it again gives the same end (a PIN of your own)",
        None,
        _NEW,
        "the host refuses this key ({why}).",
        "Whether this call did anything is not known. Doing it again gives the same end: mend the "
        "key, and repeat it. "
        "Check auth_id, secret_key, the region and its signature scheme, and what stands between "
        "you and the issuer.",
    ),
    Ending.REFUSED: Meaning(
        RequestFailed,
        Of.EFFECT,
        "refused, and the issuer does not know the id (`proved` is false)",
        None,
        _SAME,
        "refused, and the issuer does not know the id ({why}).",
        (
            "Nothing proves that it was not done: ask again later (requests.attach) before you "
            "send it under a new id."
        ),
    ),
    Ending.REFUSED_UNASKABLE: Meaning(
        RequestFailed,
        Of.EFFECT,
        "refused, and it can't be asked about (a PIN that the issuer makes)",
        None,
        _NONE,
        "the issuer refused it ({why}).",
        (
            "It can't be asked about, so nothing proves that it was not done: make sure of that "
            "before it is repeated."
        ),
    ),
    Ending.REFUSED_REPEATABLE: Meaning(
        RequestFailed,
        Of.EFFECT,
        "refused, and doing it again gives the same end (a PIN of your own)",
        None,
        _NEW,
        "the issuer refused it ({why}).",
        "Doing it again gives the same end: it is safe to repeat.",
    ),
    Ending.GIFT_REFUSED: Meaning(
        GiftCardError,
        Of.EFFECT,
        "a negative status that is about what was asked (-2, -3, -4, -11)",
        False,
        _NEW,
        "the issuer refused it ({why}).",
        "As the status tells, it was not done: mend what it names, and call again.",
    ),
    Ending.GIFT_UNSURE: Meaning(
        GiftCardError,
        Of.EFFECT,
        "a negative status that does not tell (-1, -5 to -10)",
        None,
        _NONE,
        "the issuer said no ({why}).",
        (
            "That does not tell whether it was done: look at the card or at the account before it "
            "is repeated."
        ),
    ),
    Ending.GIFT_UNSURE_HARMLESS: Meaning(
        GiftCardError,
        Of.EFFECT,
        "the same of a confirmation",
        None,
        _NEW,
        "the issuer said no ({why}).",
        (
            "That does not tell whether an earlier try did it: the status of the card does. "
            "Another try does no harm."
        ),
    ),
    Ending.DUPLICATE: Meaning(
        DuplicateRequest,
        Of.EFFECT,
        "409, and the id, which was used before, stays unknown to `request/status`",
        None,
        _SAME,
        "the issuer refused the request id ({why}).",
        (
            "An earlier use of this id may have been done; do not repeat it under a new id before "
            "that is clear."
        ),
    ),
    Ending.UNKNOWN: Meaning(
        OutcomeUnknown,
        Of.EFFECT,
        (
            "sent, the answer is lost or is a refusal that no look-up confirms, and it could not "
            "be found out in time"
        ),
        None,
        _SAME,
        (
            "sent, and its outcome is not known ({why}). It may or may not have been done; never "
            "repeat it under a new id."
        ),
        (
            "Ask again later (requests.attach), or repeat it with this request_id within "
            "{within:.0f} s of its first send."
        ),
    ),
    Ending.UNKNOWN_OLD: Meaning(
        OutcomeUnknown,
        Of.EFFECT,
        "the same, longer ago than it may be sent again",
        None,
        _SAME,
        (
            "sent, and its outcome is not known ({why}). It may or may not have been done; never "
            "repeat it under a new id."
        ),
        "Ask again later (requests.attach); it is not sent again: {not_again}.",
    ),
    Ending.UNKNOWN_UNASKABLE: Meaning(
        OutcomeUnknown,
        Of.EFFECT,
        (
            "sent, the answer is lost, and it can't be asked about (gift cards, a PIN that the "
            "issuer makes)"
        ),
        None,
        _NONE,
        "sent, and its outcome is not known ({why}). It may or may not have been done.",
        "It can't be asked about: a person has to look before it is repeated.",
    ),
    Ending.UNKNOWN_HARMLESS: Meaning(
        OutcomeUnknown,
        Of.EFFECT,
        "sent, the answer is lost, and doing it again does no harm (a gift card's confirmation)",
        None,
        _NEW,
        "sent, and its outcome is not known ({why}).",
        "It can't be asked about; doing it again does no harm.",
    ),
    Ending.UNKNOWN_REPEATABLE: Meaning(
        OutcomeUnknown,
        Of.EFFECT,
        "sent, the answer is lost, and doing it again gives the same end (a PIN of your own)",
        None,
        _NEW,
        "sent, and its outcome is not known ({why}).",
        "Doing it again gives the same end: it is safe to repeat.",
    ),
    Ending.UNREADABLE: Meaning(
        ResultUnknown,
        Of.EFFECT,
        "done, and the answer can't be read",
        True,
        _NONE,
        "the issuer did it, and its answer can't be read ({why}).",
        "Do not repeat it; `body` has the answer.",
    ),
}
