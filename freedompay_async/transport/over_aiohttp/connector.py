"""The connector of our own session: what happens between a connection and the request on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from freedompay_async.transport.base import TransportError
from freedompay_async.transport.new_connections import AT_ONCE, CLOSED_UNUSED, SPOKE_FIRST, TRIED
from freedompay_async.transport.over_aiohttp.connections import Connections
from freedompay_async.transport.over_aiohttp.sending import SENDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.events.kinds import Event

__all__ = ["Connector", "GatheredError"]


class GatheredError(TransportError):
    """A request that was to open a connection has opened it, and ends here. Nothing was sent."""


class Connector(aiohttp.TCPConnector):
    """Marks the moment when an attempt gets its connection. Before it nothing was sent; after it
    something may have been.

    The look-up of the name, the connection and the TLS handshake all happen inside `connect`, in
    the caller's task.

    Args:
        notify: is told of each connection that was opened or closed.
        **options: of aiohttp's connector.

    Attributes:
        connections: those that it has opened.
        opening: a turn for each connection that is being opened.
        disowned: in a forked child, where they belong to the parent.
    """

    def __init__(self, notify: Callable[[Event], object], **options: Any) -> None:
        super().__init__(**options)
        self.connections: Final = Connections(notify)
        self.disowned = False
        self.opening: Final = asyncio.Semaphore(AT_ONCE)

    async def connect(self, *args: Any, **options: Any) -> Any:
        """Called by aiohttp's session. It may give other arguments in another version, so they are
        handed on as they come.
        """
        sending = SENDINGS.get(asyncio.current_task())
        if sending is None:
            raise TransportError("something carries the request in a task of its own", final=True)
        if sending.transport is not None:
            # aiohttp repeats some requests itself. A message leaves once.
            raise TransportError("the connection broke without an answer")
        sending.waiting = True
        connections = self.connections
        reason, tried = "", 0
        # Any number of the idle ones may be spoilt. Only new ones count as tried: a server that
        # sends first on a new one does so on the next too.
        while tried < TRIED:
            if sending.attempt.urgent or connections.has_idle():
                connection = await super().connect(*args, **options)
            else:
                async with self.opening:
                    connection = await super().connect(*args, **options)
            transport = connection.transport
            if transport is None:
                reason, tried = CLOSED_UNUSED, tried + 1
                connection.close()
                continue
            tried += not connections.is_known(transport)
            try:
                quiet = connections.take(transport, sending)
                if quiet is None:
                    quiet = await connections.read_out(transport, sending)
            except BaseException:
                # Aborted, because TLS would wait until the server closes its side too.
                connections.abort(transport)
                connection.close()
                raise
            if quiet:
                try:
                    if sending.gathering is not None:
                        await sending.gathering.arrive()
                        raise GatheredError("it was to open a connection only")
                    sending.connected()
                except BaseException:
                    connection.release()
                    connections.give_back(sending)
                    raise
                return connection
            reason = SPOKE_FIRST if sending.watch and sending.watch.spoke else CLOSED_UNUSED
            connections.abort(transport)
            connection.close()
        raise TransportError(reason)

    def __del__(self, *_: Any) -> None:
        # In a forked child the connections belong to the parent.
        if not self.disowned:
            super().__del__()
