"""How many calls are on the way at once, and how many a second; the second is learnt where the issuer limits it."""

from __future__ import annotations

import asyncio
from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Final, Self

from freedompay_async.errors import ConfigurationError
from freedompay_async.policy import Seen

if TYPE_CHECKING:
    from types import TracebackType

    from freedompay_async.wire import Verdict

__all__ = ["Lane", "NoTurn", "Pace"]


# Sleeping wakes up to so many seconds late.
_GRAIN: Final = 0.02


class NoTurn(Exception):
    """The lane was closed before the turn of a call came: nothing was tried."""


class Pace:
    """How many calls a second the issuer takes: pure, told of each answer; `now` is seconds of a clock that never goes back.

    Without a 429 it is what the caller allows. The first one starts it low; it doubles each second until the next, which shows the
    limit. From then on it stays close below: each 429 sets it to `_CUT` of what was taken, and it comes back to that in `_CALM` seconds,
    the slower the closer, and looks beyond it the faster the longer nothing is refused (the curve of TCP CUBIC, RFC 9438).

    Args:
        most: calls a second that the caller allows; `None` is no limit.
    """

    _CUT: Final = 0.85
    _CALM: Final = 10.0
    # A limit of so many a second may be counted by the clock's seconds: what is refused in the rest of one is no news.
    _DEAF: Final = 1.0
    _LEAST: Final = 0.1

    def __init__(self, most: float | None = None) -> None:
        self._most: Final = inf if most is None else most
        self._start: float | None = None
        self._limit: float | None = None
        self._cut_at = -inf
        self._taken: Final[Counter[int]] = Counter()

    def rate(self, now: float) -> float:
        """Calls a second, at this moment."""
        if self._start is None:
            return self._most
        since = now - self._cut_at
        if self._limit is None:
            rate = self._start * float(2.0 ** min(since, 60.0))
        else:
            rate = self._limit * (1 + (1 - self._CUT) * (since / self._CALM - 1) ** 3)
        return min(self._most, max(rate, self._LEAST))

    def taken(self, now: float) -> None:
        """The issuer took a call, whatever it said of it."""
        second = int(now)
        if second not in self._taken:
            for old in [each for each in self._taken if each < second - 5]:
                del self._taken[old]
        self._taken[second] += 1

    def limited(self, now: float, began: float) -> None:
        """The issuer answered a call, which began then, with 429."""
        if began <= self._cut_at + self._DEAF:
            return
        # Its best second of late: what was refused says only that there is a limit, what was taken says where.
        best = max((count for second, count in self._taken.items() if now - 6 < second), default=0)
        rate = min(self.rate(now), max(1.0, best * 1.05))
        if self._start is None:
            self._start = rate / 2
        else:
            self._limit = rate
        self._cut_at = now


class Lane:
    """A budget of calls that many callers share: `async with lane:` around each call, and `heard` of what came of it.

    Args:
        concurrency: calls on the way at once.
        rate: calls a second at most; `None` is no limit but the issuer's own, which 429 tells.

    Raises:
        ConfigurationError: a budget that allows nothing.
    """

    patient = False
    """Whether waiting for a turn takes nothing from the time of a call."""

    def __init__(self, *, concurrency: int, rate: float | None = None) -> None:
        if concurrency < 1:
            raise ConfigurationError(f"concurrency={concurrency!r}: it must be at least 1. Nothing was sent.")
        if rate is not None and not rate > 0:
            raise ConfigurationError(f"rate={rate!r}: calls a second, more than 0. Nothing was sent.")
        self._free: Final = asyncio.Semaphore(concurrency)
        self._line: Final = asyncio.Lock()
        self._pace: Final = Pace(rate)
        self._next = 0.0

    async def acquire(self) -> None:
        """Take a place and a turn.

        Raises:
            NoTurn: none will come.
        """
        await self._free.acquire()
        try:
            await self._turn()
        except BaseException:
            self.release()
            raise

    def heard(self, verdict: Verdict, began: float) -> None:
        """What came of a call that had its turn at `began`, by the clock of the loop."""
        now = asyncio.get_running_loop().time()
        if verdict.seen is Seen.LIMITED:
            self._pace.limited(now, began)
        elif verdict.reply is not None:
            self._pace.taken(now)

    def release(self) -> None:
        self._free.release()

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    async def _turn(self) -> None:
        """First come, first served; who leaves the line early takes no turn."""
        loop = asyncio.get_running_loop()
        if self._pace.rate(loop.time()) == inf:
            return
        queued = self._line.locked()
        async with self._line:
            if self._next > loop.time():
                await asyncio.sleep(self._next - loop.time())
            now = loop.time()
            # In a queue a turn that came late by the grain of the clock is made up for; an idle time is not.
            self._next = max(self._next, now - _GRAIN * queued) + 1.0 / self._pace.rate(now)
