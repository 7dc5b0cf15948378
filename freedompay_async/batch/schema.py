"""The tables of a journal, and how those of an older version become those of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

__all__ = ["APPLICATION", "SCHEMA", "VERSION", "make", "migrate"]

APPLICATION: Final = 0x46504A31
VERSION: Final = 2

_ROWS: Final = """
ALTER TABLE rows ADD COLUMN proved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rows ADD COLUMN accepted_found INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rows_of_card ON rows (card_id) WHERE card_id IS NOT NULL
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
# Version 1 called such a row issued, and nobody has said that its card is this person's.
_FOUND: Final = """
UPDATE rows SET state = 'found',
    reason = 'used before: check whose card it is. The issuer knew a request id of this row before this journal did'
    || coalesce('. ' || reason, '')
WHERE state = 'issued' AND found
"""
SCHEMA: Final = f"{_FIRST};{_ROWS}"
"""A new journal has the tables of the first version and what was added since, so that a migrated one is the same."""


def make(connection: sqlite3.Connection) -> None:
    """In a new file; the caller has the transaction."""
    _run(connection, SCHEMA)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """From an older version; the caller has the transaction."""
    if version == 1:
        _run(connection, f"{_ROWS};{_FOUND}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _run(connection: sqlite3.Connection, script: str) -> None:
    # `executescript` would end the transaction.
    for statement in script.split(";"):
        connection.execute(statement)
