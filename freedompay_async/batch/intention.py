"""One intent of a row: on the disk before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.writes import forget, intend

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from freedompay_async.batch.clock import Clock
    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.journal.sqlite import Journal
    from freedompay_async.batch.stopping import Wait

__all__ = ["Intention"]


class Intention:
    """Written before its first send, and taken back if it surely was not sent.

    Args:
        journal: where it is written.
        row: whose it is.
        step: which of the row's.
        request_id: its id.
        digest: of the body.
        sent_at: seconds since the epoch at which an earlier run first sent it.
        clock: of the run.
        guard: asked before it is written; raises where it must not be sent. Its argument is whether
            it was asked before.
        ahead: how many may be on the disk and wait for their turn.
    """

    def __init__(
        self,
        journal: Journal,
        row: Entry,
        step: str,
        *,
        request_id: str,
        digest: bytes,
        sent_at: float | None,
        clock: Clock,
        guard: Callable[[bool], None],
        ahead: asyncio.Semaphore,
    ) -> None:
        self._journal: Final = journal
        self._row: Final = row
        self._step: Final = step
        self.request_id: Final = request_id
        self._digest: Final = digest
        self._clock: Final = clock
        self._guard: Final = guard
        self._ahead: Final = ahead
        self._is_ahead = False
        self._written = self._kept = self._counted = sent_at is not None
        self.sent_at: Final = sent_at
        """When it was first sent, where it may have been: then it is asked about before it is sent
        again.
        """
        self.waits: Wait | None = None
        """A stop of the run ends it: it is at an end while the intent is being written, and when it
        is on its way.
        """

    async def write(self) -> None:
        if self._written:
            return
        await self._ahead.acquire()
        self._is_ahead = True
        if self.waits is not None:
            self.waits.off()
        self._guard(self._counted)
        self._counted = True
        now, set_back = self._clock.now()
        await intend(
            self._journal,
            self._row,
            self._step,
            request_id=self.request_id,
            body_sha256=self._digest,
            sent_at=now,
            set_back=set_back,
        )
        self._written = True
        if self.waits is not None:
            self.waits.on()

    def leave(self) -> None:
        if self.waits is not None:
            self.waits.off()
        self.let_next()

    def let_next(self) -> None:
        """It waits for its turn no more."""
        if self._is_ahead:
            self._is_ahead = False
            self._ahead.release()

    def keep(self) -> None:
        """It was answered with 429, so it reached the issuer: it stays in the journal, whatever
        comes of the next try.
        """
        self._kept = True

    def take_back(self) -> None:
        """It was not sent.

        Not waited for: if this gets lost, the next run asks about it for nothing.
        """
        if self._written and not self._kept:
            forget(self._journal, self._row, self._step)
            self._written = False
