"""Two bodies under one request id: a mistake of the caller's, of which only this process knows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.errors import FreedomPayError

__all__ = ["Bodies", "IdUse", "tell_other_body"]

_MOST: Final = 10_000
_OTHER_BODY: Final = (
    " Another body was sent under this request_id too, and the issuer takes one of them at most: "
    "what it tells of the id may be of the other one. Use an id for one request only."
)


class IdUse(Enum):
    """What is known of a request id when a body is about to go out under it."""

    NEW = "new"
    SAME = "the same body"
    OTHER = "another body"


@dataclass(slots=True)
class _Sent:
    mark: int
    """Of the first body."""
    attempts: int = 1
    """How many were sent, or are about to be."""


class Bodies:
    """Which body a client has sent under each of the last request ids."""

    def __init__(self, most: int = _MOST) -> None:
        self._most: Final = most
        # A plain dict would pass over all removed entries to find its first.
        self._of: Final[OrderedDict[str, _Sent]] = OrderedDict()
        self._twice: Final[OrderedDict[str, None]] = OrderedDict()

    def before_attempt(self, request_id: str, path: str, body: bytes) -> IdUse:
        """Note a body that is about to be sent; of two bodies the first one stays known."""
        mark = hash((path, body))
        known = self._of.get(request_id)
        if known is not None:
            known.attempts += 1
            return IdUse.SAME if known.mark == mark else IdUse.OTHER
        self._of[request_id] = _Sent(mark)
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return IdUse.NEW

    def after_attempt(self, request_id: str, use: IdUse, *, sent: bool) -> bool:
        """Note whether it was sent.

        Returns:
            Whether a second body went out under the id.
        """
        if not sent and (known := self._of.get(request_id)) is not None:
            known.attempts -= 1
            # Another call may have it in hand still.
            if not known.attempts:
                del self._of[request_id]
        if use is not IdUse.OTHER or not sent:
            return False
        self._twice[request_id] = None
        if len(self._twice) > self._most:
            self._twice.popitem(last=False)
        return True

    def knows(self, request_id: str) -> bool:
        """Whether a body was sent under the id, or is about to be."""
        return request_id in self._of

    def shared(self, request_id: str) -> bool:
        """Whether more than one attempt was sent under the id, or is about to be."""
        known = self._of.get(request_id)
        return known is not None and known.attempts > 1

    def has_two(self, request_id: str | None) -> bool:
        """Whether two bodies were sent under the id."""
        return request_id in self._twice


def tell_other_body(error: FreedomPayError) -> None:
    """Add to an error that another body was sent under its id."""
    error.other_body = True
    error.text += _OTHER_BODY
