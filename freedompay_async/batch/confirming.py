"""That somebody has said yes to a batch on a live host.

The journal keeps it: neither a resume nor a worker asks again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

    from freedompay_async.batch.journal.sqlite import Journal

__all__ = ["confirm", "is_confirmed"]

_NAME: Final = "confirmed_at"


async def is_confirmed(journal: Journal) -> bool:
    """Whether somebody has said yes to the plan of this journal."""

    def read(connection: sqlite3.Connection) -> bool:
        return (
            connection.execute("SELECT 1 FROM meta WHERE name = ?", (_NAME,)).fetchone() is not None
        )

    return await journal.call(read)


async def confirm(journal: Journal) -> None:
    """Write the yes down, with the time."""

    def write(connection: sqlite3.Connection) -> None:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_NAME, when))

    await journal.call(write)
