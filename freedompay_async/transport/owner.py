"""Who may use a transport: one client, on one event loop, in one process, until it is closed."""

from __future__ import annotations

import logging
import os
import weakref
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.guards.loops import running_loop
from freedompay_async.transport.base import CLOSED, CountsIdle, Transport, TransportError
from freedompay_async.transport.checked import send_checked
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.mock.mock_transport import MockTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.transport.base import Attempt, Destination

__all__ = ["OwnedTransport", "check_transport"]

log: Final = logging.getLogger("freedompay_async")
_OWN: Final = (AiohttpTransport, DirectTransport, MockTransport)


class OwnedTransport:
    """A transport that belongs to one client, and to the process and the event loop of its first
    call.

    Args:
        transport: any object of the protocol `Transport`.
        destination: the host; the transport gets it in `bind`.

    Raises:
        ConfigurationError: the transport belongs to another client, or can't reach this host.
    """

    def __init__(self, transport: Transport, destination: Destination) -> None:
        check_transport(transport)
        if id(transport) in _owned:
            raise ConfigurationError(
                "this transport belongs to another client. Nothing was sent; make one for each "
                "client."
            )
        transport.bind(destination)
        _take(transport)
        self._transport: Final = transport
        # Others are held to the deadline of each attempt, and their replies are checked.
        self._checked: Final = type(transport) not in _OWN
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        # Set by the fork, because a call must not cost a system call that asks for the process.
        self._is_copy = False
        _owners.add(self)

    def check(self) -> asyncio.AbstractEventLoop:
        """The running loop, if the client may be used on it.

        Raises:
            ConfigurationError: after close, on another event loop, in a forked child, or without a
                loop of asyncio; nothing was sent.
        """
        if self._closed:
            raise ConfigurationError("this client is closed. Nothing was sent; open a new one.")
        if self._is_copy:
            raise ConfigurationError(
                "this client was made in another process, and a fork must not share its "
                "connections. Nothing was sent; "
                "make a client after the fork."
            )
        loop = running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this client belongs to another event loop. Nothing was sent; make one client for "
                "each loop (each asyncio.run)."
            )
        return loop

    async def open(self) -> None:
        await self._transport.open()

    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came, or the client was closed since the call began.
        """
        if self._closed:
            raise TransportError(CLOSED, final=True)
        if self._checked:
            return send_checked(self._transport, message, attempt)
        return self._transport.send(message, attempt)

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have so many connections open.

        Raises:
            TransportError: they can't be opened.
        """
        if self._closed:
            raise TransportError(CLOSED, final=True)
        try:
            await self._transport.warm_up(count, attempt)
        except OSError as error:
            if not self._checked:
                raise
            raise TransportError(f"the transport failed ({type(error).__name__})") from None

    def now(self) -> float:
        """Seconds by the clock of the loop; 0 before the first call."""
        return 0.0 if self._loop is None else self._loop.time()

    def idle(self) -> int | None:
        """Open connections that no call has; `None`: the transport does not know."""
        transport: object = self._transport
        if not isinstance(transport, CountsIdle):
            return None
        # A transport of others may have something else of that name.
        count: object = transport.idle_connections
        return transport.idle_connections() if callable(count) else None

    async def close(self) -> None:
        """Close the transport. A second close does nothing; in a forked child no close does."""
        if self._closed:
            return
        self._closed = True
        if not self._is_copy:
            await self._transport.close()

    def forbid(self) -> None:
        """Called in a forked child: the connections belong to the parent."""
        self._is_copy = True

    def disown(self) -> None:
        """Called in a forked child, after `forbid`."""
        self._transport.disown()

    def __repr__(self) -> str:
        return repr(self._transport)


def check_transport(value: object) -> None:
    """Refuse what has not all methods of a transport.

    Raises:
        ConfigurationError: it lacks one, or is a class.
    """
    if isinstance(value, type):
        raise ConfigurationError(
            f"transport is the class {value.__name__}: give an object of it. Nothing was sent."
        )
    if not isinstance(value, Transport):
        raise refusal("transport", value, "an object with the methods of Transport")


# By identity, because a transport may be equal to another, and may have no hash.
_owned: Final[dict[int, weakref.ref[Transport]]] = {}
_owners: Final[weakref.WeakSet[OwnedTransport]] = weakref.WeakSet()


def _take(transport: Transport) -> None:
    key = id(transport)
    try:
        _owned[key] = weakref.ref(transport, lambda _: _owned.pop(key, None))
    except TypeError:
        raise ConfigurationError(
            "transport is of a class that has no __weakref__ among its __slots__: add it. Nothing "
            "was sent."
        ) from None


def _after_fork() -> None:
    owners = list(_owners)
    # All of them first: a transport that fails in `disown` must not leave another one usable.
    for each in owners:
        each.forbid()
    for each in owners:
        try:
            each.disown()
        except Exception as error:  # noqa: BLE001 - nobody waits here for an error
            # Without its frames, which may show what it sends.
            log.error("a transport failed in a fork: %s", type(error).__name__)  # noqa: TRY400


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
