"""The classes of the errors, and what each carries."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final, Literal

__all__ = [
    "ApiError",
    "AuthenticationError",
    "Busy",
    "ConfigurationError",
    "DuplicateRequest",
    "FreedomPayError",
    "GiftCardError",
    "JournalError",
    "NotKnown",
    "NotSent",
    "OutcomeUnknown",
    "ProtocolError",
    "RateLimited",
    "RequestFailed",
    "ResultUnknown",
    "StillProcessing",
    "WaitReason",
]


class WaitReason(StrEnum):
    """What a call waits for before it leaves."""

    PLACE = "place"
    """All slots of the client (`max_connections`) or of the lane (`concurrency`) are taken."""
    RATE = "rate"
    """Its turn has not come: `rate` calls a second leave."""
    LEARNT_LIMIT = "learnt limit"
    """Fewer may leave than the caller allows, because the issuer answered with HTTP 429 or 503, or
    slowly.
    """
    OUTAGE = "outage"
    """The issuer answers nothing, and the calls of a batch wait until it does."""


# The attributes that `str(error)` is made of.
_SHOWN: Final = frozenset({"text", "call", "request_id"})


class FreedomPayError(Exception):
    """The base of all errors.

    Attributes:
        text: what happened and what is safe to do next, in a few sentences.
        request_id: the id of the intent (for a read: of its last attempt); `None` if no call was
            made.
        call: the method, such as `cards.issue`; `None` if no call was made.
        http_status: the HTTP status of the last answer, or `None`.
        body: the body of the last answer as text, secrets masked, or `None`.
        error_code, error_description: the issuer's code and words, as text, or `None`.
        retry_after: seconds that the issuer asked to wait, or `None`.
        wait_too_long: there was no time left for that wait, so the call ended at once.
        other_body: this client has sent another body under the same `request_id`, so the issuer's
            answer about the id may be about that one.
        done: whether this call did what was asked for; `None`: that is not known. It is false for
            a question, which changes nothing. It says nothing about an earlier use of a
            `request_id` of yours: keep to that id.
        refused: the issuer refused the call itself, whatever a look-up said afterwards.
        proved: a look-up has shown that the request failed. A refusal alone does not prove it.
        card_ids, client_id, transaction_id: what the answer names although the request failed, or
            before the answer is complete.
    """

    DONE: ClassVar[bool | None] = None
    """`done` of an error of this class, unless more is known."""
    text: str = ""
    request_id: str | None = None
    call: str | None = None
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
        """Whether the call may or may not have been done."""
        return self.done is None

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in _SHOWN:
            # Python makes `repr(error)` of them. A class of a user's own may write its text of
            # attributes that it does not have yet.
            self.args = (FreedomPayError.__str__(self),)

    def __str__(self) -> str:
        subject = f"{self.call}: " if self.call else ""
        ending = f" [request_id {self.request_id}]" if self.request_id else ""
        return f"{subject}{self.text}{ending}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.text), self.__dict__)


def _rebuild(cls: type[FreedomPayError], text: str) -> FreedomPayError:
    # Not by calling the class: one of a user's own may take other arguments.
    error = cls.__new__(cls, text)
    FreedomPayError.__init__(error, text)
    return error


class ConfigurationError(FreedomPayError):
    """Wrong settings or wrong use, such as a client after close, on another event loop or in a
    forked child. Nothing was sent.

    `result()` may raise it for a request that was accepted before. Then it says nothing about that
    request, and `done` is what is known of it.
    """

    DONE = False


class JournalError(FreedomPayError):
    """The journal of a batch can't be written. Nothing more is sent; all that was sent is in it."""


class NotSent(FreedomPayError):
    """No byte of the request left this machine. It is safe to repeat."""

    DONE = False


class Busy(NotSent):
    """The call would have had to wait longer than its `queue` allows. Nothing was sent.

    Attributes:
        reason: what it would have to wait for.
        retry_after: seconds after which it may leave; always a number. For a rate, own or learnt,
            it is the time to its turn. For a slot it is an estimate, from how long calls have
            lately taken, how many slots there are and how many calls wait. Until a call of the
            client has ended, one is taken to last a second.
    """

    retry_after: float

    def __init__(
        self,
        text: str,
        *,
        reason: WaitReason = WaitReason.PLACE,
        retry_after: float = 0.0,
        **more: Any,
    ) -> None:
        super().__init__(text, retry_after=retry_after, **more)
        self.reason = reason


class OutcomeUnknown(FreedomPayError):
    """The request was sent, and its outcome is not known.

    The text says what is safe:

    * An effect that `request/status` can be asked about (`done` is `None`) may or may not have been
      done. Never repeat it under a new id. `requests.attach(error.request_id)` asks again later,
      and the same call with `request_id=error.request_id` is safe.
    * An effect that can't be asked about (gift cards; `done` is `None`): a person has to look.
    * An effect that gives the same end when it is done again (a PIN of your own, a gift card's
      confirmation) may be repeated.
    * A question (`done` is false) changes nothing and may be asked again.
    * Where `done` is true, the error is a `ResultUnknown`.
    * Where a request was attached by its id, and may never have been sent, it is a `NotKnown`.
    """


class NotKnown(OutcomeUnknown):
    """A request was attached by its id, and the issuer does not know the id after the grace time.

    Nothing shows that the issuer ever accepted it, or that it was sent at all. That does not prove
    that it was not done, so `done` is `None`. Asking again is safe, and so is the same call under
    the same id within `Policy.resend_within` of its first send: later the issuer may have forgotten
    the id. Never use a new id before that is clear.
    """


class ResultUnknown(OutcomeUnknown):
    """The request was done, and the rest of its answer can't be read. Never repeat it.

    `body` has the answer, secrets masked.
    """

    DONE = True


class StillProcessing(FreedomPayError):
    """The waiting stopped before the issuer said that the request had ended. Go on with
    `requests.attach(error.request_id)`.

    `done` is true where the request has succeeded and the issuer has not named all that it made;
    `card_ids` has the ids so far. Where the issuer does not know the id yet, the text says so.

    Attributes:
        request_ids: those that have not ended, where many requests were waited for together.
    """

    request_ids: tuple[str, ...] = ()


class ProtocolError(FreedomPayError):
    """The answer to a question does not fit the contract; `body` has it. Nothing was changed."""

    DONE = False


class ApiError(FreedomPayError):
    """The issuer, or a proxy before it, answered with a refusal.

    `done` says whether something may have been done all the same.
    """


class AuthenticationError(ApiError):
    """The key, the merchant id or the signature was refused.

    `done` is false where the refusal is in the issuer's own JSON: this attempt did nothing. For an
    effect `done` is `None` where the refusal has any other form, because a proxy may have made it,
    and where an earlier attempt got a 429. `result()` raises it where the question about the
    request was refused; that says nothing about the request. A question changes nothing, whatever
    the form of the refusal.
    """

    DONE = False


class DuplicateRequest(ApiError):
    """HTTP 409 to a request id that may have been used before, and `request/status` does not say
    what became of it.

    It does not mean that nothing was done: an earlier use of the id may have been done.
    """


class RateLimited(ApiError):
    """HTTP 429 to every attempt.

    It means that nothing was done, and does not prove it. The text says how to repeat the call.
    """


class RequestFailed(ApiError):
    """The issuer refused the request, or accepted it and it failed.

    * `proved` is true: a look-up has shown that the request failed, so it was not done. Only where
      the answer names a card, a client or a transaction, `done` is `None`: what it names may exist.
    * `proved` is false: the issuer refused an effect, and does not know its id or can't be asked
      about it. `done` is `None`, because a proxy that sends a request twice looks the same from
      here: ask again before you send it under a new id.
    * A refused question changed nothing: `done` is false.
    """


class GiftCardError(ApiError):
    """A negative status of the gift-card section: `code`. Its sentence is `error_description`.

    `done` is false for a question, and where the status is about the input (a name, a phone, a
    product, a right to it). It is `None` for all others, which leave it open: a general error (-1),
    a failure of the bank behind the issuer (-5, -9), and those that also answer the second copy of
    an order that a proxy sent twice (-6 no money left, -7 and -8 a used card id or code, -10).
    """

    @property
    def code(self) -> int | None:
        """The status, such as -8 for a wrong code (`GiftStatus`)."""
        try:
            return int(self.error_code or "")
        except ValueError:
            return None
