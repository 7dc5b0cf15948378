"""Checks rows that were made in code against their types. Pure.

The rows of a file are checked too, which costs nearly nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple, replace

from freedompay_async.batch.input.rows import Problem, Row
from freedompay_async.codec.body_check import wrong_value
from freedompay_async.guards.arguments import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Misfits"]

_WALLET: Final = 1000
_NEEDED: Final = ("country", "person_id", "address1", "address2")


class Misfits:
    """Finds values of a row that can't be sent: a journal would keep NaN as null, and bytes as
    Base64.
    """

    def __init__(self) -> None:
        # Most rows have values of the same types as an earlier row.
        self._good: Final[set[tuple[type, ...]]] = set()

    def of(self, row: object, place: int) -> Sequence[Problem]:
        """The problems of a row; `place` is its number in the list.

        Raises:
            ConfigurationError: it is no `Row`; nothing was sent.
        """
        if not isinstance(row, Row):
            raise refusal(f"row {place} of those given", row, "a Row, as read_file() does")
        kinds = (*_types(row), *_types(row.client), *_types(row.identification_info))
        if kinds not in self._good:
            # The key is checked where it gets its one form.
            wrong = wrong_value(replace(row, key=""))
            if wrong is not None:
                return [_problem(row.line, place, wrong)]
            self._good.add(kinds)
        if row.product_id != _WALLET:
            return ()
        missing = [name for name in _NEEDED if getattr(row.client, name) is None]
        if row.document is None:
            missing.append("document")
        return [Problem(row.line, name, "is empty: product 1000 needs it") for name in missing]


def _types(value: object) -> tuple[type, ...]:
    """The types of all values of a struct. An address checks its own values."""
    return (*map(type, astuple(value)),) if isinstance(value, Struct) else (type(value),)


def _problem(line: object, place: int, message: str) -> Problem:
    return (
        Problem(line, None, message)
        if isinstance(line, int)
        else Problem(0, None, f"row {place} of those given: {message}")
    )
