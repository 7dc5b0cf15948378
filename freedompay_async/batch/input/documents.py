"""The documents that the rows of a client file name."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Final

from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import kind, reason
from freedompay_async.batch.input.rows import Problem
from freedompay_async.guards.files import reading_any

__all__ = ["DocumentProblem", "document_digest", "document_problem", "open_document"]

_MOST: Final = 2 * 1024 * 1024
_PDF: Final = b"%PDF-"
# Programs that read a PDF look for its beginning there: a line break or a mail's header may stand
# before it.
_WITHIN: Final = 1024


class DocumentProblem(ValueError):
    """A document that can't be sent; the text names the file and says why."""


def document_digest(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a PDF of at most 2 MB, in lower-case hex; remembered while the file's time and
    size stay the same.

    Raises `DocumentProblem`.
    """
    try:
        # A large file has a document in each row, and pathlib takes longer than all else that is
        # done with it.
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
    """The bytes of a PDF of at most 2 MB as they are, read anew; raises `DocumentProblem`."""
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
    # The end of a path is what tells one document from another.
    text = str(path)
    return shown(text) if len(text) <= 40 else shown(f"…{text[-39:]}")
