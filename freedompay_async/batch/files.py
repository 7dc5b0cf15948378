"""A client file and its documents on disk, read row by row."""

from __future__ import annotations

import csv
import json
import os
import re
from contextlib import closing
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from msgspec.structs import replace

from freedompay_async.batch.rows import COLUMNS, PRODUCTS, REQUIRED, REQUIRED_1000, Problem, Row, nearest, read_row, shown
from freedompay_async.errors import ConfigurationError
from freedompay_async.files import reading_given

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

__all__ = ["DocumentProblem", "document_digest", "open_document", "read_file"]

_KNOWN: Final = frozenset(COLUMNS)
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
_DELIMITERS: Final = (",", ";", "\t")
# A file without line breaks must not be taken into memory whole.
_LINE: Final = 1024 * 1024
_DOCUMENT: Final = 2 * 1024 * 1024
_PDF: Final = b"%PDF-"
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
_SAVE: Final = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
_HEADS: Final = (
    (b"\xff\xfe", f"is in UTF-16, not in UTF-8. {_SAVE}"),
    (b"\xfe\xff", f"is in UTF-16, not in UTF-8. {_SAVE}"),
    (b"PK\x03\x04", f"is a workbook or an archive, not text. {_SAVE}"),
    (b"\xd0\xcf\x11\xe0", f"is an old workbook, not text. {_SAVE}"),
)

_Record: TypeAlias = tuple[int, dict[str, object]] | Problem


class DocumentProblem(ValueError):
    """A document that can't be sent; the text names the file and says why."""


def read_file(
    path: str | os.PathLike[str], *, product_id: int, today: date | None = None, documents: bool = True
) -> Iterator[Row | list[Problem]]:
    """Read a client file one row at a time: each item is a row that can be sent or all the problems of one row.

    JSON Lines where the name ends in `.jsonl`, `.ndjson` or `.json`, otherwise CSV. `product_id` is for rows that name no product;
    `today` limits birthdates (default: the local date); with `documents` each row's PDF is opened and checked. The path of a document
    begins at the folder of the file, and is given with that folder.

    Raises, at the first `next()` or where the reading gets to it, `ConfigurationError` for a file that can't be read as a whole.
    """
    path = Path(path)
    if product_id not in PRODUCTS.values():
        raise ConfigurationError(f"product {product_id} is not one of {', '.join(map(str, PRODUCTS))}. Nothing was sent.")
    day = today or datetime.now(UTC).astimezone().date()
    folder = "" if path.parent == Path() else str(path.parent)
    empty = True
    with closing(_lines(path)) as lines:
        for record in _json(path, lines) if path.suffix.lower() in _JSON else _csv(path, lines, product_id):
            empty = False
            if isinstance(record, Problem):
                yield [record]
                continue
            line, fields = record
            row = read_row(line, fields, product_id=product_id, today=day)
            given = fields.get("document")
            name = given.strip() if isinstance(given, str) else ""
            # Only where pathlib has something to take away; see `document_digest`.
            if "//" in name or "./" in name or name.endswith(("/", "/.")):
                name = str(Path(name))
            document = os.path.join(folder, name) if name else None  # noqa: PTH118 - see `document_digest`
            # What can't be printed is a problem of the row already, and the system may not take it for a path.
            problem = _document_problem(line, document) if documents and document and name.isprintable() else None
            if problem is None:
                yield replace(row, document=document) if document and isinstance(row, Row) else row
            else:
                yield [problem] if isinstance(row, Row) else [*row, problem]
    if empty:
        _refuse(path, "has no rows. Write one row for each card.")


def document_digest(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a PDF of at most 2 MB, in lower-case hex; remembered while the file's time and size stay the same.

    Raises `DocumentProblem`.
    """
    try:
        # A large file has a document in each row, and pathlib takes longer than all else that is done with it.
        state = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise DocumentProblem(f"{_tail(path)} {_reason(error)}") from error
    return _digest(os.fspath(path), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _digest(path: str, _mtime_ns: int, _size: int) -> str:
    return sha256(open_document(Path(path))).hexdigest()


def open_document(path: Path) -> bytes:
    """The bytes of a PDF of at most 2 MB, read anew; raises `DocumentProblem`."""
    try:
        state = path.stat()
        if not S_ISREG(state.st_mode):
            raise DocumentProblem(f"{_tail(path)} {_kind(state.st_mode)}: give the path of a PDF")
        if state.st_size > _DOCUMENT:
            raise DocumentProblem(f"{_tail(path)} has {state.st_size:,} bytes: a document has at most 2 MB ({_DOCUMENT:,} bytes)")
        with reading_given(path) as file, open(file, "rb", closefd=False) as stream:
            start = stream.read(len(_PDF))
            if start != _PDF:
                raise DocumentProblem(f"{_tail(path)} is not a PDF: it does not begin with %PDF-")
            return start + stream.read()
    except OSError as error:
        raise DocumentProblem(f"{_tail(path)} {_reason(error)}") from error


def _tail(path: str | os.PathLike[str]) -> str:
    # The end of a path is what tells one document from another.
    text = str(path)
    return shown(text) if len(text) <= 40 else shown(f"…{text[-39:]}")


def _document_problem(line: int, path: str) -> Problem | None:
    try:
        document_digest(path)
    except DocumentProblem as error:
        hint = ": a path starts at the folder of the client file" if isinstance(error.__cause__, FileNotFoundError) else ""
        return Problem(line, "document", f"{error}{hint}")
    return None


def _lines(path: Path) -> Generator[str, None, None]:
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            _refuse(path, f"{_kind(mode)}. Name a CSV or JSON Lines file.")
        with reading_given(path) as file:
            head = os.read(file, 4)
        for start, message in _HEADS:
            if head.startswith(start):
                _refuse(path, message)
        if b"\0" in head:
            _refuse(path, f"has zero bytes, as a file in UTF-16 has. {_SAVE}")
        # A byte that is not UTF-8 becomes a lone surrogate, so that its line can be named.
        with (
            reading_given(path) as file,
            open(file, encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=False) as stream,
        ):
            number = 0
            while line := stream.readline(_LINE):
                number += 1
                if len(line) == _LINE:
                    _refuse(path, f"line {number} is longer than {_LINE:,} characters. Check that it is a text file with one card per row.")
                bad = None if line.isascii() else _UNDECODED.search(line)
                if bad is not None:
                    byte = len(line[: bad.start()].encode()) + 1
                    _refuse(path, f"line {number} is not UTF-8 (byte {byte} of the line). {_SAVE}")
                yield line
    except OSError as error:
        _refuse(path, f"{_reason(error)}. Check the name and the permissions.", error)


def _json(path: Path, lines: Iterable[str]) -> Iterator[_Record]:
    first = True
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        if first and (text[0] == "[" or text == "{"):
            _refuse(path, f"line {number} begins an array, or an object of many lines. Write each card as one object on a line of its own.")
        first = False
        try:
            # Numbers stay as written: 7.7E+10 is to be recognised, and no digit is to be rounded.
            value = json.loads(line, object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant)
        except RecursionError:
            yield Problem(number, None, "is not a row: its values are nested too deeply")
        except json.JSONDecodeError as error:
            yield Problem(number, None, f"is not JSON: {error.msg} (character {error.pos + 1})")
        except ValueError as error:
            yield Problem(number, None, f"is not a row: {error}")
        else:
            yield (number, value) if isinstance(value, dict) else Problem(number, None, "is not a JSON object: write {…}")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("it names a field twice")
    return fields


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value")


def _csv(path: Path, lines: Iterator[str], product_id: int) -> Iterator[_Record]:
    before, header = next(((number, line) for number, line in enumerate(lines, 1) if not line.isspace()), (0, ""))
    if not header:
        _refuse(path, "is empty. Write the names of the columns and one row for each card.")
    delimiter, columns = _header(path, before, header, product_id)
    # Strict, because otherwise a stray quotation mark makes one field of many rows without a word.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                long = f"a field of the row at line {line} has more than {csv.field_size_limit():,} characters"
                _refuse(path, f"{long}. Look for a quotation mark that is never closed.", error)
            yield Problem(line, None, 'has a quotation mark out of place: close each quoted field, and write " inside one as ""')
            continue
        if not any(map(str.strip, fields)):
            continue
        if len(fields) == len(columns):
            yield line, dict(zip(columns, fields, strict=True))
        else:
            yield Problem(
                line,
                None,
                f"has {len(fields)} fields and the header has {len(columns)}: put a field with a delimiter in it in quotation marks",
            )


def _header(path: Path, line: int, header: str, product_id: int) -> tuple[str, list[str]]:
    where = f"line {line}, the header,"
    try:
        read = {delimiter: next(csv.reader([header], delimiter=delimiter)) for delimiter in _DELIMITERS}
        delimiter = max(_DELIMITERS, key=lambda each: len(_KNOWN.intersection(map(str.strip, read[each]))))
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        _refuse(path, f"{where} is not a list of names in one line. Write the names of the columns there.", error)
    if _KNOWN.isdisjoint(names):
        # Not shown: without a header this is somebody's data.
        _refuse(
            path,
            f"{where} names no known column. Write the names there, such as key,phone,first_name,last_name; "
            "a JSON Lines file has a name that ends in .jsonl.",
        )
    if "" in names:
        _refuse(path, f"{where} has no name for column {names.index('') + 1}. Name it or delete the column.")
    unknown = [name for name in names if name not in _KNOWN]
    if unknown:
        listed = "; ".join(shown(name) + nearest(name).removesuffix("?").replace(": did you mean ", ", perhaps ") for name in unknown[:5])
        more = f"; and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        _refuse(path, f"{where} has unknown columns: {listed}{more}. Rename or delete them.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        _refuse(path, f"{where} has a column twice: {', '.join(twice)}. Delete one of each.")
    needed = (*REQUIRED, *REQUIRED_1000) if product_id == 1000 and "product_id" not in names else REQUIRED
    missing = [name for name in needed if name not in names]
    if missing:
        why = "" if needed is REQUIRED else " (product 1000 needs them all)"
        _refuse(path, f"{where} lacks needed columns: {', '.join(missing)}{why}. Add them.")
    return delimiter, names


def _kind(mode: int) -> str:
    return "is a folder" if S_ISDIR(mode) else "is not a regular file"


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "is not there"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    return f"can't be read ({error.strerror})"


def _refuse(path: Path, message: str, cause: BaseException | None = None) -> NoReturn:
    raise ConfigurationError(f"{path}: {message} Nothing was sent.") from cause
