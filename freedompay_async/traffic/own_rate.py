"""The rate of one client or batch alone: the turns of its calls, and what the answers teach."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.events.stats import RateSource
from freedompay_async.traffic.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OwnRate"]

# Sums of turns are not exact, and the last call of a bucket must not wait for that.
_ROUNDING: Final = 1e-9


class OwnRate(RateLimit):
    """A `Rate` that nobody shares.

    Args:
        most: calls a second that the caller allows; `None`: no limit but the issuer's own.
        bucket: seconds of its rate that are saved up while nothing leaves. After a pause so many
            calls leave at once, and at least one; in the long run no more than the rate allows.
    """

    def __init__(self, most: float | None = None, *, bucket: float = 0.0) -> None:
        super().__init__(most)
        self.source: Final = RateSource.NONE if self.free else RateSource.YOURS
        # Seconds by which a call may leave before its turn, out of the bucket.
        saved = 0.0 if most is None else bucket - 1.0 / most
        self._saved: Final = saved + _ROUNDING if saved > 0 else 0.0
        self._next = -inf

    def turn(self, now: float) -> float:
        """From when on the next call may leave."""
        # Nobody knows over what time the issuer counts. Calls that leave together right after its
        # 429 would get the next one, which lowers the rate for all: a learnt rate saves nothing up.
        return self._next if self.learnt(now) else self._next - self._saved

    def wait(self, now: float, before: int) -> float:
        """Seconds until the turn of a call that has so many others before it."""
        return max(0.0, self.turn(now) - now) + before / self.rate(now)

    def take(self, now: float, *, late: float = 0.0) -> float:
        """As `Rate.take`."""
        cost = 1.0 / self.rate(now)
        self._next = max(self._next, now - late) + cost
        return cost

    def give_back(self, cost: float) -> None:
        """As `Rate.give_back`."""
        self._next -= cost

    def call_at(self, turn: float, wake: Callable[[], None]) -> None:
        """As `Rate.call_at`."""
        asyncio.get_running_loop().call_at(turn, wake)
