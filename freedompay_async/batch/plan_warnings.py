"""The warnings of a plan: what a person should look at, and what stops nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.doubts import Kind, doubts, needs_no_look
from freedompay_async.batch.input.numbers import known_numbers
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.journal.plan_index import (
    BITS,
    EMAIL,
    HOW,
    PHONE,
    SAME_BIRTH,
    SAME_ID,
    SAME_PHONE,
)

if TYPE_CHECKING:
    from freedompay_async.batch.input.numbers import Numbers
    from freedompay_async.batch.input.rows import Row
    from freedompay_async.batch.journal.plan_index import PlanIndex

__all__ = ["Warnings"]

# A file may have a million rows, and each may have several.
_MOST: Final = 100
_TOGETHER: Final = 2_000
_CARDS: Final = "each of these rows makes a card, so check that this person is to have them"
_TEXTS: Final[dict[int, tuple[Kind, str | None, str]]] = {
    SAME_ID: (Kind.PERSON, "person_id", f"is that of {{}} too: {_CARDS}"),
    SAME_BIRTH: (Kind.PERSON, None, f"has the names and the birthdate of {{}}: {_CARDS}"),
    SAME_PHONE: (Kind.PERSON, None, f"has the names and the phone number of {{}}: {_CARDS}"),
    PHONE: (Kind.SHARED_PHONE, "phone", "is that of {} too: check that these people share it"),
    EMAIL: (Kind.SHARED_EMAIL, "email", "is that of {} too: check that these people share it"),
}


class Warnings:
    """The warnings of one plan: a hundred of each kind at most, and then how many more."""

    def __init__(self) -> None:
        self._found: Final[list[Problem]] = []
        self._counts: Final[Counter[Kind]] = Counter()
        self._absent: Final[list[Problem]] = []
        self._numbers: Numbers | None = None
        self._same: list[tuple[int, int, int]] = []

    def begin(self, index: PlanIndex) -> None:
        """Begin, with the index in which rows find what they have in common."""
        self._index = index
        self._numbers = known_numbers()
        if self._numbers is None:
            self.not_looked(
                "phone numbers of unassigned ranges were not looked for: install "
                "freedompay-async[cli] for that"
            )

    def end(self) -> None:
        """Look for what rows have in common, after the last row."""
        self._write()
        for how, rows, first, last in self._index.groups():
            kind, column, text = _TEXTS[how]
            others = (
                f"line {last}" if rows == 2 else f"{rows - 1:,} more rows (the last is line {last})"
            )
            self.add(kind, first, column, text.format(others))

    def add(self, kind: Kind, line: int, column: str | None, text: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST:
            self._found.append(Problem(line, column, text))

    def not_looked(self, text: str) -> None:
        """Add a check that could not be made."""
        self._absent.append(Problem(0, None, text))

    def look(self, row: Row) -> None:
        """Check a good row."""
        client, line, same = row.client, row.line, self._same
        phone, birthdate = client.phone, client.birthdate
        first, last = client.first_name.upper(), client.last_name.upper()
        if not needs_no_look(client, first, last):
            for kind, column, text in doubts(row):
                self.add(kind, line, column, text)
        numbers = self._numbers
        if numbers is not None and not numbers.assigned(phone):
            self._of_phone(numbers, line, phone)
        # Two rows with the same number almost surely have the same values behind it.
        same.append((phone << BITS | PHONE, hash((first, last)), line))
        if client.person_id is not None:
            same.append((hash(client.person_id) & ~HOW | SAME_ID, 0, line))
        if birthdate is not None:
            same.append((hash((first, last, birthdate)) & ~HOW | SAME_BIRTH, 0, line))
        if client.email is not None:
            same.append((hash(client.email.lower()) & ~HOW | EMAIL, 0, line))
        if len(same) >= _TOGETHER:
            self._write()

    def _of_phone(self, numbers: Numbers, line: int, phone: int) -> None:
        # Nobody reads the text of a warning that is only counted.
        doubt = numbers.doubt(phone) if self._counts[Kind.PHONE] < _MOST else ""
        if doubt is not None:
            self.add(Kind.PHONE, line, "phone", f"{shown(str(phone))} {doubt}")

    def found(self) -> tuple[Problem, ...]:
        """In the order of the file; warnings without a line come last."""
        more = [
            Problem(0, None, kind.more(count - _MOST))
            for kind, count in self._counts.items()
            if count > _MOST
        ]
        return (*sorted(self._found, key=lambda each: each.line), *more, *self._absent)

    def _write(self) -> None:
        self._index.add_values(self._same)
        self._same = []
