"""Recognises cells that a spreadsheet or a program has spoilt."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["FIRST", "is_error", "spoilt"]

# Spreadsheets have other words in each language, but one form for all of them.
_ERROR: Final = re.compile(
    r"#[^\W\d_][\w/]{0,30}[!?]|#[^\W\d_]/[^\W\d_]|#GETTING_DATA|#{3,}|Err:[0-9]{3}", re.IGNORECASE
)
_NOTHING: Final = frozenset(
    {
        *("nan", "NaN", "NAN", "null", "Null", "NULL", "none", "None", "NONE"),
        *("<NA>", "<na>", "N/A", "n/a", "NaT", "undefined"),
    }
)
FIRST: Final = frozenset("#EeNnUu<")
"""The first characters of spoilt cells, unless they end in 0. It saves time for most cells."""
# A person may be called Null, and a street may have any name.
_WORDS: Final = frozenset(
    {
        *("first_name", "last_name", "middle_name", "identified_by"),
        *(f"address{number}_line{line}" for number in (1, 2) for line in (1, 2, 3)),
    }
)
_IDS: Final = frozenset(
    {
        *("key", "person_id", "external_user_id", "branch_id"),
        *("address1_postal_code", "address2_postal_code"),
    }
)
_TAIL: Final = re.compile(r"[0-9]+([.,]0{1,9})")
_SHOWN: Final = 40


def is_error(text: str) -> bool:
    """Whether a spreadsheet shows this text for an error."""
    return _ERROR.fullmatch(text) is not None


def spoilt(column: str, text: str) -> str | None:
    """Why the text of a cell is no value of its column, and what to do; `None`: it may be one.

    The message does not show a `person_id`.
    """
    if is_error(text):
        return (
            f"{_quoted(column, text)}is an error of the spreadsheet and not a value: correct the "
            "formula of the cell, or write the value"
        )
    if text in _NOTHING and column not in _WORDS:
        return (
            f"{_quoted(column, text)}is how a program writes that there is nothing: leave the cell "
            "empty, or write the value"
        )
    tail = _TAIL.fullmatch(text) if column in _IDS else None
    if tail is not None:
        return (
            f"{_quoted(column, text)}ends in {tail[1]}, which a program has added to a whole "
            "number: write it without that, and as text"
        )
    return None


def _quoted(column: str, text: str) -> str:
    if column == "person_id":
        return ""
    return f'"{text}" ' if len(text) <= _SHOWN else f'"{text[: _SHOWN - 1]}…" '
