"""Files that are ours: what stands at a name is looked at before it is opened, and is no link.

A name is asked first, because merely opening a device or a pipe may do something. The descriptor is
asked again, because another file may have taken the name in between.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = [
    "Held",
    "Identity",
    "NotOurs",
    "identity",
    "identity_of",
    "look",
    "make",
    "open_ours",
    "reading",
    "reading_given",
]

Identity = tuple[int, int]
# Windows has the last one only.
_FLAGS: Final = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
_CAREFULLY: Final = sum({getattr(os, name, 0) for name in _FLAGS})
_GIVEN: Final = sum({getattr(os, name, 0) for name in ("O_CLOEXEC", "O_BINARY")})
_KINDS: Final = {
    stat.S_IFLNK: "it is a link",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}


class NotOurs(OSError):
    """It is no plain file of this user with one name; `strerror` says what it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EPERM, reason)
        self.reason: Final = reason


def identity(there: os.stat_result) -> Identity:
    """Which file it is, whatever its name."""
    return there.st_dev, there.st_ino


def identity_of(file: int, path: str) -> Identity:
    """Which file a descriptor is of, as `look` numbers it."""
    # Windows, which has no O_NOFOLLOW, may number a file differently by its descriptor.
    return identity(os.fstat(file) if hasattr(os, "O_NOFOLLOW") else os.lstat(path))


def look(path: str) -> os.stat_result | None:
    """What stands at this name, `None` if nothing does; it is not opened.

    Raises:
        NotOurs: something that is not ours.
    """
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return None
    _check(there)
    return there


def open_ours(path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of the file at this name.

    Raises:
        NotOurs: it is not ours.
        OSError: it is not there, or can't be opened.
    """
    there = os.lstat(path)
    _check(there)
    file = os.open(path, flags | _CAREFULLY)
    try:
        _check(os.fstat(file))
        if identity_of(file, path) != identity(there):
            raise NotOurs("another file has taken its place")
    except BaseException:
        _close(file)
        raise
    return file


@contextmanager
def reading(path: str) -> Generator[int]:
    """A descriptor to read the file at this name from."""
    file = open_ours(path)
    try:
        yield file
    finally:
        _close(file)


@contextmanager
def reading_given(path: str | os.PathLike[str]) -> Generator[int]:
    """A descriptor to read what the user names from, whoever owns it and whatever leads to it.

    It may be the file of a journal that this process has locked, named by mistake: the lock stays.
    """
    file = os.open(path, os.O_RDONLY | _GIVEN)
    try:
        yield file
    finally:
        _close(file)


def make(path: str, flags: int = os.O_RDWR) -> int:
    """A descriptor of a new file, readable by its owner only.

    Raises:
        NotOurs: it would not be taken for ours the next time, such as where the file system gives
            all files to one user. It is removed.
        FileExistsError: something stands there, be it a link to nothing.
    """
    file = os.open(path, flags | os.O_CREAT | os.O_EXCL | _CAREFULLY, 0o600)
    try:
        _check(os.fstat(file))
    except NotOurs as error:
        os.close(file)
        os.unlink(path)  # noqa: PTH108
        raise NotOurs(f"a new file there is not taken for ours: {error.reason}") from error
    return file


def _check(there: os.stat_result) -> None:
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(there.st_mode):
        raise NotOurs(_KINDS.get(stat.S_IFMT(there.st_mode), "it is no plain file"))
    # Root is no exception: what it writes beside the file of another user, that user could not use.
    user = getattr(os, "geteuid", None)
    if user is not None and there.st_uid != user():
        raise NotOurs("it belongs to another user")
    if there.st_nlink > 1:
        raise NotOurs("it has a second name, a hard link")


class Held:
    """A descriptor that is open as long as SQLite may have the same file locked in this process.

    POSIX gives up all locks of a process on a file when the process closes any descriptor of that
    file. So none is closed before the last holder has let go.
    """

    def __init__(self, file: int) -> None:
        self.file: Final = file
        self._key: Final = identity(os.fstat(file))
        with _lock:
            _holders[self._key] = _holders.get(self._key, 0) + 1

    def release(self) -> None:
        """To be called when the lock is given up, and once."""
        with _lock:
            _holders[self._key] -= 1
            _kept.setdefault(self._key, []).append(self.file)
            if not _holders[self._key]:
                del _holders[self._key]
                for file in _kept.pop(self._key):
                    os.close(file)


_lock: Final = threading.Lock()
_holders: Final[dict[Identity, int]] = {}
_kept: Final[dict[Identity, list[int]]] = {}


def _close(file: int) -> None:
    with _lock:
        key = identity(os.fstat(file))
        if key in _holders:
            _kept.setdefault(key, []).append(file)
        else:
            os.close(file)
