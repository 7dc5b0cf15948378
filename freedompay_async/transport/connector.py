"""Opens aiohttp's connections for the pool, and finds out when an attempt has got one."""

from __future__ import annotations

import asyncio
import select
import sys
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import aiohttp

from freedompay_async.transport.base import TransportError

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection

    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.base import Attempt

__all__ = ["CLOSED_UNUSED", "Connector", "HostRequest", "current_attempt", "current_opening"]

_STRAYS: Final = 5
_UNASKED: Final = "the server sent data on an idle connection"
CLOSED_UNUSED: Final = "the connection was closed before it could be used"
# The loop reads in its first or second turn, and later where TLS tickets come in pieces.
_ROUNDS: Final = 10
_OPENING: Final = 32

# aiohttp calls the connector without arguments of ours. The second one is set for every call, and
# has two numbers only: a context lives as long as the last timer that was set in it, and must not
# keep a call alive.
current_attempt: ContextVar[Attempt] = ContextVar("freedompay_attempt")
current_opening: ContextVar[tuple[float, bool]] = ContextVar("freedompay_opening")
"""The deadline of the call, and whether it is urgent."""


class HostRequest(aiohttp.ClientRequest):
    """Names the host of all calls. Its key is computed once, because the host does not change."""

    _key: ConnectionKey | None = None

    @property
    def connection_key(self) -> ConnectionKey:
        if self._key is None:
            self._key = super().connection_key
        return self._key


class Connector(aiohttp.TCPConnector):
    """Marks the moment when an attempt gets its connection. Before it nothing was sent; after it
    something may have been.

    The look-up of the name, the connection and the TLS handshake all happen inside `connect`, in
    the caller's task.
    """

    disowned = False

    def __init__(self, *, way: Way, **options: Any) -> None:
        super().__init__(**options)
        self._way: Final = way
        # Hundreds at once would block the loop, and be a burst of handshakes for the issuer.
        self._opening: Final = asyncio.Semaphore(_OPENING)
        self._new: Final[WeakSet[ResponseHandler]] = WeakSet()

    @property
    def active(self) -> int:
        """Connections that are in use or being opened."""
        return len(self._acquired)

    @property
    def idle(self) -> int:
        """Connections that wait for the next call."""
        return sum(map(len, self._conns.values()))

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Called by aiohttp's session."""
        try:
            connection = await self.quiet_connection(req, traces, timeout)
        except aiohttp.ServerDisconnectedError:
            # Only a proxy does this here: there was no connection to the host yet.
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
        """A connection on which the server has sent nothing since the last answer. aiohttp would
        take such bytes for the answer to the next call.

        The loop may not have read them yet, so the socket itself is asked. Nothing else runs
        between that and the write.
        """
        reason, tried = "", 0
        # Any number of the idle ones may be spoilt. Only new ones count as tried: a server that
        # sends first on a new one does so on the next too.
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
            reason = CLOSED_UNUSED if transport.is_closing() else _UNASKED
            _drop(connection, transport)
        raise TransportError(reason)

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        """Called by aiohttp to open a connection; aiohttp itself limits only parts of the time."""
        deadline, urgent = current_opening.get()
        async with asyncio.timeout_at(deadline), nullcontext() if urgent else self._opening:
            protocol = await super()._create_connection(*args, **kwargs)
        self._new.add(protocol)
        return protocol

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, **options: Any) -> None:
        """Called by aiohttp when a connection becomes idle.

        Without its parser the connection shows whatever comes meanwhile. The parser would hide half
        of a head.
        """
        protocol._parser = None
        super()._release(key, protocol, **options)

    def __del__(self, *_: Any) -> None:
        # In a forked child the connections belong to the parent.
        if not self.disowned:
            super().__del__()


def _drop(connection: Connection, transport: asyncio.Transport) -> None:
    # Aborted, because TLS would wait until the server closes its side too.
    transport.abort()
    connection.close()


def _readable(transport: asyncio.BaseTransport) -> bool:
    """Whether bytes, an end or an error wait in the socket for the loop to read them."""
    if transport.is_closing():
        # It may have no socket any more.
        return True
    sock = transport.get_extra_info("socket")
    fd = -1 if sock is None else sock.fileno()
    return fd >= 0 and _has_input(fd)


if sys.platform == "win32":  # Windows has no poll; elsewhere select takes small numbers only.

    def _has_input(fd: int) -> bool:
        return bool(select.select([fd], [], [], 0)[0])

else:

    def _has_input(fd: int) -> bool:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(0))


async def _read_out(transport: asyncio.BaseTransport, protocol: ResponseHandler) -> bool:
    """Let the loop read what waits in the socket, and tell whether the connection is still clean.

    With TLS not all input is data: session tickets follow the handshake, and the TLS layer keeps
    them. So only what reaches the protocol is data.
    """
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
        if transport.is_closing() or protocol.should_close:
            return False
        if not _readable(transport):
            return True
    return False
