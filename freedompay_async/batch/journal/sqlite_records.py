"""What a journal in a SQLite file keeps of a batch beside the rows at work: its plan, its facts and
all that a report reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from freedompay_async.batch.journal import sqlite_plan, sqlite_reads
from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.file import no_batch, to_go_on
from freedompay_async.batch.journal.records import KeptPlan
from freedompay_async.batch.journal.sqlite_plan import SQLitePlan
from freedompay_async.batch.journal.writer import Writer
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.staying import Staying

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from freedompay_async.batch.journal.plan_writer import PlanWriter
    from freedompay_async.batch.journal.records import (
        EarlierRuns,
        Fact,
        FoundKeys,
        OutageRecord,
        RowRecord,
        RunRecord,
        StepTimes,
        Summary,
    )

__all__ = ["SQLiteRecords"]

T = TypeVar("T")


class SQLiteRecords(Staying):
    """The plan of a journal in this file, and what was kept of its rows."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path: Final = path
        self._database: Final = Database(path, create=create)
        self.writer: Final = Writer(self._database)

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def shared(self) -> bool:
        return False

    @property
    def made(self) -> bool:
        """Whether opening the file has made it."""
        return self._database.made

    def remove_if_made(self) -> None:
        """Remove the file if opening it has made it; while it is open nobody else has it."""
        self._database.remove_if_made()

    # The plan

    async def plan(self, work: Callable[[PlanWriter], T]) -> T:
        def within(connection: sqlite3.Connection) -> tuple[T, bool]:
            writer = SQLitePlan(connection)
            return work(writer), writer.begun

        result, begun = await self.writer.call(within)
        if begun:
            # A log that gets lost does not take the plan along.
            await self.writer.fold()
        return result

    async def kept_plan(self) -> KeptPlan:
        def read(connection: sqlite3.Connection) -> KeptPlan:
            settings = sqlite_plan.settings_of(connection)
            if not settings:
                raise no_batch(self.path, made=self.made)
            count, last = sqlite_plan.count(connection), sqlite_plan.last_number(connection)
            if not count or count != last:
                # They are numbered from 1, without a gap.
                remedy = to_go_on(self.path, settings.get("batch"))
                raise ConfigurationError(
                    f"{self.path} has lost rows of its plan ({count:,} of {last:,} are there): "
                    f"{remedy} Nothing was sent."
                )
            return KeptPlan(count, settings)

        return await self.writer.call(read)

    async def settings(self) -> Mapping[str, str]:
        return await self.writer.call(sqlite_plan.settings_of)

    async def facts(self) -> Mapping[Fact, str]:
        return await self.writer.call(sqlite_plan.facts)

    async def keep(self, facts: Mapping[Fact, str]) -> None:
        await self.writer.call(lambda connection: sqlite_plan.keep(connection, facts))

    async def keys(self, numbers: Sequence[int]) -> list[str]:
        return await self.writer.call(lambda connection: sqlite_plan.keys_of(connection, numbers))

    async def accept_found(self, keys: Sequence[str] | None) -> FoundKeys:
        return await self.writer.call(lambda connection: sqlite_plan.accept_found(connection, keys))

    async def earlier_runs(self) -> EarlierRuns:
        return await self.writer.call(sqlite_reads.earlier_runs)

    # What was kept

    async def summary(self) -> Summary:
        return await self.writer.call(sqlite_reads.summary)

    async def rows(self, *, after: int, limit: int) -> list[RowRecord]:
        return await self.writer.call(
            lambda connection: sqlite_reads.row_records(connection, after, limit)
        )

    async def step_times(self, *, after: int, limit: int) -> list[StepTimes]:
        return await self.writer.call(
            lambda connection: sqlite_reads.step_times(connection, after, limit)
        )

    async def runs(self) -> list[RunRecord]:
        return await self.writer.call(sqlite_reads.runs)

    async def outages(self) -> list[OutageRecord]:
        return await self.writer.call(sqlite_reads.outages)
