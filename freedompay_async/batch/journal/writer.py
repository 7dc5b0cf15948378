"""The thread that writes a journal, and its group commit.

One connection, one thread. What waits while the disk syncs shares the next sync, so a durable write
costs a fraction of one. Values for the same statement share the statement too.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.guards.loops import running_loop

if TYPE_CHECKING:
    from freedompay_async.batch.journal.database import Database

__all__ = ["Writer"]

T = TypeVar("T")
# So many results are delivered in one go: each caller goes on at once, and after a slow sync
# hundreds would hold up other calls on the loop.
_AT_ONCE: Final = 16
# A commit of so many is followed by a pause, in seconds, in which more come together: each commit
# takes the interpreter's lock from the loop a dozen times, whatever it writes. Where little is
# written, nobody waits for others.
_MANY: Final = 4
_GATHERING: Final = 0.005
_Values = tuple[Any, ...]
_Answers = Sequence[Any] | None
"""What a statement answers: one value for each job, in their order, or nothing."""
_Statement = Callable[[sqlite3.Connection, Sequence[_Values]], _Answers]


class _Job(NamedTuple):
    """One piece of work: for the connection, or values for a statement that takes those of many
    jobs together.
    """

    work: Callable[..., Any]
    values: _Values | None
    done: asyncio.Future[Any] | None
    optional: bool = False
    """It may be missing: an error of its statement is nobody else's."""


_Result = tuple["asyncio.Future[Any] | None", Any, "Exception | None"]


class Writer:
    """`async with Writer(database) as writer:` opens the file and starts the thread."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database
        self._jobs: Final[SimpleQueue[_Job | None]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        if self._thread is not None:
            raise ConfigurationError(
                f"{self._database.path} is open already: use the journal that was opened. Nothing "
                "was sent."
            )
        self._loop = running_loop()
        opened = self._loop.create_future()
        name = f"journal {self._database.path.name}"
        self._thread = threading.Thread(target=self._serve, args=(opened,), name=name, daemon=True)
        self._thread.start()
        try:
            await opened
        except Exception:
            # Its thread has ended.
            self._thread = None
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

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

    def write(self, statement: _Statement, values: _Values) -> asyncio.Future[Any]:
        """Done when `statement` has written these values, and they are on the disk; the result is
        its answer for them.

        It gets the values of other jobs with them, in any order with other statements: after the
        `call` and `note` of before, and before those of after. One statement for many takes the
        interpreter's lock once; while the loop is busy each time costs it, and waiting for it takes
        milliseconds.

        Raises:
            JournalError: they are not on the disk.
        """
        return self._put(statement, values)

    def _put(self, work: Callable[..., Any], values: _Values | None) -> asyncio.Future[Any]:
        if self._thread is None or self._loop is None:
            raise JournalError(f"{self._database.path} is closed; nothing was written.")
        if self._loop is not running_loop():
            # In a forked child, which has a loop of its own at best, there is no thread to write;
            # the caller would wait for ever.
            raise JournalError(
                f"{self._database.path} was opened on another event loop, or before a fork; "
                "nothing was written."
            )
        done: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(work, values, done))
        return done

    def note(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Run `work` with the next group, and wait for nothing: for what can be found out again."""
        self._add(_Job(work, None, None))

    def note_values(self, statement: _Statement, values: _Values) -> None:
        """As `write`, and wait for nothing: for what can be found out again."""
        self._add(_Job(statement, values, None))

    def note_optional(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """As `note`, for what may be missing: an error of its statement fails no other write."""
        self._add(_Job(work, None, None, optional=True))

    def _add(self, job: _Job) -> None:
        # A job that comes after the end would wait in the queue until the file is opened again.
        if self._thread is not None:
            self._jobs.put(job)

    def _serve(self, opened: asyncio.Future[None]) -> None:
        database = self._database
        try:
            connection = database.connect()
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for it
            self._resolve([(opened, None, database.unusable(error))])
            return
        self._resolve([(opened, None, None)])
        try:
            while group := self._next_group():
                if jobs := [job for job in group if job.work is not _fold]:
                    self._commit(connection, jobs)
                if folds := [job for job in group if job.work is _fold]:
                    self._fold_all(connection, folds)
                if len(group) >= _MANY:
                    time.sleep(_GATHERING)
        finally:
            database.close(connection)

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
            if (answers := _together(connection, group)) is not None:
                results = [
                    (job.done, value, None) for job, value in zip(group, answers, strict=True)
                ]
                wrote = [True] * len(group)
            else:
                results, wrote = _one_by_one(connection, group)
            connection.execute("COMMIT")
            if any(wrote) and self._database.moved():
                # An open file can be written to when it has no name any more, and all of it is lost
                # at the end. It can be read until then.
                results = [
                    (result[0], None, self._database.gone()) if own else result
                    for result, own in zip(results, wrote, strict=True)
                ]
        except sqlite3.Error as error:
            # Where SQLite has taken it back by itself this raises; the thread has to live on, or
            # its callers wait for ever.
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            results = [
                (job.done, None, self._database.unwritten(error, connection)) for job in group
            ]
        self._resolve(results)

    def _fold_all(self, connection: sqlite3.Connection, group: list[_Job]) -> None:
        """Outside of a transaction, because within one SQLite does not do it."""
        failed: JournalError | None = None
        try:
            _fold(connection)
        except sqlite3.Error as error:
            failed = self._database.unwritten(error, connection)
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


def _together(connection: sqlite3.Connection, group: list[_Job]) -> list[Any] | None:
    """Values for the same statement go to it at once; the answer for each job.

    `None`: nothing is written, because each has to have its turn.
    """
    jobs_of: dict[_Statement, list[int]] = {}
    for number, (work, values, *_) in enumerate(group):
        if values is None:
            return None
        jobs_of.setdefault(work, []).append(number)
    results: list[Any] = [None] * len(group)
    try:
        for statement, jobs in jobs_of.items():
            answers = statement(connection, [group[number].values or () for number in jobs])
            if answers is not None:
                for number, value in zip(jobs, answers, strict=True):
                    results[number] = value
    except sqlite3.Error:
        raise
    # An error of one job: when they are written one by one, its own caller gets it.
    except Exception:  # noqa: BLE001
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
    for work, values, done, optional in group:
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
            if not optional:
                raise
            # Where SQLite has ended the transaction, such as on a full disk, this raises too.
            connection.execute("ROLLBACK TO job")
        # Its caller gets it, and the writes of its neighbours stand.
        except Exception as error:  # noqa: BLE001
            connection.execute("ROLLBACK TO job")
            results.append((done, None, error))
        connection.execute("RELEASE job")
        wrote.append(connection.total_changes != before)
    return results, wrote


def _alone(statement: _Statement, connection: sqlite3.Connection, values: _Values) -> Any:
    answers = statement(connection, [values])
    return None if answers is None else answers[0]


def _fold(connection: sqlite3.Connection) -> None:
    # Nobody else has the file, so nothing keeps it from doing all of it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
