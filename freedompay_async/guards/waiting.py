"""Waits for work that must not be left alone, however often whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, runtime_checkable

import anyio

__all__ = ["Closing", "end_of"]


@runtime_checkable
class Closing(Protocol):
    """What can be closed, as an async generator can."""

    async def aclose(self) -> object: ...


async def end_of(task: asyncio.Future[Any]) -> None:
    """Wait for the end of a task, however often whoever waits is cancelled meanwhile."""
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
