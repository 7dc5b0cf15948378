"""Bytes out, bytes in: the only module of the client that imports aiohttp."""

from __future__ import annotations

import asyncio
import os
import socket
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import aiohttp
from yarl import URL

from freedompay_async.attempt import Attempt, TransportError
from freedompay_async.errors import ConfigurationError
from freedompay_async.settings import MAX_ANSWER
from freedompay_async.wire import Reply

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aiohttp.connector import Connection

    from freedompay_async.wire import Message

__all__ = ["Transport"]

# aiohttp warns from here on that writing a bytes body holds the loop up.
_STREAMED: Final = 2**20
_CLOSED: Final = "the client was closed"
_STRAYS: Final = 5


_attempt: ContextVar[Attempt] = ContextVar("freedompay_attempt")


class _Connector(aiohttp.TCPConnector):
    """Marks the moment when an attempt has its connection: before it nothing was sent, after it something may have been.

    Waiting for the pool, the name, the connection and the TLS handshake all happen inside `connect`, in the caller's task.
    """

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        try:
            connection = await self._silent(*args, **kwargs)
        except BaseException as error:
            # Whoever is woken to take a free place and leaves in that moment, cancelled or out of time, wakes the next one: aiohttp
            # does not, and the others would wait beside a free place until their deadlines.
            self._release_waiter()
            if isinstance(error, aiohttp.ServerDisconnectedError):
                # Of a proxy, before there was a way to the host.
                raise TransportError("the proxy closed the connection") from None
            raise
        try:
            _attempt.get().connected()
        except TransportError:
            connection.release()
            raise
        return connection

    async def _silent(self, *args: Any, **kwargs: Any) -> Connection:
        """A connection on which nothing came while nobody had asked: aiohttp would take it for the answer to the next call."""
        for _ in range(_STRAYS):
            connection = await super().connect(*args, **kwargs)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()
        raise TransportError("the host speaks before it is asked")

    def disown(self) -> None:
        """It holds nothing that would have to be closed: its connections are another process's."""
        self._closed = True


class Transport:
    """A pool of connections to one issuer, bound to the process and the event loop of its first call."""

    def __init__(
        self,
        base_url: str,
        *,
        max_connections: int,
        connect_timeout: float,
        max_answer: int = MAX_ANSWER,
        ssl_context: ssl.SSLContext | None = None,
        trust_env: bool = False,
    ) -> None:
        try:
            self._base: Final = URL(base_url)
        except ValueError:
            raise ConfigurationError("base_url has a host that no name can be. Nothing was sent.") from None
        self._max_connections: Final = max_connections
        self._timeout: Final = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout)
        self._max_answer: Final = max_answer
        self._ssl: Final = ssl_context
        # Over plain http a proxy would read the body, which is for this machine only.
        self._trust_env: Final = trust_env and self._base.scheme == "https"
        self._urls: Final[dict[str, URL]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: Final[WeakSet[socket.socket]] = WeakSet()
        self._pid = os.getpid()
        self._closed = False
        _made.add(self)

    def check(self) -> None:
        """Whether this client may be used here.

        Raises:
            ConfigurationError: after close, on another event loop, or in a forked child; nothing was sent.
        """
        if self._closed:
            raise ConfigurationError("this client is closed. Nothing was sent; open a new one.")
        if os.getpid() != self._pid:
            raise ConfigurationError(
                "this client was made in another process, and a fork must not share its connections. Nothing was sent; "
                "make a client after the fork."
            )
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this client belongs to another event loop. Nothing was sent; make one client for each loop (each asyncio.run)."
            )

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came.
        """
        self._refuse_if_closed()
        _attempt.set(attempt)
        try:
            async with attempt.clock():
                return await self._send(message)
        except asyncio.CancelledError as error:
            # A pool that is closed cancels whoever waits for it, and nobody has cancelled this task.
            task = asyncio.current_task()
            if not self._closed or task is None or task.cancelling():
                # Without the frames below this one: their locals hold the body.
                raise error.with_traceback(None) from None
            failure = TransportError(_CLOSED, final=True)
        except TransportError as error:
            failure = error.with_traceback(None)
        except TimeoutError:
            failure = TransportError("no answer in time" if attempt.sent else "no connection in time")
        except aiohttp.ClientConnectorCertificateError as error:
            failure = TransportError(f"the server's certificate is not trusted ({error.certificate_error})", final=True)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as error:
            # Only a connection that was written to ends so, even if it was not seen to be had (a test double of aiohttp).
            attempt.sent = True
            failure = TransportError(_reason(error))
        except (aiohttp.ClientError, OSError) as error:
            failure = TransportError(_reason(error))
        except ValueError:
            # A proxy that is no URL, or a user for a call that has its own Authorization. Not shown: it may have a password in it.
            if attempt.sent or not self._trust_env:
                raise
            failure = TransportError("the proxy or the .netrc of the environment can't be used", final=True)
        # Raised here, so that it does not hold on to an error of aiohttp, whose frames hold the body and the headers.
        raise failure

    def _refuse_if_closed(self) -> None:
        """A call that was on the way when the client was closed opens no connection anew."""
        if self._closed:
            raise TransportError(_CLOSED, final=True)

    async def _send(self, message: Message) -> Reply:
        session = self._session or self._open()
        url = self._urls.get(message.path)
        if url is None:
            url = self._urls[message.path] = self._base.with_path(self._base.path.rstrip("/") + message.path)
        # A GET has no body at all. aiohttp itself sends one once more where a pooled connection was closed under it: its id is a key.
        data = message.body if 0 < len(message.body) < _STREAMED else BytesIO(message.body) if message.body else None
        async with session.request(message.method, url, data=data, headers=message.headers, allow_redirects=False) as response:
            content = await self._read(response)
            return Reply(response.status, response.headers, content)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        length = response.content_length
        if length is not None and length <= self._max_answer:
            return await response.read()
        content = bytearray()
        if length is None:
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > self._max_answer:
                    break
            else:
                return bytes(content)
        response.close()
        raise TransportError(f"the answer is larger than {self._max_answer} bytes and was not read (HTTP {response.status})")

    def _open(self) -> aiohttp.ClientSession:
        connector = _Connector(limit=self._max_connections, ttl_dns_cache=60, ssl=self._ssl or True, socket_factory=_noting(self._sockets))
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=self._trust_env,
            auto_decompress=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "freedompay-async"},
        )
        return self._session

    async def close(self) -> None:
        """Close the pool; a second close does nothing."""
        self._closed = True
        if os.getpid() != self._pid:
            # The connections belong to the parent.
            return
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if self._loop is not None and self._loop.is_closed():
            # aiohttp leaves them to the loop.
            for left in list(self._sockets):
                left.close()

    def _forked(self) -> None:
        """In a forked child: its copies of the sockets lead nowhere from now on.

        A copy that is closed or collected, by whoever drops the client there, would take the parent's socket out of the epoll that the two
        processes share, so that the parent hears no answer any more; and TLS would say goodbye to the issuer in the parent's name.
        """
        with socket.socket() as nowhere:
            for copy in list(self._sockets):
                if copy.fileno() >= 0:
                    os.dup2(nowhere.fileno(), copy.fileno(), inheritable=False)
        if self._session is not None and isinstance(self._session.connector, _Connector):
            self._session.connector.disown()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._session else "not opened"
        return f"Transport({str(self._base)!r}, {state}, max_connections={self._max_connections})"


_made: Final[WeakSet[Transport]] = WeakSet()


def _after_fork() -> None:
    for transport in list(_made):
        transport._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _noting(sockets: WeakSet[socket.socket]) -> Callable[[Any], socket.socket]:
    """Makes sockets, as aiohttp would, and puts them on the list."""

    def make(address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        sockets.add(made)
        return made

    return make


def _reason(error: aiohttp.ClientError | OSError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} was not resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {error.host}:{error.port} ({error.strerror or type(error.os_error).__name__})"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused the way to the host (HTTP {error.status})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    return f"the connection broke ({type(error).__name__})"
