"""Texts to the terminal, and outcomes as CSV and JSON Lines."""

from __future__ import annotations

import csv
import errno
import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Final

import typer

from freedompay_async.batch.form import PLAIN
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.files import Identity, NotOurs, identity, identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from pathlib import Path

    from freedompay_async.batch import Outcome
    from freedompay_async.batch.form import Form

__all__ = [
    "as_record",
    "check_free",
    "discard_output",
    "exists",
    "in_shell",
    "printable",
    "say",
    "write_outcomes",
]

_COLUMNS: Final = (
    "line",
    "key",
    "state",
    "client_id",
    "card_id",
    "client_request_id",
    "card_request_id",
    "found",
    "proved",
    "reason",
    "next",
)
_WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
# Signs that a spreadsheet may take for the beginning of a formula, in full width too.
_SIGNS: Final = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212"
# What it may drop in front of such a sign: blanks, invisible letters, quotation marks. Not what
# separates two cells.
_DROPPED: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"""\"'`\xab\xbb\u2018-\u201f]*"""
)


def _formula(cuts: str) -> re.Pattern[str]:
    """Matches the places where a formula may begin: the beginning of a cell, and each place after
    one of `cuts`, at which a spreadsheet may cut the line even inside quotation marks.
    """
    return re.compile(
        rf"\A(?={_DROPPED}[{_SIGNS}\t\r\n])|(?<=[{cuts}\t\r\n])(?={_DROPPED}[{_SIGNS}])"
    )


# A spreadsheet cuts lines at semicolons where decimals have a comma, as in Kazakhstan, and at
# commas elsewhere.
_FORMULA: Final = _formula(";")
_FORMULA_AT_COMMAS: Final = _formula(",;")


def printable(text: str) -> str:
    """A text of an issuer or a file without control characters, so that it can neither steer the
    terminal nor fake a line of the command.
    """
    return (
        text
        if text.isprintable()
        else "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
    )


def say(text: str) -> None:
    """Print to standard error; do nothing if nobody reads it any more."""
    try:
        typer.echo(text, err=True)
    except OSError:
        discard_output(sys.stderr)


def in_shell(given: str | os.PathLike[str]) -> str:
    """A path or a text quoted for the shell, for a command that the user copies."""
    text = os.fspath(given)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def discard_output(stream: IO[str]) -> None:
    """Send the rest of a stream to the null device: otherwise its buffer would fail again when
    Python ends.
    """
    # A stream that was closed from the beginning is None, and a program's own has no number.
    with suppress(OSError, ValueError, AttributeError):
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, number)
        finally:
            os.close(null)


def as_record(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in _COLUMNS}


def check_free(out: Path | None) -> None:
    """Refuse a file that exists: it may be the only record of an earlier batch.

    Raises:
        ConfigurationError: it exists, or it can't be written.
    """
    if out is None:
        return
    if not out.name:
        raise ConfigurationError(f"--out {str(out)!r} is not the name of a file. Nothing was sent.")
    if out.suffix.lower() in _WORKBOOKS:
        raise ConfigurationError(
            f"{out} would not be a workbook: --out writes CSV, which spreadsheets open, or JSON "
            "Lines. Name it .csv or .jsonl. Nothing was sent."
        )
    if exists(out) or out.is_symlink():
        raise ConfigurationError(
            f"{out} exists: name a new file for --out, or move that one away. Nothing was sent."
        )
    if not out.parent.is_dir():
        raise ConfigurationError(
            f"{out} can't be written: there is no folder {out.parent}. Nothing was sent."
        )
    if not os.access(out.parent, os.W_OK):
        raise ConfigurationError(
            f"{out} can't be written: the folder is read-only for this user. Nothing was sent."
        )


def exists(path: Path) -> bool:
    """Whether something is there.

    Raises:
        ConfigurationError: the system does not say.
    """
    try:
        return path.exists()
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be used ({error.strerror}). Nothing was sent."
        ) from error


async def write_outcomes(out: Path, outcomes: AsyncIterator[Outcome], form: Form = PLAIN) -> None:
    """Write every row: JSON Lines if the name ends so, otherwise CSV. The file is there whole or
    not at all, readable by its owner only.

    In CSV an apostrophe stands before what a spreadsheet could take for a formula: at the beginning
    of a cell, inside a cell after a semicolon, tab or line break, and after a comma where the
    delimiter is another. Without these apostrophes the text is as it was; JSON Lines have none.

    Args:
        out: the file to make; it does not exist yet.
        outcomes: the rows.
        form: delimiter and byte order mark of the CSV.

    Raises:
        OSError: it can't be written, or somebody else has made it meanwhile.
    """
    lines = out.suffix.lower() in (".jsonl", ".ndjson", ".json")
    with _replacing(out, encoding="utf-8-sig" if form.marked and not lines else "utf-8") as stream:
        if lines:
            async for outcome in outcomes:
                stream.write(to_json(as_record(outcome)) + "\n")
            return
        writer = csv.writer(stream, delimiter=form.delimiter, lineterminator="\n")
        writer.writerow(_COLUMNS)
        async for outcome in outcomes:
            writer.writerow([_cell(value, form.delimiter) for value in as_record(outcome).values()])


def _cell(value: object, delimiter: str = ",") -> str:
    """A value as a cell; text of a file or of the issuer must not become a formula."""
    if value is None or value is False:
        return ""
    return (_FORMULA if delimiter == "," else _FORMULA_AT_COMMAS).sub(
        "'", "yes" if value is True else str(value)
    )


@contextmanager
def _replacing(out: Path, *, encoding: str) -> Generator[IO[str]]:
    # Not named after the process: in containers all have the same number, and a killed one leaves
    # its file behind.
    part = out.with_name(f"{out.name[:200]}.{token_hex(4)}.part")
    # A file of that name is not ours: it stays, and `open` raises. Letters that UTF-8 can't write
    # are escaped.
    stream = open(  # noqa: SIM115
        part,
        "x",
        encoding=encoding,
        errors="backslashreplace",
        newline="",
        opener=lambda path, flags: os.open(path, flags, 0o600),
    )
    made: Identity | None = None
    try:
        with stream:
            made = identity_of(stream.fileno(), os.fspath(part))
            yield stream
        if not _is(part, made):
            raise NotOurs("another file has taken the place of the half-written one")
        _give_name(part, out)
    finally:
        # If it can't be removed, it does no harm.
        with suppress(OSError):
            if made is not None and _is(part, made):
                part.unlink()


def _give_name(part: Path, out: Path) -> None:
    """Rename the whole file; never replace another one."""
    try:
        # A link and not a rename, because a link fails if the name is taken meanwhile.
        os.link(part, out, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        # Some file systems have no links: exFAT, shared folders of a virtual machine, some network
        # drives.
        _rename(part, out)


def _rename(part: Path, out: Path) -> None:
    if os.name == "nt":
        # On Windows a rename fails if the name is taken meanwhile.
        os.rename(part, out)  # noqa: PTH104 - pathlib does not say so
        return
    # An empty file takes the name first, because that fails if another file has it. The whole file
    # then replaces the empty one.
    place = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        taken = identity(os.fstat(place))
    finally:
        os.close(place)
    try:
        if not _is(out, taken):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.replace(part, out)  # noqa: PTH105 - as above
    except BaseException:
        with suppress(OSError):
            if _is(out, taken):
                out.unlink()
        raise


def _is(path: Path, made: Identity) -> bool:
    """Whether the path still is this very file."""
    try:
        return identity(path.lstat()) == made
    except FileNotFoundError:
        return False
