"""One request on its way through a session of aiohttp, and what is known of its connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.transport.socket_input import SocketInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.events.kinds import Event
    from freedompay_async.transport.base import Attempt
    from freedompay_async.transport.deadlines import Deadlines

__all__ = ["SENDINGS", "Gathering", "Sending", "Watch"]


class Watch(asyncio.Protocol):
    """Stands in for aiohttp's protocol while nobody has asked anything.

    Args:
        transport: of the connection.
        lost: called with it when the connection ends meanwhile.

    Attributes:
        input: of the socket.
        spoke: the other side has sent data.
        unclear: aiohttp may have read more than the last answer or the handshake.
    """

    def __init__(
        self, transport: asyncio.Transport, lost: Callable[[asyncio.Transport], object]
    ) -> None:
        self.input: Final = SocketInput(transport)
        self.spoke = False
        self.unclear = True
        self._lost: Final = lost
        self._transport: Final = transport
        self._original = transport.get_protocol()

    def begin(self) -> None:
        self._transport.set_protocol(self)

    def end(self) -> None:
        self._transport.set_protocol(self._original)

    def data_received(self, data: bytes) -> None:
        self.spoke = True
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self._transport)
        # aiohttp has to know it.
        self._original.connection_lost(exc)


class Gathering:
    """Lets requests wait until all of them have a connection."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._complete: Final = asyncio.Event()

    async def arrive(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._complete.set()
        await self._complete.wait()


class Sending:
    """One request, and its time. The time is up at the deadline of the call, and from the moment a
    connection is in hand at the end of the attempt's own time if that is sooner.

    Attributes:
        attempt: whose request it is.
        notify: is told of connections.
        ends: when its time is up, by the clock of the loop.
        late: its time was up.
        waiting: aiohttp itself has begun with it, and had no connection for it by then.
        turned: `False`: a connection is in hand, and the loop has had no turn since, so an answer
            that is there was there before the request. `True`: it has had one, or nothing can have
            come before. `None`: nobody has told of a connection.
        unclear: aiohttp may have read more than the answer. It tells only where all of the answer
            came at once.
        transport: of the connection in hand, where the connector is the library's own.
        watch: of that connection.
        gathering: it only opens a connection, together with others.
    """

    __slots__ = (
        "_before",
        "_deadlines",
        "_loop",
        "_task",
        "attempt",
        "ends",
        "gathering",
        "late",
        "notify",
        "transport",
        "turned",
        "unclear",
        "waiting",
        "watch",
    )

    def __init__(
        self,
        attempt: Attempt,
        task: asyncio.Task[Any],
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines,
        gathering: Gathering | None = None,
        *,
        notify: Callable[[Event], object],
    ) -> None:
        self.attempt = attempt
        self.notify = notify
        self.ends = attempt.deadline
        self.gathering = gathering
        self.late = False
        self.waiting = False
        self.unclear = True
        self.turned: bool | None = None
        self.transport: asyncio.Transport | None = None
        self.watch: Watch | None = None
        self._task = task
        self._loop = loop
        self._before = task.cancelling()
        self._deadlines = deadlines
        # Cheaper than asyncio.timeout, and the same: `stop` says whether the time was up.
        deadlines.set(self, attempt.deadline)

    def connected(self) -> None:
        """A connection is in hand, and the next step is the write.

        Raises:
            TransportError: it came too late. Nothing was written.
        """
        self.attempt.connected()
        self.end_at(self.attempt.ends(self._loop.time()))
        if self.watch is None or self.watch.unclear:
            self._begin_turn()
        else:
            self.turned = True

    def notice_connection(self) -> None:
        """A connection is in hand, and nothing can be refused any more."""
        self.attempt.sent = True
        self.end_at(self.attempt.ends(self._loop.time()))
        self._begin_turn()

    def notice_head(self) -> None:
        """The head of the request is written. Another trace may have waited since the connection
        was in hand, and an answer that has come meanwhile is to no request.
        """
        self.attempt.sent = True
        if self.turned is not None:
            self._begin_turn()

    def _begin_turn(self) -> None:
        # No answer to this request can be there in the same turn.
        self.turned = False
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self.turned = True

    def end_at(self, when: float) -> None:
        if not self.late:
            self._deadlines.set(self, when)

    def expire(self) -> None:
        self.late = True
        self._task.cancel()

    def stop(self) -> bool:
        """End the clock. Whether the task was cancelled by it, and by nothing else."""
        self._deadlines.remove(self)
        if not self.late:
            return False
        self.late = False
        return self._task.uncancel() <= self._before


SENDINGS: Final[dict[asyncio.Task[Any] | None, Sending]] = {}
"""The requests on their way, by the tasks that wait for them. aiohttp calls its connector and its
traces in these tasks, and gives them no argument of ours.
"""
