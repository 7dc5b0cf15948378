"""The values of a row as a file or a program has them: which have a text, and what it is. Pure."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import Final, TypeGuard

from freedompay_async.redaction.secret import Secret

__all__ = ["cell", "has_text", "is_day", "misfit", "text_of"]

_DATES: Final = frozenset({"birthdate", "idn_date"})
# Python may refuse to write a number of more than 640 digits.
_MOST_BITS: Final = 2_000


def cell(value: object) -> str | None:
    """The text of a value without spaces around it, or `None` if it is empty. Of a value that has
    none, the name of its type.
    """
    if value is None:
        return None
    return _plain(value).strip() or None if has_text(value) else type(value).__name__


def text_of(column: str, value: object) -> str | None:
    """As `cell`, and in a column of dates the text of a date."""
    return str(value) if is_day(column, value) else cell(value)


def is_day(column: str, value: object) -> bool:
    """Whether it is what a database gives for a date. A `datetime` says a time of day too."""
    return column in _DATES and isinstance(value, date) and not isinstance(value, datetime)


def has_text(value: object) -> TypeGuard[str | float]:
    """Whether it is text or a number that can be written."""
    # `bool` is an `int`, and a key of "True" is a mistake. The text of a secret is a mask.
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() <= _MOST_BITS
    return isinstance(value, str) and not isinstance(value, Secret)


def misfit(value: object) -> str:
    """Why a value has no text."""
    if isinstance(value, float):
        return "is NaN or infinite: give None where there is nothing"
    if isinstance(value, int) and not isinstance(value, bool):
        return "is a number of too many digits"
    return "is neither text nor a number"


def _plain(value: str | float) -> str:
    """The text or the number itself: the `str` of a member of an `Enum` is its name."""
    if isinstance(value, int):
        return int.__repr__(value)
    return float.__repr__(value) if isinstance(value, float) else str.__str__(value)
