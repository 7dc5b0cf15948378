"""Finds the cells of a sheet with errors or with formulas without a value. A spreadsheet library
reads them as empty.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from xml.parsers.expat import ParserCreate

from freedompay_async.batch.input.archive import BadArchive, column_number
from freedompay_async.batch.input.spoilt import is_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ErrorCells", "errors_of_ods", "errors_of_xlsx"]

ErrorCells: TypeAlias = "dict[int, dict[int, str]]"
"""By row, from 1, and column, from 0: the error that the cell shows; empty for a formula without a
value.
"""

_MOST: Final = 100_000
_LONGEST: Final = 40
_PLACE: Final = re.compile(r"([A-Za-z]+)([0-9]+)")


def errors_of_xlsx(chunks: Iterable[bytes]) -> ErrorCells:
    """The errors in the part of a sheet."""
    return _parsed(_Xlsx(), chunks)


def errors_of_ods(chunks: Iterable[bytes], sheet: str) -> ErrorCells:
    """The errors of one sheet in the part of all sheets."""
    return _parsed(_Ods(sheet), chunks)


class _Reader(Protocol):
    @property
    def found(self) -> ErrorCells: ...

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


def _parsed(reader: _Reader, chunks: Iterable[bytes]) -> ErrorCells:
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.EndElementHandler = reader.end
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return reader.found


class _Found(dict[int, dict[int, str]]):
    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def put(self, row: int, column: int, text: str) -> None:
        self._count += 1
        if self._count > _MOST:
            raise BadArchive(
                f"has more than {_MOST:,} cells with errors, the first of them in row "
                f"{min(self)}. Correct its formulas."
            )
        self.setdefault(row, {})[column] = text.strip()[:_LONGEST]


class _Xlsx:
    def __init__(self) -> None:
        self.found = _Found()
        self._row = self._column = 0
        self._kind = ""
        self._formula = self._inside = False
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            self._cell(attributes)
        elif local in {"v", "t"}:
            self._inside = True
        elif local == "f":
            self._formula = True
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0

    def text(self, text: str) -> None:
        if self._inside:
            self._text += text[:_LONGEST]

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in {"v", "t"}:
            self._inside = False
        elif local == "c" and (
            self._kind == "e" or (self._formula and not self._text.strip() and self._kind != "str")
        ):
            self.found.put(self._row, self._column - 1, self._text)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        if place is None:
            self._column += 1
        else:
            self._column, self._row = column_number(place[1]), int(place[2])
        self._kind = attributes.get("t", "n")
        self._formula = self._inside = False
        self._text = ""


class _Ods:
    def __init__(self, sheet: str) -> None:
        self.found = _Found()
        self._sheet: Final = sheet
        self._here = self._error = self._formula = self._valued = self._note = self._inside = False
        self._row = self._column = 0
        self._rows = self._columns = 1
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table:table":
            self._here = attributes.get("table:name") == self._sheet
        elif not self._here:
            return
        elif name == "table:table-row":
            self._rows = int(attributes.get("table:number-rows-repeated", 1))
            self._column = 0
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._columns = int(attributes.get("table:number-columns-repeated", 1))
            self._error = attributes.get("calcext:value-type") == "error"
            self._formula = "table:formula" in attributes
            self._valued = "office:value-type" in attributes
            self._text = ""
        elif name == "office:annotation":
            self._note = True
        elif name == "text:p":
            self._inside = (self._error or self._formula) and not self._note

    def text(self, text: str) -> None:
        if self._inside:
            self._text += text[:_LONGEST]

    def end(self, name: str) -> None:
        if not self._here:
            return
        if name == "text:p":
            self._inside = False
        elif name == "office:annotation":
            self._note = False
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            found = self._found()
            if found is not None:
                for row in range(self._row, self._row + self._rows):
                    for column in range(self._column, self._column + self._columns):
                        self.found.put(row + 1, column, found)
            self._error = self._formula = False
            self._column += self._columns
        elif name == "table:table-row":
            self._row += self._rows
        elif name == "table:table":
            self._here = False

    def _found(self) -> str | None:
        """What the cell that ends here shows in place of a value; empty: it shows nothing."""
        text = self._text.strip()
        if self._error:
            return text or "#N/A"
        if not self._formula:
            return None
        if not self._valued and not text:
            return ""
        # A column that is too narrow shows `###` for a number, which is no error.
        return text if text.strip("#") and is_error(text) else None
