"""Rows that were used before: somebody says that they are the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.input.quoting import shown
from freedompay_async.contract.request_ids import BadName, checked_name, one_name
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from freedompay_async.batch.journal.sqlite import Journal

__all__ = ["EVERY_ROW", "Accepted", "accept", "accepted_keys", "some"]

EVERY_ROW: Final = "all"
# So many keys are named.
_SHOWN: Final = 5
# A row that is `found`, or that an ended run has marked so before it could say it.
_FOUND: Final = "found AND state NOT IN ('issued', 'doubtful')"
# From then on it is a row like others that began, and what was told of it is told no more.
_ACCEPT: Final = (
    "UPDATE rows SET accepted_found = 1, reason = CASE state WHEN 'found' THEN NULL ELSE reason "  # noqa: S608 - of constants
    "END, "
    f"state = CASE state WHEN 'found' THEN 'started' ELSE state END WHERE {_FOUND} AND NOT "
    "accepted_found"
)


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What was accepted.

    Attributes:
        rows: how many, that were not accepted before.
        not_found: keys of rows that are not found to be used before. Nothing is accepted for these:
            what is found later, nobody has seen.
    """

    rows: int = 0
    not_found: tuple[str, ...] = ()


def some(keys: Sequence[str]) -> str:
    """A few of them, and how many more there are."""
    more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
    return ", ".join(map(shown, keys[:_SHOWN])) + more


def accepted_keys(given: str | Iterable[str] | None) -> str | tuple[str, ...]:
    """Keys, each once; or `EVERY_ROW`. Empty ones count for nothing.

    Raises:
        ConfigurationError: it is one text, and not that word; or a key can't be one.
    """
    if given is None:
        return ()
    if given == EVERY_ROW:
        return EVERY_ROW
    try:
        keys: list[object] | None = None if isinstance(given, str | bytes) else list(given)
    except TypeError:
        keys = None
    if keys is None:
        raise ConfigurationError(
            f"accept_found={given!r}: give the keys as a list, or 'all'. Nothing was sent."
        )
    return tuple(
        dict.fromkeys(
            checked_name("key", key) for key in keys if not isinstance(key, str) or key.strip()
        )
    )


async def accept(journal: Journal, keys: str | tuple[str, ...]) -> Accepted:
    """Write down that these rows, of those that are found to be used before now, were used for the
    same people.

    Raises:
        ConfigurationError: the journal does not have a key, or has it twice; nothing is accepted.
    """

    def write(connection: sqlite3.Connection) -> Accepted:
        if isinstance(keys, str):
            return Accepted(rows=connection.execute(_ACCEPT).rowcount)
        numbers = _rows_of(connection, keys, journal.path)
        was_found = dict(
            connection.execute(f"SELECT number, accepted_found OR ({_FOUND}) FROM rows WHERE found")  # noqa: S608
        )
        count = sum(
            connection.execute(f"{_ACCEPT} AND number = ?", (number,)).rowcount
            for number in numbers.values()
        )
        return Accepted(
            rows=count,
            not_found=tuple(key for key, number in numbers.items() if not was_found.get(number)),
        )

    return await journal.call(write) if keys else Accepted()


def _rows_of(connection: sqlite3.Connection, keys: Sequence[str], path: Path) -> dict[str, int]:
    """The number of each row.

    An earlier version kept keys as they were written, so each is read in its one form.
    """
    numbers: dict[str, list[int]] = {key: [] for key in keys}
    for number, stored in connection.execute("SELECT number, key FROM rows"):
        try:
            key = one_name("key", stored)
        except BadName:
            continue
        if key in numbers:
            numbers[key].append(number)
    nothing = "nothing was accepted, and nothing was sent."
    if strange := [key for key, found in numbers.items() if not found]:
        raise ConfigurationError(f"{path} has no row with the key {some(strange)}: {nothing}")
    if twice := [key for key, found in numbers.items() if len(found) > 1]:
        raise ConfigurationError(
            f"{path} has several rows whose keys read as {some(twice)}, so one of them can't be "
            f"named: {nothing}"
        )
    return {key: found[0] for key, found in numbers.items()}
