"""Who may use the connections, and when they are opened and closed; `pool.py` has them."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.loops import running_loop
from freedompay_async.settings.proxies import Way
from freedompay_async.settings.settings import MAX_ANSWER
from freedompay_async.transport.base import CLOSED, TransportError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.transport.base import Attempt
    from freedompay_async.transport.pool import Pool

__all__ = ["Transport"]

_POOL: Final = "freedompay_async.transport.pool"


class Transport:
    """The connections to one issuer, bound to the process and the event loop of the first call.

    aiohttp takes a fifth of a second to import. It is imported when the first client is made, and
    in a thread where a loop is running.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float,
        max_answer: int = MAX_ANSWER,
        ssl_context: ssl.SSLContext | None = None,
        way: Way | None = None,
    ) -> None:
        # The reader of URLs that the pool uses: what it finds wrong is to be found out here.
        from yarl import URL  # noqa: PLC0415 - only a program that makes a client pays for it

        self._way: Final = way or Way()
        proxy, read = self._way.proxy, "base_url"
        try:
            self._base: Final = URL(base_url)
            if proxy is not None:
                read = proxy.source
                URL(proxy.shown)
        except ValueError:
            raise ConfigurationError(
                f"{read} has a host that no name can be. Nothing was sent."
            ) from None
        self._connect_timeout: Final = connect_timeout
        self._max_answer: Final = max_answer
        self._ssl: Final = ssl_context
        self._pool: Pool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        # Told by the fork itself: to ask for the process at each call would be a call of the
        # system.
        self._is_copy = False
        if not _loop_is_running():
            import_module(_POOL)
        _made.add(self)

    def check(self) -> asyncio.AbstractEventLoop:
        """The running loop, if this client may be used on it.

        Raises:
            ConfigurationError: after close, on another event loop, in a forked child, or without a
                loop of asyncio; nothing was sent.
        """
        if self._closed:
            raise ConfigurationError("this client is closed. Nothing was sent; open a new one.")
        if self._is_copy:
            raise ConfigurationError(
                "this client was made in another process, and a fork must not share its "
                "connections. Nothing was sent; "
                "make a client after the fork."
            )
        loop = running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this client belongs to another event loop. Nothing was sent; make one client for "
                "each loop (each asyncio.run)."
            )
        return loop

    async def open(self) -> Pool:
        """The pool; it has no connection yet, but what it takes to have one is loaded."""
        if not hasattr(sys.modules.get(_POOL), "Pool"):
            # Not there, or another thread is still at it.
            await _load()
        if self._closed:
            # A call that was on the way when the client was closed opens no connection anew.
            raise TransportError(CLOSED, final=True)
        if self._pool is None:
            from freedompay_async.transport.pool import Pool  # noqa: PLC0415 - loaded above

            self._pool = Pool(
                self._base,
                connect_timeout=self._connect_timeout,
                max_answer=self._max_answer,
                ssl_context=self._ssl,
                way=self._way,
            )
        return self._pool

    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came.
        """
        return (
            self._send_first(message, attempt)
            if self._pool is None
            else self._pool.send(message, attempt)
        )

    async def _send_first(self, message: Message, attempt: Attempt) -> Reply:
        async with asyncio.timeout_at(attempt.deadline):
            pool = await self.open()
        return await pool.send(message, attempt)

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have so many connections open.

        Raises:
            TransportError: they can't be had.
        """
        await (await self.open()).warm_up(count, attempt)

    async def close(self) -> None:
        """Close the pool; a second close does nothing."""
        self._closed = True
        if self._is_copy:
            # The connections belong to the parent.
            return
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
            if self._loop is not None and self._loop.is_closed():
                pool.close_sockets()

    def _forked(self) -> None:
        self._is_copy = True
        if self._pool is not None:
            self._pool.disown()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._pool else "not opened"
        return f"Transport({str(self._base)!r}, {state})"


_made: Final[WeakSet[Transport]] = WeakSet()


def _after_fork() -> None:
    for transport in list(_made):
        transport._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


async def _load() -> None:
    # A thread of its own: the loop's would be there until the end of the loop, also for a child
    # that is forked later.
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
