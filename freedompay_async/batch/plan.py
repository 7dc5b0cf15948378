"""Plan a batch: every row validated and written down, nothing sent."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.files import DocumentProblem, document_digest
from freedompay_async.batch.rows import Problem, Row, shown
from freedompay_async.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from freedompay_async.batch.journal import Journal

__all__ = ["Plan", "PlannedRow", "check_settings", "existing_plan", "make_plan"]

_CHUNK: Final = 1_000


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as the journal keeps it: all that rebuilds its bodies; the document by its path and hash."""

    row: Row
    document_sha256: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch will do.

    Attributes:
        rows: rows that are good; each gets one card.
        problems: what is wrong with the others, all of it. While there is one, nothing can be run.
        settings: what the request ids and bodies depend on.
        resumed: the journal had this very plan already.
    """

    rows: int
    problems: tuple[Problem, ...]
    settings: Mapping[str, str]
    resumed: bool = False


async def make_plan(
    journal: Journal,
    rows: Iterable[Row | list[Problem]],
    *,
    settings: Mapping[str, str],
    max_cards: int | None = None,
) -> Plan:
    """Write the rows down, or compare them with those that are; a plan with problems leaves no trace.

    Raises:
        ConfigurationError: the journal has another batch, or there are more rows than `max_cards`; nothing was sent.
    """
    problems: list[Problem] = []
    work = partial(_plan, rows=rows, settings=dict(settings), max_cards=max_cards, problems=problems, path=journal.path)
    try:
        return await journal.call(work)
    except JournalError as error:
        reason = f"{journal.path} can't be written ({error.__cause__}): make room, or name another place. Nothing was sent."
        raise ConfigurationError(reason) from error
    except _Problems:
        return Plan(rows=0, problems=tuple(problems), settings=settings)


async def existing_plan(journal: Journal) -> Plan:
    """The plan in the journal.

    Raises:
        ConfigurationError: it has none.
    """

    def read(connection: sqlite3.Connection) -> Plan:
        settings = _settings(connection)
        if not settings:
            raise ConfigurationError(f"{journal.path} has no batch in it: `batch issue` makes one. Nothing was sent.")
        return Plan(rows=_count(connection), problems=(), settings=settings, resumed=True)

    return await journal.call(read)


def check_settings(known: Mapping[str, str], settings: Mapping[str, str], path: Path) -> None:
    """Request ids and bodies depend on these: a run with others would not be a resumption.

    Raises:
        ConfigurationError: they differ.
    """
    other = [f"{name} {known[name]!r}, not {value!r}" for name, value in settings.items() if known[name] != value]
    if other:
        raise ConfigurationError(f"{path} has another batch: it was made with {'; '.join(other)}. Nothing was sent.")


class _Problems(Exception):
    """Takes the half-written plan back."""


def _plan(
    connection: sqlite3.Connection,
    *,
    rows: Iterable[Row | list[Problem]],
    settings: dict[str, str],
    max_cards: int | None,
    problems: list[Problem],
    path: Path,
) -> Plan:
    known = _settings(connection)
    if known:
        check_settings(known, settings, path)
    connection.execute("DROP TABLE IF EXISTS temp.seen")
    connection.execute("CREATE TEMP TABLE seen (key TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
    digest = hashlib.sha256()
    folders: Callable[[str], str] = lru_cache(maxsize=256)(_real_folder)
    number = 0
    chunk: list[tuple[int, str, int, bytes]] = []
    for row in rows:
        if isinstance(row, list):
            problems.extend(row)
            continue
        planned = _planned(row, problems, folders)
        if not _first_of_its_key(connection, row, problems) or planned is None:
            continue
        number += 1
        data = msgspec.json.encode(planned)
        digest.update(data)
        chunk.append((number, row.key, row.line, data))
        if len(chunk) == _CHUNK:
            _write(connection, chunk, known)
            chunk = []
    _write(connection, chunk, known)
    connection.execute("DROP TABLE temp.seen")
    if problems:
        problems.sort(key=lambda problem: problem.line)
        raise _Problems
    if number == 0:
        raise ConfigurationError("there are no rows to plan. Nothing was sent.")
    if max_cards is not None and number > max_cards:
        raise ConfigurationError(f"{number} rows would make {number} cards, and at most {max_cards} are allowed. Nothing was sent.")
    if not known:
        settings |= {"rows_sha256": digest.hexdigest(), "planned_at": datetime.now(UTC).isoformat(timespec="seconds")}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", settings.items())
        return Plan(rows=number, problems=(), settings=settings)
    if known["rows_sha256"] != digest.hexdigest():
        raise ConfigurationError(
            f"{path} has another batch: its {_count(connection)} rows are not these {number}. Name another journal for this file; "
            "a key that both files have gets no second card while the issuer remembers its request ids, which come from the merchant, "
            "the batch name and the key. Nothing was sent."
        )
    return Plan(rows=number, problems=(), settings=known, resumed=True)


def _write(connection: sqlite3.Connection, chunk: list[tuple[int, str, int, bytes]], known: Mapping[str, str]) -> None:
    if not known:
        connection.executemany("INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, ?)", chunk)


def _first_of_its_key(connection: sqlite3.Connection, row: Row, problems: list[Problem]) -> bool:
    """In a table and not in memory: a file may have a million rows."""
    try:
        connection.execute("INSERT INTO temp.seen VALUES (?, ?)", (row.key, row.line))
    except sqlite3.IntegrityError:
        first = connection.execute("SELECT line FROM temp.seen WHERE key = ?", (row.key,)).fetchone()[0]
        problems.append(Problem(row.line, "key", f"{shown(row.key)} is the key of line {first} too: each row needs a key of its own"))
        return False
    return True


def _planned(row: Row, problems: list[Problem], folders: Callable[[str], str]) -> PlannedRow | None:
    if row.document is None:
        return PlannedRow(row=row)
    path = _real(row.document, folders)
    try:
        digest = document_digest(path)
    except DocumentProblem as error:
        problems.append(Problem(row.line, "document", str(error)))
        return None
    return PlannedRow(row=row if row.document == path else msgspec.structs.replace(row, document=path), document_sha256=digest)


def _real(path: str, folders: Callable[[str], str]) -> str:
    """As `os.path.realpath` does it where names are case-sensitive, which asks the system about every folder; `folders` remembers."""
    folder, name = os.path.split(path)
    if name in {"", ".", ".."} or os.path.islink(path):  # noqa: PTH114 - pathlib takes longer than the system
        return os.path.realpath(path)
    return os.path.join(folders(folder), name)  # noqa: PTH118


def _real_folder(path: str) -> str:
    return os.path.realpath(path)


def _settings(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, value FROM meta WHERE name != 'clock_set_back'"))


def _count(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM rows").fetchone()[0]
    return count
