"""Sends requests over aiohttp's connections and reads the answers.

aiohttp opens the connections (names, TCP, TLS), keeps idle ones, and parses what comes. A request
is written to a connection without aiohttp's session, which would build, copy and check for each
call what is the same for all calls: that costs more than the rest of a call. The session carries a
call only where a proxy or the `.netrc` of the environment is needed.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import anyio
from yarl import URL

from freedompay_async.codec.messages import Reply
from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.aiohttp_errors import ERRORS, failure_of
from freedompay_async.transport.base import CLOSED, TransportError
from freedompay_async.transport.connector import (
    CLOSED_UNUSED,
    Connector,
    HostRequest,
    current_attempt,
    current_opening,
)
from freedompay_async.transport.content import PACKED, unpacked
from freedompay_async.transport.request_heads import RequestHeads
from freedompay_async.transport.sockets import Sockets

if TYPE_CHECKING:
    from aiohttp import StreamReader
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.http import RawResponseMessage

    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Destination

__all__ = ["Pool"]

# A larger body is written apart from its head, without a copy; and aiohttp's session would warn
# that such a body blocks the loop.
_LARGE: Final = 2**20
# Answers of 1xx before the answer itself.
_MOST_BEFORE: Final = 10
_NO_TRACES: Final[list[Any]] = []
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "freedompay-async",
}
# Test doubles of aiohttp replace it, and expect that no call passes them by.
_REQUEST: Final = aiohttp.ClientSession._request


class Pool:
    """The connections to one host. The caller decides how many there are at once.

    Args:
        base: the `base_url` of the destination.
        destination: the host, and the limits.
    """

    def __init__(self, base: URL, destination: Destination) -> None:
        way, tls = destination.way, destination.ssl_context or True
        self._base: Final = base
        self._way: Final = way
        # Its address may have a password in it.
        self._proxy: Final = None if way.proxy is None else Hidden(URL(way.proxy.url.reveal()))
        self._straight: Final = way.proxy is None and not way.netrc
        self._max_answer: Final = destination.max_answer
        self._sockets: Final = Sockets()
        self._timeout: Final = aiohttp.ClientTimeout(
            total=None, sock_connect=destination.connect_timeout
        )
        self._connector: Final = Connector(
            way=way,
            limit=0,
            ttl_dns_cache=60,
            ssl=tls,
            socket_factory=self._sockets.make,
        )
        self._session: Final = aiohttp.ClientSession(
            connector=self._connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=way.netrc,
            auto_decompress=False,
            headers=_HEADERS,
        )
        # It tells the connector the host, and is never sent.
        self._host: Final = HostRequest("POST", self._base, ssl=tls, session=self._session)
        self._heads: Final = RequestHeads(base, _HEADERS)
        self._used: Final[set[asyncio.Transport]] = set()
        self._loop: Final = asyncio.get_running_loop()
        # A cancelled timer stays with the loop for a while and keeps its context alive. That must
        # not be the context of the call.
        self._timers: Final = Context()
        self._closed = False

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came.
        """
        current_opening.set((attempt.deadline, attempt.urgent))
        try:
            if not self._straight or aiohttp.ClientSession._request is not _REQUEST:
                current_attempt.set(attempt)
                async with attempt.clock():
                    return await self._by_session(message, attempt)
            return await self._exchange(message, attempt)
        except ERRORS as error:
            failure = self._failure(error, attempt)
        # Raised here, so that it holds no error of aiohttp, whose frames have the body and the
        # headers.
        raise failure

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have so many connections open, idle ones included.

        Raises:
            TransportError: they can't be opened.
        """
        if not self._straight:
            raise TransportError("warm_up is not available with trust_env or through a proxy")
        current_opening.set((attempt.deadline, attempt.urgent))
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
            failure = self._failure(group.exceptions[0], attempt)
        else:
            if len(taken) == count and not self._closed:
                return
            # A closed pool cancels those that wait for a name, and the task group takes that for
            # its own cancellation.
            failure = TransportError(CLOSED, final=True)
        finally:
            for connection in taken:
                connection.release()
        raise failure

    def _failure(self, error: BaseException, attempt: Attempt) -> BaseException:
        return failure_of(
            error, attempt, self._way, closed=self._closed, proxied=not self._straight
        )

    async def _exchange(self, message: Message, attempt: Attempt) -> Reply:
        # Hidden, because a look at this frame while it waits must not show the keys.
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
        # It aborts the connection, which wakes the reader below. The connection could not be used
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
                    raise TransportError(f"the server sent HTTP {answer.code} over and over")
                answer, content = await protocol.read()
            if content.is_eof():
                body = content.read_nowait()
            else:
                body = await self._read(answer.code, answer.headers.get("Content-Length"), content)
            if len(body) > self._max_answer:
                raise self._too_large(answer.code)
            self._check_end(answer, protocol, attempt)
        except BaseException:
            # The rest of the request must not leave after the caller has got its error.
            transport.abort()
            connection.close()
            raise
        finally:
            clock.cancel()
            self._used.discard(transport)
        if transport.get_write_buffer_size():
            # The server answered before it had read all of the request. The rest must not leave any
            # more, nor go before the next request.
            transport.abort()
            connection.close()
        else:
            connection.release()
        reply = Reply(answer.code, answer.headers, body)
        return reply if PACKED not in answer.headers else await self._unpacked(reply)

    def _check_end(
        self, answer: RawResponseMessage, protocol: ResponseHandler, attempt: Attempt
    ) -> None:
        """Refuse an answer that the server has not ended. Without a length an answer ends with its
        connection, and the server is not the only one that may end that.

        Raises:
            TransportError: this side ended the connection.
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
        # A GET has no body. aiohttp itself repeats a GET when an idle connection turns out to be
        # closed: that is harmless, because the id of the call is an idempotency key.
        url = self._heads.url(message.path)
        async with self._session.request(
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
        whole = await unpacked(reply, most=self._max_answer)
        if whole is None:
            raise self._too_large(reply.status)
        return whole

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
                # aiohttp would wait until all of the request has left.
                transport.abort()
        await self._session.close()
        if self._loop.is_closed():
            self._sockets.close()

    def disown(self) -> None:
        """In a forked child: let go of the sockets, which are the parent's."""
        self._sockets.disown()
        self._connector.disowned = True
        self._session.detach()

    @property
    def active(self) -> int:
        """Connections that are in use or being opened."""
        return self._connector.active

    @property
    def idle(self) -> int:
        """Connections that wait for the next call."""
        return self._connector.idle


def _payload(message: Message) -> bytes | BytesIO | None:
    if not message.body:
        return None
    return message.body if len(message.body) < _LARGE else BytesIO(message.body)


def _expire(transport: asyncio.Transport, attempt: Attempt) -> None:
    attempt.late = True
    transport.abort()
