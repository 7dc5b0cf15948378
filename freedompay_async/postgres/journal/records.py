"""A batch in PostgreSQL, without its rows' owners: its plan, and what is read of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.staying import Staying
from freedompay_async.postgres.connection.opening import check_opening
from freedompay_async.postgres.connection.pooling import LONG_LIMIT, Link, checked_pool
from freedompay_async.postgres.journal import plan, reads
from freedompay_async.postgres.journal.rounds import begin_round_if_needed
from freedompay_async.postgres.journal.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from freedompay_async.batch.journal.plan_writer import PlanWriter
    from freedompay_async.batch.journal.records import (
        EarlierRuns,
        Fact,
        FoundKeys,
        KeptPlan,
        OutageRecord,
        RowRecord,
        RunRecord,
        StepTimes,
        Summary,
    )
    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["Records"]

T = TypeVar("T")


class Records(Staying):
    """The plan and the reads of a batch.

    Args:
        pool: of asyncpg.
        name: of the batch.
        open_at_plan: begin its first round with the plan.
        address: what messages call the database.
    """

    def __init__(self, pool: Pool, name: str, *, open_at_plan: bool, address: str | None) -> None:
        self._pool: Final[Pool] = checked_pool(pool)
        self.batch: Final = checked_name("batch name", name)
        """The name of the batch."""
        self._address = address
        self._open_at_plan: Final = open_at_plan
        self._link: Final = Link(self._pool, f"batch {self.batch}")
        self._writer: Final = Writer(self._link, self._settle)
        self._batch: int | None = None

    async def _open(self) -> None:
        if self._link.is_open:
            raise ConfigurationError(
                f"{self.name} is open already: use the journal that was opened. Nothing was sent."
            )
        opened = await check_opening(self._pool, self.batch)
        self._address = self._address or opened.address
        self._batch = opened.batch
        self._link.name = self.name
        self._link.open()
        self._writer.open()

    async def _close(self) -> None:
        if self._link.is_open:
            await self._writer.close()
            self._link.close()

    @property
    def name(self) -> str:
        address = "postgresql" if self._address is None else self._address
        return f"{address} (batch {self.batch})"

    # The plan

    async def plan(self, work: Callable[[PlanWriter], T]) -> T:
        """As `BatchJournal.plan`; what others plan under this name waits meanwhile."""
        self._link.check()

        async def within(connection: Connection) -> T:
            async with connection.transaction():
                result = await plan.plan(connection, self.batch, work)
                batch = await plan.batch_id(connection, self.batch)
                if batch is not None and self._open_at_plan:
                    await begin_round_if_needed(connection, batch)
            self._batch = batch
            return result

        # It may wait for a person, and its own transaction is taken back if it fails.
        return await self._link.planned(within)

    async def kept_plan(self) -> KeptPlan:
        return await self._read(partial(reads.kept_plan, name=self.name))

    async def settings(self) -> Mapping[str, str]:
        return await self._read(plan.settings_of)

    async def facts(self) -> Mapping[Fact, str]:
        return await self._read(plan.facts)

    async def keep(self, facts: Mapping[Fact, str]) -> None:
        async def keep(connection: Connection) -> None:
            batch = await self._known_batch(connection)
            if batch is not None:
                await plan.keep(connection, batch, facts)

        await self._writer.call(keep)

    async def keys(self, numbers: Sequence[int]) -> list[str]:
        return await self._read(partial(plan.keys_of, numbers=numbers))

    async def accept_found(self, keys: Sequence[str] | None) -> FoundKeys:
        async def accept(connection: Connection) -> FoundKeys:
            return await plan.accept_found(connection, await self._known_batch(connection), keys)

        found: FoundKeys = await self._writer.call(accept)
        return found

    # What was kept

    async def earlier_runs(self) -> EarlierRuns:
        return await self._read(reads.earlier_runs)

    async def summary(self) -> Summary:
        async def read(connection: Connection, batch: int | None) -> Summary:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await reads.summary(connection, batch)

        return await self._read(read)

    async def rows(self, *, after: int, limit: int) -> list[RowRecord]:
        return await self._read(partial(reads.row_records, after=after, limit=limit))

    async def step_times(self, *, after: int, limit: int) -> list[StepTimes]:
        return await self._read(partial(reads.step_times, after=after, limit=limit))

    async def runs(self) -> list[RunRecord]:
        return await self._read(reads.runs)

    async def outages(self) -> list[OutageRecord]:
        return await self._read(reads.outages)

    async def _read(self, question: Callable[[Connection, int | None], Awaitable[T]]) -> T:
        """What a question says, after all that was written before."""
        self._link.check()
        await self._writer.flush()

        async def ask(connection: Connection) -> T:
            return await question(connection, await self._known_batch(connection))

        return await self._link.run(ask, limit=LONG_LIMIT)

    async def _known_batch(self, connection: Connection) -> int | None:
        if self._batch is None:
            self._batch = await plan.batch_id(connection, self.batch)
        return self._batch

    async def _settle(self, connection: Connection) -> None:
        await connection.execute("SELECT freedompay.settle($1)", self._batch)
