"""Plan a batch: every row validated and written down, nothing sent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.contracts import META
from freedompay_async.batch.input.documents import DocumentProblem, document_digest
from freedompay_async.batch.input.misfits import Misfits
from freedompay_async.batch.input.rows import Problem, Row
from freedompay_async.batch.journal.file import no_batch, to_go_on
from freedompay_async.batch.plan_keys import Keys
from freedompay_async.batch.plan_warnings import Warnings
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.guards.arguments import check_type
from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.portable import Portable
from freedompay_async.redaction.secret import MASK, Secret

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from freedompay_async.batch.contracts import Agreement
    from freedompay_async.batch.journal.sqlite import Journal

__all__ = [
    "Plan",
    "PlannedRow",
    "check_settings",
    "checked_card_product",
    "existing_plan",
    "fold_plan",
    "make_plan",
]

_CHUNK: Final = 1_000
_NO_PRODUCT: Final = 10**18
# What a journal keeps beside the settings of its batch.
_NO_SETTINGS: Final = frozenset({"clock_set_back", "confirmed_at", "out_form", *META})
_MASKED: Final = MASK.encode()


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as the journal keeps it: all that rebuilds its bodies; the document by its path and
    hash.
    """

    row: Row
    document_sha256: str | None = None


class Plan(Portable, frozen=True, kw_only=True):
    """What a batch will do.

    Attributes:
        rows: rows that are good; each gets one card.
        problems: what is wrong with the others, all of it. While there is one, nothing can be run.
        settings: what the request ids and bodies depend on.
        resumed: the journal had this very plan already.
        warnings: what is worth a look and stops nothing, of each kind a hundred at most and then,
            at line 0, how many more: keys with a word of mixed scripts, values that look wrong, a
            person in several rows, a phone number or an e-mail address of many; or that nobody
            looked.
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
    agreement: Agreement | None = None,
    strict: bool = False,
) -> Plan:
    """Write the rows down, or compare them with those that are; a plan with problems leaves no
    trace.

    Args:
        journal: where.
        rows: to be planned.
        settings: what the request ids and bodies depend on.
        max_cards: rows at most.
        strict: warnings are problems.
        agreement: the contract of the client, held against that of the plan.

    Raises:
        ConfigurationError: the journal has another batch, or one of another contract, there are
            more rows than `max_cards`, or something else than rows was given; nothing was sent.
    """
    check_type("rows", rows, Iterable, "rows, as read_file() does")
    problems: list[Problem] = []
    warnings = Warnings()
    work = partial(
        _plan,
        rows=rows,
        settings=dict(settings),
        max_cards=max_cards,
        strict=strict,
        problems=problems,
        warnings=warnings,
        path=journal.path,
        agreement=agreement,
    )
    try:
        return await journal.call(work)
    except JournalError as error:
        raise _unwritten(journal, error) from error
    except _Problems:
        return Plan(
            rows=0,
            problems=tuple(problems),
            settings=settings,
            warnings=() if strict else warnings.told(),
        )


async def fold_plan(journal: Journal) -> None:
    """Bring a plan that was made into the file itself, so that a log that gets lost does not take
    it along.

    Raises:
        ConfigurationError: it can't be written; nothing was sent.
    """
    try:
        await journal.fold()
    except JournalError as error:
        raise _unwritten(journal, error) from error


def _unwritten(journal: Journal, error: JournalError) -> ConfigurationError:
    return ConfigurationError(
        f"{journal.path} can't be written ({error.__cause__}): make room, or name another place. "
        "Nothing was sent."
    )


async def existing_plan(journal: Journal) -> Plan:
    """The plan in the journal.

    Raises:
        ConfigurationError: it has none.
    """

    def read(connection: sqlite3.Connection) -> Plan:
        settings = _settings(connection)
        if not settings:
            raise no_batch(journal.path, made=journal.made)
        count, last = (
            _count(connection),
            connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()[0],
        )
        if not count or count != last:
            # They are numbered from 1, without a gap.
            told = to_go_on(journal.path, settings.get("batch"))
            raise ConfigurationError(
                f"{journal.path} has lost rows of its plan ({count:,} of {last:,} are there): "
                f"{told} Nothing was sent."
            )
        return Plan(rows=count, problems=(), settings=settings, resumed=True)

    return await journal.call(read)


def check_settings(known: Mapping[str, str], settings: Mapping[str, str], path: Path) -> None:
    """Request ids and bodies depend on these: a run with others would not be a resumption.

    Raises:
        ConfigurationError: they differ.
    """
    other = [
        f"{name} {_named(known.get(name))}, not {_named(value)}"
        for name, value in settings.items()
        if known.get(name, "") != value
    ]
    if other:
        raise ConfigurationError(
            f"{path} has another batch: it was made with {'; '.join(other)}. Nothing was sent."
        )


def checked_card_product(given: object) -> str:
    """A card's product as a setting. The vendor's list of them could not be read, so any number
    over 0 is one.

    Raises:
        ConfigurationError: it is none; nothing was sent.
    """
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < _NO_PRODUCT:
        raise ConfigurationError(
            "card_product_id is no integer over 0 of at most 18 digits: give one, such as 2000. "
            "Nothing was sent."
        )
    return str(given)


def _named(value: str | None) -> str:
    return repr(value) if value else "none"


class _Problems(Exception):
    """Takes the half-written plan back."""


def _plan(
    connection: sqlite3.Connection,
    *,
    rows: Iterable[Row | list[Problem]],
    settings: dict[str, str],
    max_cards: int | None,
    strict: bool,
    problems: list[Problem],
    warnings: Warnings,
    path: Path,
    agreement: Agreement | None,
) -> Plan:
    known = _settings(connection)
    if known:
        # Left out, it is none: the same rows without it would be other cards.
        check_settings(known, {"card_product": ""} | settings, path)
        if agreement is not None:
            agreement.check(connection)
    keys = Keys(connection, problems, warnings)
    warnings.begin(connection)
    digest = hashlib.sha256()
    folders: Callable[[str], str] = lru_cache(maxsize=256)(_real_folder)
    number = 0
    chunk: list[tuple[int, str, int, bytes]] = []
    for row in _fitting(rows, problems):
        named = keys.take(row)
        planned = _planned(named or row, problems, folders)
        if named is None or planned is None:
            continue
        data = _written(planned, problems)
        if data is None:
            continue
        warnings.look(named)
        number += 1
        digest.update(data)
        chunk.append((number, named.key, named.line, data))
        if len(chunk) == _CHUNK:
            _write(connection, chunk, known)
            chunk = []
    _write(connection, chunk, known)
    keys.end()
    warnings.end()
    if strict:
        problems += warnings.told()
    if problems:
        problems.sort(key=lambda problem: (not problem.line, problem.line))
        raise _Problems
    if number == 0:
        raise ConfigurationError("there are no rows to plan. Nothing was sent.")
    if max_cards is not None and number > max_cards:
        raise ConfigurationError(
            f"{number} rows would make {number} cards, and at most {max_cards} are allowed. "
            "Nothing was sent."
        )
    if not known:
        settings |= {
            "rows_sha256": digest.hexdigest(),
            "planned_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        connection.executemany("INSERT INTO meta VALUES (?, ?)", settings.items())
        if agreement is not None:
            agreement.begin(connection)
        return Plan(rows=number, problems=(), settings=settings, warnings=warnings.told())
    if known["rows_sha256"] != digest.hexdigest():
        raise ConfigurationError(
            f"{path} has another batch: its {_count(connection)} rows are not these {number}. "
            "Name another journal for this file; "
            "a key that both files have gets no second card while the issuer remembers its "
            "request ids, which come from the merchant, "
            "the batch name and the key. Nothing was sent."
        )
    return Plan(rows=number, problems=(), settings=known, resumed=True, warnings=warnings.told())


def _fitting(rows: Iterable[Row | list[Problem]], problems: list[Problem]) -> Iterator[Row]:
    """The rows that a file or their types have nothing against."""
    misfits = Misfits()
    for place, row in enumerate(rows, 1):
        if isinstance(row, list):
            problems.extend(row)
        elif found := misfits.of(row, place):
            problems.extend(found)
        else:
            yield row


def _written(planned: PlannedRow, problems: list[Problem]) -> bytes | None:
    """As the journal keeps it; `None`, and a problem, where it can't."""
    try:
        data = msgspec.json.encode(planned)
    except UnicodeEncodeError:
        wrong = "has characters that UTF-8 can't write (half of a surrogate pair): correct them"
    else:
        if _MASKED not in data or not _has_secret(planned):
            return data
        wrong = (
            "has a Secret in it, and a journal keeps none: give plain text, and a document by its "
            "path"
        )
    problems.append(Problem(planned.row.line, None, wrong))
    return None


def _has_secret(planned: PlannedRow) -> bool:
    found: list[Secret] = []
    opened(planned, found.append)
    return bool(found)


def _write(
    connection: sqlite3.Connection,
    chunk: list[tuple[int, str, int, bytes]],
    known: Mapping[str, str],
) -> None:
    if not known:
        connection.executemany(
            "INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, ?)", chunk
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
    return PlannedRow(
        row=row if row.document == path else msgspec.structs.replace(row, document=path),
        document_sha256=digest,
    )


def _real(path: str, folders: Callable[[str], str]) -> str:
    """As `os.path.realpath` does it where names are case-sensitive, which asks the system about
    every folder; `folders` remembers.
    """
    folder, name = os.path.split(path)
    if name in {"", ".", ".."} or os.path.islink(path):  # noqa: PTH114 - pathlib takes longer than the system
        return os.path.realpath(path)
    return os.path.join(folders(folder), name)  # noqa: PTH118


def _real_folder(path: str) -> str:
    return os.path.realpath(path)


def _settings(connection: sqlite3.Connection) -> dict[str, str]:
    named = connection.execute("SELECT name, value FROM meta")
    return {name: value for name, value in named if name not in _NO_SETTINGS}


def _count(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM rows").fetchone()[0]
    return count
