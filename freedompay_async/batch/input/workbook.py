"""Reads workbooks, .xlsx and .ods, with python-calamine of the extra `excel`."""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from freedompay_async.batch.input.archive import CONTENT, Archive, BadArchive, Extent
from freedompay_async.batch.input.cells import Wrong, cell_name, value_of
from freedompay_async.batch.input.error_cells import ErrorCells, errors_of_ods, errors_of_xlsx
from freedompay_async.batch.input.headers import Cells, Header, read_header
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import reason, refuse
from freedompay_async.batch.input.sheets import EMPTY, chosen
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from python_calamine import CalamineSheet, CalamineWorkbook

    from freedompay_async.batch.input.headers import Record
    from freedompay_async.batch.input.mapping import ColumnMap

__all__ = ["OLD", "ZIP", "refuse_old", "workbook_records"]

ZIP: Final = b"PK\x03\x04"
"""The first bytes of a workbook."""
OLD: Final = b"\xd0\xcf\x11\xe0"
"""The first bytes of an .xls, and of a workbook with a password."""
_PROTECTED: Final = "EncryptedPackage".encode("utf-16-le")
_CHUNK: Final = 1024 * 1024
# The library uses memory for each cell of the rectangle around all cells.
_MOST_CELLS: Final = 20_000_000
_LISTED: Final = 10
# What the readers of archives and of XML raise when they find something else.
_BROKEN: Final = (
    *(
        BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        LookupError,
    ),
    *(ParseError, ExpatError, OverflowError),
)


def refuse_old(path: Path) -> NoReturn:
    """Refuse a file that begins with `OLD`, and say what to do."""
    try:
        with reading_any(path) as file, open(file, "rb", closefd=False) as stream:
            tail, protected = b"", False
            while not protected and (chunk := stream.read(_CHUNK)):
                protected = _PROTECTED in tail + chunk
                tail = (tail + chunk)[-len(_PROTECTED) :]
    except OSError as error:
        refuse(path, f"{reason(error)}. Check the name and the permissions.", error)
    if protected:
        refuse(
            path,
            (
                "is protected by a password. Open it in a spreadsheet, remove the password, and "
                "save it as .xlsx."
            ),
        )
    refuse(
        path,
        (
            "is an old workbook (.xls), in which errors can't be told from empty cells. Save it "
            "as .xlsx in a spreadsheet."
        ),
    )


def workbook_records(
    path: Path, product_id: int, sheet: str | None, mapping: ColumnMap
) -> Generator[Record, None, None]:
    """The rows of a sheet. The line of a record is the number of its row."""
    try:
        with reading_any(path) as file, open(file, "rb", closefd=False) as stream:
            opened, errors = _opened(path, stream, sheet)
    except OSError as error:
        # The library raises it too, without a number, for content that it has in memory.
        if error.errno is None:
            _refuse_broken(path, error)
        refuse(path, f"{reason(error)}. Check the name and the permissions.", error)
    header: Header | None = None
    for number, cells in _rows(opened, errors):
        if all(map(_is_blank, cells)):
            continue
        if header is None:
            where = f"row {number} of the sheet {shown(opened.name)}, the header,"
            header = read_header(
                list(map(str, cells)),
                where,
                product_id=product_id,
                mapping=mapping,
                refuse=partial(refuse, path),
            )
            continue
        stray = header.stray(cells)
        if stray is None:
            yield _record(number, cells, header)
        else:
            name = cell_name(stray, number)
            yield Problem(
                number,
                None,
                (
                    f"has something in the cell {name}, whose column has no name: name the "
                    "column, or empty the cell"
                ),
            )
    if header is None:
        refuse(path, EMPTY)


def _opened(path: Path, stream: BinaryIO, sheet: str | None) -> tuple[CalamineSheet, ErrorCells]:
    """The chosen sheet, and its cells with errors."""
    with _refusing_broken(path), ZipFile(stream) as zipped:
        archive = Archive(zipped)
        if archive.is_xlsb:
            refuse(
                path,
                (
                    "is a binary workbook (.xlsb), in which errors can't be told from empty "
                    "cells. Save it as .xlsx in a spreadsheet."
                ),
            )
        if not archive.is_xlsx and not archive.is_ods:
            refuse(
                path,
                (
                    "is an archive, and no workbook is in it. Name a CSV, .xlsx, .ods or JSON "
                    "Lines file."
                ),
            )
        library = _library(path)
        stream.seek(0)
        with library.CalamineWorkbook.from_filelike(stream) as book:
            name, extent = chosen(path, _Book(book, archive, library), sheet)
            if extent.row * extent.column > _MOST_CELLS:
                far = cell_name(extent.column - 1, extent.row)
                refuse(
                    path,
                    f"reaches to the cell {far} of the sheet {shown(name)}, which is more than a "
                    "client file has. Delete what is there, or save the sheet as CSV UTF-8.",
                )
            errors = _errors(archive, name, extent)
            try:
                return book.get_sheet_by_name(name), errors
            except library.CalamineError as error:
                # The library does not know every error of spreadsheets.
                if errors:
                    listed = [
                        cell_name(place, row) for row, found in errors.items() for place in found
                    ]
                    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
                    refuse(
                        path,
                        (
                            f"has errors in its cells: {', '.join(listed[:_LISTED])}{more}. "
                            "Correct their formulas."
                        ),
                        error,
                    )
                raise


def _library(path: Path) -> ModuleType:
    try:
        return import_module("python_calamine")
    except ImportError as error:
        refuse(
            path,
            "is a workbook, and python-calamine, which reads it, is not installed: pip install "
            "'freedompay-async[excel]', or save it as CSV UTF-8 in a spreadsheet.",
            error,
        )


@contextmanager
def _refusing_broken(path: Path) -> Generator[None]:
    """Turn errors about the content of the file into the refusal of the file."""
    try:
        yield
    except BadArchive as error:
        refuse(path, str(error), error)
    except _BROKEN as error:
        _refuse_broken(path, error)
    except BaseException as error:
        # The library is not imported here, so its errors are recognised by name. A panic of it is
        # no `Exception`.
        if not {"CalamineError", "PanicException"}.intersection(
            each.__name__ for each in type(error).__mro__
        ):
            raise
        if type(error).__name__ == "PasswordError":
            refuse(
                path,
                "is protected by a password. Remove the password, and save it as .xlsx.",
                error,
            )
        _refuse_broken(path, error)


def _refuse_broken(path: Path, error: BaseException) -> NoReturn:
    why = str(error).strip() or type(error).__name__
    refuse(
        path,
        (
            f"is a workbook or an archive that can't be read ({shown(why)}). Open it in a "
            "spreadsheet and save it as .xlsx."
        ),
        error,
    )


class _Book:
    """The sheets of a workbook."""

    def __init__(self, book: CalamineWorkbook, archive: Archive, library: ModuleType) -> None:
        self._book: Final = book
        self._archive: Final = archive
        self._parts: Final = archive.sheets() if archive.is_xlsx else {}
        sheets = [
            each for each in book.sheets_metadata if each.typ == library.SheetTypeEnum.WorkSheet
        ]
        self.names: Final = [each.name for each in sheets]
        self.visible: Final = [
            each.name for each in sheets if each.visible == library.SheetVisibleEnum.Visible
        ]

    def extent(self, name: str) -> Extent:
        if self._archive.is_xlsx:
            return self._archive.extent(self._parts[name])
        return Extent(filled=self._book.get_sheet_by_name(name).start is not None)


def _errors(archive: Archive, name: str, extent: Extent) -> ErrorCells:
    if archive.is_xlsx:
        return errors_of_xlsx(archive.chunks(archive.sheets()[name])) if extent.doubtful else {}
    return errors_of_ods(archive.chunks(CONTENT), name) if archive.is_doubtful() else {}


def _rows(sheet: CalamineSheet, errors: ErrorCells) -> Iterator[tuple[int, list[object]]]:
    """The rows with their numbers, each from column A on."""
    number = 0
    # The library returns the empty rows before the first filled one, but not the empty columns.
    left: list[object] = [""] * (sheet.start[1] if sheet.start else 0)
    # The library panics if it is asked for the rows of an empty sheet.
    for number, row in enumerate(sheet.iter_rows() if sheet.start else (), 1):
        yield number, _with_errors([*left, *row], errors.get(number, {}))
    # For the library the sheet may end before these rows.
    for later in sorted(each for each in errors if each > number):
        yield later, _with_errors([], errors[later])


def _with_errors(cells: list[object], found: Mapping[int, str]) -> list[object]:
    if found:
        cells = [*cells, *[""] * (max(found) + 1 - len(cells))]
        for place, text in found.items():
            cells[place] = Wrong.of_error(text)
    return cells


def _is_blank(cell: object) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _record(number: int, cells: list[object], header: Header) -> Cells:
    fields = header.fields(cells)
    problems: list[Problem] = []
    for place, column in header.places:
        cell = cells[place] if place < len(cells) else ""
        if type(cell) is str:
            continue
        value = value_of(column, cell)
        if isinstance(value, Wrong):
            del fields[column]
            problems.append(
                Problem(number, column, f"{value.message} (cell {cell_name(place, number)})")
            )
        else:
            fields[column] = value
    return Cells(number, fields, problems)
