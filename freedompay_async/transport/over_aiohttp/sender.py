"""Sends requests through a session of aiohttp and reads the answers."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, cast

from yarl import URL

from freedompay_async.codec.messages import Reply
from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.base import CLOSED, TransportError, too_large
from freedompay_async.transport.content import PACKED, unpacked
from freedompay_async.transport.deadlines import Deadlines
from freedompay_async.transport.over_aiohttp.connections import Connections
from freedompay_async.transport.over_aiohttp.failures import failure_of
from freedompay_async.transport.over_aiohttp.sending import SENDINGS, Sending
from freedompay_async.transport.request_heads import RequestHeads

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import aiohttp

    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Destination

__all__ = ["SESSION_CLOSED", "Sender", "abort_response"]

_MOST_PATHS: Final = 1_000
SESSION_CLOSED: Final = (
    "the session that the transport was given is closed: close it after the client"
)


class Sender(ABC):
    """Sends through a session. The caller decides how many requests there are at once.

    Args:
        base: the `base_url` of the destination.
        destination: the host, and the limits.
        session: carries the requests.
        connections: of the session's connector, if that is the library's own.
        proxied: aiohttp reads a proxy's address or the `.netrc` for each call.
    """

    def __init__(
        self,
        base: URL,
        destination: Destination,
        session: aiohttp.ClientSession,
        *,
        connections: Connections | None = None,
        proxied: bool,
    ) -> None:
        proxy = destination.way.proxy
        self._session: Final = session
        self._base: Final = base
        self._connections: Final = connections or Connections(destination.notify)
        self._notify: Final = destination.notify
        self._way: Final = destination.way
        self._proxied: Final = proxied
        self._max_answer: Final = destination.max_answer
        self._heads: Final = RequestHeads(base)
        self._urls: Final[dict[str, URL]] = {}
        self._on_the_way: Final[set[Sending]] = set()
        self._loop: Final = asyncio.get_running_loop()
        self._deadlines: Final = Deadlines(self._loop)
        # The proxy's address may have a password in it. A retry or a redirect would send a message
        # a second time.
        self._options: Final[Hidden[dict[str, Any]]] = Hidden(
            {
                "allow_redirects": False,
                "raise_for_status": False,
                "middlewares": (),
                "auto_decompress": False,
                "proxy": None if proxy is None else URL(proxy.url.reveal()),
            }
        )
        self._closed = False

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        """Send exactly these bytes, once, and read the whole answer.

        Raises:
            TransportError: no whole answer came.
            ConfigurationError: a signer gave a header that can't be sent. Nothing was sent.
        """
        response: aiohttp.ClientResponse | None = None
        body: bytes | None = None
        reply: Reply | None = None
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        sending = Sending(attempt, task, self._loop, self._deadlines, notify=self._notify)
        # A callback of a trace may make a call of its own, in this task.
        outer = SENDINGS.get(task)
        SENDINGS[task] = sending
        self._on_the_way.add(sending)
        try:
            # Only for its check: aiohttp writes the head itself.
            self._heads.of(message)
            response = await self._request(message, sending)
            body = self._begin_to_read(response, sending)
            if body is None:
                body = await self._read_rest(response)
            self._end(response, sending)
            reply = Reply(response.status, response.headers, body)
            if PACKED in reply.headers:
                reply = await unpacked(reply, most=self._max_answer)
            sending.stop()
            return reply
        except BaseException as error:  # noqa: BLE001 - it is raised below
            late = sending.stop() and isinstance(error, asyncio.CancelledError)
            self._connections.drop(sending)
            if response is not None:
                abort_response(response)
            failure = failure_of(
                TimeoutError() if late else error,
                sending,
                self._way,
                closed=self._closed_by(),
                proxied=self._proxied,
            )
            # A traceback shows this frame.
            response = body = reply = None
        finally:
            self._on_the_way.discard(sending)
            if outer is None:
                SENDINGS.pop(task, None)
            else:
                SENDINGS[task] = outer
        # Raised here, so that it holds no error of aiohttp, whose frames have the body and the
        # headers.
        raise failure

    @abstractmethod
    def _request(self, message: Message, sending: Sending) -> Awaitable[aiohttp.ClientResponse]:
        """Hand the message to the session. Nothing has been done until it is awaited."""

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            if len(self._urls) >= _MOST_PATHS:
                self._urls.clear()
            url = self._urls[path] = self._heads.url(path)
        return url

    def _begin_to_read(self, response: aiohttp.ClientResponse, sending: Sending) -> bytes | None:
        """The body, if all of it is there."""
        if sending.turned is None:
            # Something has answered in aiohttp's place, such as a test double.
            sending.attempt.sent = True
        elif not sending.turned:
            raise TransportError("an answer was there before the request was sent")
        length = response.headers.get("Content-Length")
        if length is not None and int(length) > self._max_answer:
            raise too_large(self._max_answer, response.status)
        if not response.content.is_eof():
            return None
        sending.unclear = False
        body = response.content.read_nowait()
        if len(body) > self._max_answer:
            raise too_large(self._max_answer, response.status)
        return body

    async def _read_rest(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        while part := await response.content.readany():
            body += part
            if len(body) > self._max_answer:
                raise too_large(self._max_answer, response.status)
        return bytes(body)

    def _end(self, response: aiohttp.ClientResponse, sending: Sending) -> None:
        """Let go of the connection.

        Raises:
            TransportError: this side has ended the connection, and so, perhaps, the answer.
        """
        if sending.late:
            raise TransportError("no answer in time")
        closed = self._closed_by()
        if closed:
            # Without a length an answer ends with its connection.
            raise TransportError(closed, final=True)
        if response.connection is None:
            self._connections.give_back(sending)
        else:
            # aiohttp keeps it: the server answered before it had read all of the request, or wants
            # to speak something else.
            self._connections.drop(sending)
            abort_response(response)

    def _closed_by(self) -> str:
        """What was closed, for an error; empty: nothing."""
        if self._closed:
            return CLOSED
        return SESSION_CLOSED if self._session.closed else ""

    @abstractmethod
    async def warm_up(self, count: int, attempt: Attempt) -> None:
        """Have so many connections open, idle ones included.

        Raises:
            TransportError: they can't be opened.
        """

    async def close(self) -> None:
        """End the calls on the way. The session is its owner's."""
        self._closed = True
        if not self._loop.is_closed():
            now = self._loop.time()
            for sending in self._on_the_way:
                sending.end_at(now)

    @abstractmethod
    def disown(self) -> None:
        """In a forked child: let go of the sockets, which are the parent's."""

    @property
    def active(self) -> int:
        """Requests that have a connection, or wait for one."""
        return len(self._on_the_way)

    @property
    def idle(self) -> int:
        """Connections that wait for the next call."""
        return self._connections.idle


def abort_response(response: aiohttp.ClientResponse) -> None:
    connection = response.connection
    transport = None if connection is None else connection.transport
    response.close()
    if transport is not None:
        transport.abort()
