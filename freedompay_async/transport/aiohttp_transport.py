"""The transport that a client uses unless it is given another; `pool.py` does the I/O."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.transport.base import CLOSED, Transport, TransportError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from yarl import URL

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.transport.base import Attempt, Destination
    from freedompay_async.transport.pool import Pool

__all__ = ["AiohttpTransport"]

_POOL: Final = "freedompay_async.transport.pool"


class AiohttpTransport(Transport):
    """Sends over aiohttp's connections.

    aiohttp takes a fifth of a second to import. It is imported when the first client is made, or in
    a thread if a loop is running by then.
    """

    def __init__(self) -> None:
        self._bound: tuple[URL, Destination] | None = None
        self._pool: Pool | None = None
        self._closed = False

    def bind(self, destination: Destination) -> None:
        # yarl finds errors in an address that urllib does not, and the pool uses yarl.
        from yarl import URL  # noqa: PLC0415 - only a program that makes a client pays for it

        proxy, read = destination.way.proxy, "base_url"
        try:
            base = URL(destination.base_url)
            if proxy is not None:
                read = proxy.source
                URL(proxy.shown)
        except ValueError:
            raise ConfigurationError(
                f"{read} has an invalid host name. Nothing was sent."
            ) from None
        self._bound = base, destination
        if not _loop_is_running():
            import_module(_POOL)

    async def open(self) -> None:
        """Load aiohttp and make the pool; no connection is opened."""
        await self._opened()

    async def _opened(self) -> Pool:
        if not hasattr(sys.modules.get(_POOL), "Pool"):
            # It is not imported yet, or another thread is importing it.
            await _load()
        if self._closed:
            # A call that began before the client was closed must not open a connection after it.
            raise TransportError(CLOSED, final=True)
        if self._pool is None:
            from freedompay_async.transport.pool import Pool  # noqa: PLC0415 - loaded above

            if self._bound is None:
                raise ConfigurationError("this transport has no client. Nothing was sent.")
            self._pool = Pool(*self._bound)
        return self._pool

    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        return (
            self._send_first(message, attempt)
            if self._pool is None
            else self._pool.send(message, attempt)
        )

    async def _send_first(self, message: Message, attempt: Attempt) -> Reply:
        async with asyncio.timeout_at(attempt.deadline):
            pool = await self._opened()
        return await pool.send(message, attempt)

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        await (await self._opened()).warm_up(count, attempt)

    async def close(self) -> None:
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    def disown(self) -> None:
        if self._pool is not None:
            self._pool.disown()

    def __repr__(self) -> str:
        if self._bound is None:
            return "AiohttpTransport()"
        base, destination = self._bound
        way = f"{destination.way!r}, " if destination.way.proxy else ""
        state = "closed" if self._closed else "not opened"
        if self._pool is not None:
            state = f"open, {self._pool.active} active, {self._pool.idle} idle"
        return f"AiohttpTransport({str(base)!r}, {way}{state})"


async def _load() -> None:
    # The loop's own threads would live until its end, and a child that is forked later would
    # inherit them.
    thread = ThreadPoolExecutor(1)
    try:
        await asyncio.get_running_loop().run_in_executor(thread, import_module, _POOL)
    finally:
        thread.shutdown(wait=False)


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
