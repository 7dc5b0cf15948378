"""Reads a client file of any kind, row by row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from freedompay_async.batch.input.documents import document_problem
from freedompay_async.batch.input.mapping import ColumnMap, MapSource, column_map
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import kind, reason, refuse
from freedompay_async.batch.input.rows import Row, check_product, row_of
from freedompay_async.batch.input.text import SAVE, csv_records, json_records, lines_of
from freedompay_async.batch.input.workbook import OLD, ZIP, refuse_old, workbook_records
from freedompay_async.guards.arguments import check_flag, check_type, path_of, refusal
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from freedompay_async.batch.input.headers import Record

__all__ = ["read_file"]

_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_file(
    path: str | os.PathLike[str],
    *,
    product_id: int,
    today: date | None = None,
    documents: bool = True,
    sheet: str | None = None,
    columns: MapSource | None = None,
) -> Iterator[Row | list[Problem]]:
    """Read a client file row by row. Each item is a row that can be sent, or all problems of a row.

    A workbook (.xlsx or .ods, with the extra `excel`) is recognised by its content, JSON Lines by a
    name that ends in `.jsonl`, `.ndjson` or `.json`; any other file is CSV. The path of a document
    starts at the folder of the file; the row has it with that folder.

    Args:
        path: the file.
        product_id: the product of rows that name none: 1000, 2000 or 3000.
        today: the last allowed birthdate; by default the local date.
        documents: open and check the PDF of each row.
        sheet: the sheet of a workbook to read; needed if several are not empty.
        columns: the file's own names for columns, such as `{"phone": "Телефон"}`, or the path of a
            TOML file with them.

    Raises:
        ConfigurationError: the file can't be read as a whole, or an argument is wrong. It is raised
            by `next()`, at the first row or later.
    """
    path = Path(path_of("path", path))
    check_flag("documents", documents)
    _check(product_id, today, sheet, columns)
    mapping = column_map(columns)
    day = today or datetime.now(UTC).astimezone().date()
    folder = "" if path.parent == Path() else str(path.parent)
    empty = True
    with closing(_records(path, product_id, sheet, mapping)) as records:
        for record in records:
            empty = False
            if isinstance(record, Problem):
                yield [record]
                continue
            line, fields, problems, uneven = record
            row = row_of(line, fields, product_id=product_id, today=day)
            if problems:
                row = _with(problems, row)
            path_in_row = fields.get("document")
            name = path_in_row.strip() if isinstance(path_in_row, str) else ""
            # Only if pathlib has something to remove; see `document_digest`.
            if "//" in name or "./" in name or name.endswith(("/", "/.")):
                name = str(Path(name))
            document = os.path.join(folder, name) if name else None  # noqa: PTH118 - see `document_digest`
            # A name that can't be printed is a problem of the row already, and the system may
            # refuse it.
            problem = (
                document_problem(line, document)
                if documents and document and name.isprintable()
                else None
            )
            if problem is not None:
                row = [problem] if isinstance(row, Row) else [*row, problem]
            if isinstance(row, Row):
                yield replace(row, document=document) if document else row
            else:
                yield [_uneven(line, uneven, row)] if uneven else row
    if empty:
        refuse(path, "has no rows. Write one row for each card.")


def _check(product_id: object, today: object, sheet: object, columns: object) -> None:
    """Raise `ConfigurationError` for an argument of a wrong type."""
    check_product(product_id)
    if today is not None:
        check_type("today", today, date, "a date")
    if sheet is not None:
        check_type("sheet", sheet, str, "the name of a sheet, as text")
    if columns is not None and not isinstance(columns, Mapping | str | os.PathLike):
        raise refusal("columns", columns, "a mapping, or the path of a TOML file")


def _with(problems: Sequence[Problem], row: Row | list[Problem]) -> list[Problem]:
    """The problems of cells that the row lacks, and those of the row, which would call these cells
    empty.
    """
    columns = {problem.column for problem in problems}
    return (
        [*problems, *(problem for problem in row if problem.column not in columns)]
        if isinstance(row, list)
        else list(problems)
    )


def _uneven(line: int, uneven: str, problems: Sequence[Problem]) -> Problem:
    """The problem of a row whose cells may stand under wrong names. No cell is shown, because one
    may be a personal number.
    """
    columns = ", ".join(dict.fromkeys(problem.column or "it" for problem in problems))
    how = (
        "put a field with a delimiter or a line break in it in quotation marks, or correct these "
        "fields"
    )
    return Problem(line, None, f"{uneven}, and something is wrong in {columns}: {how}")


def _records(
    path: Path, product_id: int, sheet: str | None, mapping: ColumnMap
) -> Generator[Record, None, None]:
    head = _head(path)
    if head.startswith(ZIP):
        yield from workbook_records(path, product_id, sheet, mapping)
        return
    if head.startswith(OLD):
        refuse_old(path)
    if head.startswith(_UTF_16):
        refuse(path, f"is in UTF-16, not in UTF-8. {SAVE}")
    if b"\0" in head:
        refuse(path, f"has zero bytes, as a file in UTF-16 has. {SAVE}")
    if sheet is not None:
        refuse(path, f"has no sheet {shown(sheet)}: only a workbook has sheets.")
    with closing(lines_of(path)) as text:
        if path.suffix.lower() in _JSON:
            yield from json_records(path, text, mapping)
        else:
            yield from csv_records(path, text, product_id, mapping)


def _head(path: Path) -> bytes:
    """The first bytes of a file."""
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            refuse(path, f"{kind(mode)}. Name a CSV, .xlsx, .ods or JSON Lines file.")
        with reading_any(path) as file:
            return os.read(file, 4)
    except OSError as error:
        refuse(path, f"{reason(error)}. Check the name and the permissions.", error)
