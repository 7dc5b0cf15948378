"""The time of one call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["Clock"]


class Clock:
    """The clock of the event loop, the deadline of one call, and how long the machine slept.

    Args:
        loop: the running loop.
        seconds: that the call may take in all.

    Attributes:
        now: seconds by the clock of the loop, as a function. It stands still while the machine
            sleeps.
        began: when the call began, by the same clock.
        deadline: when the call has to end, by the same clock.
    """

    __slots__ = ("_began_by_the_wall", "_slept", "began", "deadline", "now")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.now = loop.time
        self.began, self._began_by_the_wall = self.now(), time.time()
        self._slept = 0.0
        self.deadline = self.began + seconds

    def now_with_sleep(self) -> float:
        """`now`, plus the seconds that the machine slept since the call began, by the wall clock.

        A wall clock that is set back takes nothing away again.
        """
        now = self.now()
        slept = (time.time() - self._began_by_the_wall) - (now - self.began)
        self._slept = max(self._slept, slept)
        return now + self._slept
