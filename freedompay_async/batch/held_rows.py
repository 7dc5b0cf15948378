"""The rows that a run takes from its journal, and their lease."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

import anyio

from freedompay_async.batch.lease import LeaseLost, NoMoreCards
from freedompay_async.batch.stopping import Stopped, Wait
from freedompay_async.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.lease import Owner
    from freedompay_async.batch.progress import Progress
    from freedompay_async.batch.stopping import Stopping
    from freedompay_async.errors import FreedomPayError

__all__ = ["HeldRows"]

_CHUNK: Final = 500
# A lease is renewed so many times before it would be over.
_RENEWALS: Final = 3
_LOST: Final = (
    "this run has lost its rows, and another run may have them: nothing more is sent for them here"
)
_STOPPED: Final = "the batch was stopped: its rows are left as they are, until it is resumed"


class HeldRows:
    """Takes the rows of a run, holds them, and notes when they are lost.

    Args:
        journal: of the batch.
        owner: the run.
        progress: shows why rows were left.
        stopping: ends the wait for rows.
        active: rows that are in work at once.
        stop: called when the run has to stop.
        fail: called with the error that ends the run.
        used_up: called when no further row may be taken, with the cards that are allowed and those
            that were ordered.

    Attributes:
        lost: the run has lost its rows, and was not to stop anyhow.
    """

    def __init__(
        self,
        journal: BatchJournal,
        owner: Owner,
        progress: Progress,
        stopping: Stopping,
        *,
        active: int,
        stop: Callable[[], None],
        fail: Callable[[FreedomPayError], None],
        used_up: Callable[[int, int], None],
    ) -> None:
        self._journal: Final = journal
        self._owner: Final = owner
        self._progress: Final = progress
        self._stopping: Final = stopping
        # What waits here can't be worked on by others, and is lost for a while if this process is.
        self._chunk: Final = min(_CHUNK, active) if journal.shared else _CHUNK
        self._stop: Final = stop
        self._fail: Final = fail
        self._used_up: Final = used_up
        self.lost = False

    async def each(self) -> AsyncGenerator[Entry]:
        """Every row that has not ended, a chunk in memory at a time."""
        try:
            while True:
                with Wait(self._stopping):
                    chunk = await self._journal.take(self._chunk, self._owner)
                if not chunk:
                    return
                for row in chunk:
                    yield row
        except LeaseLost:
            self.gone()
        except NoMoreCards as reached:
            self._used_up(reached.most, reached.most)
        except Stopped:
            pass

    async def renew(self) -> None:
        """Keep the lease for as long as the run lasts."""
        try:
            while True:
                renewal = await self._journal.renew(self._owner)
                if renewal.seconds == inf:
                    return
                self._learn(stopped=renewal.stopped, ended=renewal.ended)
                await anyio.sleep(renewal.seconds / _RENEWALS)
        except LeaseLost:
            self.gone()
        except JournalError as error:
            self._fail(error)

    def _learn(self, *, stopped: bool, ended: int | None) -> None:
        progress = self._progress
        if ended is not None:
            # Others end rows too.
            progress.earlier = max(progress.earlier, ended - progress.done)
        if stopped and not self._stopping.now:
            progress.trouble = progress.left_because = _STOPPED
            self._stop()

    def gone(self) -> None:
        """Stop, because another run may have the rows."""
        if not self._stopping.now:
            self.lost = True
        self._progress.trouble = self._progress.left_because = _LOST
        self._stop()

    async def hand_back(self, row: Entry, left: Stopped) -> None:
        """Let others have a row that was left, or keep what was made for one that was lost."""
        try:
            if isinstance(left, LeaseLost) or not self._journal.holds(row):
                if row.client_id is not None or row.card_id is not None:
                    await self._journal.keep_success(row)
            elif not self._stopping.now:
                await self._journal.hand_back([row], pause=left.pause, reason=left.reason)
        except JournalError as error:
            self._fail(error)
