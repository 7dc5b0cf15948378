"""Outcomes as CSV and JSON Lines."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.plain import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from pathlib import Path

    from freedompay_async.batch import Outcome

__all__ = ["as_record", "check_free", "exists", "write_outcomes"]

_COLUMNS: Final = ("line", "key", "state", "client_id", "card_id", "client_request_id", "card_request_id", "found", "reason", "next")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_record(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in _COLUMNS}


def check_free(out: Path | None) -> None:
    """Refuse a file that exists: it may be the only record of an earlier batch."""
    if out is None:
        return
    if exists(out):
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
    text = "yes" if value is True else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


@contextmanager
def _replacing(out: Path) -> Generator[IO[str]]:
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        with open(part, "x", encoding="utf-8", newline="", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            yield stream
        # A link and not a rename: it fails where the file has come into being meanwhile.
        os.link(part, out)
    finally:
        part.unlink(missing_ok=True)
