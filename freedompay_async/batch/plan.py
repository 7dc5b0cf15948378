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
from freedompay_async.batch.journal_file import no_batch, to_go_on
from freedompay_async.batch.lookalikes import Letters, difference, known_letters
from freedompay_async.batch.rows import Problem, Row, shown
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.ids import BadName, one_name
from freedompay_async.opening import opened
from freedompay_async.portable import Portable
from freedompay_async.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from freedompay_async.batch.journal import Journal

__all__ = ["Plan", "PlannedRow", "check_settings", "existing_plan", "fold_plan", "make_plan"]

_CHUNK: Final = 1_000
# A file may have a million rows, and each may have one.
_WARNINGS: Final = 100
_MASKED: Final = MASK.encode()


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as the journal keeps it: all that rebuilds its bodies; the document by its path and hash."""

    row: Row
    document_sha256: str | None = None


class Plan(Portable, frozen=True, kw_only=True):
    """What a batch will do.

    Attributes:
        rows: rows that are good; each gets one card.
        problems: what is wrong with the others, all of it. While there is one, nothing can be run.
        settings: what the request ids and bodies depend on.
        resumed: the journal had this very plan already.
        warnings: what is worth a look and stops nothing: keys with a word of mixed scripts, at most a hundred of them and then how
            many more; or, at line 0, that nobody looked.
    """

    rows: int
    problems: tuple[Problem, ...]
    settings: Mapping[str, str]
    resumed: bool = False
    warnings: tuple[Problem, ...] = ()


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
    keys = _Keys(problems)
    work = partial(_plan, rows=rows, settings=dict(settings), max_cards=max_cards, problems=problems, keys=keys, path=journal.path)
    try:
        return await journal.call(work)
    except JournalError as error:
        raise _unwritten(journal, error) from error
    except _Problems:
        return Plan(rows=0, problems=tuple(problems), settings=settings, warnings=keys.warnings())


async def fold_plan(journal: Journal) -> None:
    """Bring a plan that was made into the file itself, so that a log that gets lost does not take it along.

    Raises:
        ConfigurationError: it can't be written; nothing was sent.
    """
    try:
        await journal.fold()
    except JournalError as error:
        raise _unwritten(journal, error) from error


def _unwritten(journal: Journal, error: JournalError) -> ConfigurationError:
    return ConfigurationError(f"{journal.path} can't be written ({error.__cause__}): make room, or name another place. Nothing was sent.")


async def existing_plan(journal: Journal) -> Plan:
    """The plan in the journal.

    Raises:
        ConfigurationError: it has none.
    """

    def read(connection: sqlite3.Connection) -> Plan:
        settings = _settings(connection)
        if not settings:
            raise no_batch(journal.path, made=journal.made)
        count, last = _count(connection), connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()[0]
        if not count or count != last:
            # They are numbered from 1, without a gap.
            told = to_go_on(journal.path, settings.get("batch"))
            raise ConfigurationError(
                f"{journal.path} has lost rows of its plan ({count:,} of {last:,} are there): {told} Nothing was sent."
            )
        return Plan(rows=count, problems=(), settings=settings, resumed=True)

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
    keys: _Keys,
    path: Path,
) -> Plan:
    known = _settings(connection)
    if known:
        check_settings(known, settings, path)
    keys.begin(connection)
    digest = hashlib.sha256()
    folders: Callable[[str], str] = lru_cache(maxsize=256)(_real_folder)
    number = 0
    chunk: list[tuple[int, str, int, bytes]] = []
    for row in rows:
        if isinstance(row, list):
            problems.extend(row)
            continue
        named = keys.take(row)
        planned = _planned(named or row, problems, folders)
        if named is None or planned is None:
            continue
        data = msgspec.json.encode(planned)
        if _MASKED in data and _has_secret(planned):
            problems.append(
                Problem(named.line, None, "has a Secret in it, and a journal keeps none: give plain text, and a document by its path")
            )
            continue
        number += 1
        digest.update(data)
        chunk.append((number, named.key, named.line, data))
        if len(chunk) == _CHUNK:
            _write(connection, chunk, known)
            chunk = []
    _write(connection, chunk, known)
    keys.end()
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
        return Plan(rows=number, problems=(), settings=settings, warnings=keys.warnings())
    if known["rows_sha256"] != digest.hexdigest():
        raise ConfigurationError(
            f"{path} has another batch: its {_count(connection)} rows are not these {number}. Name another journal for this file; "
            "a key that both files have gets no second card while the issuer remembers its request ids, which come from the merchant, "
            "the batch name and the key. Nothing was sent."
        )
    return Plan(rows=number, problems=(), settings=known, resumed=True, warnings=keys.warnings())


def _has_secret(planned: PlannedRow) -> bool:
    found: list[Secret] = []
    opened(planned, found.append)
    return bool(found)


def _write(connection: sqlite3.Connection, chunk: list[tuple[int, str, int, bytes]], known: Mapping[str, str]) -> None:
    if not known:
        connection.executemany("INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, ?)", chunk)


class _Keys:
    """The keys of a plan: each in its one form, and no two that are the same or look the same."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems: Final = problems
        self._letters: Letters | None = None
        self._warnings: Final[list[Problem]] = []
        self._more = 0

    def begin(self, connection: sqlite3.Connection) -> None:
        """In a table and not in memory: a file may have a million rows."""
        self._connection = connection
        self._letters = known_letters()
        connection.execute("DROP TABLE IF EXISTS temp.seen")
        # The same key has the same skeleton, so one index finds both.
        connection.execute("CREATE TEMP TABLE seen (skeleton TEXT PRIMARY KEY, key TEXT NOT NULL, line INTEGER NOT NULL) WITHOUT ROWID")

    def end(self) -> None:
        self._connection.execute("DROP TABLE temp.seen")

    def take(self, row: Row) -> Row | None:
        """The row with its key in the one form; `None`, and a problem, where that is no key of its own."""
        # A file's keys have it already; a row that was made in code may have anything.
        try:
            key = one_name("key", row.key)
        except BadName as error:
            value = f"{shown(str(row.key))} " if row.key else ""
            self._problems.append(Problem(row.line, "key", f"{value}{error}"))
            return None
        letters = self._letters
        skeleton = key if letters is None else letters.skeleton(key)
        try:
            self._connection.execute("INSERT INTO temp.seen VALUES (?, ?, ?)", (skeleton, key, row.line))
        except sqlite3.IntegrityError:
            found = self._connection.execute("SELECT key, line FROM temp.seen WHERE skeleton = ?", (skeleton,))
            self._problems.append(Problem(row.line, "key", _same(key, *found.fetchone())))
            return None
        if letters is not None and (mixed := letters.mixed(key)) is not None:
            self._warn(row.line, key, *mixed)
        return row if key == row.key else msgspec.structs.replace(row, key=key)

    def warnings(self) -> tuple[Problem, ...]:
        if self._letters is None:
            return (Problem(0, None, "keys that look alike were not looked for: install freedompay-async[cli] for that"),)
        if not self._more:
            return tuple(self._warnings)
        one = "1 more key has" if self._more == 1 else f"{self._more:,} more keys have"
        return (*self._warnings, Problem(0, None, f"{one} a word of mixed scripts"))

    def _warn(self, line: int, key: str, word: str, scripts: tuple[str, ...]) -> None:
        if len(self._warnings) == _WARNINGS:
            self._more += 1
            return
        where = "" if word == key else f" in the word {shown(word)}"
        text = f"{shown(key)} has {' and '.join(scripts)} letters{where}: check that nobody mistook one for another"
        self._warnings.append(Problem(line, "key", text))


def _same(key: str, first: str, line: int) -> str:
    if key == first:
        return f"{shown(key)} is the key of line {line} too: each row needs a key of its own"
    return (
        f"{shown(key)} looks like {shown(first)}, the key of line {line}, and is another ({difference(key, first)}): if they are one row, "
        "delete one of them; if they are two, give one of them a key that looks different"
    )


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
