"""What a plan tells beside its problems: what is worth a look and stops nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.doubts import Kind, doubts, needs_no_look
from freedompay_async.batch.input.numbers import known_numbers
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.rows import Problem

if TYPE_CHECKING:
    import sqlite3

    from freedompay_async.batch.input.numbers import Numbers
    from freedompay_async.batch.input.rows import Row

__all__ = ["Warnings"]

# A file may have a million rows, and each may have some.
_MOST: Final = 100
_TOGETHER: Final = 2_000
# How rows may be of one person, or share something. The first that two rows have in common is told.
_SAME_ID, _SAME_BIRTH, _SAME_PHONE, _PHONE, _EMAIL = range(5)
# The bits in which a number tells which of these it is of.
_BITS: Final = 3
_HOW: Final = 2**_BITS - 1
# Two may share a phone, as a couple does.
_MANY: Final = 3
# A phone number is written down once a row, and rows of one person are found among those of one
# number. Nearly all values are of one row, and to sort them without the rest takes half the time.
_FOUND: Final = f"""
WITH shared AS (
    SELECT value, value & {_HOW} AS how, count(*) AS rows, min(line) AS first, max(line) AS last, min(names) = max(names) AS one
    FROM temp.same WHERE value IN (SELECT value FROM temp.same GROUP BY value HAVING count(*) > 1) GROUP BY value
), found AS (
    SELECT CASE WHEN how = {_PHONE} AND one THEN {_SAME_PHONE} ELSE how END AS how, rows, first, last FROM shared
    UNION ALL
    SELECT {_SAME_PHONE}, count(*), min(line), max(line) FROM temp.same
    WHERE value IN (SELECT value FROM shared WHERE how = {_PHONE} AND NOT one AND rows > 2) GROUP BY value, names HAVING count(*) > 1
)
SELECT min(how), rows, first, last FROM found WHERE how < {_PHONE} OR rows >= {_MANY} GROUP BY first, last, rows ORDER BY first, last
"""  # noqa: S608 - of constants
_CARDS: Final = "each of these rows makes a card, so check that this person is to have them"
_TOLD: Final[dict[int, tuple[Kind, str | None, str]]] = {
    _SAME_ID: (Kind.PERSON, "person_id", f"is that of {{}} too: {_CARDS}"),
    _SAME_BIRTH: (Kind.PERSON, None, f"has the names and the birthdate of {{}}: {_CARDS}"),
    _SAME_PHONE: (Kind.PERSON, None, f"has the names and the phone number of {{}}: {_CARDS}"),
    _PHONE: (Kind.SHARED_PHONE, "phone", "is that of {} too: check that these people share it"),
    _EMAIL: (Kind.SHARED_EMAIL, "email", "is that of {} too: check that these people share it"),
}


class Warnings:
    """Of one plan: of each kind a hundred at most, and then how many more."""

    def __init__(self) -> None:
        self._found: Final[list[Problem]] = []
        self._counts: Final[Counter[Kind]] = Counter()
        self._absent: Final[list[Problem]] = []
        self._numbers: Numbers | None = None
        self._same: list[tuple[int, int, int]] = []

    def begin(self, connection: sqlite3.Connection) -> None:
        """What rows have in common is looked for in a table and not in memory."""
        self._connection = connection
        self._numbers = known_numbers()
        if self._numbers is None:
            self.not_looked(
                "phone numbers that are given to nobody were not looked for: install "
                "freedompay-async[cli] for that"
            )
        connection.execute("DROP TABLE IF EXISTS temp.same")
        connection.execute(
            "CREATE TEMP TABLE same (value INTEGER NOT NULL, names INTEGER NOT NULL, line INTEGER "
            "NOT NULL)"
        )

    def end(self) -> None:
        """All rows were looked at."""
        self._write()
        for how, rows, first, last in self._connection.execute(_FOUND):
            kind, column, text = _TOLD[how]
            others = (
                f"line {last}" if rows == 2 else f"{rows - 1:,} more rows (the last is line {last})"
            )
            self.add(kind, first, column, text.format(others))
        self._connection.execute("DROP TABLE temp.same")

    def add(self, kind: Kind, line: int, column: str | None, text: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST:
            self._found.append(Problem(line, column, text))

    def not_looked(self, text: str) -> None:
        """Something could not be looked for."""
        self._absent.append(Problem(0, None, text))

    def look(self, row: Row) -> None:
        """At a row that can be sent."""
        client, line, same = row.client, row.line, self._same
        phone, birthdate = client.phone, client.birthdate
        first, last = client.first_name.upper(), client.last_name.upper()
        if not needs_no_look(client, first, last):
            for kind, column, text in doubts(row):
                self.add(kind, line, column, text)
        numbers = self._numbers
        if numbers is not None and not numbers.assigned(phone):
            self._of_phone(numbers, line, phone)
        # Two rows have the same number, as good as surely, only where they have the same of what it
        # is made of.
        same.append((phone << _BITS | _PHONE, hash((first, last)), line))
        if client.person_id is not None:
            same.append((hash(client.person_id) & ~_HOW | _SAME_ID, 0, line))
        if birthdate is not None:
            same.append((hash((first, last, birthdate)) & ~_HOW | _SAME_BIRTH, 0, line))
        if client.email is not None:
            same.append((hash(client.email.lower()) & ~_HOW | _EMAIL, 0, line))
        if len(same) >= _TOGETHER:
            self._write()

    def _of_phone(self, numbers: Numbers, line: int, phone: int) -> None:
        # Of those that are only counted nobody reads why.
        doubt = numbers.doubt(phone) if self._counts[Kind.PHONE] < _MOST else ""
        if doubt is not None:
            self.add(Kind.PHONE, line, "phone", f"{shown(str(phone))} {doubt}")

    def told(self) -> tuple[Problem, ...]:
        """In the order of the file; what is of no line comes last."""
        more = [
            Problem(0, None, kind.more(count - _MOST))
            for kind, count in self._counts.items()
            if count > _MOST
        ]
        return (*sorted(self._found, key=lambda each: each.line), *more, *self._absent)

    def _write(self) -> None:
        self._connection.executemany("INSERT INTO temp.same VALUES (?, ?, ?)", self._same)
        self._same = []
