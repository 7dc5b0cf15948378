"""The rows that a plan is made of: an iterable, read in the thread that plans, or an async
iterable, read on the loop and handed over in chunks.

An error of the rows comes out of `feed` as it is: a journal takes an error of SQLite for its own,
and the rows may come from SQLite too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from freedompay_async.guards.arguments import refusal
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.waiting import Closing, end_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["Source", "Unread", "source_of"]

T = TypeVar("T")
_CHUNK: Final = 256
# Chunks that were read and are not planned yet.
_AHEAD: Final = 2


class Unread(Exception):
    """Raised in the thread that plans, because there are no more rows: nothing is kept."""


class Source:
    """The rows of an iterable, read in the thread that plans."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows: Final = rows
        self._error: BaseException | None = None
        self._given_up = False

    async def feed(self, plan: Callable[[], Awaitable[T]]) -> T:
        """What `plan` returns, which iterates over this source in a thread. If that is cancelled,
        the thread gets no more rows, and `check` raises there.

        Raises:
            BaseException: what the rows raised, as it is, or what `plan` raised.
        """
        try:
            return await plan()
        except Unread:
            error = self._error or asyncio.CancelledError()
        finally:
            self.give_up()
            self._error = None
        # Out of the handler, so that it stays as it is.
        raise error

    def give_up(self) -> None:
        """Let the thread get no more rows."""
        self._given_up = True

    def check(self) -> None:
        """Raise an error, in the thread, if nobody waits for the plan any more."""
        if self._given_up:
            raise Unread

    def __iter__(self) -> Iterator[Any]:
        try:
            for row in self._rows:
                self.check()
                yield row
        except (Unread, GeneratorExit):
            raise
        # Whatever it is, `feed` raises it where somebody waits. Here it would end the thread.
        except BaseException as error:  # noqa: BLE001
            self._error = error
            raise Unread from None
        self.check()


class _AsyncSource(Source):
    """The rows of an async iterable, read on the loop, for the thread that plans in chunks."""

    def __init__(self, rows: AsyncIterable[Any]) -> None:
        super().__init__(self._fed())
        self._later: Final = rows
        self._loop: Final = running_loop()
        # `None` is the end.
        self._chunks: Final[SimpleQueue[list[Any] | None]] = SimpleQueue()
        self._room: Final = asyncio.Semaphore(_AHEAD)

    async def feed(self, plan: Callable[[], Awaitable[T]]) -> T:
        reading = asyncio.create_task(self._read())
        try:
            return await super().feed(plan)
        finally:
            reading.cancel()
            try:
                await end_of(reading)
            finally:
                if reading.done() and not reading.cancelled():
                    # `feed` has raised it, or the error that came first.
                    reading.exception()

    def give_up(self) -> None:
        super().give_up()
        self._chunks.put(None)

    async def _read(self) -> None:
        """Read all rows, and close what gave them."""
        try:
            rows = aiter(self._later)
            try:
                await self._read_chunks(rows)
            finally:
                await _close(rows)
        except BaseException as error:
            if not self._given_up:
                self._error = error
                self.give_up()
            raise
        self._chunks.put(None)

    async def _read_chunks(self, rows: AsyncIterator[Any]) -> None:
        chunk: list[Any] = []
        async for row in rows:
            chunk.append(row)
            if len(chunk) == _CHUNK:
                await self._put(chunk)
                chunk = []
        await self._put(chunk)

    async def _put(self, chunk: list[Any]) -> None:
        await self._room.acquire()
        self._chunks.put(chunk)
        # Rows that are ready at once would hold up other calls on the loop.
        await asyncio.sleep(0)

    def _fed(self) -> Iterator[Any]:
        while (chunk := self._chunks.get()) is not None:
            yield from chunk
            # Nobody reads any more where the loop is closed.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._room.release)


async def _close(rows: AsyncIterator[Any]) -> None:
    """Close an async generator, which an early end of `async for` does not. To close a cursor takes
    an answer of its database, so a scope that is cancelled waits for it.
    """
    if isinstance(rows, Closing):
        with anyio.CancelScope(shield=True):
            await rows.aclose()


def source_of(rows: object) -> Source:
    """The source of what `Batch.plan` was given.

    Raises:
        ConfigurationError: it can't be iterated over; nothing was sent.
    """
    # What is both, such as a cursor that can block, must not block.
    if isinstance(rows, AsyncIterable):
        return _AsyncSource(rows)
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes | Mapping):
        return Source(rows)
    for kind, how in ((Awaitable, "await"), (FunctionType | MethodType, "call")):
        if isinstance(rows, kind):
            raise refusal("rows", rows, f"what it gives when you {how} it")
    raise refusal("rows", rows, "rows, such as read_file() gives, or read_row() for each row")
