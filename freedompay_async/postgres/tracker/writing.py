"""Writes how requests stand: what waits together shares a statement, and its commit."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.postgres.journal.texts import kept_text
from freedompay_async.postgres.tracker.statements import WRITE

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection, Link
    from freedompay_async.postgres.tracker.held import Held
    from freedompay_async.postgres.tracker.tracked import TrackState

__all__ = ["Writer", "Written"]

# Rows of a group. More would make others wait for long.
_MOST: Final = 256
# Seconds for which a group may take. A lease lasts about as long.
_LIMIT: Final = 5.0


class Written(NamedTuple):
    """How a request stands from now on.

    Attributes:
        state: how far it is.
        next: what is to be done next; `None`: nothing.
        due_in: seconds until then.
        held: it stays held, and is not due for anybody else.
        tries: how often in a row it could not be sent or asked about.
        trouble, error, error_code, refused, found: as in the table.
        answer: the issuer's, to be kept; `None`: the one that is kept.
        accepted: the issuer has accepted it.
        looked: it was asked about.
        ended: it has ended.
        drops: its body is removed.
    """

    state: TrackState
    next: str | None
    due_in: float = 0.0
    held: bool = False
    tries: int = 0
    trouble: str | None = None
    answer: str | None = None
    error: str | None = None
    error_code: str | None = None
    refused: int = 0
    found: bool = False
    accepted: bool = False
    looked: bool = False
    ended: bool = False
    drops: bool = False


class _Job(NamedTuple):
    done: asyncio.Future[None]
    held: Held
    written: Written


class Writer:
    """Writes one group after another; what comes meanwhile waits for the next.

    A group is written anew after a lost connection: done twice it is the same.

    Args:
        link: the connections.
        ours: merchant and host.
    """

    def __init__(self, link: Link, ours: tuple[str, str]) -> None:
        self._link: Final = link
        self._ours: Final = ours
        self._jobs: Final[list[_Job]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, held: Held, written: Written) -> None:
        """Return when it is on the server's disk.

        Raises:
            LeaseLost: somebody else holds the row.
            JournalError: the database can't be used.
        """
        await self._add(held, written)

    def note(self, held: Held, written: Written) -> None:
        """As `write`, and wait for nothing: without it, others wait for the end of the lease."""
        self._add(held, written).add_done_callback(_taken_note_of)

    def _add(self, held: Held, written: Written) -> asyncio.Future[None]:
        self._link.check()
        loop = asyncio.get_running_loop()
        job = _Job(loop.create_future(), held, written)
        self._jobs.append(job)
        if self._task is None:
            self._task = loop.create_task(self._serve())
        return job.done

    async def _serve(self) -> None:
        try:
            while self._jobs:
                group = self._jobs[:_MOST]
                del self._jobs[:_MOST]
                try:
                    owned = await self._link.run(partial(self._do, group), limit=_LIMIT)
                # Whatever it is, somebody waits for it.
                except Exception as error:  # noqa: BLE001
                    for job in group:
                        _end(job, error)
                    continue
                for job in group:
                    _end(job, None if _key(job) in owned else LeaseLost())
        finally:
            self._task = None

    async def _do(self, group: list[_Job], connection: Connection) -> set[tuple[str, int]]:
        rows = [
            (
                *(job.held.request_id, job.held.fence, job.written.state.value, job.written.next),
                *(job.written.due_in, job.written.held, job.written.tries),
                *(kept_text(job.written.trouble), job.written.answer),
                *(kept_text(job.written.error), kept_text(job.written.error_code)),
                *(job.written.refused, job.written.found, job.written.accepted),
                *(job.written.looked, job.written.ended, job.written.drops),
            )
            for job in group
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        return {tuple(row) for row in await connection.fetch(WRITE, *self._ours, *columns)}


def _key(job: _Job) -> tuple[str, int]:
    """What names a row and who holds it: one group may have two holders of the same row."""
    return job.held.request_id, job.held.fence


def _end(job: _Job, error: Exception | None) -> None:
    if job.done.done():
        return
    if error is None:
        job.done.set_result(None)
    else:
        job.done.set_exception(error)


def _taken_note_of(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()
