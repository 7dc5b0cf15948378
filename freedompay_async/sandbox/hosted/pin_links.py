"""The links to the hosted PIN page: each is for one card and one purpose, for one use and a limited
time.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from freedompay_async.sandbox.hosted.pin_keeper import BLOCKED
from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.sandbox.hosted.pin_keeper import PinKeeper

__all__ = ["LINKS_KEPT", "PageEnd", "PinLinks", "Purpose"]

LINKS_KEPT: Final = 10_000
_PIN: Final = re.compile(r"[0-9]{4}")


class Purpose(StrEnum):
    """The purpose of a page."""

    SET = "set"
    RESET = "reset"
    CHANGE = "change"


class PageEnd(StrEnum):
    """The state of a link, or the outcome of an entry."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    INVALID = "invalid"
    """Not four digits, or not the next step."""
    RIGHT = "right"
    WRONG = "wrong"
    BLOCKED = "blocked"
    MISMATCH = "mismatch"
    REFUSED = "refused"
    DONE = "done"


@dataclass(slots=True)
class _Link:
    purpose: Purpose
    card_id: str
    until: float
    proven: bool
    used: bool = False


class PinLinks:
    """Makes links and carries out the entries on their pages; `life` is in seconds."""

    def __init__(self, *, pins: PinKeeper, life: float, clock: Callable[[], float]) -> None:
        self._pins: Final = pins
        self._life: Final = life
        self._clock: Final = clock
        self._links: Final[OrderedDict[str, _Link]] = OrderedDict()

    def make(self, purpose: Purpose, card_id: str) -> str:
        """Make a link, and return its random part."""
        token = token_urlsafe(24)
        self._links[token] = _Link(
            purpose, card_id, self._clock() + self._life, proven=purpose is not Purpose.CHANGE
        )
        if len(self._links) > LINKS_KEPT:
            self._links.popitem(last=False)
        return token

    def purpose(self, token: str) -> Purpose | None:
        """The purpose of a link, good or not; `None` for an unknown link."""
        link = self._links.get(token)
        return None if link is None else link.purpose

    def state(self, token: str) -> PageEnd:
        """`OPEN`, `USED`, `EXPIRED` or `UNKNOWN`."""
        link = self._links.get(token)
        if link is None:
            return PageEnd.UNKNOWN
        if link.used:
            return PageEnd.USED
        return PageEnd.OPEN if self._clock() < link.until else PageEnd.EXPIRED

    def prove(self, token: str, current: str) -> PageEnd:
        """Enter the current PIN, the first step of a change."""
        if (state := self.state(token)) is not PageEnd.OPEN:
            return state
        link = self._links[token]
        if link.purpose is not Purpose.CHANGE or not _PIN.fullmatch(current):
            return PageEnd.INVALID
        try:
            link.proven = self._pins.check(link.card_id, current)
            blocked = self._pins.blocked(link.card_id)
        except KeyError:
            return PageEnd.REFUSED
        except Refused as refusal:
            return PageEnd.BLOCKED if refusal.code == BLOCKED else PageEnd.REFUSED
        if link.proven:
            return PageEnd.RIGHT
        return PageEnd.BLOCKED if blocked else PageEnd.WRONG

    def choose(self, token: str, pin: str, again: str) -> PageEnd:
        """Enter the new PIN twice, the last step."""
        if (state := self.state(token)) is not PageEnd.OPEN:
            return state
        link = self._links[token]
        if not link.proven or not _PIN.fullmatch(pin) or not _PIN.fullmatch(again):
            return PageEnd.INVALID
        if pin != again:
            return PageEnd.MISMATCH
        try:
            self._pins.put(link.card_id, pin)
        except Refused:
            return PageEnd.REFUSED
        link.used = True
        return PageEnd.DONE
