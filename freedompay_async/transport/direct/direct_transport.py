"""The fastest transport: a protocol of asyncio and the parser of httptools, for one host."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import anyio

from freedompay_async.errors import ConfigurationError
from freedompay_async.events.kinds import ConnectionClosed, ConnectionOpened
from freedompay_async.guards.staying import Staying
from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.base import CLOSED, Transport, TransportError
from freedompay_async.transport.content import unpacked
from freedompay_async.transport.deadlines import Deadlines
from freedompay_async.transport.new_connections import CLOSED_UNUSED, SPOKE_FIRST, TRIED
from freedompay_async.transport.request_heads import RequestHeads
from freedompay_async.transport.tls import default_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from yarl import URL

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.events.kinds import Event
    from freedompay_async.transport.base import Attempt, Destination
    from freedompay_async.transport.direct.connection import Connection
    from freedompay_async.transport.direct.opening import Opening

__all__ = ["DirectTransport"]

# Seconds that an idle connection is kept. Many servers close theirs soon after, and a request that
# meets such an end is lost.
_IDLE: Final = 15.0
# Turns of the loop until it has told all connections that they are gone.
_TURNS_TO_END: Final = 10
_OPENED: Final = ConnectionOpened()
_CLOSED: Final = ConnectionClosed()


class DirectTransport(Staying, Transport):
    """Sends straight to the host, with less CPU than an HTTP client needs.

    It uses no proxy and no `.netrc`, and what hooks into aiohttp does not see it. It needs the
    extra `speed`: `pip install 'freedompay-async[speed]'`.

    Raises:
        ConfigurationError: httptools is not installed.
    """

    INSTEAD = "make one for each client"

    def __init__(self) -> None:
        if find_spec("httptools") is None or find_spec("aiohappyeyeballs") is None:
            raise ConfigurationError(
                "DirectTransport needs httptools: pip install 'freedompay-async[speed]'. Nothing "
                "was sent."
            )
        self._bound: tuple[URL, Destination] | None = None
        self._opening: Opening | None = None
        self._idle: Final[dict[Connection, None]] = {}
        self._used: Final[set[Connection]] = set()
        self._closed = False
        self._tls: ssl.SSLContext | None = None

    def bind(self, destination: Destination) -> None:
        # Only a program that makes a client pays for these.
        from yarl import URL  # noqa: PLC0415

        from freedompay_async.transport.direct.connection import Connection  # noqa: PLC0415
        from freedompay_async.transport.direct.opening import Opening  # noqa: PLC0415

        way = destination.way
        if way.proxy is not None:
            raise ConfigurationError(
                f"DirectTransport uses no proxy, and {way.proxy.source} names {way.proxy.shown}. "
                "Nothing was sent; leave transport= out, or give AiohttpTransport()."
            )
        try:
            base = URL(destination.base_url)
        except ValueError:
            raise ConfigurationError(
                "base_url has an invalid host name. Nothing was sent."
            ) from None
        if base.scheme == "https":
            self._tls = destination.ssl_context or default_context()
        self._heads = RequestHeads(base)
        self._max_answer = destination.max_answer
        self._notify: Callable[[Event], object] = destination.notify
        self._connection_of, self._opening_of = Connection, Opening
        self._bound = base, destination

    async def open(self) -> None:
        self._prepare()

    def _prepare(self) -> Opening:
        """What needs the running loop."""
        if self._closed:
            # A call that began before the client was closed must not open a connection after it.
            raise TransportError(CLOSED, final=True)
        if self._opening is None:
            if self._bound is None:
                raise ConfigurationError(
                    "this transport has no client. Nothing was sent; give it to one, as transport=."
                )
            base, destination = self._bound
            self._loop = asyncio.get_running_loop()
            self._deadlines = Deadlines(self._loop)
            self._opening = self._opening_of(
                base.raw_host or "",
                base.port or 0,
                tls=self._tls,
                connect_timeout=destination.connect_timeout,
                hint=destination.way.hint(),
            )
        return self._opening

    def _make(self) -> Connection:
        return self._connection_of(
            self._loop, max_answer=self._max_answer, made=self._made, lost=self._lost
        )

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        # Hidden, because a look at this frame while it waits must not show the keys.
        head = Hidden(self._heads.of(message))
        connection = self._taken() or await self._quiet(attempt)
        try:
            attempt.connected()
        except TransportError:
            self._give_back(connection)
            raise
        self._deadlines.set(connection, attempt.ends(self._loop.time()))
        self._used.add(connection)
        try:
            answer = await connection.start(head.value, message.body)
        finally:
            # After an error or a cancellation, the rest of the request must not leave any more.
            self._give_back(connection)
        if isinstance(answer, TransportError):
            raise answer
        if connection.packed:
            return await unpacked(answer, most=self._max_answer)
        return answer

    def _taken(self) -> Connection | None:
        """An idle connection on which the server has sent nothing since the last answer. Nothing
        else runs between that look and the write.
        """
        idle = self._idle
        while idle:
            connection, _ = idle.popitem()
            if connection.open:
                if not connection.busy():
                    return connection
                connection.abort()
        return None

    async def _quiet(self, attempt: Attempt) -> Connection:
        """A new connection on which the server has sent nothing.

        Raises:
            TransportError: there is none.
        """
        opening, reason = self._prepare(), ""
        for _ in range(TRIED):
            connection = await opening.open(attempt, self._make, idle=self._taken)
            quiet = False
            try:
                settled = await connection.settle()
                # After that wait, because nothing waits between this look and the write.
                if self._closed:
                    raise TransportError(CLOSED, final=True)
                quiet = settled
            finally:
                if not quiet:
                    connection.abort()
            if quiet:
                return connection
            reason = SPOKE_FIRST if connection.strayed else CLOSED_UNUSED
        raise TransportError(reason)

    def _give_back(self, connection: Connection) -> None:
        self._used.discard(connection)
        if self._closed or not connection.reusable():
            connection.abort()
            return
        self._deadlines.set(connection, self._loop.time() + _IDLE)
        self._idle[connection] = None

    def _made(self, _connection: Connection) -> None:
        self._notify(_OPENED)

    def _lost(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
        self._deadlines.remove(connection)
        self._notify(_CLOSED)

    def idle_connections(self) -> int:
        return len(self._idle)

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        taken: list[Connection] = []

        async def take() -> None:
            taken.append(self._taken() or await self._quiet(attempt))

        try:
            # Not asyncio's own, which leaves the task of the caller marked as cancelled after an
            # error (until Python 3.13).
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(take)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            for connection in taken:
                self._give_back(connection)

    async def close(self) -> None:
        self._closed = True
        opening = self._opening
        if opening is None:
            return
        if self._loop.is_closed():
            opening.close_sockets()
            self._idle.clear()
        elif self._loop is not asyncio.get_running_loop():
            self._loop.call_soon_threadsafe(self._end, opening)
        else:
            self._end(opening)
            for _ in range(_TURNS_TO_END):
                if not self._idle and not self._used and not opening.waiting:
                    break
                await asyncio.sleep(0)

    def _end(self, opening: Opening) -> None:
        opening.end()
        self._deadlines.stop()
        for connection in [*self._used, *self._idle]:
            connection.fail(TransportError(CLOSED, final=True))

    def disown(self) -> None:
        if self._opening is not None:
            self._opening.disown()

    def __repr__(self) -> str:
        if self._bound is None:
            return "DirectTransport()"
        state = "closed" if self._closed else "not opened"
        if self._opening is not None and not self._closed:
            active = len(self._used) + self._opening.waiting
            state = f"open, {active} active, {len(self._idle)} idle"
        return f"DirectTransport({str(self._bound[0])!r}, {state})"
