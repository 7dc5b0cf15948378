"""Everything that this library raises on purpose.

    FreedomPayError
    ├── ConfigurationError      wrong settings or wrong use; nothing was sent
    ├── JournalError            a batch's journal can't be written; the run has stopped
    ├── NotSent                 no byte of it left this machine; safe to repeat
    │   └── Busy                its turn had not come yet, and queue=False
    ├── OutcomeUnknown          sent, and what became of it is not known
    │   └── ResultUnknown       it was done, and the answer that says so can't be read
    ├── StillProcessing         it had not ended, as far as the issuer tells, in time
    ├── ProtocolError           the answer to a question is not the contract's
    └── ApiError                the issuer, or what stands before it, answered and said no
        ├── AuthenticationError the key, the merchant id or the signature was refused
        ├── DuplicateRequest    HTTP 409 to a request id that may have been used before
        ├── RateLimited         HTTP 429 to every attempt
        ├── RequestFailed       this request was refused or has failed
        └── GiftCardError       a negative status of the gift-card section

A call that is cancelled raises the `CancelledError` it was given, with `request_id` and
`outcome_unknown` set on it.

Errors carry attributes, not tuples; all of them pickle. `str(error)` says what happened, whether
anything was sent, and what is safe to do next. `body` is the raw answer with secrets masked.

`MEANINGS` is the one place that says, for each way in which a call can end, whether it was done,
which request id to use next and what is safe. The texts of the errors and the table of the README
are made from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final, Literal, NamedTuple

__all__ = [
    "KEEP_TO_THE_ID",
    "MEANINGS",
    "ApiError",
    "AuthenticationError",
    "Busy",
    "ConfigurationError",
    "DuplicateRequest",
    "Ending",
    "FreedomPayError",
    "GiftCardError",
    "JournalError",
    "Meaning",
    "NotSent",
    "Of",
    "OutcomeUnknown",
    "ProtocolError",
    "RateLimited",
    "RequestFailed",
    "ResultUnknown",
    "StillProcessing",
]


class FreedomPayError(Exception):
    """The base of all.

    Attributes:
        text: what happened, in a sentence or two.
        request_id: the id of the intent (of a read: of its last attempt); `None` where no call was
            made.
        call: the method, such as `cards.issue`; `None` where no call was made.
        http_status: the HTTP status of the last answer, or `None`.
        body: the last answer's body as text, secrets masked, or `None`.
        error_code, error_description: what the issuer gave, as text, or `None`.
        retry_after: seconds that the issuer asked to wait, or `None`.
        wait_too_long: there was no time left for that wait, so the call ended at once.
        other_body: this client has sent another body under the `request_id` too, so what the issuer
            tells of the id may be of that one.
        done: whether this call did what was asked for; `None`: that is not known. A question does
            nothing, so of one it is false. What an earlier use of a `request_id` of yours did is
            another matter: keep to that id.
        refused: the issuer's answer to the call itself was a refusal, whatever a look-up told
            afterwards.
        proved: a look-up has shown that the request failed; it is not concluded from a refusal.
        card_ids, client_id, transaction_id: what the answer names all the same, of a request that
            failed or is not told of in full.
    """

    DONE: ClassVar[bool | None] = None
    """What the class says of `done`, where nothing more is known."""
    wait_too_long: bool = False
    other_body: bool = False

    def __init__(
        self,
        text: str,
        *,
        request_id: str | None = None,
        call: str | None = None,
        http_status: int | None = None,
        body: str | None = None,
        error_code: str | None = None,
        error_description: str | None = None,
        retry_after: float | None = None,
        done: bool | Literal["as its class"] | None = "as its class",
        refused: bool = False,
        proved: bool = False,
        card_ids: tuple[str, ...] = (),
        client_id: str | None = None,
        transaction_id: str | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.request_id = request_id
        self.call = call
        self.http_status = http_status
        self.body = body
        self.error_code = error_code
        self.error_description = error_description
        self.retry_after = retry_after
        self.done = self.DONE if done == "as its class" else done
        self.refused = refused
        self.proved = proved
        self.card_ids = card_ids
        self.client_id = client_id
        self.transaction_id = transaction_id

    @property
    def outcome_unknown(self) -> bool:
        """Whether it is not known if it was done."""
        return self.done is None

    def __str__(self) -> str:
        subject = f"{self.call}: " if self.call else ""
        ending = f" [request_id {self.request_id}]" if self.request_id else ""
        return f"{subject}{self.text}{ending}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.text), self.__dict__)


def _rebuild(cls: type[FreedomPayError], text: str) -> FreedomPayError:
    return cls(text)


class ConfigurationError(FreedomPayError):
    """Wrong settings, or a client used after close, on another event loop or in a forked child;
    nothing was sent.

    Raised by the `result()` of a request that was accepted before, it says nothing of that request,
    and `done` tells what is known of it.
    """

    DONE = False


class JournalError(FreedomPayError):
    """The journal of a batch can't be written: nothing more is sent, and what was sent is in it."""


class NotSent(FreedomPayError):
    """No byte of the request left this machine: safe to repeat."""

    DONE = False


class Busy(NotSent):
    """The client has as many calls on the way as it may have, or its turn had not come yet, and
    `queue=False`: nothing was sent.
    """


class OutcomeUnknown(FreedomPayError):
    """The request was sent, and no answer tells what became of it.

    An effect (`done` is `None`) may or may not have been done, and the text says what is safe.
    Where `request/status` can be asked about it, never repeat it under a new id:
    `requests.attach(error.request_id)` asks again later, and the same call with
    `request_id=error.request_id` is safe. Where it can't be asked about (gift cards), a person has
    to look. What gives the same end when it is done again (a PIN of your own, a gift card's
    confirmation) may be repeated. A question (`done` is false) changes nothing and may be asked
    again. Where `done` is true, it is the `ResultUnknown` below.
    """


class ResultUnknown(OutcomeUnknown):
    """It was done, and what came of it is not known: the answer says that it was done, and can't be
    read beyond that. Never repeat it.

    Where the answer could not be read at all, `body` has it.
    """

    DONE = True


class StillProcessing(FreedomPayError):
    """The request had not ended, as far as the issuer tells, when the waiting stopped; `request_id`
    is all one needs to go on.

    `done` is true where it has succeeded, and the issuer has not named all that it made: `card_ids`
    has the ids so far. Where the issuer does not know the id, or not yet, the text says so.

    Attributes:
        request_ids: of many requests waited for together, those that have not ended.
    """

    request_ids: tuple[str, ...] = ()


class ProtocolError(FreedomPayError):
    """The answer to a question is not the contract's; `body` has it. A question changes nothing."""

    DONE = False


class ApiError(FreedomPayError):
    """The issuer, or what stands before it, answered and said no.

    Whether something was done all the same, `done` tells.
    """


class AuthenticationError(ApiError):
    """The key, the merchant id or the signature was refused.

    Said in the issuer's own JSON, this attempt did nothing, and `done` is false. Of an effect
    `done` is `None` where the refusal is in any other form, because nothing tells who said it, and
    where an attempt before it got a 429. Raised by `result()`, it is the question about the request
    that was refused, which says nothing of the request. A question does nothing, in whatever form
    it is refused.
    """

    DONE = False


class DuplicateRequest(ApiError):
    """HTTP 409 to a request id that may have been used before, and `request/status` does not tell
    what became of it.

    Not a refusal: an earlier use of the id may have been done.
    """


class RateLimited(ApiError):
    """HTTP 429 to every attempt.

    For an effect it means that nothing was done, and does not prove it: the text says how to repeat
    it.
    """


class RequestFailed(ApiError):
    """The issuer refused the request, or accepted it and it failed.

    `proved`: a look-up has shown that it failed. It was not done then, unless the answer names a
    card, a client or a transaction: `done` is `None` there, because what it names may exist.
    Without `proved`, the issuer refused an effect, and does not know its id or can't be asked. A
    proxy that sends a request twice makes the same impression, so `done` is `None`: ask again
    before it is sent under a new id. A question that was refused changed nothing, and `done` is
    false.
    """


class GiftCardError(ApiError):
    """A negative status of the gift-card section; `code` has it, and its sentence is
    `error_description`.

    `done` is false of a question, and where the status is about what was asked (a name, a phone, a
    product, a right to it). The others do not tell, so there it is `None`: a general error (-1), a
    failure of the bank behind the issuer (-5, -9), and what is also said of the second copy of an
    order that a proxy sent twice (-6 no money left, -7 and -8 a card id or a code that is used up,
    -10).
    """

    @property
    def code(self) -> int | None:
        """The status, such as -8 for a wrong code (`GiftStatus`)."""
        try:
            return int(self.error_code or "")
        except ValueError:
            return None


class Of(StrEnum):
    """What a meaning is about."""

    EFFECT = "a call that changes something"
    EITHER = "the call, or `result()`"
    RESULT = "`result()`"
    READ = "a question"


class Ending(StrEnum):
    """How a call can end without its answer."""

    NOT_SENT = "not sent"
    BUSY = "busy"
    LIMITED = "limited"
    LIMITED_PAYING = "limited, and it pays"
    LIMITED_WITHOUT_ID = "limited, no id on the wire"
    LIMITED_REPEATABLE = "limited, and it may be repeated"
    DENIED = "denied"
    DENIED_NOT_KNOWN = "denied, and the issuer does not know the id"
    DENIED_UNSURE = "denied, not in the issuer's own JSON"
    DENIED_UNASKABLE = "denied, not in the issuer's own JSON, and it can't be asked about"
    DENIED_REPEATABLE = "denied, not in the issuer's own JSON, and it may be repeated"
    REFUSED = "refused"
    REFUSED_UNASKABLE = "refused, and it can't be asked about"
    REFUSED_REPEATABLE = "refused, and it may be repeated"
    GIFT_REFUSED = "refused gift-card call"
    GIFT_UNSURE = "refused gift-card call that may have been done"
    GIFT_UNSURE_HARMLESS = "refused gift-card confirmation that may have been done"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    FAILED_AFTER_SUCCESS = "failed, after it was told to have succeeded"
    FAILED_NAMED = "failed, and names something"
    UNKNOWN = "unknown"
    UNKNOWN_OLD = "unknown, and not sent again"
    UNKNOWN_UNASKABLE = "unknown, and it can't be asked about"
    UNKNOWN_HARMLESS = "unknown, and doing it again does no harm"
    UNKNOWN_REPEATABLE = "unknown, and it may be repeated"
    UNREADABLE = "done, and the answer can't be read"
    READ_NOT_SENT = "question not sent"
    READ_LIMITED = "question limited"
    READ_DENIED = "question denied"
    READ_BLOCKED = "question denied, not in the issuer's own JSON"
    READ_REFUSED = "question refused"
    READ_GIFT_REFUSED = "gift-card question refused"
    READ_UNCLEAR = "question answered with something else"
    READ_UNANSWERED = "question not answered"
    PROCESSING = "in process"
    NOT_KNOWN = "not known to the issuer"
    UNNAMED = "succeeded, and not all is named"
    RESULT_DENIED = "the questions about it are denied"


class Meaning(NamedTuple):
    """What an ending means to whoever made the call."""

    error: type[FreedomPayError]
    of: Of
    case: str
    """When it is so, for the table in the documentation."""
    done: bool | None
    next_id: str
    """Under which request id it is safe to send it again: any, the same, or none."""
    text: str
    """What happened; `{why}` is what was seen."""
    safe: str
    """What is safe to do."""


_NEW: Final = "any"
_SAME: Final = "the same"
_NONE: Final = "none"
_HARMLESS: Final = "It changes nothing: it is safe to repeat."

MEANINGS: Final[dict[Ending, Meaning]] = {
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
    Ending.FAILED: Meaning(
        RequestFailed,
        Of.EITHER,
        "accepted, and failed (`proved` is true)",
        False,
        _NEW,
        "the issuer accepted the request and it failed ({why}).",
        "It was not done.",
    ),
    Ending.FAILED_AFTER_SUCCESS: Meaning(
        RequestFailed,
        Of.EITHER,
        "failed, and the issuer has told before that it had succeeded, or what it had made",
        None,
        _NONE,
        "the issuer says that the request failed ({why}), and has told of {named} before.",
        "What it told of may exist: ask the issuer what it is before you send it again.",
    ),
    Ending.FAILED_NAMED: Meaning(
        RequestFailed,
        Of.EITHER,
        (
            "accepted, and failed (`proved` is true), and the answer names a card, a client or a "
            "transaction"
        ),
        None,
        _NONE,
        "the issuer accepted the request and it failed ({why}), and the answer names {named}.",
        "What it names may exist: ask the issuer what it is before you send it again.",
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
    Ending.PROCESSING: Meaning(
        StillProcessing,
        Of.RESULT,
        "accepted, and not ended in time",
        None,
        _SAME,
        "the request is {why}, and the waiting has stopped.",
        "Go on with requests.attach.",
    ),
    Ending.NOT_KNOWN: Meaning(
        StillProcessing,
        Of.RESULT,
        "the issuer does not know the id, or not yet",
        None,
        _SAME,
        "{why}, and the waiting has stopped. Nothing tells that the issuer ever accepted it.",
        "Ask again with requests.attach.",
    ),
    Ending.UNNAMED: Meaning(
        StillProcessing,
        Of.RESULT,
        "succeeded, and not all ids are told",
        True,
        _NONE,
        "the request succeeded, and the issuer has not named all that it made ({why}).",
        "It was done: never repeat it. Ask again later (requests.attach).",
    ),
    Ending.RESULT_DENIED: Meaning(
        AuthenticationError,
        Of.RESULT,
        "401 or 403, in any form, to the question about it",
        None,
        _SAME,
        "the host refuses this key ({why}), so the request can't be asked about.",
        "That says nothing of the request itself. Check auth_id, secret_key, the region and its "
        "signature scheme, then ask again "
        "(requests.attach).",
    ),
}
"""In the order of the table in the documentation."""

KEEP_TO_THE_ID: Final = (
    " You gave its request_id: keep to that one, because an earlier use of it may have been done."
)
"""For an end that says only of this call that it did nothing."""
