"""Gives each call of a client a place and a turn: how many at once, and how many a second."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.codec.messages import Evidence
from freedompay_async.errors import ConfigurationError
from freedompay_async.traffic.pace import Pace
from freedompay_async.traffic.window import Window

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict

__all__ = ["Governor", "NoTurn", "Rank"]

# A timer comes up to so many seconds late.
_GRAIN: Final = 0.02


class NoTurn(Exception):
    """The turn of a call will not come: nothing was tried."""


class Rank(IntEnum):
    """Who goes first where calls wait."""

    INTERACTIVE = 0
    """Somebody waits for this very call: block this card."""
    BACKGROUND = 1
    """A batch, or looking up what is pending."""


class Governor:
    """Gives each call a place (calls on the way at once) and a turn (calls a second).

    What is interactive passes what is in the background; of one rank, who came first is first. The
    issuer is listened to: 429 limits the turns (`Pace`), 503 and growing latency the places
    (`Window`), and both come back.

    Args:
        concurrency: places.
        rate: turns a second at most; `None` is no limit but the issuer's own.

    Raises:
        ConfigurationError: a budget that allows nothing.
    """

    patient: bool = False
    """Whether waiting for a turn takes nothing from the time of a call."""
    rank: Rank = Rank.INTERACTIVE

    def __init__(self, *, concurrency: int, rate: float | None = None) -> None:
        if concurrency < 1:
            raise ConfigurationError(
                f"concurrency={concurrency!r}: it must be at least 1. Nothing was sent."
            )
        if rate is not None and not rate > 0:
            raise ConfigurationError(
                f"rate={rate!r}: calls a second, more than 0. Nothing was sent."
            )
        self._window: Final = Window(concurrency)
        self._pace: Final = Pace(rate)
        self._interactive: Final[deque[asyncio.Future[None]]] = deque()
        self._background: Final[deque[asyncio.Future[None]]] = deque()
        self._busy = 0
        self._next = -inf
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> int:
        """Calls on the way."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return sum(
            not each.done() for queue in (self._interactive, self._background) for each in queue
        )

    def ready(self, rank: Rank = Rank.INTERACTIVE) -> bool:
        """Whether there is a place and a turn at once for a call of this rank."""
        if (
            self._busy >= self._window.limit
            or _some(self._interactive)
            or (rank and _some(self._background))
        ):
            return False
        return self._pace.free or self._next <= asyncio.get_running_loop().time()

    def take(self, rank: Rank = Rank.INTERACTIVE) -> bool:
        """Take a place and a turn, if there is one at once."""
        if not self.ready(rank):
            return False
        if not self._pace.free:
            now = asyncio.get_running_loop().time()
            self._next = now + 1.0 / self._pace.rate(now)
        self._busy += 1
        return True

    async def acquire(self, rank: Rank = Rank.INTERACTIVE) -> None:
        """Take a place and a turn, when they come."""
        if self.take(rank):
            return
        waiter = asyncio.get_running_loop().create_future()
        (self._background if rank else self._interactive).append(waiter)
        self._serve()
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                # It was given in the moment in which the caller left.
                self.release()
            waiter.cancel()
            raise

    def hold(self, most: int) -> int:
        """Take up to so many places, without their turns, for what makes no calls; each is to be
        released.
        """
        held = max(0, min(most, self._window.limit - self._busy))
        self._busy += held
        return held

    def release(self) -> None:
        self._busy -= 1
        if self._interactive or self._background:
            self._serve()

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        """What came of a call of this kind that had its turn at `began`; both are seconds by the
        clock of the loop.
        """
        reply = verdict.reply
        if reply is None:
            return
        if verdict.evidence is Evidence.LIMITED:
            self._pace.limited(now, began)
            return
        self._pace.taken(now)
        self._window.answered(
            now, now - began, kind, busy=self._busy, unavailable=reply.status == 503
        )
        if self._interactive or self._background:
            # There may be more places now.
            self._serve()

    def _serve(self) -> None:
        """Give what is free to whoever is first."""
        for queue in (self._interactive, self._background):
            while queue and self._busy < self._window.limit:
                if queue[0].done():
                    queue.popleft()  # It has left.
                    continue
                if not self._pace.free:
                    loop = asyncio.get_running_loop()
                    now = loop.time()
                    if self._next > now:
                        if self._timer is None:
                            self._timer = loop.call_at(self._next, self._in_time)
                        return
                    # In a queue a turn that came late by the grain of the clock is made up for; an
                    # idle time is not.
                    self._next = max(self._next, now - _GRAIN) + 1.0 / self._pace.rate(now)
                self._busy += 1
                queue.popleft().set_result(None)

    def _in_time(self) -> None:
        self._timer = None
        self._serve()


def _some(queue: deque[asyncio.Future[None]]) -> bool:
    """Whether anybody waits in it; who has left is put out of it."""
    while queue and queue[0].done():
        queue.popleft()
    return bool(queue)
