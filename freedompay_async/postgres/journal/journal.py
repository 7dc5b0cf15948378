"""A journal in PostgreSQL: one batch, on which any number of processes and machines may work.

Kept is what a file keeps, and the leases: see `schema.py`. `leases.py` has the owner of rows, and
`records.py` what is read.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.outcome import State
from freedompay_async.guards.arguments import check_flag
from freedompay_async.postgres.connection.pooling import LONG_LIMIT
from freedompay_async.postgres.journal.leases import Leases
from freedompay_async.postgres.journal.restored import restored
from freedompay_async.postgres.journal.rows import Intent, keep_success, written
from freedompay_async.postgres.rate.shared_rate import SharedRate

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from freedompay_async.batch.entries import Entry, Refusal
    from freedompay_async.postgres.connection.pooling import Pool
    from freedompay_async.traffic.rate import Rate

__all__ = ["PostgresJournal"]


class PostgresJournal(Leases):
    """`async with PostgresJournal(pool, name="may") as journal:`; one run of it at a time, and any
    number of journals of the same batch.

    Args:
        pool: of asyncpg, of at least 4 connections; one pool may serve many journals.
        name: of the batch, one in its database.
        joins: only take part in a round that somebody has begun, as a worker does.
        open_at_plan: let workers begin when the plan is written.
        address: what messages call the database; by default what the server calls itself.

    Raises:
        ConfigurationError: an argument is something else; on entering: the database can't be
            reached, has no schema of this version, or can't be listened on.
    """

    INSTEAD = "make it of a pool where it is needed"

    def __init__(
        self,
        pool: Pool,
        *,
        name: str,
        joins: bool = False,
        open_at_plan: bool = False,
        address: str | None = None,
    ) -> None:
        super().__init__(
            pool,
            name,
            joins=check_flag("joins", joins),
            open_at_plan=check_flag("open_at_plan", open_at_plan),
            address=address,
        )
        # Of the newest intent.
        self._mark = 0

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()

    @property
    def shared(self) -> bool:
        return True

    def shared_rate(self, per_second: float) -> Rate:
        """One rate for all who work on the batch. Without the database nothing leaves, as a lease
        would be over too.
        """
        return SharedRate(self._pool, f"batch {self.batch}", per_second, without_database="stop")

    async def may_have_been_sent_since(self, taken: float) -> int:
        return await self._link.run(partial(restored, taken=taken), limit=LONG_LIMIT)

    # A row

    def record_intent(
        self,
        row: Entry,
        step: str,
        *,
        request_id: str,
        body_sha256: bytes,
        sent_at: float,
        set_back: float = 0.0,
    ) -> Awaitable[None]:
        # The server's clock says when.
        self._mark += 1
        intent = Intent(step, request_id, body_sha256, mark=self._mark)
        return self._write(row, State.STARTED, intent=intent)

    def take_back(self, row: Entry, step: str) -> None:
        if self._held_by is not None and self._knows(row):
            self._writer.take_back(self._held_by, row.number, step, self._mark)

    def accepted(self, row: Entry, step: str) -> None:
        if self._held_by is not None and self._knows(row):
            self._writer.accepted(self._held_by, row.number, step)

    def step_ended(self, row: Entry, step: str) -> None:
        # The end of an activation is that of its row.
        if step == "client":
            row.client_ended_at = time.time()
        elif step == "card":
            row.card_ended_at = time.time()

    def go_on(self, row: Entry) -> Awaitable[None]:
        return self._write(row, State.STARTED)

    async def claim_card(self, row: Entry) -> bool:
        return await self._write(row, State.STARTED, claims=True) is not None

    def refuse(
        self, row: Entry, step: str, refusal: Refusal, *, state: State, reason: str
    ) -> Awaitable[None]:
        return self._write(row, state, reason, intent=Intent(step, refused=refusal.value))

    async def keep_success(self, row: Entry) -> None:
        if row.lease is None or self._batch is None:
            return
        await self._writer.call(
            partial(keep_success, batch=self._batch, owner=UUID(row.lease.owner.name), row=row)
        )

    async def end(
        self, row: Entry, state: State, reason: str | None, *, proved: bool = False
    ) -> str | None:
        writing = self._write(row, state, reason, proved=proved, ended=True)
        del self._held[row.number]
        self._ending.add(row.number)
        try:
            doubt: str | None = await writing
        finally:
            self._ending.discard(row.number)
        if doubt is None:
            return None
        return f"{doubt}; {reason}" if reason else doubt

    def _write(
        self, row: Entry, state: State, reason: str | None = None, **more: Any
    ) -> Awaitable[Any]:
        if not self._knows(row) or self._held_by is None:
            raise LeaseLost
        return self._writer.write(self._held_by, written(row, state, reason, **more))
