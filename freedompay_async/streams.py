"""Work that yields its outcomes as they land, to an ordinary `async for`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

__all__ = ["stream"]

T = TypeVar("T")
_AHEAD: Final = 1_000


async def stream(work: Callable[[Callable[[T], Awaitable[None]]], Awaitable[None]]) -> AsyncGenerator[T]:
    """Yield what `work` gives to the function it is handed; closing it early cancels the work and waits for its end.

    The work has a task of its own, because a task group must not be held open across a `yield`. It is at most some outcomes ahead of
    the reader. A bare `break` closes a generator only when asyncio gets to it, so leave early by `contextlib.aclosing`.

    An error of the work is raised after what it gave before; of a group of errors, the first.
    """
    give, take = anyio.create_memory_object_stream[T](_AHEAD)

    async def run() -> None:
        async with give:
            await work(give.send)

    task = asyncio.create_task(run())
    try:
        async with take:
            async for item in take:
                yield item
        await task
    except BaseExceptionGroup as group:
        raise _first(group) from None
    finally:
        task.cancel()
        try:
            await _end_of(task)
        finally:
            give.close()
            if not task.cancelled():
                task.exception()  # A reader who has left does not want it, and asyncio must not report it as lost.


async def _end_of(task: asyncio.Task[None]) -> None:
    """However often the reader is cancelled meanwhile: nothing of the work goes on behind its back."""
    cancelled: asyncio.CancelledError | None = None
    # The shield holds anyio's own cancellation, and not asyncio's.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
