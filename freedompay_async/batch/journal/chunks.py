"""Rows of a journal, a chunk in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncGenerator, Callable

    from freedompay_async.batch.journal.sqlite import Journal

__all__ = ["Numbered", "in_chunks"]


class Numbered(Protocol):
    """What was read of one row."""

    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


async def in_chunks(
    journal: Journal, read: Callable[[sqlite3.Connection, int, int], list[T]], size: int
) -> AsyncGenerator[T]:
    """Every row that `read` finds, in the order of the file.

    `read` is given the number of the row before, and how many rows it may read at most.
    """
    last = 0
    while True:

        def work(connection: sqlite3.Connection, after: int = last) -> list[T]:
            return read(connection, after, size)

        chunk = await journal.call(work)
        for each in chunk:
            yield each
        if len(chunk) < size:
            return
        last = chunk[-1].number
