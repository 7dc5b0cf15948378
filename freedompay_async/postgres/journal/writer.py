"""The task that writes a journal: what waits together shares a statement, and its commit.

While one statement is on its way, what comes meanwhile waits for the next. Jobs of one row keep
their order. A group is written anew after a lost connection: done twice it is the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg

from freedompay_async.errors import JournalError
from freedompay_async.postgres.connection.pooling import LONG_LIMIT, LOST
from freedompay_async.postgres.journal import rows as statements
from freedompay_async.postgres.journal.unsent import take_back

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.postgres.connection.pooling import Connection, Link
    from freedompay_async.postgres.journal.rows import Held, Written

__all__ = ["Writer"]

_LOG: Final = logging.getLogger(__name__)
# Jobs of a group. More would make others wait for long.
_MOST: Final = 256
# Seconds for which a group may take. A lease lasts about as long.
_LIMIT: Final = 5.0
# Seconds for which what nobody waits for is tried again when the journal is closed.
_CLOSING: Final = 5.0


class _Work(NamedTuple):
    """Work of its own, for the connection alone."""

    done: asyncio.Future[Any] | None
    work: Callable[[Connection], Awaitable[Any]]


class _Change(NamedTuple):
    """A row that is written, or a step of one that was accepted or is taken back."""

    done: asyncio.Future[Any] | None
    held: Held
    row: Written | None = None
    accepted: tuple[int, str] | None = None
    taken_back: tuple[int, str, int] | None = None


class Writer:
    """Writes through a link, one group after another.

    Args:
        link: the connections.
        settle: takes in what was made for rows, after a write has met such a row.
    """

    def __init__(self, link: Link, settle: Callable[[Connection], Awaitable[None]]) -> None:
        self._link: Final = link
        self._settle: Final = settle
        self._jobs: Final[deque[_Work | _Change]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    # What is to be written

    def write(self, held: Held, row: Written) -> asyncio.Future[Any]:
        """Done when the row is on the server's disk; the result is its answer.

        Raises:
            JournalError: it can't be written.
            LeaseLost: the row has another owner, or none.
        """
        done = self._future()
        self._add(_Change(done, held, row=row))
        return done

    def accepted(self, held: Held, number: int, step: str) -> None:
        """Note that a step was accepted, with the next group."""
        self._add(_Change(None, held, accepted=(number, step)))

    def take_back(self, held: Held, number: int, step: str, mark: int) -> None:
        """Note that a step with this mark, or an earlier one, was surely not sent, with the next
        group.
        """
        self._add(_Change(None, held, taken_back=(number, step, mark)))

    def call(self, work: Callable[[Connection], Awaitable[Any]]) -> asyncio.Future[Any]:
        """Done when `work` is, which comes after all that was asked for before.

        Raises:
            JournalError: it can't be done.
        """
        done = self._future()
        self._add(_Work(done, work))
        return done

    def note(self, work: Callable[[Connection], Awaitable[Any]]) -> None:
        """As `call`, and wait for nothing; it may be missing, and fails no run."""
        self._add(_Work(None, work))

    async def flush(self) -> None:
        """Return when all that was asked for before is written, or has failed."""
        if self._task is not None:
            await self.call(_nothing)

    async def close(self) -> None:
        """Write what waits, for a few seconds at most."""
        self._closing = True
        if self._task is not None:
            await self._task

    def open(self) -> None:
        self._closing = False

    def _future(self) -> asyncio.Future[Any]:
        self._link.check()
        return asyncio.get_running_loop().create_future()

    def _add(self, job: _Work | _Change) -> None:
        # What comes after the end, and nobody waits for, is missing.
        if job.done is None and not self._link.is_open:
            return
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())

    # The groups

    async def _serve(self) -> None:
        try:
            while self._jobs:
                group = self._next_group()
                try:
                    await self._link.run(
                        partial(self._do, group),
                        limit=_LIMIT if isinstance(group, list) else LONG_LIMIT,
                        until=_CLOSING if self._closing else None,
                    )
                except JournalError as error:
                    self._fail(group, error)
                # Whatever it is, somebody waits for it.
                except Exception as error:  # noqa: BLE001
                    self._fail(group, self._link.failed(error))
        finally:
            self._task = None

    def _next_group(self) -> _Work | list[_Change]:
        """What may share a statement: of one owner, of one kind, and no row twice."""
        first = self._jobs.popleft()
        if isinstance(first, _Work):
            return first
        group, begun, accepted = [first], set[int](), set[int]()
        _note(first, begun, accepted)
        while self._jobs and len(group) < _MOST:
            job = self._jobs[0]
            if (
                isinstance(job, _Work)
                or job.held != first.held
                or (job.taken_back is None) is not (first.taken_back is None)
                or not _fits(job, begun, accepted)
            ):
                break
            _note(job, begun, accepted)
            self._jobs.popleft()
            group.append(job)
        return group

    async def _do(self, group: _Work | list[_Change], connection: Connection) -> None:
        if isinstance(group, list):
            await self._write(connection, group[0].held, group)
            return
        try:
            _resolve(group, await group.work(connection))
        except LOST:
            raise
        except asyncpg.PostgresError as error:
            if group.done is not None:
                raise
            # Nobody waits for it.
            _LOG.warning("what may be missing in %s is missing: %s", self._link.name, error)
        # Its own caller gets it.
        except Exception as error:  # noqa: BLE001
            _resolve(group, error)

    async def _write(self, connection: Connection, held: Held, group: list[_Change]) -> None:
        back = [job.taken_back for job in group if job.taken_back is not None]
        if back:
            await take_back(connection, held, back)
            return
        jobs = [(job, job.row) for job in group if job.row is not None]
        answers, told = await statements.write(
            connection,
            held,
            [row for _, row in jobs],
            list(dict.fromkeys(job.accepted for job in group if job.accepted is not None)),
        )
        if told:
            await self._settle(connection)
        for (job, _), answer in zip(jobs, answers, strict=True):
            _resolve(job, answer)

    def _fail(self, group: _Work | list[_Change], error: JournalError) -> None:
        """What waits behind it fails too: it would wait as long for nothing."""
        for job in [*(group if isinstance(group, list) else [group]), *self._jobs]:
            _resolve(job, error)
        self._jobs.clear()


def _resolve(job: _Work | _Change, answer: Any) -> None:
    if job.done is None or job.done.done():
        return
    if isinstance(answer, Exception):
        job.done.set_exception(answer)
    else:
        job.done.set_result(answer)


def _note(job: _Change, begun: set[int], accepted: set[int]) -> None:
    if job.row is not None:
        begun.add(job.row.number)
    elif job.accepted is not None:
        accepted.add(job.accepted[0])
    elif job.taken_back is not None:
        begun.add(job.taken_back[0])


def _fits(job: _Change, begun: set[int], accepted: set[int]) -> bool:
    """Whether a job may go with those before it. What comes first is written first; only that a
    step was accepted goes with what follows for its row, unless that is about the same step.
    """
    if job.row is not None:
        return job.row.number not in begun and (
            job.row.number not in accepted or job.row.intent.refused is None
        )
    number = (job.accepted or job.taken_back or (0,))[0]
    return number not in begun


async def _nothing(_: Connection) -> None:
    """Nothing but its turn."""
