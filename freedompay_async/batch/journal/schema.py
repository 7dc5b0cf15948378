"""The tables of a journal, and the upgrade of older versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

__all__ = ["APPLICATION", "SCHEMA", "VERSION", "make", "migrate"]

APPLICATION: Final = 0x46504A31
VERSION: Final = 4

_ROWS: Final = """
ALTER TABLE rows ADD COLUMN proved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rows ADD COLUMN accepted_found INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rows_of_card ON rows (card_id) WHERE card_id IS NOT NULL;
CREATE TABLE more_cards (
    card_id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (card_id, number)
) WITHOUT ROWID
"""
_FIRST: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    line INTEGER NOT NULL,
    data BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned',
    client_id TEXT,
    card_id TEXT,
    reason TEXT,
    found INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE intents (
    number INTEGER NOT NULL,
    step TEXT NOT NULL,
    request_id TEXT NOT NULL UNIQUE,
    body_sha256 BLOB NOT NULL,
    sent_at REAL NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, step)
) WITHOUT ROWID
"""
# Version 2 kept no time but that of the first send, and nothing of its runs.
_TIMES: Final = """
ALTER TABLE rows ADD COLUMN client_ended_at REAL;
ALTER TABLE rows ADD COLUMN card_ended_at REAL;
ALTER TABLE rows ADD COLUMN ended_at REAL;
ALTER TABLE intents ADD COLUMN accepted_at REAL;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    owner TEXT NOT NULL UNIQUE,
    limits TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL
);
CREATE TABLE outages (
    number INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL
)
"""
# Version 3 had no owner that could lose its rows, and took each file for the newest.
_OWNERS: Final = """
ALTER TABLE intents ADD COLUMN quiet_since REAL;
CREATE TABLE successes (
    number INTEGER NOT NULL, client_id TEXT, card_id TEXT, UNIQUE (number, client_id, card_id)
)
"""
# Version 1 called such a row issued, and nobody has said that its card is this person's.
_FOUND: Final = """
UPDATE rows SET state = 'found',
    reason = 'used before: check whose card it is. '
    || 'The issuer knew a request id of this row before this journal did'
    || coalesce('. ' || reason, '')
WHERE state = 'issued' AND found
"""
# Version 1 took a blank id for an id, and did not compare the cards of two rows.
_BARE: Final = (
    "UPDATE rows SET client_id = bare(client_id), card_id = bare(card_id) WHERE client_id IS NOT "
    "NULL OR card_id IS NOT NULL"
)
_EMPTY: Final = """
UPDATE rows SET state = 'doubtful',
    reason = 'an earlier version of this program called the row issued, and the id of its '
    || CASE WHEN card_id IS NULL THEN 'card' ELSE 'client' END || ' is empty'
    || coalesce('. ' || reason, '')
WHERE state = 'issued' AND (client_id IS NULL OR card_id IS NULL)
"""
_SHARED: Final = """
UPDATE rows SET state = 'doubtful',
    reason = 'card ' || card_id || ' is that of line '
    || (
        SELECT line FROM rows AS other
        WHERE other.card_id = rows.card_id AND other.number <> rows.number ORDER BY number LIMIT 1
    )
    || ' too' || coalesce('. ' || reason, '')
WHERE state IN ('issued', 'found') AND card_id IN (
    SELECT card_id FROM rows WHERE card_id IS NOT NULL GROUP BY card_id HAVING count(*) > 1
)
"""
# Version 1 did not ask whether the id was known before its own send: `Refusal.PERHAPS_USED`.
_REFUSED: Final = (
    "UPDATE intents SET refused = 2 WHERE NOT accepted AND number IN (SELECT number FROM rows "
    "WHERE state = 'refused')"
)
SCHEMA: Final = f"{_FIRST};{_ROWS};{_TIMES};{_OWNERS}"
"""The tables of the first version and what was added since: so an upgraded journal has the same."""


def make(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; the caller has the transaction."""
    _run(connection, SCHEMA)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Upgrade from an older version; the caller has the transaction."""
    if version == 1:
        connection.create_function("bare", 1, _bare, deterministic=True)
        _run(connection, f"{_ROWS};{_BARE};{_EMPTY};{_FOUND};{_SHARED};{_REFUSED}")
    if version <= 2:
        _run(connection, _TIMES)
    if version < VERSION:
        _run(connection, _OWNERS)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _bare(value: str | None) -> str | None:
    """An id in the form in which answers are read now; `None` where it is empty."""
    return None if value is None else value.strip() or None


def _run(connection: sqlite3.Connection, script: str) -> None:
    # `executescript` would end the transaction.
    for statement in script.split(";"):
        connection.execute(statement)
