"""The connections of our connector: who has which, and what comes on those that nobody has.

Only documented names of asyncio's transports are used. aiohttp's protocol is taken out of an idle
connection and put back before the next request, because it would keep what comes meanwhile for
that request.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from freedompay_async.events.kinds import ConnectionClosed, ConnectionOpened
from freedompay_async.transport.new_connections import TURNS
from freedompay_async.transport.over_aiohttp.sending import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.events.kinds import Event
    from freedompay_async.transport.over_aiohttp.sending import Sending

__all__ = ["Connections"]

_OPENED: Final = ConnectionOpened()
_CLOSED: Final = ConnectionClosed()


class Connections:
    """What aiohttp's pool does not tell.

    Args:
        notify: is told of each connection that was opened or closed.
    """

    def __init__(self, notify: Callable[[Event], object]) -> None:
        self._notify: Final = notify
        # Of which `notify` was told that they were opened.
        self._open: Final[set[asyncio.Transport]] = set()
        self._idle: Final[dict[asyncio.Transport, Watch]] = {}
        # aiohttp gives a connection back at the last byte of an answer. Another call may have it by
        # the time the first one wakes up.
        self._owners: Final[dict[asyncio.Transport, Sending]] = {}

    @property
    def idle(self) -> int:
        """Connections that wait for the next call."""
        return sum(not each.is_closing() for each in self._idle)

    def has_idle(self) -> bool:
        while self._idle:
            first = next(iter(self._idle))
            if not first.is_closing():
                return True
            del self._idle[first]
        return False

    def is_known(self, transport: asyncio.Transport) -> bool:
        """Whether a call has had it before."""
        return transport in self._idle or transport in self._owners

    def take(self, transport: asyncio.Transport, sending: Sending) -> bool | None:
        """Make the connection the request's own, if the other side has sent nothing on it since the
        last answer, and all of the last request has left. (A new one may have an end of its
        handshake to write.) `None`: something waits to be read; see `read_out`.

        The loop may not have read it yet, so the socket itself is asked. Nothing else runs between
        that and the write.
        """
        sending.watch = watch = self._watch_of(transport)
        if transport.is_closing():
            return False
        if transport in self._owners and transport.get_write_buffer_size():
            return False
        if watch.input.waits():
            return None
        self._own(transport, watch, sending)
        return True

    def _watch_of(self, transport: asyncio.Transport) -> Watch:
        """The watch of a connection, made once for each."""
        watch = self._idle.pop(transport, None)
        if watch is None:
            owner = self._owners.get(transport)
            watch = None if owner is None else owner.watch
            if watch is None:
                self._open.add(transport)
                self._notify(_OPENED)
                return Watch(transport, self._lost)
            # The owner has not said yet what aiohttp has read.
            watch.unclear = True
        return watch

    async def read_out(self, transport: asyncio.Transport, sending: Sending) -> bool:
        """Let the loop read what waits in the socket, and take the connection if it is clean then.

        With TLS not all input is data: session tickets follow the handshake, and the TLS layer
        keeps them. So only what reaches the watch is data, and it aborts the connection.
        """
        watch = sending.watch or self._watch_of(transport)
        watch.begin()
        for _ in range(TURNS):
            await asyncio.sleep(0)
            if transport.is_closing():
                return False
            if not watch.input.waits():
                # The last owner may have given it back meanwhile.
                self._idle.pop(transport, None)
                self._own(transport, watch, sending)
                return True
        return False

    def _own(self, transport: asyncio.Transport, watch: Watch, sending: Sending) -> None:
        watch.end()
        sending.transport = transport
        self._owners[transport] = sending

    def give_back(self, sending: Sending) -> None:
        """Let go of a connection that is in aiohttp's pool again, or closed."""
        transport, watch = sending.transport, sending.watch
        if transport is None or watch is None or self._owners.get(transport) is not sending:
            return
        del self._owners[transport]
        # One of TLS that is closed can't be asked for its buffer.
        if transport.is_closing() or transport.get_write_buffer_size():
            # The server answered before it had read all of the request. The rest must not leave any
            # more, nor go before the next request.
            self.abort(transport)
        else:
            watch.unclear = sending.unclear
            watch.begin()
            self._idle[transport] = watch

    def close_idle(self) -> None:
        # With TLS some versions of aiohttp would leave the end of them to a loop that may be closed
        # by then.
        for transport in list(self._idle):
            transport.abort()

    def drop(self, sending: Sending) -> None:
        """The rest of the request must not leave after the caller has got its error."""
        transport = sending.transport
        if transport is not None and self._owners.get(transport) is sending:
            del self._owners[transport]
            self.abort(transport)

    def abort(self, transport: asyncio.Transport) -> None:
        """Close a connection at once. What has not left yet never leaves."""
        transport.abort()
        self._closed(transport)

    def _lost(self, transport: asyncio.Transport) -> None:
        self._idle.pop(transport, None)
        self._closed(transport)

    def _closed(self, transport: asyncio.Transport) -> None:
        # One in use is aiohttp's own to watch, so its end is known when the call lets go of it.
        if transport in self._open:
            self._open.discard(transport)
            self._notify(_CLOSED)
