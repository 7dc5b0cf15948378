"""How a CSV file is written for the spreadsheet that the client file was made with."""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from stat import S_ISREG
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.batch.journal.records import Fact
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.batch.journal.base import BatchJournal

__all__ = ["PLAIN", "SPREADSHEET", "Form", "form_of", "keep_form", "known_form"]

_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_HEAD: Final = 64 * 1024
_MARK: Final = b"\xef\xbb\xbf"
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
# Begins a first line that names the delimiter.
_NAMED: Final = "sep="


class Form(NamedTuple):
    """How a CSV file is written."""

    delimiter: str
    marked: bool
    """A byte order mark stands before the text. Without it Excel reads an old code page."""


PLAIN: Final = Form(",", marked=False)
"""The form that programs read."""
SPREADSHEET: Final = Form(";", marked=True)
"""The form that Excel opens where decimals have a comma, such as in Kazakhstan, Kyrgyzstan,
Uzbekistan and Russia.
"""


def form_of(path: Path) -> Form:
    """The form of a client file: its delimiter and its mark.

    A file with commas and without a mark was made by a program, or by a spreadsheet that needs no
    mark. With semicolons or tabs the form has a mark in any case. A file that is no CSV, or can't
    be read, has the form `SPREADSHEET`.
    """
    if path.suffix.lower() in _JSON:
        return SPREADSHEET
    head = b""
    with suppress(OSError):
        # To open a pipe would wait for its writer.
        if S_ISREG(path.stat().st_mode):
            with reading_any(path) as file:
                head = os.read(file, _HEAD)
    if b"\0" in head or head.startswith(b"PK"):
        return SPREADSHEET
    text = head.removeprefix(_MARK).decode(errors="replace")
    line = next((line for line in text.splitlines() if line.strip()), "")
    if not line:
        return SPREADSHEET
    named = line.strip(" \"'")
    if named.lower().startswith(_NAMED) and named[len(_NAMED) :] in _NAMES:
        delimiter = named[len(_NAMED) :]
    else:
        delimiter = max(_NAMES, key=lambda each: _fields(line, each))
    return Form(delimiter, marked=head.startswith(_MARK) or delimiter != ",")


async def keep_form(journal: BatchJournal, form: Form) -> None:
    """Keep the form for later runs and reports.

    It is no part of the plan: the same rows may come in another form.
    """
    mark = " marked" if form.marked else ""
    await journal.keep({Fact.OUT_FORM: f"{_NAMES[form.delimiter]}{mark}"})


async def known_form(journal: BatchJournal) -> Form:
    """The form that was kept; `SPREADSHEET` where none is, as of rows that were made in code."""
    kept = (await journal.facts()).get(Fact.OUT_FORM, "")
    name, _, mark = kept.partition(" ")
    delimiter = next((each for each, known in _NAMES.items() if known == name), None)
    return SPREADSHEET if delimiter is None else Form(delimiter, marked=bool(mark))


def _fields(line: str, delimiter: str) -> int:
    """The number of fields in a line with this delimiter."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0
