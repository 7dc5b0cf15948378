"""Two bodies under one request id: a mistake of the caller's, of which only this process knows."""

from __future__ import annotations

from collections import OrderedDict
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


class Bodies:
    """Which body a client has sent under each of the last request ids."""

    def __init__(self, most: int = _MOST) -> None:
        self._most: Final = most
        # A plain dict would pass over all removed entries to find its first.
        # The first body of each (`None`: it was not sent, and another call has the id too), and how
        # many attempts were sent, or are about to be.
        self._of: Final[OrderedDict[str, tuple[int | None, int]]] = OrderedDict()
        self._twice: Final[OrderedDict[str, None]] = OrderedDict()

    def before_attempt(self, request_id: str, path: str, body: bytes) -> IdUse:
        """Note a body that is about to be sent; of two bodies the first one stays known."""
        mark = hash((path, body))
        first, attempts = self._of.get(request_id, (mark, 0))
        if first is None:
            first = mark
        self._of[request_id] = (first, attempts + 1)
        if attempts:
            return IdUse.SAME if first == mark else IdUse.OTHER
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return IdUse.NEW

    def after_attempt(self, request_id: str, use: IdUse, *, sent: bool) -> bool:
        """Note whether it was sent.

        Returns:
            Whether a second body went out under the id.
        """
        if not sent and request_id in self._of:
            first, attempts = self._of[request_id]
            # Another call may have the id too.
            if attempts > 1:
                self._of[request_id] = (None if use is IdUse.NEW else first, attempts - 1)
            else:
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

    def attempts(self, request_id: str) -> int:
        """How many attempts were sent under the id, or are about to be, by all calls together."""
        return self._of.get(request_id, (0, 0))[1]

    def has_two(self, request_id: str | None) -> bool:
        """Whether two bodies were sent under the id."""
        return request_id in self._twice


def tell_other_body(error: FreedomPayError) -> None:
    """Add to an error that another body was sent under its id."""
    error.other_body = True
    error.text += _OTHER_BODY
