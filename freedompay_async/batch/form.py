"""How a CSV file has to be written so that the spreadsheet of whoever made the client file opens it
well.
"""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from stat import S_ISREG
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.batch.journal.records import Fact
from freedompay_async.guards.files import reading_given

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.batch.journal.base import BatchJournal

__all__ = ["PLAIN", "SPREADSHEET", "Form", "form_of", "keep_form", "known_form"]

_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_HEAD: Final = 64 * 1024
_MARK: Final = b"\xef\xbb\xbf"
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
# Of a first line that names the delimiter.
_NAMED: Final = "sep="


class Form(NamedTuple):
    """How a CSV file is written."""

    delimiter: str
    marked: bool
    """Whether a byte order mark stands before the text: without it Excel takes the letters for
    those of an old code page.
    """


PLAIN: Final = Form(",", marked=False)
"""As programs read it."""
SPREADSHEET: Final = Form(";", marked=True)
"""As Excel opens it where decimals have a comma, such as in Kazakhstan, Kyrgyzstan, Uzbekistan and
Russia.
"""


def form_of(path: Path) -> Form:
    """The form for who has made this client file: its delimiter, and its mark.

    A file with commas and without a mark is a program's, or of a spreadsheet that needs none. To
    one with semicolons or tabs a mark is given in any case. For what is no CSV, or can't be read,
    it is `SPREADSHEET`: who wants CSV then opens it in one.
    """
    if path.suffix.lower() in _JSON:
        return SPREADSHEET
    head = b""
    with suppress(OSError):
        # To open a pipe would wait for who writes to it.
        if S_ISREG(path.stat().st_mode):
            with reading_given(path) as file:
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
    """The form that was kept; a journal of an earlier version, or of rows made in code, has none."""
    kept = (await journal.facts()).get(Fact.OUT_FORM, "")
    name, _, mark = kept.partition(" ")
    delimiter = next((each for each, known in _NAMES.items() if known == name), None)
    return SPREADSHEET if delimiter is None else Form(delimiter, marked=bool(mark))


def _fields(line: str, delimiter: str) -> int:
    """How many there are in a line, if that is its delimiter."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0
