"""What a transport is: it carries requests to one host and brings back the answers.

No HTTP library is imported here.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from freedompay_async.settings.proxies import Way
from freedompay_async.settings.settings import MAX_ANSWER

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.events.kinds import Event

__all__ = [
    "CLOSED",
    "Attempt",
    "CountsIdle",
    "Destination",
    "Transport",
    "TransportError",
    "too_large",
]

CLOSED: Final = "the client was closed"


class Attempt:
    """One attempt to send. It says at any time whether a byte may have left.

    Args:
        deadline: when the whole call ends, by the clock of the loop.
        seconds: from the moment a connection is there to the last byte of the answer.
        may_leave: whether a byte may leave in so many seconds from now. It says no where the first
            send of an effect, by this process or another, will be too long ago by then.
        urgent: somebody waits for this very call.
    """

    __slots__ = ("_clock", "_may_leave", "_seconds", "began", "deadline", "sent", "urgent")

    def __init__(
        self,
        *,
        deadline: float,
        seconds: float,
        may_leave: Callable[[float], bool] | None = None,
        urgent: bool = False,
    ) -> None:
        self.urgent = urgent
        self.sent = False
        self.began: float | None = None
        """When it got its slot, by the clock of the loop."""
        self._may_leave = may_leave
        self.deadline = deadline
        self._seconds = seconds
        self._clock: asyncio.Timeout | None = None

    def ask_too(self, may: Callable[[], bool]) -> None:
        """Let a byte leave only if this says yes too, when the connection is there."""
        before = self._may_leave

        def both(after: float) -> bool:
            return may() and (before is None or before(after))

        self._may_leave = both

    def clock(self) -> asyncio.Timeout:
        """A timeout around the attempt. It ends at the deadline of the call, and after `connected`
        at the end of the attempt's own time if that is sooner.
        """
        self._clock = asyncio.timeout_at(self.deadline)
        return self._clock

    def ends(self, now: float) -> float:
        """When an attempt ends that got its connection at `now`."""
        return min(self.deadline, now + self._seconds)

    def may_leave(self, *, after: float = 0.0) -> bool:
        """Whether a byte may leave in so many seconds from now."""
        return self._may_leave is None or self._may_leave(after)

    def connected(self) -> None:
        """A connection is there, and the next step is the write.

        Raises:
            TransportError: it came too late. Nothing was written, and the connection can be used
                again.
        """
        if self._may_leave is not None and not self._may_leave(0.0):
            raise TransportError("it began too long ago, so its bytes do not leave")
        self.sent = True
        if self._clock is not None:
            self._clock.reschedule(self.ends(asyncio.get_running_loop().time()))


class TransportError(Exception):
    """No whole answer came. The `Attempt` says whether a byte may have left."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        """Another attempt would fail in the same way: a certificate that is not trusted."""


def too_large(most: int, status: int) -> TransportError:
    """The error for an answer of more than `most` bytes."""
    return TransportError(
        f"the answer is larger than {most} bytes and was not read (HTTP {status})"
    )


def _tell_nobody(_event: Event) -> None:
    """Where a transport has no client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The host of a client, the limits that its transport has to keep, and who is told of its
    connections.

    Attributes:
        base_url: such as `https://api.example.com`; the path of a message is appended to it.
        connect_timeout: seconds for TCP and TLS.
        max_answer: bytes; a larger answer is not read.
        ssl_context: the TLS settings; `None`: Python's own.
        way: straight to the host, or through a proxy.
        notify: takes a `ConnectionOpened` or `ConnectionClosed` of `freedompay_async.events`. A
            transport calls it on the loop of its client, as far as it can know of these.
    """

    base_url: str
    connect_timeout: float = 5.0
    max_answer: int = MAX_ANSWER
    ssl_context: ssl.SSLContext | None = None
    way: Way = field(default_factory=Way)
    notify: Callable[[Event], object] = _tell_nobody


@runtime_checkable
class Transport(Protocol):
    """Carries the requests of one client to its host and brings back the answers.

    Derive from it and write `send`; the other methods do nothing unless you write them. The client
    owns its transport: it uses it on one event loop and in one process, and sends nothing after
    `close`. So a transport need not check any of this.

    Its `repr` is part of the client's. It must show no secret, and should say how many connections
    are active and idle.
    """

    def bind(self, destination: Destination) -> None:
        """Learn the host and the limits. Called once, when the client is made; no loop may run yet.

        Raises:
            ConfigurationError: the transport can't reach such a host.
        """
        # Without a statement, type checkers want it written in a derived class; so below.
        return

    async def open(self) -> None:
        """Prepare for the first call, without a connection. Called by `async with client`; `send`
        must work without it.
        """
        return

    @abstractmethod
    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        """Send exactly these bytes, once, and read the whole answer.

        Call `attempt.connected()` right before the first byte leaves, and do both the wait for a
        connection and the exchange inside `attempt.clock()`. An attempt whose `connected()` was not
        called counts as not sent: the caller is told that nothing was done, and the call may be
        made again. The headers of the reply are looked up by their usual names, such as
        `Retry-After`, so their mapping has to ignore case.

        Raises:
            TransportError: no whole answer came.
        """
        ...

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have `count` connections open, idle ones included. Nothing is sent on them.

        Raises:
            TransportError: they can't be opened.
        """
        return

    async def close(self) -> None:
        """Close all connections. Calls on the way end with a `TransportError`. Called once."""
        return

    def disown(self) -> None:
        """Let go of all connections without closing them. Called in a forked child, where they are
        copies of the parent's.
        """
        return


@runtime_checkable
class CountsIdle(Protocol):
    """A transport that knows how many of its connections are idle.

    No part of `Transport`, because an object with the methods of that need not have this one.
    """

    def idle_connections(self) -> int | None:
        """Open connections that no call has; `None`: not known."""
        ...
