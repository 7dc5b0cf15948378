"""How many calls are on the way at once, and how many a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Lane"]


class Lane:
    """A budget of calls that many callers share: `async with lane:` around each call.

    Args:
        concurrency: calls on the way at once.
        rate: calls a second at most; `None` is no limit.

    Raises:
        ConfigurationError: a budget that allows nothing.
    """

    def __init__(self, *, concurrency: int, rate: float | None = None) -> None:
        if concurrency < 1:
            raise ConfigurationError(f"concurrency={concurrency!r}: it must be at least 1. Nothing was sent.")
        if rate is not None and not rate > 0:
            raise ConfigurationError(f"rate={rate!r}: calls a second, more than 0. Nothing was sent.")
        self._free: Final = asyncio.Semaphore(concurrency)
        self._line: Final = asyncio.Lock()
        self._gap: Final = 1.0 / rate if rate else 0.0
        self._next = 0.0

    async def acquire(self) -> None:
        """Take a place and a turn."""
        await self._free.acquire()
        if self._gap:
            try:
                await self._turn()
            except BaseException:
                self._free.release()
                raise

    def release(self) -> None:
        self._free.release()

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._free.release()

    async def _turn(self) -> None:
        """First come, first served; who leaves the line early takes no turn."""
        loop = asyncio.get_running_loop()
        async with self._line:
            if self._next > loop.time():
                await asyncio.sleep(self._next - loop.time())
            self._next = max(self._next, loop.time()) + self._gap
