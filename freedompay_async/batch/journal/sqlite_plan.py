"""The statements of a plan: its rows, its settings, and what is kept beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.journal.records import Fact, FoundKeys
from freedompay_async.contract.request_ids import BadName, one_name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from freedompay_async.batch.journal.records import PlannedRecord

__all__ = [
    "SQLitePlan",
    "accept_found",
    "count",
    "facts",
    "keep",
    "keys_of",
    "last_number",
    "settings_of",
]

_FACTS: Final = frozenset(Fact)
# What is no setting of the batch. A check of each row is kept among the settings, as ever.
_NO_SETTINGS: Final = {"clock_set_back", *_FACTS} - {Fact.CHECK_FIRST}
# A row that is `found`, or that an ended run has marked so before it could say it.
_FOUND: Final = "found AND state NOT IN ('issued', 'doubtful')"
# From then on it is a row like others that have begun, and its reason is gone.
_ACCEPT: Final = (
    "UPDATE rows SET accepted_found = 1, "  # noqa: S608 - of constants
    "reason = CASE state WHEN 'found' THEN NULL ELSE reason END, "
    "state = CASE state WHEN 'found' THEN 'started' ELSE state END "
    f"WHERE {_FOUND} AND NOT accepted_found"
)
_WAS_FOUND: Final = f"SELECT number, accepted_found OR ({_FOUND}) FROM rows WHERE found"  # noqa: S608 - of constants


class SQLitePlan:
    """Writes a plan, within the transaction of one job."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: Final = connection
        self.begun = False
        """The plan was made just now."""

    def settings(self) -> Mapping[str, str]:
        return settings_of(self._connection)

    def count(self) -> int:
        return count(self._connection)

    def add(self, rows: Sequence[PlannedRecord]) -> None:
        self._connection.executemany(
            "INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, ?)", rows
        )

    def begin(self, settings: Mapping[str, str]) -> None:
        self._connection.executemany("INSERT INTO meta VALUES (?, ?)", settings.items())
        self.begun = True

    def facts(self) -> Mapping[Fact, str]:
        return facts(self._connection)

    def keep(self, facts: Mapping[Fact, str]) -> None:
        keep(self._connection, facts)


def settings_of(connection: sqlite3.Connection) -> dict[str, str]:
    named = connection.execute("SELECT name, value FROM meta")
    return {name: value for name, value in named if name not in _NO_SETTINGS}


def count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT count(*) FROM rows").fetchone()[0]
    return found


def last_number(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()[0]
    return found


def facts(connection: sqlite3.Connection) -> dict[Fact, str]:
    named = connection.execute("SELECT name, value FROM meta")
    return {Fact(name): value for name, value in named if name in _FACTS}


def keep(connection: sqlite3.Connection, facts: Mapping[Fact, str]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [(name.value, value) for name, value in facts.items()],
    )


def keys_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
    return [
        connection.execute("SELECT key FROM rows WHERE number = ?", (number,)).fetchone()[0]
        for number in numbers
    ]


def accept_found(connection: sqlite3.Connection, keys: Sequence[str] | None) -> FoundKeys:
    """`None`: of all rows."""
    if keys is None:
        return FoundKeys(connection.execute(_ACCEPT).rowcount)
    numbers = _numbers_of(connection, keys)
    strange = tuple(key for key, found in numbers.items() if not found)
    ambiguous = tuple(key for key, found in numbers.items() if len(found) > 1)
    if strange or ambiguous:
        return FoundKeys(strange=strange, ambiguous=ambiguous)
    was_found = dict(connection.execute(_WAS_FOUND))
    accepted = sum(
        connection.execute(f"{_ACCEPT} AND number = ?", found).rowcount
        for found in numbers.values()
    )
    not_found = tuple(key for key, (number,) in numbers.items() if not was_found.get(number))
    return FoundKeys(accepted, not_found)


def _numbers_of(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, list[int]]:
    """The rows of each key.

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
    return numbers
