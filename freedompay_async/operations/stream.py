"""Work that yields its outcomes as they land, to an ordinary `async for`."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from anyio.lowlevel import checkpoint

from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.waiting import end_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

__all__ = ["stream"]

T = TypeVar("T")
_AHEAD: Final = 1_000
# Outcomes that are yielded in one go. More would hold up other calls on the loop, if the reader
# waits for nothing.
_AT_ONCE: Final = 16


async def stream(
    work: Callable[[Callable[[T], Awaitable[None]]], Awaitable[None]],
    *,
    on_cancelled: Callable[[asyncio.CancelledError], None] | None = None,
) -> AsyncGenerator[T]:
    """Yield the outcomes that `work` hands to its argument.

    `on_cancelled` gets the cancellation of a reader that waits for the next one.

    The work has a task of its own, because a task group must not be held open across a `yield`. It
    is at most 1,000 outcomes ahead of the reader. An error of the work is raised after the outcomes
    that came before it; of a group of errors the first is raised.

    Closing the generator early cancels the work and waits for its end. A bare `break` closes it
    only when asyncio gets to it, so leave early by `contextlib.aclosing`. A reader that is
    cancelled may get some more outcomes that are ready, until it next waits.

    Raises:
        ConfigurationError: there is no loop of asyncio.
    """
    # anyio's memory streams take a round of the loop for each item at both ends, which is a large
    # part of what a row of a batch costs.
    items: deque[T] = deque()
    room, news = asyncio.Semaphore(_AHEAD), asyncio.Event()
    read, left = 0, False

    async def give(item: T) -> None:
        await room.acquire()
        if left:
            # Nobody reads any more, and whoever waits behind this one must not wait for ever.
            room.release()
            return
        items.append(item)
        news.set()

    async def run() -> None:
        await work(give)

    running_loop()
    # For a reader that is cancelled already nothing begins.
    await checkpoint()
    task = asyncio.create_task(run())
    task.add_done_callback(lambda _: news.set())
    try:
        while items or not task.done():
            if not items:
                news.clear()
                await news.wait()
                continue
            room.release()
            yield items.popleft()
            read += 1
            if not read % _AT_ONCE:
                await asyncio.sleep(0)
        await task
    except BaseExceptionGroup as group:
        raise _first(group) from None
    except asyncio.CancelledError as error:
        if on_cancelled is not None:
            on_cancelled(error)
        raise
    finally:
        left = True
        room.release()
        task.cancel()
        try:
            await end_of(task)
        finally:
            if task.done() and not task.cancelled():
                # A reader who has left does not want it, and asyncio must not report it as lost.
                task.exception()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
