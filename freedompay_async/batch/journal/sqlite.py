"""The journal of a batch: what will be sent is on the disk before it is sent.

One SQLite file, one connection, one thread that writes. Everything that waits while the disk syncs
shares the next sync (group commit), so a durable write costs a fraction of one.

Kept: the rows as they were read (an identity document by its path and hash), each intent with its
request id, the hash of its body and the time of its first send, how each row ended, and which rows
somebody has accepted though they were used before. The file is readable by its owner only. No key
and no document is in it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from freedompay_async.batch.journal.file import JournalFile, foreign, to_go_on
from freedompay_async.batch.journal.schema import APPLICATION, VERSION, make, migrate
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.guards.arguments import check_flag, path_of
from freedompay_async.guards.files import Identity, identity
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Journal"]

T = TypeVar("T")
# So many are told in one go: each goes on at once, and after a slow sync hundreds would hold up
# other calls on the loop.
_AT_ONCE: Final = 16
# A commit of so many is followed by a pause, in seconds, in which more come together: each commit
# takes the interpreter's lock from the loop a dozen times, whatever it writes. Where little is
# written, nobody waits for others.
_MANY: Final = 4
_GATHERING: Final = 0.005
_Values = tuple[Any, ...]
_Given = Sequence[Any] | None
"""What a writer gives back: one value for each job, in their order, or nothing."""
_Writer = Callable[[sqlite3.Connection, Sequence[_Values]], _Given]


class _Job(NamedTuple):
    """One piece of work: for the connection, or values for a writer that takes those of many jobs
    together.
    """

    work: Callable[..., Any]
    values: _Values | None
    done: asyncio.Future[Any] | None


_Result = tuple["asyncio.Future[Any] | None", Any, "Exception | None"]
_Names = list[Identity | None]


class Journal(Staying):
    """`async with Journal.open("run.db") as journal:`; one process at a time."""

    INSTEAD = "open it by its path, in one process at a time"

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path: Final = path
        self._create: Final = create
        self._jobs: Final[SimpleQueue[_Job | None]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._file: JournalFile | None = None
        self._names: _Names = []
        # As far as a damaged file still tells.
        self._batch: str | None = None
        self.running = False
        """A run is writing to it."""

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, create: bool = True) -> Journal:
        """The journal in this file; with `create`, a new one if there is none. It is opened on
        entering the context.

        Raises:
            ConfigurationError: it is no path; on entering: not a journal, of a newer version, in
                use by another process, or not writable.
        """
        return cls(Path(path_of("path", path)), create=check_flag("create", create))

    async def __aenter__(self) -> Self:
        self._loop = running_loop()
        opened = self._loop.create_future()
        self._thread = threading.Thread(
            target=self._serve, args=(opened,), name=f"journal {self.path.name}", daemon=True
        )
        self._thread.start()
        await opened
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    @property
    def made(self) -> bool:
        """Whether its file was made by opening it."""
        return self._file is not None and self._file.made

    def take_back(self) -> None:
        """Remove its file, if that was made by opening it; while it is open nobody else has it."""
        if self._file is not None:
            self._file.take_back()

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the connection and return when what it wrote is on the disk.

        Raises:
            JournalError: it is not on the disk.
        """
        result: T = await self._put(work, None)
        return result

    async def fold(self) -> None:
        """Bring what the log has into the file itself, which is enough without it from then on.

        Raises:
            JournalError: it is not all there. The file and its log have it together.
        """
        await self._put(_fold, None)

    def write(self, writer: _Writer, values: _Values) -> asyncio.Future[Any]:
        """Done when `writer` has written these values, and they are on the disk; what the writer
        gives back for them, if it does.

        It gets the values of other jobs with them, in any order with other writers: after the
        `call` and `note` of before, and before those of after. One statement for many takes the
        interpreter's lock once; while the loop is busy each time costs it, and waiting for it takes
        milliseconds.

        Raises:
            JournalError: they are not on the disk.
        """
        return self._put(writer, values)

    def _put(self, work: Callable[..., Any], values: _Values | None) -> asyncio.Future[Any]:
        if self._thread is None or self._loop is None:
            raise JournalError(f"{self.path} is closed; nothing was written.")
        if self._loop is not running_loop():
            # In a forked child, which has a loop of its own at best, there is no thread to write;
            # the caller would wait for ever.
            raise JournalError(
                f"{self.path} was opened on another event loop, or before a fork; nothing was "
                "written."
            )
        done: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(work, values, done))
        return done

    def note(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Run `work` with the next group, and wait for nothing: for what can be found out again."""
        self._jobs.put(_Job(work, None, None))

    def note_values(self, writer: _Writer, values: _Values) -> None:
        """As `write`, and wait for nothing: for what can be found out again."""
        self._jobs.put(_Job(writer, values, None))

    def _serve(self, opened: asyncio.Future[None]) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits to be told
            self._resolve([(opened, None, self._unusable(error))])
            return
        self._resolve([(opened, None, None)])
        try:
            while group := self._next_group():
                jobs = [job for job in group if job.work is not _fold]
                if jobs:
                    self._commit(connection, jobs)
                if len(jobs) < len(group):
                    self._fold_all(connection, [job for job in group if job.work is _fold])
                if len(group) >= _MANY:
                    time.sleep(_GATHERING)
        finally:
            connection.close()
            if self._file is not None:
                self._file.release()

    def _next_group(self) -> list[_Job]:
        """Everything that waits; empty at the end."""
        first = self._jobs.get()
        group = [first]
        while not self._jobs.empty():
            group.append(self._jobs.get())
        if None in group and len(group) > 1:
            # The sign to close comes after the last job; it is read again alone.
            self._jobs.put(None)
        return [job for job in group if job is not None]

    def _commit(self, connection: sqlite3.Connection, group: list[_Job]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            results: list[_Result]
            if (given := _together(connection, group)) is not None:
                results = [(job.done, value, None) for job, value in zip(group, given, strict=True)]
                wrote = [True] * len(group)
            else:
                results, wrote = _one_by_one(connection, group)
            connection.execute("COMMIT")
            if any(wrote) and self._found() != self._names:
                # An open file can be written to when it has no name any more, and all of it is lost
                # at the end. It can be read until then.
                results = [
                    (result[0], None, self._gone()) if own else result
                    for result, own in zip(results, wrote, strict=True)
                ]
        except sqlite3.Error as error:
            # Where SQLite has taken it back by itself this raises; the thread has to live on, or
            # its callers wait for ever.
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            results = [(job.done, None, self._failed(error, connection)) for job in group]
        self._resolve(results)

    def _fold_all(self, connection: sqlite3.Connection, group: list[_Job]) -> None:
        """Outside of a transaction, because within one SQLite does not do it."""
        failed: JournalError | None = None
        try:
            _fold(connection)
        except sqlite3.Error as error:
            failed = self._failed(error, connection)
        self._resolve([(job.done, None, failed) for job in group])

    def _resolve(self, results: list[_Result]) -> None:
        waiting = deque(result for result in results if result[0] is not None)

        def deliver() -> None:
            for _ in range(min(_AT_ONCE, len(waiting))):
                done, value, error = waiting.popleft()
                if done is None or done.done():
                    continue
                if error is None:
                    done.set_result(value)
                else:
                    done.set_exception(error)
            if waiting and self._loop is not None:
                self._loop.call_soon(deliver)

        if waiting and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(deliver)

    def _connect(self) -> sqlite3.Connection:
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
            migrate(connection, version)
        connection.execute("COMMIT")
        # SQLite has made its log meanwhile, and no row is in it yet.
        file.close_to_others()
        self._names = self._found()

    def _found(self) -> _Names:
        """Which files stand under the names of the journal and its log."""
        found: _Names = []
        real = "" if self._file is None else self._file.name
        for name in (real, f"{real}-wal"):
            try:
                found.append(identity(os.lstat(name)))
            except OSError:
                found.append(None)
        return found

    def _unusable(self, error: Exception) -> Exception:
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

    def _damaged(self, error: Exception) -> str:
        return f"{self.path} is damaged ({_words(error)}): {to_go_on(self.path, self._batch)}"

    def _failed(self, error: sqlite3.Error, connection: sqlite3.Connection) -> JournalError:
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

    def _gone(self) -> JournalError:
        gone = JournalError(
            f"{self.path} was moved or removed while in use: the run has stopped, and nothing was "
            "sent that was not in it. "
            "Put it back with its -wal file and resume. Issuing the same file with a new journal "
            "gives no key a second card only while the "
            "issuer remembers the request ids."
        )
        gone.__cause__ = FileNotFoundError("it was moved or removed while in use")
        return gone


def _together(connection: sqlite3.Connection, group: list[_Job]) -> list[Any] | None:
    """Values for the same writer go to it at once; what it gives back for each.

    `None`: nothing is written, because each has to have its turn.
    """
    jobs_of: dict[_Writer, list[int]] = {}
    for number, (work, values, _) in enumerate(group):
        if values is None:
            return None
        jobs_of.setdefault(work, []).append(number)
    results: list[Any] = [None] * len(group)
    try:
        for writer, jobs in jobs_of.items():
            given = writer(connection, [group[number].values or () for number in jobs])
            if given is not None:
                for number, value in zip(jobs, given, strict=True):
                    results[number] = value
    except sqlite3.Error:
        raise
    except Exception:  # noqa: BLE001 - of one of them; which one is seen, and its caller told, when they are written one by one
        connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        return None
    return results


def _one_by_one(
    connection: sqlite3.Connection, group: list[_Job]
) -> tuple[list[_Result], list[bool]]:
    """Each in its turn, and an error of one is its own."""
    results: list[_Result] = []
    wrote: list[bool] = []
    for work, values, done in group:
        connection.execute("SAVEPOINT job")
        before = connection.total_changes
        try:
            results.append(
                (
                    done,
                    work(connection) if values is None else _alone(work, connection, values),
                    None,
                )
            )
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - its caller gets it, and its neighbours' writes stand
            connection.execute("ROLLBACK TO job")
            results.append((done, None, error))
        connection.execute("RELEASE job")
        wrote.append(connection.total_changes != before)
    return results, wrote


def _alone(writer: _Writer, connection: sqlite3.Connection, values: _Values) -> Any:
    given = writer(connection, [values])
    return None if given is None else given[0]


def _fold(connection: sqlite3.Connection) -> None:
    # Nobody else has the file, so nothing keeps it from doing all of it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


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
