"""Checks and reads the documents that the rows of a client file name."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Final

from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import kind, reason
from freedompay_async.guards.files import reading_any

__all__ = ["DocumentProblem", "document_digest", "document_problem", "open_document"]

_MOST: Final = 2 * 1024 * 1024
_PDF: Final = b"%PDF-"
# Programs that read a PDF search its beginning in the first bytes, because a line break or the
# header of a mail may stand before it.
_WITHIN: Final = 1024


class DocumentProblem(ValueError):
    """A document can't be sent. The message names the file and the reason."""


def document_digest(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a PDF of at most 2 MB, in lower-case hex. It is remembered as long as the time
    and size of the file stay the same.

    Raises:
        DocumentProblem: the document can't be sent.
    """
    try:
        # Each row may have a document, and pathlib would take longer than all the rest.
        state = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise DocumentProblem(f"{_tail(path)} {reason(error)}") from error
    except ValueError as error:
        raise DocumentProblem(f"{_tail(path)} has a character that no path has") from error
    return _digest(os.fspath(path), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _digest(path: str, _mtime_ns: int, _size: int) -> str:
    return sha256(open_document(Path(path))).hexdigest()


def open_document(path: Path) -> bytes:
    """The bytes of a PDF of at most 2 MB, read now.

    Raises:
        DocumentProblem: the document can't be sent.
    """
    try:
        state = path.stat()
        if not S_ISREG(state.st_mode):
            raise DocumentProblem(f"{_tail(path)} {kind(state.st_mode)}: give the path of a PDF")
        if state.st_size > _MOST:
            raise DocumentProblem(
                f"{_tail(path)} has {state.st_size:,} bytes: a document has at most 2 MB "
                f"({_MOST:,} bytes)"
            )
        with reading_any(path) as file, open(file, "rb", closefd=False) as stream:
            start = stream.read(_WITHIN)
            if _PDF not in start:
                raise DocumentProblem(
                    f"{_tail(path)} is not a PDF: %PDF- is not in its first {_WITHIN:,} bytes"
                )
            return start + stream.read()
    except OSError as error:
        raise DocumentProblem(f"{_tail(path)} {reason(error)}") from error


def document_problem(line: int, path: str) -> Problem | None:
    """What is wrong with the document of a row."""
    try:
        document_digest(path)
    except DocumentProblem as error:
        hint = (
            ": a path starts at the folder of the client file"
            if isinstance(error.__cause__, FileNotFoundError)
            else ""
        )
        return Problem(line, "document", f"{error}{hint}")
    return None


def _tail(path: str | os.PathLike[str]) -> str:
    # Documents differ at the end of their paths.
    text = str(path)
    return shown(text) if len(text) <= 40 else shown(f"…{text[-39:]}")
