"""The statements of a journal that may be older than the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.journal.sqlite_plan import settings_of
from freedompay_async.batch.journal.sqlite_reads import OPEN
from freedompay_async.batch.restored import doubted_steps

if TYPE_CHECKING:
    import sqlite3

__all__ = ["doubt"]

_ROWS: Final = f"SELECT number, key FROM rows WHERE {OPEN} ORDER BY number"  # noqa: S608 - of constants
_INTEND: Final = (
    "INSERT OR IGNORE INTO intents (number, step, request_id, body_sha256, sent_at, quiet_since) "
    "VALUES (?, ?, ?, x'', ?, ?)"
)
# What was not accepted by then may have been sent again since.
_QUIET: Final = (
    "UPDATE intents SET quiet_since = ? WHERE NOT accepted "  # noqa: S608 - of constants
    f"AND number IN (SELECT number FROM rows WHERE {OPEN})"
)
_BEGUN: Final = "UPDATE rows SET state = 'started' WHERE state = 'planned'"


def doubt(connection: sqlite3.Connection, taken: float, now: float) -> int:
    """Every step of the rows that have not ended may have been sent since `taken`; the number of
    rows.
    """
    rows = connection.execute(_ROWS).fetchall()
    connection.execute(_QUIET, (now,))
    connection.executemany(
        _INTEND,
        ((*step, taken, now) for step in doubted_steps(rows, settings_of(connection))),
    )
    connection.execute(_BEGUN)
    return len(rows)
