"""Bytes out, bytes in, over aiohttp's connections; only `connector.py` beside it imports aiohttp.

aiohttp makes the connections (names, TCP, TLS), keeps them while they are idle, and parses what
comes. A call is written to one of them and its answer is read from it, without aiohttp's session in
between, which builds, copies and checks for each call what is the same for all of them: that alone
costs more than the rest of a call. The session carries a call where what it adds is wanted: the
proxy or the `.netrc` of the environment.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextvars import Context
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import aiohttp
import anyio
from aiohttp.http import HttpProcessingError
from yarl import URL

from freedompay_async.codec.messages import Reply
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.base import CLOSED, TransportError
from freedompay_async.transport.connector import (
    CLOSED_UNUSED,
    Connector,
    Host,
    current_attempt,
    noting,
    opener,
)
from freedompay_async.transport.content import PACKED, unpacked
from freedompay_async.transport.request_heads import RequestHeads

if TYPE_CHECKING:
    import ssl

    from aiohttp import StreamReader
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.http import RawResponseMessage

    from freedompay_async.codec.messages import Message
    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.base import Attempt

__all__ = ["Pool"]

# A body of this size is not copied behind its head; and aiohttp's session warns from here on that
# writing it holds the loop up.
_LARGE: Final = 2**20
_ERRORS: Final = (
    asyncio.CancelledError,
    TransportError,
    ConfigurationError,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    ValueError,
)
# Answers of 1xx before the answer itself.
_MOST_BEFORE: Final = 10
_NO_TRACES: Final[list[Any]] = []
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "freedompay-async",
}
# Whoever replaces it, as test doubles of aiohttp do, expects that no call gets past it.
_REQUEST: Final = aiohttp.ClientSession._request


class Pool:
    """The connections to one issuer; how many there are at once is decided by who calls.

    Args:
        base: the issuer.
        connect_timeout: seconds for TCP and TLS.
        max_answer: bytes; a larger answer is not read.
        ssl_context: `None` is Python's own choice.
        way: straight to the issuer, or through a proxy.
    """

    def __init__(
        self,
        base: URL,
        *,
        connect_timeout: float,
        max_answer: int,
        ssl_context: ssl.SSLContext | None,
        way: Way,
    ) -> None:
        self._base: Final = base
        self._way: Final = way
        # Its address may have a password in it.
        self._proxy: Final = None if way.proxy is None else Hidden(URL(way.proxy.url.reveal()))
        self._straight: Final = way.proxy is None and not way.netrc
        self._max_answer: Final = max_answer
        self._sockets: Final[WeakSet[socket.socket]] = WeakSet()
        self._timeout: Final = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout)
        self._connector: Final = Connector(
            way=way,
            limit=0,
            ttl_dns_cache=60,
            ssl=ssl_context or True,
            socket_factory=noting(self._sockets),
        )
        self.session: Final = aiohttp.ClientSession(
            connector=self._connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=way.netrc,
            auto_decompress=False,
            headers=_HEADERS,
        )
        # Names the host to the connector, and is never sent.
        self._host: Final = Host("POST", self._base, ssl=ssl_context or True, session=self.session)
        self._heads: Final = RequestHeads(base, _HEADERS)
        self._used: Final[set[asyncio.Transport]] = set()
        self._loop: Final = asyncio.get_running_loop()
        # A timer that was cancelled stays with the loop for a while, and keeps its context alive:
        # not that of the call.
        self._timers: Final = Context()
        self._closed = False

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came.
        """
        opener.set((attempt.deadline, attempt.urgent))
        try:
            if not self._straight or aiohttp.ClientSession._request is not _REQUEST:
                current_attempt.set(attempt)
                async with attempt.clock():
                    return await self._by_session(message, attempt)
            return await self._exchange(message, attempt)
        except _ERRORS as error:
            failure = self._told(error, attempt)
        # Raised here, so that it does not hold on to an error of aiohttp, whose frames hold the
        # body and the headers.
        raise failure

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have so many connections, those that are idle included.

        Raises:
            TransportError: they can't be had.
        """
        if not self._straight:
            raise TransportError(
                "through a proxy, and with trust_env, connections are made at each call only"
            )
        opener.set((attempt.deadline, attempt.urgent))
        taken: list[Connection] = []

        async def take() -> None:
            taken.append(
                await self._connector.quiet_connection(self._host, _NO_TRACES, self._timeout)
            )

        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(take)
        except BaseExceptionGroup as group:
            failure = self._told(group.exceptions[0], attempt)
        else:
            if len(taken) == count and not self._closed:
                return
            # Who waits for a name when the pool is closed is cancelled, and the group takes that
            # for its own.
            failure = TransportError(CLOSED, final=True)
        finally:
            for connection in taken:
                connection.release()
        raise failure

    def _told(self, error: BaseException, attempt: Attempt) -> BaseException:
        """The error as the session knows it."""
        if isinstance(error, TransportError | ConfigurationError):
            return error.with_traceback(None)
        if isinstance(error, asyncio.CancelledError):
            # A pool that is closed cancels whoever waits for it, and nobody has cancelled this
            # task.
            task = asyncio.current_task()
            if not self._closed or task is None or task.cancelling():
                # Without the frames below this one: their locals hold the body.
                return error.with_traceback(None)
            return TransportError(CLOSED, final=True)
        if attempt.late or isinstance(error, TimeoutError):
            return TransportError(
                "no answer in time" if attempt.sent else f"no connection in time{self._way.hint()}"
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            reason = (
                "the server's certificate is not trusted "
                f"({error.certificate_error}){self._way.hint()}"
            )
            return TransportError(reason, final=True)
        if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
            # Only a connection that was written to ends so, even if it was not seen to be had (a
            # test double of aiohttp).
            attempt.sent = True
        if isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError):
            if attempt.sent or self._straight:
                return error
            # Such as a user for a call that has its own Authorization. Not shown: it may have a
            # password in it.
            return TransportError(
                "the proxy or the .netrc of the environment can't be used", final=True
            )
        return TransportError(_reason(error) + ("" if attempt.sent else self._way.hint()))

    async def _exchange(self, message: Message, attempt: Attempt) -> Reply:
        # The keys are in it, and whoever looks at this frame while it waits must not see them.
        head = Hidden(self._heads.of(message))
        connection = await self._connector.quiet_connection(self._host, _NO_TRACES, self._timeout)
        transport, protocol = connection.transport, connection.protocol
        try:
            if transport is None or protocol is None or transport.is_closing():
                raise TransportError(CLOSED_UNUSED)
            attempt.connected()
        except TransportError:
            connection.release()
            raise
        self._used.add(transport)
        # It wakes whoever waits for the answer by ending the connection, which could not be used
        # again anyway.
        clock = self._loop.call_at(
            attempt.ends(self._loop.time()), _expire, transport, attempt, context=self._timers
        )
        try:
            protocol.set_response_params(read_until_eof=True, auto_decompress=False)
            if len(message.body) < _LARGE:
                transport.write(head.value + message.body)
            else:
                transport.write(head.value)
                transport.write(message.body)
            answer, content = await protocol.read()
            before = 0
            while 100 <= answer.code < 200 and answer.code != 101:
                before += 1
                if before > _MOST_BEFORE:
                    raise TransportError(f"the host says HTTP {answer.code} without end")
                answer, content = await protocol.read()
            if content.is_eof():
                body = content.read_nowait()
            else:
                body = await self._read(answer.code, answer.headers.get("Content-Length"), content)
            if len(body) > self._max_answer:
                raise self._too_large(answer.code)
            self._check_end(answer, protocol, attempt)
        except BaseException:
            # What is not written yet must not leave any more, now that the caller is told how it
            # stands.
            transport.abort()
            connection.close()
            raise
        finally:
            clock.cancel()
            self._used.discard(transport)
        if transport.get_write_buffer_size():
            # It was answered before it was read to its end, and the rest must not leave any more,
            # nor stand in the way of the next call.
            transport.abort()
            connection.close()
        else:
            connection.release()
        reply = Reply(answer.code, answer.headers, body)
        return reply if PACKED not in answer.headers else await self._unpacked(reply)

    def _check_end(
        self, answer: RawResponseMessage, protocol: ResponseHandler, attempt: Attempt
    ) -> None:
        """Whether the end of the answer is the issuer's: an answer without a length ends with its
        connection, whoever ends that.

        Raises:
            TransportError: it is ours.
            OSError: the connection broke.
        """
        if attempt.late:
            raise TransportError("no answer in time")
        if self._closed:
            raise TransportError(CLOSED, final=True)
        broke = protocol.exception()
        if (
            isinstance(broke, OSError)
            and "Content-Length" not in answer.headers
            and "Transfer-Encoding" not in answer.headers
        ):
            raise broke

    async def _by_session(self, message: Message, attempt: Attempt) -> Reply:
        # A GET has no body at all. aiohttp itself sends one once more where a pooled connection was
        # closed under it: its id is a key.
        url = self._heads.url(message.path)
        async with self.session.request(
            message.method,
            url,
            data=_payload(message),
            headers=message.headers,
            allow_redirects=False,
            proxy=None if self._proxy is None else self._proxy.value,
        ) as response:
            length = response.headers.get("Content-Length")
            try:
                content = await self._read(response.status, length, response.content)
            except TransportError:
                response.close()
                raise
            reply = Reply(response.status, response.headers, content)
            return reply if PACKED not in response.headers else await self._unpacked(reply)

    async def _unpacked(self, reply: Reply) -> Reply:
        """Of what was compressed though nothing asked for it."""
        plain = await unpacked(reply, most=self._max_answer)
        if plain is None:
            raise self._too_large(reply.status)
        return plain

    async def _read(self, status: int, length: str | None, content: StreamReader) -> bytes:
        if length is not None and int(length) > self._max_answer:
            raise self._too_large(status)
        body = bytearray()
        while part := await content.readany():
            body += part
            if len(body) > self._max_answer:
                raise self._too_large(status)
        return bytes(body)

    def _too_large(self, status: int) -> TransportError:
        return TransportError(
            f"the answer is larger than {self._max_answer} bytes and was not read (HTTP {status})"
        )

    async def close(self) -> None:
        self._closed = True
        for transport in list(self._used):
            if transport.get_write_buffer_size():
                # aiohttp would wait until all of it has left.
                transport.abort()
        await self.session.close()

    def close_sockets(self) -> None:
        """What aiohttp leaves to a loop that is closed."""
        for left in list(self._sockets):
            left.close()

    def disown(self) -> None:
        """In a forked child: its copies of the sockets lead nowhere from now on.

        A copy that is closed or collected, by whoever drops the client there, would take the
        parent's socket out of the epoll that the two processes share, so that the parent hears no
        answer any more; and TLS would say goodbye to the issuer in the parent's name.
        """
        with socket.socket() as nowhere:
            for copy in list(self._sockets):
                if copy.fileno() >= 0:
                    os.dup2(nowhere.fileno(), copy.fileno(), inheritable=False)
        self._connector.disowned = True
        self.session.detach()


def _payload(message: Message) -> bytes | BytesIO | None:
    if not message.body:
        return None
    return message.body if len(message.body) < _LARGE else BytesIO(message.body)


def _expire(transport: asyncio.Transport, attempt: Attempt) -> None:
    attempt.late = True
    transport.abort()


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} was not resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return (
            f"no connection to {error.host}:{error.port} "
            f"({error.strerror or type(error.os_error).__name__})"
        )
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused the way to the host (HTTP {error.status})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    if isinstance(error, HttpProcessingError):
        return "the answer can't be read as HTTP"
    return f"the connection broke ({type(error).__name__})"
