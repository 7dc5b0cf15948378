"""What a plan looks up among its rows, however many they are.

It is in a private temporary database and not in memory, because a file may have a million rows. It
is no journal: it has no name, it is gone when it is closed, and any journal's plan can use it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

__all__ = [
    "BITS",
    "EMAIL",
    "HOW",
    "PHONE",
    "SAME_BIRTH",
    "SAME_ID",
    "SAME_PHONE",
    "Group",
    "PlanIndex",
]

# How rows may be of one person, or share something. Of what two rows have in common, the first of
# these counts.
SAME_ID: Final = 0
SAME_BIRTH: Final = 1
SAME_PHONE: Final = 2
PHONE: Final = 3
EMAIL: Final = 4
BITS: Final = 3
HOW: Final = 2**BITS - 1
"""The bits of a value that say which of these it is of."""
# Two may share a phone, as a couple does.
_MANY: Final = 3
# A phone number is written down once a row, and rows of one person are found among those of one
# number. Nearly all values are of one row, and to sort them without the rest takes half the time.
_GROUPS: Final = f"""
WITH shared AS (
    SELECT value, value & {HOW} AS how, count(*) AS rows, min(line) AS first, max(line) AS last,
        min(names) = max(names) AS one
    FROM same
    WHERE value IN (SELECT value FROM same GROUP BY value HAVING count(*) > 1) GROUP BY value
), found AS (
    SELECT CASE WHEN how = {PHONE} AND one THEN {SAME_PHONE} ELSE how END AS how, rows, first, last
    FROM shared
    UNION ALL
    SELECT {SAME_PHONE}, count(*), min(line), max(line) FROM same
    WHERE value IN (SELECT value FROM shared WHERE how = {PHONE} AND NOT one AND rows > 2)
    GROUP BY value, names HAVING count(*) > 1
)
SELECT min(how), rows, first, last FROM found WHERE how < {PHONE} OR rows >= {_MANY}
GROUP BY first, last, rows ORDER BY first, last
"""  # noqa: S608 - of constants


class Group(NamedTuple):
    """Rows that have something in common."""

    how: int
    rows: int
    first: int
    """The line of the first of them."""
    last: int


class PlanIndex:
    """`with PlanIndex() as index:`, in one thread."""

    def __enter__(self) -> Self:
        self._connection = connection = sqlite3.connect("", isolation_level=None)
        try:
            # Nothing of it is read by anybody else, or again.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            # The same key has the same skeleton, so one index finds both.
            connection.execute(
                "CREATE TABLE keys (skeleton TEXT PRIMARY KEY, key TEXT NOT NULL, line INTEGER "
                "NOT NULL) WITHOUT ROWID"
            )
            connection.execute(
                "CREATE TABLE same (value INTEGER NOT NULL, names INTEGER NOT NULL, line INTEGER "
                "NOT NULL)"
            )
        except BaseException:
            connection.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def add_key(self, skeleton: str, key: str, line: int) -> tuple[str, int] | None:
        """`None` if no key before has this skeleton; else that key, and its line."""
        values = (skeleton, key, line)
        if self._connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", values).rowcount:
            return None
        found: tuple[str, int] = self._connection.execute(
            "SELECT key, line FROM keys WHERE skeleton = ?", (skeleton,)
        ).fetchone()
        return found

    def add_values(self, values: Sequence[tuple[int, int, int]]) -> None:
        """Of each row what it may share with others: the value, a hash of the names, the line."""
        self._connection.executemany("INSERT INTO same VALUES (?, ?, ?)", values)

    def groups(self) -> Iterator[Group]:
        """Rows of one person, and values that many rows have, in the order of the file."""
        return (Group(*each) for each in self._connection.execute(_GROUPS))
