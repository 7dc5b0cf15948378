"""One request on its way through a session of aiohttp, and what is known of its connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from freedompay_async.transport.base import Attempt

__all__ = ["SENDINGS", "Gathering", "Sending", "Watch"]


class Watch(asyncio.Protocol):
    """Stands in for aiohttp's protocol while nobody has asked anything.

    Attributes:
        spoke: the other side has sent data.
        unclear: aiohttp may have read more than the last answer or the handshake.
    """

    def __init__(self, transport: asyncio.Transport, idle: dict[asyncio.Transport, Watch]) -> None:
        self.spoke = False
        self.unclear = True
        self._idle: Final = idle
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
        self._idle.pop(self._transport, None)
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
    """What is known of one request.

    Attributes:
        attempt: whose request it is.
        clock: ends it.
        waiting: aiohttp itself has begun with it, and had no connection for it by then.
        turned: whether the loop has had a turn since a connection was in hand, or need not have had
            one; `None`: nobody has told of a connection.
        unclear: aiohttp may have read more than the answer. It tells only where all of the answer
            came at once.
        transport: of the connection in hand, where the connector is the library's own.
        watch: of that connection, if it was idle before.
        gathering: it only opens a connection, together with others.
    """

    __slots__ = (
        "attempt",
        "clock",
        "gathering",
        "transport",
        "turned",
        "unclear",
        "waiting",
        "watch",
    )

    def __init__(self, attempt: Attempt, gathering: Gathering | None = None) -> None:
        self.attempt = attempt
        self.gathering = gathering
        self.clock: asyncio.Timeout | None = None
        self.waiting = False
        self.unclear = True
        self.turned: bool | None = None
        self.transport: asyncio.Transport | None = None
        self.watch: Watch | None = None

    def begin_turn(self) -> None:
        """A connection is in hand. No answer to this request can be there in the same turn."""
        self.turned = False
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self.turned = True

    def notice_connection(self) -> None:
        """A connection is in hand, and nothing can be refused any more."""
        self.attempt.sent = True
        self.end_at(self.attempt.ends(asyncio.get_running_loop().time()))
        self.begin_turn()

    def end_at(self, when: float) -> None:
        if self.clock is not None and not self.clock.expired():
            self.clock.reschedule(when)


SENDINGS: Final[dict[asyncio.Task[Any] | None, Sending]] = {}
"""The requests on their way, by the tasks that wait for them. aiohttp calls its connector and its
traces in these tasks, and gives them no argument of ours.
"""
