"""The classes of the errors: what each says and carries."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

__all__ = [
    "ApiError",
    "AuthenticationError",
    "Busy",
    "ConfigurationError",
    "DuplicateRequest",
    "FreedomPayError",
    "GiftCardError",
    "JournalError",
    "NotSent",
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
