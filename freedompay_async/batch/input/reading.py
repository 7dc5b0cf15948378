"""A client file of any kind, read and checked row by row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from freedompay_async.batch.input.column_checks import PRODUCTS
from freedompay_async.batch.input.documents import document_problem
from freedompay_async.batch.input.mapping import ColumnMap, Given, column_map
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import kind, reason, refuse
from freedompay_async.batch.input.rows import Problem, Row, read_row
from freedompay_async.batch.input.text import SAVE, csv_records, json_records, lines_of
from freedompay_async.batch.input.workbook import OLD, ZIP, refuse_old, workbook_records
from freedompay_async.errors import ConfigurationError
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
    columns: Given | None = None,
) -> Iterator[Row | list[Problem]]:
    """Read a client file one row at a time: each item is a row that can be sent or all the problems
    of one row.

    A workbook (.xlsx or .ods, with the extra `excel`) is told by what is in the file, JSON Lines by
    a name that ends in `.jsonl`, `.ndjson` or `.json`; anything else is CSV. The path of a document
    begins at the folder of the file, and is given with that folder.

    Args:
        path: the file.
        product_id: for rows that name no product.
        today: limits birthdates; by default the local date.
        documents: open and check each row's PDF.
        sheet: of a workbook, the sheet to read; needed where several have something in them.
        columns: the file's own names for columns, such as `{"phone": "Телефон"}`, or the path of a
            TOML file with them.

    Raises, at the first `next()` or where the reading gets to it, `ConfigurationError` for a file
    that can't be read as a whole, or another argument that is not one of these.
    """
    path = Path(path_of("path", path))
    check_flag("documents", documents)
    _check(product_id, today, sheet, columns)
    if product_id not in PRODUCTS.values():
        raise ConfigurationError(
            f"product {product_id} is not one of {', '.join(map(str, PRODUCTS))}. Nothing was sent."
        )
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
            line, fields, told, uneven = record
            row = read_row(line, fields, product_id=product_id, today=day)
            if told:
                row = _with(told, row)
            given = fields.get("document")
            name = given.strip() if isinstance(given, str) else ""
            # Only where pathlib has something to take away; see `document_digest`.
            if "//" in name or "./" in name or name.endswith(("/", "/.")):
                name = str(Path(name))
            document = os.path.join(folder, name) if name else None  # noqa: PTH118 - see `document_digest`
            # What can't be printed is a problem of the row already, and the system may not take it
            # for a path.
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
    """Raise `ConfigurationError` for an argument of another type."""
    if not isinstance(product_id, int) or isinstance(product_id, bool):
        raise refusal("product_id", product_id, "a whole number (int), such as 2000")
    if today is not None:
        check_type("today", today, date, "a date")
    if sheet is not None:
        check_type("sheet", sheet, str, "the name of a sheet, as text")
    if columns is not None and not isinstance(columns, Mapping | str | os.PathLike):
        raise refusal("columns", columns, "a mapping, or the path of a TOML file")


def _with(told: Sequence[Problem], row: Row | list[Problem]) -> list[Problem]:
    """With what the file itself tells of some cells, which the row is without: they are not told as
    empty too.
    """
    columns = {problem.column for problem in told}
    return (
        [*told, *(problem for problem in row if problem.column not in columns)]
        if isinstance(row, list)
        else list(told)
    )


def _uneven(line: int, uneven: str, problems: Sequence[Problem]) -> Problem:
    """What is wrong with cells that may stand under wrong names: a personal number may be among
    them, so none of them is shown.
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
        refuse(
            path, f"has no sheets, so none of the name {shown(sheet)}: only a workbook has sheets."
        )
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
