"""Refuses files that can't be read as a whole, and says why."""

from __future__ import annotations

from stat import S_ISDIR
from typing import TYPE_CHECKING, NoReturn

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["kind", "reason", "refuse"]


def refuse(
    path: Path | str, message: str, cause: BaseException | None = None, notes: Iterable[str] = ()
) -> NoReturn:
    """Raise the error for a file that can't be read. The notes help to correct the file."""
    error = ConfigurationError(f"{path}: {message} Nothing was sent.")
    for note in notes:
        error.add_note(note)
    raise error from cause


def kind(mode: int) -> str:
    """What is there in place of a file, as the rest of a sentence."""
    return "is a folder" if S_ISDIR(mode) else "is not a regular file"


def reason(error: OSError) -> str:
    """Why the system can't open a file, as the rest of a sentence."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "is not there"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    return f"can't be read ({error.strerror or error})"
