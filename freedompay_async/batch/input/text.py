"""Reads CSV and JSON Lines, line by line."""

from __future__ import annotations

import csv
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.headers import Cells, Record, known_names, read_header
from freedompay_async.batch.input.mapping import NO_MAP, ColumnMap, normalized
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import reason, refuse
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

__all__ = ["SAVE", "csv_records", "json_records", "lines_of"]

SAVE: Final = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
_KNOWN: Final = frozenset(COLUMNS)
_DELIMITERS: Final = (",", ";", "\t")
# A spreadsheet may write this line before the header, with empty cells after it.
_SEPARATOR: Final = re.compile(r'"?sep=([^"\r\n])"?\1*[ \r\n]*', re.IGNORECASE)
# A file without line breaks must not be read into memory as a whole.
_LINE: Final = 1024 * 1024
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")


class _Constant(str):
    """A value that programs write although JSON does not have it: NaN, Infinity."""

    __slots__ = ()


def lines_of(path: Path) -> Generator[str, None, None]:
    """The lines of a text file in UTF-8."""
    try:
        # A byte that is not UTF-8 becomes a lone surrogate, so that its line can be named.
        with (
            reading_any(path) as file,
            open(
                file, encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=False
            ) as stream,
        ):
            number = 0
            while line := stream.readline(_LINE):
                number += 1
                if len(line) == _LINE:
                    refuse(
                        path,
                        (
                            f"line {number} is longer than {_LINE:,} characters. Check that it is "
                            "a text file with one card per row."
                        ),
                    )
                bad = None if line.isascii() else _UNDECODED.search(line)
                if bad is not None:
                    byte = len(line[: bad.start()].encode()) + 1
                    refuse(path, f"line {number} is not UTF-8 (byte {byte} of the line). {SAVE}")
                yield line
    except OSError as error:
        refuse(path, f"{reason(error)}. Check the name and the permissions.", error)


def json_records(path: Path, lines: Iterable[str], mapping: ColumnMap) -> Iterator[Record]:
    """The rows of a file of JSON Lines."""
    first = True
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        if first and (text[0] == "[" or text == "{"):
            refuse(
                path,
                (
                    f"line {number} begins an array, or an object of many lines. Write each card "
                    "as one object on a line of its own."
                ),
            )
        first = False
        try:
            # Numbers stay as text, so that 7.7E+10 is recognised and no digit is rounded.
            value = json.loads(
                line,
                object_pairs_hook=_object,
                parse_int=str,
                parse_float=str,
                parse_constant=_Constant,
            )
        except RecursionError:
            yield Problem(number, None, "is not a row: its values are nested too deeply")
        except json.JSONDecodeError as error:
            yield Problem(number, None, f"is not JSON: {error.msg} (character {error.pos + 1})")
        except ValueError as error:
            yield Problem(number, None, f"is not a row: {error}")
        else:
            yield (
                _row(number, value, mapping)
                if isinstance(value, dict)
                else Problem(number, None, "is not a JSON object: write {…}")
            )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("it names a field twice")
    return fields


def _row(number: int, fields: dict[str, object], mapping: ColumnMap) -> Record:
    if mapping is not NO_MAP:
        named = _named(number, fields, mapping)
        if isinstance(named, Problem):
            return named
        fields = named
    if not any(type(value) is _Constant for value in fields.values()):
        return Cells(number, fields)
    problems = [
        Problem(
            number,
            column if column in _KNOWN else shown(column),
            (
                f"is {value}, which is how a program writes that there is nothing: leave the "
                "field out, or write the value"
            ),
        )
        for column, value in fields.items()
        if type(value) is _Constant
    ]
    return Cells(
        number,
        {column: value for column, value in fields.items() if type(value) is not _Constant},
        problems,
    )


def _named(
    number: int, fields: dict[str, object], mapping: ColumnMap
) -> dict[str, object] | Problem:
    """The fields by column."""
    found: dict[str, object] = {}
    for name, value in fields.items():
        form = normalized(name)
        if form in mapping.ignored:
            continue
        column = mapping.columns.get(form, name)
        if column in found:
            return Problem(
                number, column, f"is there twice, once as {shown(name)}: remove one of them"
            )
        if column in mapping.constants:
            return Problem(
                number, column, f"is a constant in {mapping.source} too: remove it from one of them"
            )
        found[column] = value
    return {**found, **mapping.constants}


def csv_records(
    path: Path, lines: Iterator[str], product_id: int, mapping: ColumnMap
) -> Iterator[Record]:
    """The rows of a CSV file, each with the line where it begins."""
    before, first = _filled(lines, 0)
    delimiter = None
    separator = _SEPARATOR.fullmatch(first)
    if separator is not None:
        delimiter = separator[1]
        if delimiter not in _DELIMITERS:
            refuse(
                path,
                (
                    f"line {before} says that {shown(delimiter)} separates the fields. Save it "
                    "with a comma, a semicolon or a tab between them."
                ),
            )
        before, first = _filled(lines, before)
    if not first:
        refuse(path, "is empty. Write the names of the columns and one row for each card.")
    where = f"line {before}, the header,"
    delimiter, names = _header(path, where, first, delimiter, partial(known_names, mapping=mapping))
    header = read_header(
        names, where, product_id=product_id, mapping=mapping, refuse=partial(refuse, path)
    )
    # Strict, because otherwise a stray quotation mark joins many rows into one field silently.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                long = (
                    f"a field of the row at line {line} has more than {csv.field_size_limit():,} "
                    "characters"
                )
                refuse(path, f"{long}. Look for a quotation mark that is never closed.", error)
            yield Problem(
                line,
                None,
                (
                    'has a quotation mark out of place: close each quoted field, and write " '
                    'inside one as ""'
                ),
            )
            continue
        if not any(map(str.strip, fields)):
            continue
        stray = header.stray(fields)
        if stray is None:
            uneven = (
                f"has {len(fields)} fields and the header has {header.width}"
                if header.uneven(fields)
                else ""
            )
            yield Cells(line, header.fields(fields), uneven=uneven)
        else:
            yield Problem(
                line,
                None,
                f"has something in field {stray + 1}, for which the header has no name: put a "
                "field with a delimiter in it in quotation marks, or name the column",
            )


def _filled(lines: Iterator[str], before: int) -> tuple[int, str]:
    """The next line that is not empty, with its number; an empty text at the end of the file."""
    return next(
        ((number, line) for number, line in enumerate(lines, before + 1) if not line.isspace()),
        (before, ""),
    )


def _header(
    path: Path, where: str, header: str, delimiter: str | None, known: Callable[[list[str]], int]
) -> tuple[str, list[str]]:
    """The delimiter and the names of a header."""
    try:
        if delimiter is None:
            read = {each: next(csv.reader([header], delimiter=each)) for each in _DELIMITERS}
            delimiter = max(_DELIMITERS, key=lambda each: known(read[each]))
        return delimiter, next(csv.reader([header], delimiter=delimiter, strict=True))
    except csv.Error as error:
        refuse(
            path,
            f"{where} is not a list of names in one line. Write the names of the columns there.",
            error,
        )
