"""Outcomes as CSV and JSON Lines."""

from __future__ import annotations

import csv
import os
import re
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.files import NotOurs, identity, look
from freedompay_async.plain import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from pathlib import Path

    from freedompay_async.batch import Outcome

__all__ = ["as_record", "check_free", "exists", "printable", "write_outcomes"]

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
# What a spreadsheet may take for the beginning of a formula, in full width too.
_SIGNS: Final = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212"
# What it may drop in front of one: blanks, what can't be seen, marks of quotation. Not what parts two cells.
_DROPPED: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"""\"'`\xab\xbb\u2018-\u201f]*"""
)
# Where a country writes its decimals with a comma, as Kazakhstan does, a spreadsheet cuts a line at semicolons and minds no quotation mark.
_FORMULA: Final = re.compile(rf"\A(?={_DROPPED}[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])(?={_DROPPED}[{_SIGNS}])")


def printable(text: str) -> str:
    """What an issuer or a file wrote gives no orders to the terminal: neither a sequence of its own nor a line that looks like ours."""
    return text if text.isprintable() else "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def as_record(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in _COLUMNS}


def check_free(out: Path | None) -> None:
    """Refuse a file that exists: it may be the only record of an earlier batch."""
    if out is None:
        return
    if exists(out) or out.is_symlink():
        raise ConfigurationError(f"{out} exists: name a new file for --out, or move that one away. Nothing was sent.")
    if not out.parent.is_dir():
        raise ConfigurationError(f"{out} can't be written: there is no folder {out.parent}. Nothing was sent.")
    if not os.access(out.parent, os.W_OK):
        raise ConfigurationError(f"{out} can't be written: the folder is read-only for this user. Nothing was sent.")


def exists(path: Path) -> bool:
    """Whether something is there.

    Raises:
        ConfigurationError: it can't be told.
    """
    try:
        return path.exists()
    except OSError as error:
        raise ConfigurationError(f"{path} can't be used ({error.strerror}). Nothing was sent.") from error


async def write_outcomes(out: Path, outcomes: AsyncIterator[Outcome]) -> None:
    """Every row; JSON Lines where the name ends so, otherwise CSV. The file is there whole or not at all, readable by its owner only.

    In CSV an apostrophe stands before what a spreadsheet could take for a formula: at the beginning of a cell, and inside one after a
    semicolon, tab or line break. Who takes these away has the text to the letter; JSON Lines have it as it is.

    Raises:
        OSError: it can't be written, or has come into being meanwhile.
    """
    lines = out.suffix.lower() in (".jsonl", ".ndjson", ".json")
    with _replacing(out) as stream:
        if lines:
            async for outcome in outcomes:
                stream.write(to_json(as_record(outcome)) + "\n")
            return
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        async for outcome in outcomes:
            writer.writerow([_cell(value) for value in as_record(outcome).values()])


def _cell(value: object) -> str:
    """A spreadsheet must take text that comes from a file or from the issuer as text, and not as a formula."""
    if value is None or value is False:
        return ""
    return _FORMULA.sub("'", "yes" if value is True else str(value))


@contextmanager
def _replacing(out: Path) -> Generator[IO[str]]:
    # Not named after the process: in a container each has the same number, and one that was killed leaves its file behind.
    part = out.with_name(f"{out.name[:200]}.{token_hex(4)}.part")
    # Where something of that name stands already it is not ours: it stays, and this raises.
    stream = open(part, "x", encoding="utf-8", newline="", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
    made = identity(os.fstat(stream.fileno()))
    try:
        with stream:
            yield stream
        there = look(os.fspath(part))
        if there is None or identity(there) != made:
            raise NotOurs("another file has taken the place of the half-written one")
        # A link and not a rename: it fails where the file has come into being meanwhile.
        os.link(part, out, follow_symlinks=False)
    finally:
        with suppress(FileNotFoundError):
            if identity(part.lstat()) == made:
                part.unlink()
