"""Checks the file of the books and SQLite's files beside it, before SQLite opens them."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

__all__ = ["APPLICATION", "LAYOUT", "is_books", "uri_of"]

APPLICATION: Final = 0x46504231
"""The mark of the books, also while everything is still in SQLite's log."""

LAYOUT: Final = 2
"""The version of the tables."""

_TABLES: Final = {"seen", "requests", "clients", "cards"}
_BESIDE: Final[tuple[str, ...]] = ("-wal", "-shm", "-journal")
_LOG: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
# The part of a log that shows whose it is.
_LOG_HEAD: Final = 128
# The index of a log grows by so many bytes; one that was only begun has three bytes at most.
_INDEX: Final = 32768
_INDEX_BEGUN: Final = 3


def uri_of(database: str) -> str:
    """The URI of a file that is empty or the books, for SQLite to open; a new file is made.

    Raises:
        ValueError: the file is something else; it is left as it is.
    """
    real = os.path.realpath(database)
    holds = os.path.isfile(real) and os.path.getsize(real)  # noqa: PTH113, PTH202
    if os.path.islink(database) and not holds:  # noqa: PTH114
        raise ValueError(
            f"{database} is a link to nothing, or to a file with nothing in it: name the file "
            "itself"
        )
    try:
        size, *beside = [_size(f"{real}{suffix}") for suffix in ("", *_BESIDE)]
        sizes: dict[str, int | None] = dict(zip(_BESIDE, beside, strict=True))
        if not size:
            for suffix in (suffix for suffix in _BESIDE if sizes[suffix]):
                raise ValueError(
                    f"{database} has nothing in it, and there is {real}{suffix}: put the database "
                    "back that it belongs to, move it away, or name another file"
                )
        if size is None:
            os.close(os.open(real, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        elif size:
            _check(database, real, sizes)
    except OSError as error:
        raise ValueError(f"{database} can't be opened ({error.strerror})") from error
    return f"{_uri(real)}?mode=rw"


def is_books(db: sqlite3.Connection) -> bool | None:
    """Whether a database is the books; `None` if it is empty."""
    application = db.execute("PRAGMA application_id").fetchone()[0]
    layout = db.execute("PRAGMA user_version").fetchone()[0]
    if application:
        return bool(application == APPLICATION and layout == LAYOUT)
    # Books of an early version have no mark. Another program may number its layouts too, so the
    # tables decide.
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    return layout == LAYOUT and tables >= _TABLES if layout or tables else None


def _size(name: str) -> int | None:
    """The size of a file of this user; `None` if there is no file.

    Raises:
        ValueError: it is not a plain file of this user with one name.
    """
    try:
        there = os.lstat(name)
    except FileNotFoundError:
        return None
    user = getattr(os, "geteuid", None)
    if not stat.S_ISREG(there.st_mode):
        why = "is not a plain file"
    elif user is not None and there.st_uid != user():
        why = "belongs to another user"
    elif there.st_nlink > 1:
        why = "has a second name, a hard link"
    else:
        return there.st_size
    raise ValueError(f"{name} {why}: move it away, or name another file")


def _check(database: str, real: str, sizes: dict[str, int | None]) -> None:
    """Check that a file is the books, and that the files beside it are theirs.

    Raises:
        ValueError: one of them is not.
    """
    # Read through SQLite, because opening and closing the file would drop this process's locks on
    # it. With these options SQLite takes no lock, makes no file and reads nothing beside it.
    with closing(sqlite3.connect(f"{_uri(real)}?mode=ro&immutable=1", uri=True)) as db:
        ours = is_books(db)
    log = b""
    if sizes["-wal"]:
        # SQLite keeps no locks on this file.
        with Path(f"{real}-wal").open("rb") as stream:
            log = stream.read(_LOG_HEAD)
    if ours is False or (ours is None and log and not _is_of_books(log)):
        raise ValueError(
            f"{database} is not a file of this version of the sandbox: name a new file, or remove "
            "this one"
        )
    index = sizes["-shm"] or 0
    strange = {
        "-wal": bool(log) and not any(each.startswith(log[:4]) for each in _LOG),
        "-shm": index > _INDEX_BEGUN and index % _INDEX != 0,
        # The books have one only while they are made.
        "-journal": bool(sizes["-journal"]),
    }
    for suffix in (suffix for suffix in _BESIDE if strange[suffix]):
        raise ValueError(
            f"{real}{suffix} does not belong to the sandbox: move it away, or name another file"
        )


def _is_of_books(log: bytes) -> bool:
    """Whether the first page of a log is the first of the books, and not of an older log."""
    whole = len(log) == _LOG_HEAD and log[:4] in _LOG and log[16:24] == log[40:48]
    layout, application = int.from_bytes(log[116:120], "big"), int.from_bytes(log[124:128], "big")
    return whole and log[32:36] == b"\0\0\0\1" and (application, layout) == (APPLICATION, LAYOUT)


def _uri(real: str) -> str:
    path = Path(real).as_posix()
    root = "file://" if path.startswith("/") else "file:///"
    return f"{root}{quote(os.fsencode(path), safe='/:')}"
