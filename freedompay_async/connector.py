"""How aiohttp's connections are made for the pool, and when an attempt has one."""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from freedompay_async.attempt import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from weakref import WeakSet

    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection

    from freedompay_async.attempt import Attempt

__all__ = ["Connector", "Host", "current_attempt", "noting", "opener"]

_STRAYS: Final = 5
_OPENING: Final = 32

# For what aiohttp calls in between, and does not hand on what it was called with. Where it is set for every call, two plain values: a
# context lives as long as the last timer that was set in it, and must not keep a call alive.
current_attempt: ContextVar[Attempt] = ContextVar("freedompay_attempt")
opener: ContextVar[tuple[float, bool]] = ContextVar("freedompay_opener")


class Host(aiohttp.ClientRequest):
    """Where the calls go; it does not change, so its key is made once."""

    _key: ConnectionKey | None = None

    @property
    def connection_key(self) -> ConnectionKey:
        if self._key is None:
            self._key = super().connection_key
        return self._key


class Connector(aiohttp.TCPConnector):
    """Marks the moment when an attempt has its connection: before it nothing was sent, after it something may have been.

    The name, the connection and the TLS handshake all happen inside `connect`, in the caller's task.
    """

    disowned = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Hundreds at once would hold the loop up, and be a burst of handshakes at the issuer's.
        self._opening: Final = asyncio.Semaphore(_OPENING)

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout) -> Connection:
        """Called by aiohttp's session."""
        try:
            connection = await self.silent(req, traces, timeout)
        except aiohttp.ServerDisconnectedError:
            # Of a proxy, before there was a way to the host.
            raise TransportError("the proxy closed the connection") from None
        try:
            current_attempt.get().connected()
        except TransportError:
            connection.release()
            raise
        return connection

    async def silent(self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout) -> Connection:
        """A connection on which nothing came while nobody had asked: aiohttp would take it for the answer to the next call."""
        for _ in range(_STRAYS):
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()
        raise TransportError("the host speaks before it is asked")

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        """Aiohttp's own place for how a connection is made; it has no limit for all of it together, names included."""
        deadline, urgent = opener.get()
        async with asyncio.timeout_at(deadline), nullcontext() if urgent else self._opening:
            return await super()._create_connection(*args, **kwargs)

    def __del__(self, *_: Any) -> None:
        # What it holds is another process's, and closing it is not this one's business.
        if not self.disowned:
            super().__del__()


def noting(sockets: WeakSet[socket.socket]) -> Callable[[Any], socket.socket]:
    """Makes sockets, as aiohttp would, and puts them on the list."""

    def make(address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        sockets.add(made)
        return made

    return make
