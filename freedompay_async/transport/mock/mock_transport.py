"""A transport for unit tests: a function answers in the issuer's place, and nothing is sent."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from freedompay_async.codec.messages import Reply
from freedompay_async.errors import ConfigurationError, FreedomPayError
from freedompay_async.guards.arguments import refusal
from freedompay_async.guards.staying import Staying
from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.base import CLOSED, Transport, TransportError, too_large
from freedompay_async.transport.handler_errors import mark_handler_error
from freedompay_async.transport.mock.messages import MockReply, MockRequest

if TYPE_CHECKING:
    import asyncio

    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Destination

__all__ = ["Handler", "LostAnswer", "MockAnswer", "MockTransport", "NoConnection"]

MockAnswer: TypeAlias = Mapping[str, Any] | MockReply
Handler: TypeAlias = Callable[[MockRequest], MockAnswer | Awaitable[MockAnswer]]
log: Final = logging.getLogger("freedompay_async")
_INSTEAD: Final = "return a dict or a MockReply, or raise LostAnswer or NoConnection"


class LostAnswer(TransportError):
    """A handler raises it: the request has left, its work may be done, and no answer comes back.

    Args:
        reason: what the errors of the client say of it.
    """

    def __init__(self, reason: str = "the connection was closed without an answer") -> None:
        super().__init__(reason)


class NoConnection(TransportError):
    """A handler raises it: there was no connection, so no byte of the request has left.

    Args:
        reason: what the errors of the client say of it.
        final: another attempt would fail in the same way, as where a certificate is not trusted.
    """

    def __init__(self, reason: str = "no connection", *, final: bool = False) -> None:
        super().__init__(reason, final=final)


class MockTransport(Staying, Transport):
    """Answers the calls of one client by a function of yours. No byte leaves, and no HTTP library
    is imported.

    The handler is called once for each attempt and for each look-up, with a `MockRequest`. The
    client signs, waits, asks and repeats as it does with an issuer. The handler

    * returns a dict, which is the JSON of an answer with HTTP 200, or a `MockReply` with another
      status, headers or text;
    * raises `LostAnswer` or `NoConnection`;
    * or waits, if it is async. `Policy.attempt_timeout` ends it, and the answer counts as lost.

    Any other error of the handler, such as a failed assertion, comes out of the call as it is. It
    is no outcome: nothing is sent again, and no error of the client takes its place. It is logged
    too, in case the code under test catches it.

    Args:
        handler: a function, or an async function.

    Attributes:
        requests: what the handler was given, in order.

    Raises:
        ConfigurationError: the handler is no function. Of a call: the handler gave no answer, or
            raised an error that only a client raises.
    """

    INSTEAD = "make one in each process"

    def __init__(self, handler: Handler) -> None:
        if isinstance(handler, type) or not callable(handler):
            raise refusal("handler", handler, "a function that takes a MockRequest")
        self.requests: Final[list[MockRequest]] = []
        self._handler: Final = handler
        self._destination: Destination | None = None
        self._clocks: Final[set[asyncio.Timeout]] = set()
        self._closed = False

    def bind(self, destination: Destination) -> None:
        self._destination = destination

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        request = MockRequest(message)
        clock = attempt.clock()
        try:
            async with clock:
                attempt.connected()
                self._clocks.add(clock)
                try:
                    answer = await self._answer(request, attempt)
                finally:
                    self._clocks.discard(clock)
        except TimeoutError:
            if not clock.expired():
                raise
            if self._closed:
                raise TransportError(CLOSED, final=True) from None
            raise TransportError("no answer in time") from None
        return self._read(answer)

    async def _answer(self, request: MockRequest, attempt: Attempt) -> MockReply:
        self.requests.append(request)
        try:
            # Hidden, so that no traceback of this frame shows it.
            answer: Hidden[object] = Hidden(self._handler(request))
            if isinstance(answer.value, Awaitable):
                answer = Hidden(await answer.value)
            return _as_reply(answer)
        except NoConnection:
            attempt.sent = False
            raise
        except TransportError:
            raise
        except Exception as error:
            own = _own_error(error)
            mark_handler_error(own)
            # Without its text and its traceback, which may show what the handler was given.
            said = own.text if isinstance(own, ConfigurationError) else type(own).__name__
            log.error("the handler of %s failed: %s", request.call or request.path, said)  # noqa: TRY400
            if own is error:
                raise
            raise own from error

    def _read(self, answer: MockReply) -> Reply:
        most = None if self._destination is None else self._destination.max_answer
        if most is not None and len(answer.content) > most:
            raise too_large(most, answer.status)
        # Only a program that gets answers pays for it.
        from multidict import CIMultiDict  # noqa: PLC0415

        return Reply(answer.status, CIMultiDict(answer.headers.items()), answer.content)

    async def close(self) -> None:
        self._closed = True
        for clock in self._clocks:
            if not clock.expired():
                clock.reschedule(0.0)

    def __repr__(self) -> str:
        host = "" if self._destination is None else f"{self._destination.base_url!r}, "
        state = "closed" if self._closed else f"{len(self._clocks)} active"
        return f"MockTransport({host}{len(self.requests)} requests, {state})"


def _as_reply(answer: Hidden[object]) -> MockReply:
    if isinstance(answer.value, Mapping):
        return MockReply(200, answer.value)
    if isinstance(answer.value, MockReply):
        return answer.value
    kind = None if answer.value is None else type(answer.value).__name__
    raise ConfigurationError(
        f"the handler of MockTransport returned {kind}: {_INSTEAD}. Nothing was sent."
    )


def _own_error(error: Exception) -> Exception:
    """What comes out of the call. An error of the client would be taken for an outcome."""
    if isinstance(error, StopIteration):
        # Python lets none of them out of a coroutine.
        return ConfigurationError(
            "the handler of MockTransport raised StopIteration: it has no answer left. Nothing was "
            "sent."
        )
    if not isinstance(error, FreedomPayError) or isinstance(error, ConfigurationError):
        return error
    return ConfigurationError(
        f"the handler of MockTransport raised {type(error).__name__}, which only a client raises: "
        f"{_INSTEAD}. Nothing was sent."
    )
