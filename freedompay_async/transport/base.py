"""One try to send, and what the session needs of a transport: no HTTP library in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from freedompay_async.codec.messages import Message, Reply

__all__ = ["CLOSED", "Attempt", "TransportError", "Wire"]

CLOSED: Final = "the client was closed"


class Attempt:
    """One try to send; tells, whatever happens, whether a byte may have left.

    Args:
        deadline: of the whole call, by the clock of the loop.
        seconds: from a connection in hand to the last byte of the answer.
        may_leave: asked with the connection in hand: waiting for it may have taken too long for a
            repeated effect.
        urgent: somebody waits for this very call.
    """

    __slots__ = ("_clock", "_may_leave", "_seconds", "began", "deadline", "late", "sent", "urgent")

    def __init__(
        self,
        *,
        deadline: float,
        seconds: float,
        may_leave: Callable[[], bool] | None = None,
        urgent: bool = False,
    ) -> None:
        self.urgent = urgent
        self.sent = False
        self.late = False
        """Its time was up before the answer came."""
        self.began: float | None = None
        """When its turn came, by the clock of the loop."""
        self._may_leave = may_leave
        self.deadline = deadline
        self._seconds = seconds
        self._clock: asyncio.Timeout | None = None

    def clock(self) -> asyncio.Timeout:
        """Runs to the deadline of the call; from `connected` on, to the attempt's own time-out if
        that is sooner.
        """
        self._clock = asyncio.timeout_at(self.deadline)
        return self._clock

    def ends(self, now: float) -> float:
        """When an attempt that has had its connection since `now` is over."""
        return min(self.deadline, now + self._seconds)

    def connected(self) -> None:
        """A connection is in hand, and the next thing is the write.

        Raises:
            TransportError: it comes too late; nothing was written, and the connection is as good as
                new.
        """
        if self._may_leave is not None and not self._may_leave():
            raise TransportError("its first send is too long ago to send it again")
        self.sent = True
        if self._clock is not None:
            self._clock.reschedule(self.ends(asyncio.get_running_loop().time()))


class TransportError(Exception):
    """No whole answer came; whether a byte may have left is in the `Attempt`."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        """Trying again gives the same: a certificate that is not trusted."""


class Wire(Protocol):
    """Bytes out, bytes in."""

    def check(self) -> asyncio.AbstractEventLoop:
        """The running loop.

        Raises `ConfigurationError` where it must not be used: closed, on another event loop, in a
        forked child.
        """
        ...

    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        """Send exactly these bytes, once, within the attempt's clock; raise `TransportError` where
        no whole answer came.
        """
        ...
