"""One request id under which two bodies were sent: a mistake of the caller's, of which only this
process knows.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.errors import FreedomPayError

__all__ = ["Bodies", "Noted", "tell_other_body"]

_MOST: Final = 10_000
_TOLD: Final = (
    " Another body was sent under this request_id too, and the issuer takes one of them at most: "
    "what it tells of the id may be of the "
    "other one. Use an id for one request only."
)


class Noted(Enum):
    """What was known of a request id when a body was about to go out under it."""

    NEW = "new"
    SAME = "the same body"
    OTHER = "another body"


class Bodies:
    """Which body a client has sent under each request id, as far back as there is room for."""

    def __init__(self, most: int = _MOST) -> None:
        self._most: Final = most
        # The first of a plain dict is found past all that were taken out before it.
        self._of: Final[OrderedDict[str, int]] = OrderedDict()
        self._twice: Final[OrderedDict[str, None]] = OrderedDict()

    def note(self, request_id: str, path: str, body: bytes) -> Noted:
        """It is about to be sent. Where another one was sent before, that is what stays known."""
        mark = hash((path, body))
        if request_id in self._of:
            return Noted.SAME if self._of[request_id] == mark else Noted.OTHER
        self._of[request_id] = mark
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return Noted.NEW

    def take_back(self, request_id: str) -> None:
        """What was new was not sent after all."""
        self._of.pop(request_id, None)

    def sent_another(self, request_id: str) -> None:
        """A second body was sent under it."""
        self._twice[request_id] = None
        if len(self._twice) > self._most:
            self._twice.popitem(last=False)

    def has_two(self, request_id: str | None) -> bool:
        """Whether two bodies were sent under it."""
        return request_id in self._twice


def tell_other_body(error: FreedomPayError) -> None:
    """Say so on an error, beside what it says already."""
    error.other_body = True
    error.text += _TOLD
    error.args = (error.text,)
