"""Reads the cells of a sheet that are no text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Final

from freedompay_async.batch.input.quoting import shown

__all__ = ["Wrong", "cell_name", "value_of"]

# A spreadsheet keeps only 15 digits of a number.
_ROUNDED: Final = 10**15
_PERSON_ID: Final = 12
_DATES: Final = frozenset({"birthdate", "idn_date"})
_ERROR: Final = (
    "is an error of the spreadsheet and not a value: correct the formula of the cell, or write "
    "the value"
)
_NO_VALUE: Final = (
    "is a formula that was never calculated: open the file in a spreadsheet, and save it there"
)
_AS_TEXT: Final = "format the column as text, and write the value again"


class Wrong:
    """A cell without a value, and why it has none."""

    def __init__(self, message: str) -> None:
        self.message: Final = message

    def __str__(self) -> str:
        # In the header it is shown like any unknown name of a column.
        return self.message

    @classmethod
    def of_error(cls, text: str) -> Wrong:
        """For a cell that shows an error; without a text, for a formula without a value."""
        if not text:
            return cls(_NO_VALUE)
        # Only the text of an error is shown: anything else may be somebody's number.
        error = f"{shown(text)} " if text.startswith(("#", "Err:")) else ""
        return cls(f"{error}{_ERROR}")


def cell_name(place: int, row: int) -> str:
    """The name of a cell, such as `C17`, by its column from 0 and its row from 1."""
    letters = ""
    number = place + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def value_of(column: str, cell: object) -> str | Wrong:
    """The text of a cell that is no text itself. No message shows a `person_id`."""
    if isinstance(cell, Wrong):
        return cell
    if isinstance(cell, bool):
        return Wrong(f"is {str(cell).upper()}, a logical value: {_AS_TEXT}")
    if isinstance(cell, int | float):
        return _number(column, cell)
    if isinstance(cell, date):
        return _date(column, cell)
    if isinstance(cell, time | timedelta):
        return Wrong(f"is a time, because the spreadsheet took it for one: {_AS_TEXT}")
    return Wrong(f"is neither text nor a number but {type(cell).__name__}: {_AS_TEXT}")


def _number(column: str, cell: float) -> str | Wrong:
    if not isfinite(cell) or abs(cell) >= _ROUNDED:
        return Wrong(f"is a number of more than 15 digits, which a spreadsheet rounds: {_AS_TEXT}")
    if cell != int(cell):
        return repr(cell)
    text = str(int(cell))
    if column in _DATES:
        return Wrong(
            f"is the number {text} and not a date: format the column as a date, or write YYYY-MM-DD"
        )
    if column == "person_id" and len(text) < _PERSON_ID:
        return Wrong(
            f"is a number of {len(text)} digits: if it began with zeros, the spreadsheet has "
            "dropped them. "
            "Format the column as text, and write the whole number again"
        )
    return text


def _date(column: str, cell: date) -> str | Wrong:
    if column not in _DATES:
        return Wrong(f"is a date, because the spreadsheet took it for one: {_AS_TEXT}")
    if isinstance(cell, datetime):
        if cell.time() != time():
            return Wrong("has a time of day: write the date alone")
        return cell.date().isoformat()
    return cell.isoformat()
