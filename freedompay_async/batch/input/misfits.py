"""Checks rows that were made in code against their types. Pure.

The rows of a file are checked too, which costs nearly nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple, replace

from freedompay_async.batch.input.column_checks import CHECKS, PRODUCTS, RESIDENTS, TYPES
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.rows import NO_LINE, Row, is_line
from freedompay_async.codec.body_check import wrong_value
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Misfits"]

_WALLET: Final = 1000
_NEEDED: Final = ("country", "person_id", "address1", "address2")
_PRODUCTS: Final = frozenset(PRODUCTS.values())
_TYPES: Final = frozenset(TYPES.values())
_RESIDENTS: Final = frozenset(RESIDENTS.values())
_WANT: Final = (
    "a Row, or the problems of one as a list: read_row() makes them of the values of a row"
)


class Misfits:
    """Finds values of a row that can't be sent: a journal would keep NaN as null, and bytes as
    Base64.
    """

    def __init__(self) -> None:
        # Most rows have values of the same types as an earlier row.
        self._good: Final[set[tuple[type, ...]]] = set()

    def of(self, row: object, place: int) -> Sequence[Problem]:
        """The problems of a row, or those that are given in its place; `place` is its number among
        those given.

        Raises:
            ConfigurationError: it is neither a `Row` nor a list of problems; nothing was sent.
        """
        if isinstance(row, list):
            return _given(row, place)
        if not isinstance(row, Row):
            raise refusal(f"row {place} of those given", row, _WANT)
        kinds = (*_types(row), *_types(row.client), *_types(row.identification_info))
        if kinds not in self._good:
            # The key is checked where it gets its one form.
            wrong = wrong_value(replace(row, key=""))
            if wrong is not None:
                return [_problem(row.line, place, wrong)]
            self._good.add(kinds)
        if not is_line(row.line):
            return [_problem(row.line, place, f"line is {NO_LINE}")]
        found = _flaws(row)
        if row.product_id == _WALLET:
            missing = [name for name in _NEEDED if getattr(row.client, name) is None]
            if row.document is None:
                missing.append("document")
            needed = "is empty: product 1000 needs it"
            found = [*found, *(Problem(row.line, name, needed) for name in missing)]
        return found


def _given(problems: list[object], place: int) -> list[Problem]:
    """Problems that are given in place of a row; each says which row it is of."""
    name = f"row {place} of those given"
    if not problems:
        raise ConfigurationError(f"{name} is an empty list: give {_WANT}. Nothing was sent.")
    found: list[Problem] = []
    for problem in problems:
        if not isinstance(problem, Problem):
            raise refusal(f"what {name} has in its list", problem, _WANT)
        if not _is_sound(problem):
            raise ConfigurationError(
                f"what {name} has in its list is a Problem of wrong values: give {_WANT}. "
                "Nothing was sent."
            )
        found.append(problem if problem.line else replace(problem, line=place))
    return found


def _is_sound(problem: Problem) -> bool:
    """Whether it can be shown. A struct takes any value."""
    line, column, message, key = astuple(problem)
    return (
        is_line(line)
        and isinstance(message, str)
        and all(text is None or isinstance(text, str) for text in (column, key))
    )


def _flaws(row: Row) -> Sequence[Problem]:
    """Values of a right type that a file can't have either. A client checks most of its own."""
    client, more = row.client, row.identification_info
    wrong: list[tuple[str, object]] = []
    if row.product_id not in _PRODUCTS:
        wrong.append(("product_id", row.product_id))
    if client.type not in _TYPES:
        wrong.append(("type", client.type))
    if client.resident not in _RESIDENTS:
        wrong.append(("resident", client.resident))
    # What is right of these too is found right by its check.
    if row.card_product_id is not None:
        wrong.append(("card_product_id", row.card_product_id))
    if row.branch_id is not None:
        wrong.append(("branch_id", row.branch_id))
    if more is not None:
        wrong += [("idn_date", more.idn_date), ("identified_by", more.identified_by)]
    return [
        Problem(row.line, column, flaw)
        for column, value in wrong
        if (flaw := CHECKS[column](str(value))) is not None
    ]


def _types(value: object) -> tuple[type, ...]:
    """The types of all values of a struct. An address checks its own values."""
    return (*map(type, astuple(value)),) if isinstance(value, Struct) else (type(value),)


def _problem(line: int, place: int, message: str) -> Problem:
    return (
        Problem(line, None, message)
        if is_line(line)
        else Problem(0, None, f"row {place} of those given: {message}")
    )
