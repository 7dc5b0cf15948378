"""Opens the connections of the `DirectTransport`: the name of the host, TCP, TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from contextlib import nullcontext
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final

from aiohappyeyeballs import start_connection

from freedompay_async.transport.base import CLOSED, TransportError
from freedompay_async.transport.new_connections import AT_ONCE
from freedompay_async.transport.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.transport.base import Attempt
    from freedompay_async.transport.direct.connection import Connection

__all__ = ["Opening"]

# Seconds that the addresses of a name are used without asking again.
_ADDRESSES_LAST: Final = 60.0
# Seconds until the next address is tried too (RFC 8305, section 5).
_NEXT_ADDRESS: Final = 0.25


class Opening:
    """Opens connections to one host.

    Args:
        host: its name, or an address.
        port: its port.
        tls: the settings of TLS; `None`: plain TCP.
        connect_timeout: seconds for TCP and TLS.
        hint: the end of an error's text.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        connect_timeout: float,
        hint: str,
    ) -> None:
        self._host: Final = host
        self._port: Final = port
        self._tls: Final = tls
        self._connect_timeout: Final = connect_timeout
        self._hint: Final = hint
        self._loop: Final = asyncio.get_running_loop()
        self._turns: Final = asyncio.Semaphore(AT_ONCE)
        self._sockets: Final = Sockets()
        self._addresses: Final = _Addresses(self._loop, host, port)
        # Of whoever waits here now.
        self._waiting: Final[set[asyncio.Timeout]] = set()
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many connections are being opened, or wait for their turn."""
        return len(self._waiting)

    async def open(
        self,
        attempt: Attempt,
        make: Callable[[], Connection],
        *,
        idle: Callable[[], Connection | None],
    ) -> Connection:
        """A new connection; or one that has become idle while this one waited for its turn.

        Args:
            attempt: whose deadline ends the waiting. An urgent one waits for no turn.
            make: makes the protocol of a connection.
            idle: gives a connection that is idle.

        Raises:
            TransportError: there is no connection.
        """
        failure: OSError | ValueError
        try:
            async with asyncio.timeout_at(attempt.deadline) as waiting:
                self._waiting.add(waiting)
                try:
                    return await self._in_turn(make, idle, urgent=attempt.urgent)
                finally:
                    self._waiting.discard(waiting)
        except TimeoutError:
            if self._ended:
                raise TransportError(CLOSED, final=True) from None
            raise TransportError(f"no connection in time{self._hint}") from None
        except (OSError, ValueError) as error:
            failure = error
        raise self._error(failure)

    async def _in_turn(
        self, make: Callable[[], Connection], idle: Callable[[], Connection | None], *, urgent: bool
    ) -> Connection:
        async with nullcontext() if urgent else self._turns:
            found = idle()
            if found is not None:
                return found
            # The handles of a connection keep the context in which it was opened for as long as it
            # lives. That must not be the context of a call.
            opening = self._loop.create_task(self._opened(make()), context=Context())
            try:
                return await opening
            except BaseException:
                # It was cancelled in the turn of the loop in which the connection was there.
                if opening.done() and not opening.cancelled() and opening.exception() is None:
                    opening.result().abort()
                raise

    async def _opened(self, connection: Connection) -> Connection:
        addresses = await self._addresses.get()
        async with asyncio.timeout(self._connect_timeout):
            sock = await start_connection(
                addresses,
                happy_eyeballs_delay=_NEXT_ADDRESS,
                interleave=1,
                socket_factory=self._sockets.make,
            )
            try:
                await self._loop.create_connection(
                    lambda: connection,
                    sock=sock,
                    ssl=self._tls,
                    server_hostname=None if self._tls is None else self._host,
                )
            except BaseException:
                connection.drop()
                raise
        return connection

    def _error(self, error: OSError | ValueError) -> TransportError:
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = f"the server's certificate is not trusted ({error}){self._hint}"
            return TransportError(reason, final=True)
        if isinstance(error, socket.gaierror | UnicodeError):
            return TransportError(f"the name {self._host} was not resolved{self._hint}")
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        return TransportError(f"no connection to {self._host}:{self._port} ({why}){self._hint}")

    def end(self) -> None:
        """End the waiting of all that wait."""
        self._ended = True
        now = self._loop.time()
        for each in list(self._waiting):
            # One that is over ends its own waiting, and can't be set again.
            if not each.expired():
                each.reschedule(now)
        self._addresses.forget()

    def close_sockets(self) -> None:
        """Close what a loop that is closed can't close any more."""
        self._sockets.close()

    def disown(self) -> None:
        """In a forked child: let go of the sockets, which are the parent's."""
        self._sockets.disown()


class _Addresses:
    """The addresses of a host, as the system resolves its name. All that wait share one question.

    Args:
        loop: resolves names, in a thread.
        host: a name, or an address, which needs no question.
        port: the port.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        self._loop: Final = loop
        self._host: Final = host
        self._port: Final = port
        self._known: list[Any] = _literal(host, port)
        self._until = float("inf") if self._known else 0.0
        self._asking: asyncio.Task[list[Any] | OSError | UnicodeError] | None = None

    async def get(self) -> list[Any]:
        """The addresses, in the form of `getaddrinfo`.

        Raises:
            OSError: the name was not resolved.
            UnicodeError: the name can't be one.
        """
        if self._loop.time() < self._until:
            return self._known
        if self._asking is None:
            self._asking = self._loop.create_task(self._ask(), context=Context())
        # Whoever is cancelled leaves the question to the others.
        found = await asyncio.shield(self._asking)
        if isinstance(found, list):
            return found
        raise found

    async def _ask(self) -> list[Any] | OSError | UnicodeError:
        try:
            found = await self._loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            # Not raised in the task, because nobody may be there any more to fetch it.
            return error.with_traceback(None)
        else:
            self._known, self._until = found, self._loop.time() + _ADDRESSES_LAST
            return found
        finally:
            self._asking = None

    def forget(self) -> None:
        """End a question that is open."""
        if self._asking is not None:
            self._asking.cancel()


def _literal(host: str, port: int) -> list[Any]:
    """The address that `host` is; empty: it is a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    if address.version == 4:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
    return [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, 0, 0))]
