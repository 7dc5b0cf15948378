"""The time of many attempts and connections, kept by one timer.

A timer of the loop for each call costs more than the rest of a call's bookkeeping, and nearly all
of them are cancelled.
"""

from __future__ import annotations

from contextvars import Context
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["Deadlines", "Timed"]


class Timed(Protocol):
    """What has a time at which it ends.

    Attributes:
        ends: by the clock of the loop.
    """

    ends: float

    def expire(self) -> None:
        """Its time is up. Called once, unless it gets a new one."""


class Deadlines:
    """Ends what is added here when its time is up.

    Args:
        loop: has the clock.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Final = loop
        self._timed: Final[set[Timed]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = inf

    def set(self, timed: Timed, ends: float) -> None:
        """Let it end at a time, in place of the one that it had."""
        timed.ends = ends
        self._timed.add(timed)
        if ends < self._wakes_at:
            self._wake_at(ends)

    def remove(self, timed: Timed) -> None:
        """It has ended by itself."""
        self._timed.discard(timed)

    def stop(self) -> None:
        """Nothing ends any more."""
        self._timed.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = when
        # In a context of its own: a timer keeps its context alive, and that must not be a call's.
        self._timer = self._loop.call_at(when, self._wake, context=Context())

    def _wake(self) -> None:
        # The loop calls a timer up to the resolution of its clock too early.
        now = max(self._loop.time(), self._wakes_at)
        self._timer, self._wakes_at = None, inf
        over = [timed for timed in self._timed if timed.ends <= now]
        self._timed.difference_update(over)
        for timed in over:
            timed.expire()
        soonest = min((timed.ends for timed in self._timed), default=inf)
        if soonest < self._wakes_at:
            self._wake_at(soonest)
