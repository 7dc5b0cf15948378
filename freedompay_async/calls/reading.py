"""Large answers are read in threads, a few at a time, so that other calls on the loop go on
meanwhile.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LARGE", "Reading"]

R = TypeVar("R")
LARGE: Final = 32_768
"""Bytes from which on an answer is read in a thread: to hand it over takes longer than to read a
smaller one.
"""
_AT_ONCE: Final = 2


class Reading:
    """Of one client."""

    def __init__(self) -> None:
        self._places: Final = asyncio.Semaphore(_AT_ONCE)

    async def read(self, work: Callable[[], R], *, size: int, deadline: float) -> R:
        """What `work` gives.

        Raises:
            TimeoutError: it was not done by the deadline, by the clock of the loop. The thread goes
                on until it is.
        """
        if size <= LARGE:
            return work()
        async with asyncio.timeout_at(deadline), self._places:
            # A thread of its own: the loop's are for others, and would be there for a child that is
            # forked later.
            thread = ThreadPoolExecutor(1)
            done = asyncio.get_running_loop().run_in_executor(thread, work)
            thread.shutdown(wait=False)
            return await done
