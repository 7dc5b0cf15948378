"""One connection of the `DirectTransport`: it writes a request and reads the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import TransportError, too_large
from freedompay_async.transport.direct.headers import Headers
from freedompay_async.transport.new_connections import TURNS
from freedompay_async.transport.socket_input import SocketInput

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Connection"]

# A larger body is written apart from its head, without a copy.
_WRITTEN_APART: Final = 2**20
# A request that the socket surely takes at once.
_TAKEN_AT_ONCE: Final = 2**14
# Bytes of all heads before the body, those of 1xx included.
_LONGEST_HEAD: Final = 2**16
# Answers of 1xx before the answer itself.
_MOST_BEFORE: Final = 10
# How long some names are: a comparison of numbers decides for most headers.
_LENGTH_NAME: Final = len("content-length")
_CODING_NAME: Final = len("transfer-encoding")
_PACKING_NAME: Final = len("content-encoding")
# Turns that a server on the same loop needs to send what it sends without being asked.
_LEAST_TURNS: Final = 3


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time.

    Args:
        max_answer: bytes; a larger answer is not read.
        made: called when the connection is there, after the handshake of TLS.
        lost: called when the connection is gone.

    Attributes:
        ends: when the attempt on it is given up, or the idle connection is closed; by the clock of
            the loop.
        open: nothing has ended it, and the server has sent nothing that was not asked for.
        packed: the last answer says that it is compressed.
        strayed: the server has sent data that was not asked for.
    """

    __slots__ = (
        *("_answer", "_before", "_body", "_came", "_headers", "_in_body", "_input", "_loop"),
        *("_lost", "_made", "_max_answer", "_parser", "_received", "_refusal", "_status"),
        *("_tls", "_to_the_end", "_transport", "_untold", "ends", "open", "packed", "strayed"),
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        max_answer: int,
        made: Callable[[Connection], object],
        lost: Callable[[Connection], object],
    ) -> None:
        self._loop = loop
        self._max_answer = max_answer
        self._made = made
        self._lost: Callable[[Connection], object] | None = lost
        self._parser = HttpResponseParser(self)
        # The whole answer, or why there is none. An error is set as a result, because nobody may
        # be there to fetch it.
        self._answer: asyncio.Future[Reply | TransportError] | None = None
        self.open = self.packed = self.strayed = self._untold = False
        self.ends = 0.0

    # What the transport asks for.

    def busy(self) -> bool:
        """Whether bytes, an end or an error of the connection wait to be read."""
        return self._input.waits()

    async def settle(self) -> bool:
        """Let the loop read what waits on a new connection, and tell whether it can be used.

        With TLS not all input is data: session tickets follow the handshake, and the TLS layer
        keeps them. So only what reaches this protocol is data.
        """
        for turn in range(TURNS):
            await asyncio.sleep(0)
            if not self.open:
                return False
            if turn >= _LEAST_TURNS and not self._input.waits():
                return True
        return False

    def start(self, head: bytes, body: bytes) -> asyncio.Future[Reply | TransportError]:
        """Write a request. The future gets its answer, or why there is none."""
        self._answer = answer = self._loop.create_future()
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._came = self._received = self._before = 0
        self._in_body = self.packed = False
        self._to_the_end = True
        self._refusal: TransportError | None = None
        # With TLS the loop does not tell how much of it has not left.
        self._untold = self._tls and len(head) + len(body) > _TAKEN_AT_ONCE
        if len(body) < _WRITTEN_APART:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)
        return answer

    def reusable(self) -> bool:
        """Whether the connection can carry another request: the answer has come, and all of the
        request has left.

        A server may answer before it has read all of a request. The rest must not leave any more,
        nor go before the next request.
        """
        return (
            self.open
            and self._answer is None
            and not self._untold
            and not self._transport.get_write_buffer_size()
        )

    def fail(self, error: TransportError) -> None:
        """End the attempt, and the connection with it."""
        self._give(error)
        self.abort()

    def expire(self) -> None:
        """Its time is up: that of the attempt, or that of an idle connection."""
        self.fail(TransportError("no answer in time"))

    def abort(self) -> None:
        """Close it at once. What has not left yet never leaves, and TLS waits for no farewell."""
        self.open = False
        self._transport.abort()

    def drop(self) -> None:
        """Its opening has failed. uvloop does not tell of the end of a connection that was there
        when its opening was cancelled.
        """
        if self.open:
            self.open = False
            self._be_lost()

    def _be_lost(self) -> None:
        lost, self._lost = self._lost, None
        if lost is not None:
            lost(self)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._input = SocketInput(transport)
        self._tls = transport.get_extra_info("ssl_object") is not None
        self.open = True
        self._made(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            # It must not be taken for the answer to the next request.
            self.strayed = True
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            # Behind a whole answer it is the connection alone that can't be used.
            self.open = False
            self._refusal = self._refusal or TransportError("the answer can't be read as HTTP")
        self._came += len(data)
        if self._refusal is None:
            around = self._came - self._received
            if not self._in_body and around > _LONGEST_HEAD:
                self._refusal = TransportError("the head of the answer is too long")
            elif around > _LONGEST_HEAD + self._max_answer:
                # What is around the chunks of a body, and behind them.
                self._refusal = self._too_large()
        if self._refusal is not None:
            self.fail(self._refusal)

    def eof_received(self) -> None:
        self._end(None)
        # Without it a connection stays until all of the request has left.
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)
        self._be_lost()

    def _end(self, error: Exception | None) -> None:
        self.open = False
        if self._answer is None:
            return
        if error is not None:
            self._give(TransportError(f"the connection broke ({type(error).__name__})"))
        elif self._in_body and self._to_the_end:
            # Without a length an answer ends with its connection.
            self._finish()
        elif self._came:
            self._give(TransportError("the answer was cut off"))
        else:
            self._give(TransportError("the server closed the connection without an answer"))

    def _give(self, answer: Reply | TransportError) -> None:
        future, self._answer = self._answer, None
        if future is not None and not future.done():
            future.set_result(answer)

    def _finish(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._give(Reply(self._status, Headers(self._headers), body))

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._answer is None:
            # Another answer follows the one that was asked for.
            self.open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            # A trailer, after the body in chunks.
            return
        self._headers.append((name, value))
        size = len(name)
        if size == _LENGTH_NAME and name.lower() == b"content-length":
            self._to_the_end = False
            if int(value) > self._max_answer:
                self._refusal = self._too_large()
        elif size == _CODING_NAME and name.lower() == b"transfer-encoding":
            coding = value.strip().lower()
            if coding == b"chunked":
                self._to_the_end = False
            elif coding != b"identity":
                self._refusal = TransportError(
                    "the answer has a transfer coding that can't be read"
                )
        elif size == _PACKING_NAME and name.lower() == b"content-encoding":
            self.packed = True

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._answer is not None and not self._informs():
            self._in_body = True

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        if self._received > self._max_answer:
            self._refusal = self._refusal or self._too_large()
        if self._refusal is None:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._answer is None or self._refusal is not None:
            return
        if self._informs():
            self._before += 1
            self._headers = []
            self._to_the_end = True
            if self._before > _MOST_BEFORE:
                self._refusal = TransportError(f"the server sent HTTP {self._status} over and over")
            return
        self.open = self.open and self._parser.should_keep_alive()
        self._finish()

    def _informs(self) -> bool:
        """Whether another answer follows this one."""
        return 100 <= self._status < 200 and self._status != 101

    def _too_large(self) -> TransportError:
        return too_large(self._max_answer, self._parser.get_status_code())
