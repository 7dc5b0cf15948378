"""Everything that this library raises on purpose.

    FreedomPayError
    ├── ConfigurationError      wrong settings or wrong use; nothing was sent
    ├── JournalError            a batch's journal can't be written; the run has stopped, and what was sent is in it
    ├── NotSent                 no byte of it left this machine; safe to repeat
    │   └── Busy                its turn had not come yet, and it was told not to wait
    ├── OutcomeUnknown          sent, and what became of it is not known
    ├── StillProcessing         accepted, and not finished when the waiting stopped
    ├── ProtocolError           an answer came that is not the contract's
    └── ApiError                the issuer answered and said no
        ├── AuthenticationError the key, the merchant id or the signature was refused
        ├── DuplicateRequest    the issuer has seen this request id and does not tell what became of it
        ├── RateLimited         HTTP 429 to every attempt
        ├── RequestFailed       this request was refused or has failed
        └── GiftCardError       a negative status of the gift-card section

A call that is cancelled raises the `CancelledError` it was given, with `request_id` and `outcome_unknown` set on it.

Errors carry attributes, not tuples; all of them pickle. `str(error)` says what happened, whether anything was sent, and
what is safe to do next. `body` is the raw answer with secrets masked.
"""

from __future__ import annotations

from typing import Any

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
    "StillProcessing",
]


class FreedomPayError(Exception):
    """The base of all.

    Attributes:
        message: what happened, in a sentence or two.
        request_id: the id of the intent (of a read: of its last attempt); `None` where no call was made.
        call: the method, such as `cards.issue`; `None` where no call was made.
        http_status: the HTTP status of the last answer, or `None`.
        body: the last answer's body as text, secrets masked, or `None`.
        error_code, error_description: what the issuer gave, as text, or `None`.
        retry_after: seconds that the issuer asked to wait, or `None`.
        proved: the failure was read from `request/status`, not concluded from a refusal.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        call: str | None = None,
        http_status: int | None = None,
        body: str | None = None,
        error_code: str | None = None,
        error_description: str | None = None,
        retry_after: float | None = None,
        proved: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.request_id = request_id
        self.call = call
        self.http_status = http_status
        self.body = body
        self.error_code = error_code
        self.error_description = error_description
        self.retry_after = retry_after
        self.proved = proved

    def __str__(self) -> str:
        subject = f"{self.call}: " if self.call else ""
        ending = f" [request_id {self.request_id}]" if self.request_id else ""
        return f"{subject}{self.message}{ending}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message), self.__dict__)


def _rebuild(cls: type[FreedomPayError], message: str) -> FreedomPayError:
    return cls(message)


class ConfigurationError(FreedomPayError):
    """Wrong settings, or a client used after close, on another event loop or in a forked child; nothing was sent."""


class JournalError(FreedomPayError):
    """The journal of a batch can't be written: nothing more is sent, and what was sent is in it."""


class NotSent(FreedomPayError):
    """No byte of the request left this machine: safe to repeat."""


class Busy(NotSent):
    """The client has as many calls on the way as it may have, or its turn had not come yet, and `wait=False`: nothing was sent."""


class OutcomeUnknown(FreedomPayError):
    """The request was sent and its outcome is not known: it may or may not have been done.

    Never repeat it under a new id. `requests.attach(error.request_id)` asks again later; the same call with
    `request_id=error.request_id` is safe, because one id is processed at most once.
    """


class StillProcessing(FreedomPayError):
    """The issuer accepted the request and had not finished it when the waiting stopped; `request_id` is all one needs to go on.

    Attributes:
        request_ids: of many requests waited for together, those that have not ended.
    """

    request_ids: tuple[str, ...] = ()


class ProtocolError(FreedomPayError):
    """An answer came that is not the contract's; `body` has it."""


class ApiError(FreedomPayError):
    """The issuer answered and said no."""


class AuthenticationError(ApiError):
    """The key, the merchant id or the signature was refused; this attempt did nothing."""


class DuplicateRequest(ApiError):
    """The issuer has seen this request id before and `request/status` does not tell what became of it.

    Not a refusal: the first use of the id may have been done.
    """


class RateLimited(ApiError):
    """HTTP 429 to every attempt; by its meaning nothing was done. Repeat later with the same request id."""


class RequestFailed(ApiError):
    """The issuer refused the request, or accepted it and it failed: it was not done.

    One doubt is left where the caller gave the request id and `proved` is false: had the id been used before, the refusal could be that
    of a repeated id. `request/status` was asked through the grace time, and did not know it.
    """


class GiftCardError(ApiError):
    """A negative status of the gift-card section; `code` has it, and its sentence is `error_description`.

    It was not done, as far as the status tells: -5 and -9 are failures of the bank behind the issuer.
    """

    @property
    def code(self) -> int | None:
        """The status, such as -8 for a wrong code (`GiftStatus`)."""
        try:
            return int(self.error_code or "")
        except ValueError:
            return None
