"""Opens the library's own files safely: plain files of this user, and no links.

The name is checked first, because opening a device or a pipe may have an effect. The descriptor is
checked again, because another file may have taken the name in between.
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
    "reading_any",
]

Identity = tuple[int, int]
# Windows has the last of them only.
_FLAGS: Final = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
_CAREFULLY: Final = sum({getattr(os, name, 0) for name in _FLAGS})
_PLAINLY: Final = sum({getattr(os, name, 0) for name in ("O_CLOEXEC", "O_BINARY")})
_KINDS: Final = {
    stat.S_IFLNK: "it is a link",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}


class NotOurs(OSError):
    """The file is not a plain file of this user with one name; `strerror` says what it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EPERM, reason)
        self.reason: Final = reason


def identity(there: os.stat_result) -> Identity:
    """The device and number of a file, which do not depend on its name."""
    return there.st_dev, there.st_ino


def identity_of(file: int, path: str) -> Identity:
    """The identity of the file of a descriptor, comparable with that of `look`."""
    # Windows, which has no O_NOFOLLOW, may give another number for a descriptor.
    return identity(os.fstat(file) if hasattr(os, "O_NOFOLLOW") else os.lstat(path))


def look(path: str) -> os.stat_result | None:
    """The state of the file at this name, without opening it; `None`: there is none.

    Raises:
        NotOurs: it is not a plain file of this user.
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
        NotOurs: it is not a plain file of this user.
        OSError: it does not exist, or can't be opened.
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
    """A descriptor to read the library's own file at this name."""
    file = open_ours(path)
    try:
        yield file
    finally:
        _close(file)


@contextmanager
def reading_any(path: str | os.PathLike[str]) -> Generator[int]:
    """A descriptor to read a file that the user names, whoever owns it, through links too.

    The user may name, by mistake, a journal that this process has locked: the lock stays.
    """
    file = os.open(path, os.O_RDONLY | _PLAINLY)
    try:
        yield file
    finally:
        _close(file)


def make(path: str, flags: int = os.O_RDWR) -> int:
    """A descriptor of a new file, readable by its owner only.

    Raises:
        NotOurs: `open_ours` would refuse the new file, for instance because the file system gives
            all files to one user. It is removed.
        FileExistsError: the name is taken, even by a link to nothing.
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
    # Root too: another user could not use the files that root writes beside that user's file.
    user = getattr(os, "geteuid", None)
    if user is not None and there.st_uid != user():
        raise NotOurs("it belongs to another user")
    if there.st_nlink > 1:
        raise NotOurs("it has a second name, a hard link")


class Held:
    """A descriptor that stays open as long as this process may hold SQLite's lock on the file.

    POSIX drops all locks of a process on a file when the process closes any descriptor of that
    file. So no descriptor is closed before the last `Held` of the file is released.
    """

    def __init__(self, file: int) -> None:
        self.file: Final = file
        self._key: Final = identity(os.fstat(file))
        with _lock:
            _holders[self._key] = _holders.get(self._key, 0) + 1

    def release(self) -> None:
        """Call it once, when the lock is given up."""
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
