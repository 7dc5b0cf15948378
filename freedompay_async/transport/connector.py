"""How aiohttp's connections are made for the pool, and when an attempt has one."""

from __future__ import annotations

import asyncio
import select
import socket
import sys
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import aiohttp

from freedompay_async.transport.base import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection

    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.base import Attempt

__all__ = ["CLOSED_UNUSED", "Connector", "Host", "current_attempt", "noting", "opener"]

_STRAYS: Final = 5
_SPEAKS: Final = "the host speaks before it is asked"
CLOSED_UNUSED: Final = "the connection was closed before it could be used"
# The loop reads in the first or in the second one; more where tickets come in pieces.
_ROUNDS: Final = 10
_OPENING: Final = 32

# For what aiohttp calls in between, and does not hand on what it was called with. Where it is set
# for every call, two plain values: a context lives as long as the last timer that was set in it,
# and must not keep a call alive.
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
    """Marks the moment when an attempt has its connection: before it nothing was sent, after it
    something may have been.

    The name, the connection and the TLS handshake all happen inside `connect`, in the caller's
    task.
    """

    disowned = False

    def __init__(self, *, way: Way, **options: Any) -> None:
        super().__init__(**options)
        self._way: Final = way
        # Hundreds at once would hold the loop up, and be a burst of handshakes at the issuer's.
        self._opening: Final = asyncio.Semaphore(_OPENING)
        self._new: Final[WeakSet[ResponseHandler]] = WeakSet()

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Called by aiohttp's session."""
        try:
            connection = await self.quiet_connection(req, traces, timeout)
        except aiohttp.ServerDisconnectedError:
            # Of a proxy, before there was a way to the host.
            raise TransportError(f"the proxy closed the connection{self._way.hint()}") from None
        try:
            current_attempt.get().connected()
        except TransportError:
            connection.release()
            raise
        return connection

    async def quiet_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A connection on which nothing came while nobody had asked: aiohttp would take it for the
        answer to the next call.

        The loop may have been busy since it came, so the socket itself is asked; from then on until
        the write nothing else runs.
        """
        reason, tried = "", 0
        # Of those that were kept any number may have spoken; a host that speaks on a new one,
        # before it is asked, does so on the next too.
        while tried < _STRAYS:
            connection = await super().connect(req, traces, timeout)
            transport, protocol = connection.transport, connection.protocol
            if transport is None or protocol is None:
                return connection
            tried += protocol in self._new
            self._new.discard(protocol)
            try:
                if not protocol.should_close and (
                    not _readable(transport) or await _read_out(transport, protocol)
                ):
                    return connection
            except BaseException:
                _drop(connection, transport)
                raise
            reason = CLOSED_UNUSED if transport.is_closing() else _SPEAKS
            _drop(connection, transport)
        raise TransportError(reason)

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        """Aiohttp's own place for how a connection is made; it has no limit for all of it together,
        names included.
        """
        deadline, urgent = opener.get()
        async with asyncio.timeout_at(deadline), nullcontext() if urgent else self._opening:
            protocol = await super()._create_connection(*args, **kwargs)
        self._new.add(protocol)
        return protocol

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, **options: Any) -> None:
        """Called by aiohttp where a connection is kept for the next call.

        Without its parser all that comes meanwhile is noticed, be it half of a head, which the
        parser would keep to itself.
        """
        protocol._parser = None
        super()._release(key, protocol, **options)

    def __del__(self, *_: Any) -> None:
        # What it holds is another process's, and closing it is not this one's business.
        if not self.disowned:
            super().__del__()


def _drop(connection: Connection, transport: asyncio.Transport) -> None:
    # At once: TLS would wait for the host to say goodbye.
    transport.abort()
    connection.close()


def _readable(transport: asyncio.BaseTransport) -> bool:
    """Whether bytes, an end or an error wait in the socket for the loop to read them."""
    if transport.is_closing():
        # It may know of no socket any more.
        return True
    sock = transport.get_extra_info("socket")
    fd = -1 if sock is None else sock.fileno()
    return fd >= 0 and _something_waits(fd)


if sys.platform == "win32":  # It has no poll; elsewhere select takes small numbers only.

    def _something_waits(fd: int) -> bool:
        return bool(select.select([fd], [], [], 0)[0])

else:

    def _something_waits(fd: int) -> bool:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(0))


async def _read_out(transport: asyncio.BaseTransport, protocol: ResponseHandler) -> bool:
    """Let the loop read what waits; whether the socket is quiet then.

    Of TLS not all that comes is said by the host: after the handshake come session tickets, which
    the TLS layer keeps to itself. So what was said is what has reached the protocol.
    """
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
        if transport.is_closing() or protocol.should_close:
            return False
        if not _readable(transport):
            return True
    return False


def noting(sockets: WeakSet[socket.socket]) -> Callable[[Any], socket.socket]:
    """Makes sockets, as aiohttp would, and puts them on the list."""

    def make(address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        sockets.add(made)
        return made

    return make
