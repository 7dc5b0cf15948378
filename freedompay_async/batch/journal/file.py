"""Checks the file of a journal, and the files that SQLite keeps beside it.

SQLite opens them by their names. So they are checked before it does, once more when it has opened
them and nothing is written, and again when it has made its log and no row is written.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from shlex import quote as quote_name
from typing import Final, NamedTuple
from urllib.parse import quote

from freedompay_async.batch.journal.schema import APPLICATION
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.files import (
    Held,
    NotOurs,
    identity,
    identity_of,
    look,
    make,
    open_ours,
    reading,
)

__all__ = ["JournalFile", "foreign", "no_batch", "to_go_on"]

_SQLITE: Final = b"SQLite format 3\0"
_APPLICATION: Final = APPLICATION.to_bytes(4, "big")
# Bytes of the first page of a file that show whether there are tables, and bytes of a log that show
# whose it is.
_HEAD: Final = 105
_LOG_HEAD: Final = 128
_LOG: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
# The first bytes of the files that SQLite would write to. A `-shm` is another program's: with the
# lock that is kept here SQLite makes none and reads none.
_BESIDE: Final = {"-wal": _LOG, "-journal": (b"\xd9\xd5\x05\xf9",)}
# SQLite's older kind of log begins with zeros until it is synced. Then come a random number, the
# number of pages that the file had before, and two sizes; then the pages to be put back.
_UNSYNCED: Final = bytes(12)
_PAGES_BEFORE: Final = slice(16, 20)
_JOURNAL_HEAD: Final = 28
_BLOCK: Final = 1024 * 1024


class JournalFile:
    """A checked file that is held open; to be released when SQLite has closed it."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path: Final = path
        # The folder may be behind links, because it is the user's. The journal may be behind one
        # only if it is a journal already.
        direct = os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118
        self._linked: Final = os.path.islink(direct)  # noqa: PTH114
        self.name: Final = os.path.realpath(direct) if self._linked else direct
        """The path without links: SQLite names the files beside it after this."""
        try:
            there = look(self.name)
            beside = self._look_beside()
            file = open_ours(self.name) if there else self._made(beside, create=create)
        except NotOurs as error:
            raise self._refused(error.reason) from error
        self._held: Final = Held(file)
        self.made: Final = there is None
        """The file was not there, and was made here."""
        try:
            if there:
                self._read(beside, create=create)
            self._there: Final = identity_of(file, self.name)
        except BaseException:
            self.release()
            raise

    @property
    def uri(self) -> str:
        """The address for SQLite, which must not make a file in place of the checked one."""
        # A whole path, because SQLite gives some names a meaning of their own.
        path = Path(self.name).as_posix()
        root = "file://" if path.startswith("/") else "file:///"
        return f"{root}{quote(os.fsencode(path), safe='/:')}?mode=rw"

    def close_to_others(self) -> None:
        """Check once more, and take the permissions of others away from the files.

        SQLite must have locked the file, and found a journal in it or nothing.

        Raises:
            ConfigurationError: another file has taken the place of one that was checked.
        """
        try:
            there = look(self.name)
        except NotOurs as error:
            raise self._refused(error.reason) from error
        if there is None or identity(there) != self._there:
            raise self._refused("it was moved, removed or replaced while it was opened")
        _close_to_others(self._held.file)
        self._look_beside(close=True)

    def release(self) -> None:
        """Close the descriptor, which gives up the locks that this process has on the file."""
        self._held.release()

    def take_back(self, *, only_empty: bool = False) -> None:
        """Remove the file and its log if it was made here and is still the same file."""
        with suppress(OSError):
            there = os.lstat(self.name)
            if not self.made or identity(there) != self._there or (only_empty and there.st_size):
                return
            for name in (self.name,) if only_empty else (self.name, f"{self.name}-wal"):
                os.unlink(name)  # noqa: PTH108

    def _look_beside(self, *, close: bool = False) -> _Beside:
        """Check the files beside the journal."""
        log = b""
        holding: list[str] = []
        for suffix in ("-wal", "-shm", "-journal"):
            name = f"{self.name}{suffix}"
            try:
                if suffix not in _BESIDE:
                    look(name)
                    continue
                with suppress(FileNotFoundError), reading(name) as file:
                    head = os.read(file, _LOG_HEAD)
                    if _holds(file, head, suffix):
                        holding.append(suffix)
                    if suffix == "-wal":
                        log = head
                    if close:
                        _close_to_others(file)
            except OSError as error:
                raise ConfigurationError(
                    f"{self._path} can't be used, because of {name} ({error.strerror}): if that "
                    "is this "
                    "journal's own log, make it a plain file of this user again; if not, move it "
                    "away. "
                    "Nothing was sent."
                ) from error
        return _Beside(log, holding)

    def _made(self, beside: _Beside, *, create: bool) -> int:
        if self._linked:
            raise NotOurs("it is a link to nothing")
        if not create:
            raise ConfigurationError(
                f"{self._path} does not exist: a journal is made by `batch issue`. Nothing was "
                "sent."
            )
        self._refuse_log_alone(beside)
        # SQLite would make it readable by others for a moment.
        return make(self.name)

    def _read(self, beside: _Beside, *, create: bool) -> None:
        head = os.read(self._held.file, _HEAD)
        ours = _is_journal(head, beside.log)
        if ours is False:
            raise foreign(self._path)
        if ours is None and self._linked:
            raise self._refused("it is a link to an empty file")
        if ours is None:
            self._refuse_log_alone(beside, begun=any(head))
        if ours is None and not create:
            raise no_batch(self._path)

    def _refuse_log_alone(self, beside: _Beside, *, begun: bool = False) -> None:
        # SQLite would remove such a log, and nobody else may have what it holds. A journal that has
        # its head may have all the rest in its `-wal`: `_is_journal` knows that case.
        for suffix in beside.holding:
            if suffix == "-wal" and begun:
                continue
            raise ConfigurationError(
                f"{self._path} has nothing in it, and there is a log {self.name}{suffix}: put the "
                "journal back that the log belongs to, or move the log away. Nothing was sent."
            )

    def _refused(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self._path} can't be opened for writing ({reason}): a journal is a plain file of "
            "this "
            "user, with one name. Put that right, or name another file. Nothing was sent."
        )


class _Beside(NamedTuple):
    """The first bytes of the log, and the suffixes of the logs that are not empty."""

    log: bytes
    holding: list[str]


def foreign(path: Path) -> ConfigurationError:
    """The error of a file of another program."""
    return ConfigurationError(
        f"{path} is not a journal of this program: name another file. Nothing was sent."
    )


def no_batch(path: Path, *, made: bool = False) -> ConfigurationError:
    """The error of a journal without a plan. `made`: it was made just now; else its plan may have
    been in a log that is lost.
    """
    log = "" if made else f" If a run has used it, {to_go_on(path)}"
    return ConfigurationError(
        f"{path} has no batch in it: `batch issue` makes one.{log} Nothing was sent."
    )


def to_go_on(path: Path, batch: str | None = None) -> str:
    """What to do with a journal that has lost its log, or is damaged. `batch`: the batch name, if
    it is known.
    """
    name = (
        "the batch name that it had (--batch; `default` where none was given)"
        if batch is None
        else f"--batch {quote_name(batch)}"
    )
    return (
        f"put its log, {path}-wal, back beside it, or a copy of both. Without them, issue the "
        f"same file with a new journal and {name}: "
        "no key gets a second card while the issuer remembers the request ids, and rows that were "
        "made before end as found."
    )


def _is_journal(head: bytes, log: bytes) -> bool | None:
    """Whether it is a journal; `None`: it is empty, as when the making of one was cut off."""
    if not any(head):
        return None
    if not _SQLITE.startswith(head[:16]):
        return False
    if any(head[68:72]):
        return head[68:72] == _APPLICATION
    # Without tables the first page is a leaf that has no cell.
    if any(head[103:105]) or head[100:101] not in (b"", b"\0", b"\x0d"):
        return False
    # All of it may still be in the log. The first page there is of this log, and not of an older
    # one, if the salts in both heads are the same.
    if len(log) == _LOG_HEAD and log[:4] in _LOG and log[16:24] == log[40:48]:
        return log[32:36] == b"\0\0\0\1" and log[124:128] == _APPLICATION
    return None


def _holds(file: int, head: bytes, suffix: str) -> bool:
    """Whether a log of SQLite is not empty.

    Raises:
        NotOurs: SQLite has not written it.
    """
    # A power cut may cut it off anywhere.
    begun = any(head[:4]) and any(each.startswith(head[:4]) for each in _BESIDE[suffix])
    if suffix == "-journal" and (begun or head.startswith(_UNSYNCED)):
        return any(head[_PAGES_BEFORE]) or any(head[_JOURNAL_HEAD:]) or _has_more(file)
    # Bytes that were never written read as zeros. SQLite would remove what comes after zeros.
    if not begun and (any(head) or _has_more(file)):
        raise NotOurs("it was not written by SQLite")
    return begun


def _has_more(file: int) -> bool:
    """Whether the rest is more than zeros."""
    while block := os.read(file, _BLOCK):
        if any(block):
            return True
    return False


def _close_to_others(file: int) -> None:
    mode = stat.S_IMODE(os.fstat(file).st_mode)
    # The modes of Windows mean nothing here. No permission is added: a file that its owner made
    # read-only stays so.
    if mode & 0o077 and os.name != "nt":
        os.fchmod(file, mode & 0o700)
