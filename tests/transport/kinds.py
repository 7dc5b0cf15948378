"""The transports on which each test of this folder runs, and what one of them can't keep."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import pytest

from freedompay_async.codec.messages import Message, Reply
from freedompay_async.events import ConnectionClosed, ConnectionOpened
from freedompay_async.transport.base import Attempt, Transport, TransportError
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.over_aiohttp.trace import freedompay_trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

    from freedompay_async.events import Event

__all__ = ["KINDS", "Carried", "Ended", "Kind", "both_loops", "message"]

# Seconds, longer than any clock of a test: what waits longer waits for ever. No signal gets a loop of
# uvloop out of its wait.
_PATIENCE = 25.0

both_loops = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])
"""For tests of what a loop does in its own way: the end of a connection, TLS, cancellation."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A transport, and what it can't keep by its nature.

    Attributes:
        make: makes one; what has to be closed after it goes on the stack.
        proxies: it can go through a proxy.
        sees_half_a_head: of another answer, right behind an answer and in the same segment. Where it
            does not, it forgets those bytes and goes on with the connection.
        limits_informing: it takes some answers of 1xx before the answer, and not any number until
            its time is up.
        reads_odd_heads: it takes a head with a NUL or of any length, as aiohttp did before 3.13.4.
        tells_broken: an answer without a length that a broken connection ends is none.
        owns: its connections are its own. Where they are those of somebody's session, it does not
            look at them before a request, does not close them nor tell of their ends, counts no
            idle one, and warms none up; and what has not left yet may leave after its call.
    """

    make: Callable[[AsyncExitStack], Awaitable[Transport]]
    proxies: bool = True
    sees_half_a_head: bool = True
    limits_informing: bool = True
    reads_odd_heads: bool = False
    tells_broken: bool = True
    owns: bool = True


async def _aiohttp(stack: AsyncExitStack) -> Transport:
    return AiohttpTransport()


async def _own_session(stack: AsyncExitStack) -> Transport:
    session = aiohttp.ClientSession(
        trace_configs=[freedompay_trace()], cookie_jar=aiohttp.DummyCookieJar()
    )
    await stack.enter_async_context(session)
    return AiohttpTransport(session=session)


async def _direct(stack: AsyncExitStack) -> Transport:
    return DirectTransport()


_OLD = tuple(map(int, aiohttp.__version__.split(".")[:3])) < (3, 13, 4)
KINDS = {
    "aiohttp": Kind(
        make=_aiohttp,
        sees_half_a_head=False,
        limits_informing=False,
        reads_odd_heads=_OLD,
        tells_broken=False,
    ),
    "aiohttp, own session": Kind(
        make=_own_session,
        sees_half_a_head=False,
        limits_informing=False,
        reads_odd_heads=_OLD,
        tells_broken=False,
        owns=False,
    ),
    "direct": Kind(make=_direct, proxies=False),
}


def message(body: bytes = b"{}", *, path: str = "/x", method: str = "POST", **headers) -> Message:
    """A request; the names of headers are written with `_` for `-`."""
    return Message(method, path, {k.replace("_", "-"): v for k, v in headers.items()}, body)


class Ended(NamedTuple):
    """How an attempt ended: with a reply, or with an error; and whether a byte may have left."""

    reply: Reply | None
    error: TransportError | None
    sent: bool

    @property
    def told(self) -> tuple[int, bytes] | str:
        """Status and body, or the reason of the error."""
        if self.reply is not None:
            return self.reply.status, self.reply.body
        return self.error.reason

    @property
    def final(self) -> bool:
        return self.error is not None and self.error.final


class Carried:
    """A transport that is bound to a host, and the attempts that were made with it."""

    def __init__(self, transport: Transport, kind: Kind) -> None:
        self.transport = transport
        self.kind = kind
        self.closed = False
        self.attempts: list[Attempt] = []
        self.events: list[Event] = []

    def attempt(self, *, deadline=20.0, seconds=20.0, **options) -> Attempt:
        now = asyncio.get_running_loop().time()
        self.attempts.append(Attempt(deadline=now + deadline, seconds=seconds, **options))
        return self.attempts[-1]

    async def send(self, it: Message | None = None, **options) -> Ended:
        """Whatever else than a `TransportError` comes out of it is an error of the test."""
        attempt = self.attempt(**options)
        try:
            async with asyncio.timeout(_PATIENCE):
                reply = await self.transport.send(it or message(), attempt)
        except TransportError as error:
            return Ended(None, error, attempt.sent)
        return Ended(reply, None, attempt.sent)

    async def warm_up(self, count: int, **options) -> Ended:
        attempt = self.attempt(**options)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.transport.warm_up(count, attempt)
        except TransportError as error:
            return Ended(None, error, attempt.sent)
        return Ended(None, None, attempt.sent)

    @property
    def counts(self) -> tuple[int, int]:
        """Connections that are active, and idle ones; 0 where the transport can't know these."""
        said = re.search(r"(\d+) active(?:, (\d+) idle)?", repr(self.transport))
        return (0, 0) if said is None else (int(said[1]), int(said[2] or 0))

    @property
    def told(self) -> tuple[int, int]:
        """How many connections it has told of: of those that were opened, and that were closed."""
        kinds = [type(each) for each in self.events]
        return kinds.count(ConnectionOpened), kinds.count(ConnectionClosed)

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            async with asyncio.timeout(_PATIENCE):
                await self.transport.close()
