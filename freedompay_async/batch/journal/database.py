"""One SQLite file, opened by one process: its settings, its version, and what its errors say."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.journal.file import JournalFile, foreign, to_go_on
from freedompay_async.batch.journal.schema import APPLICATION, VERSION, make, migrate
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.guards.files import Identity, identity

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Database"]


class Database:
    """The file of a journal. `connect` and `close` are called by the thread that writes."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path: Final = path
        self._create: Final = create
        self._file: JournalFile | None = None
        self._identities: list[Identity | None] = []
        # As far as a damaged file can still be read.
        self._batch: str | None = None

    @property
    def made(self) -> bool:
        """Whether opening the file has made it."""
        return self._file is not None and self._file.made

    def remove_if_made(self) -> None:
        """Remove the file if opening it has made it; while it is open nobody else has it."""
        if self._file is not None:
            self._file.take_back()

    def connect(self) -> sqlite3.Connection:
        self._file = file = JournalFile(self.path, create=self._create)
        try:
            connection = sqlite3.connect(
                file.uri, uri=True, isolation_level=None, timeout=0, check_same_thread=False
            )
            try:
                self._prepare(connection, file)
            except BaseException as error:
                if _is_damaged(error):
                    self._batch = _batch_of(connection)
                connection.close()
                raise
        except BaseException as error:
            # Not before SQLite has closed it: its locks go with the descriptor.
            file.release()
            # Another process that was quicker begins its journal in it.
            if not _is_busy(error):
                file.take_back(only_empty=True)
            raise
        return connection

    def close(self, connection: sqlite3.Connection) -> None:
        connection.close()
        if self._file is not None:
            self._file.release()

    def moved(self) -> bool:
        """Whether the journal or its log is not under its name any more."""
        return self._found() != self._identities

    def _prepare(self, connection: sqlite3.Connection, file: JournalFile) -> None:
        # With this the first reading takes a lock that is kept, so what it finds stays true.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        fresh = (
            application == 0
            and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        )
        if not fresh and application != APPLICATION:
            raise foreign(self.path)
        if version > VERSION:
            raise ConfigurationError(
                f"{self.path} was written by a newer version (journal version {version}, this "
                f"program reads {VERSION}): "
                "update the program. Nothing was sent."
            )
        # What a killed run left behind beside it may be looser than the journal itself.
        file.close_to_others()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # On a Mac a plain sync leaves it in the drive's cache; elsewhere this does nothing.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("BEGIN EXCLUSIVE")
        if fresh:
            make(connection)
        else:
            self._upgrade(connection, version)
        connection.execute("COMMIT")
        # SQLite has made its log meanwhile, and no row is in it yet.
        file.close_to_others()
        self._identities = self._found()

    def _upgrade(self, connection: sqlite3.Connection, version: int) -> None:
        try:
            migrate(connection, version)
        except sqlite3.OperationalError as error:
            raise ConfigurationError(
                f"{self.path} was written by an older version and has to be upgraded, which failed "
                f"({_words(error)}): make room or mend the disk. It stays as it was. Nothing was "
                "sent."
            ) from error

    def _found(self) -> list[Identity | None]:
        """Which files stand under the names of the journal and its log."""
        found: list[Identity | None] = []
        real = "" if self._file is None else self._file.name
        for name in (real, f"{real}-wal"):
            try:
                found.append(identity(os.lstat(name)))
            except OSError:
                found.append(None)
        return found

    def unusable(self, error: Exception) -> Exception:
        """The error of an opening that failed."""
        if isinstance(error, ConfigurationError):
            return error
        name = str(getattr(error, "sqlite_errorname", ""))
        if _is_busy(error):
            return ConfigurationError(
                f"{self.path} is in use by another process: wait for it, or stop it. Nothing was "
                "sent."
            )
        if name == "SQLITE_NOTADB":
            return foreign(self.path)
        if _is_damaged(error):
            return ConfigurationError(f"{self._damaged(error)} Nothing was sent.")
        return ConfigurationError(
            f"{self.path} can't be opened for writing ({_words(error)}). Nothing was sent."
        )

    def unwritten(self, error: sqlite3.Error, connection: sqlite3.Connection) -> JournalError:
        """The error of a write that failed."""
        if _is_damaged(error):
            self._batch = _batch_of(connection)
            failed = JournalError(f"{self._damaged(error)} Nothing more was sent.")
        else:
            failed = JournalError(
                f"{self.path} can't be written ({_words(error)}): the run has stopped, and "
                "nothing was sent that is not in it. "
                "Make room or mend the disk, then resume."
            )
        # Without its frames: they hold open cursors, and while one is open the closed journal stays
        # locked.
        failed.__cause__ = error.with_traceback(None)
        return failed

    def gone(self) -> JournalError:
        """The error of a write to a file that has no name any more."""
        gone = JournalError(
            f"{self.path} was moved or removed while in use: the run has stopped, and nothing was "
            "sent that was not in it. "
            "Put it back with its -wal file and resume. Issuing the same file with a new journal "
            "gives no key a second card only while the "
            "issuer remembers the request ids."
        )
        gone.__cause__ = FileNotFoundError("it was moved or removed while in use")
        return gone

    def _damaged(self, error: Exception) -> str:
        return f"{self.path} is damaged ({_words(error)}): {to_go_on(self.path, self._batch)}"


def _batch_of(connection: sqlite3.Connection) -> str | None:
    """The name of the batch, if it can be read."""
    with suppress(sqlite3.Error):
        row = connection.execute("SELECT value FROM meta WHERE name = 'batch'").fetchone()
        return None if row is None else str(row[0])
    return None


def _is_damaged(error: BaseException) -> bool:
    return str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_CORRUPT")


def _is_busy(error: BaseException) -> bool:
    return str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
