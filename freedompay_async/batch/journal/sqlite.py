"""A journal in one SQLite file: what will be sent is on the disk before it is sent.

Kept: the rows as they were read (an identity document by its path and hash), each intent with its
request id, the hash of its body and its times, how each row ended, which rows somebody has accepted
though they were used before, and the runs with their outages. The file is readable by its owner
only. No key and no document is in it.

One process has the file, and one run at a time takes its rows. So a lease lasts until its run is
released: it needs no renewal, and `_held` knows it without a question to the disk.
"""

from __future__ import annotations

import asyncio
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from uuid import uuid4

import msgspec

from freedompay_async.batch.journal import sqlite_plan, sqlite_reads, sqlite_rows
from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.file import no_batch, to_go_on
from freedompay_async.batch.journal.records import KeptPlan
from freedompay_async.batch.journal.sqlite_plan import SQLitePlan
from freedompay_async.batch.journal.writer import Writer
from freedompay_async.batch.lease import Lease, LeaseLost, Owner
from freedompay_async.batch.outcome import State
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_flag, path_of
from freedompay_async.guards.staying import Staying

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from freedompay_async.batch.entries import Entry, Refusal
    from freedompay_async.batch.journal.base import PlanWriter
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

__all__ = ["Journal"]

T = TypeVar("T")


class Journal(Staying):
    """`async with Journal.open("run.db") as journal:`; one process at a time."""

    INSTEAD = "open it by its path, in one process at a time"

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path: Final = path
        self._database: Final = Database(path, create=create)
        self.writer: Final = Writer(self._database)
        self._owner: Owner | None = None
        # The number of the last row that the owner has taken: it gets each row once.
        self._taken = 0
        self._taking: Final = asyncio.Lock()
        # The lease of each row that was taken and has not ended.
        self._held: Final[dict[int, Lease]] = {}

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
        await self.writer.__aenter__()
        # Opened anew, it belongs to nobody.
        self._owner = None
        self._held.clear()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.writer.__aexit__()

    @property
    def name(self) -> str:
        return str(self.path)

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

    # Runs

    async def earlier_runs(self) -> EarlierRuns:
        return await self.writer.call(sqlite_reads.earlier_runs)

    def new_owner(self) -> Owner:
        if self._owner is not None:
            raise ConfigurationError(f"{self.path} is being run already. Nothing more was sent.")
        self._owner, self._taken = Owner(uuid4().hex), 0
        return self._owner

    def begin_run(self, owner: Owner, limits: Mapping[str, float | None]) -> None:
        values = (owner.name, msgspec.json.encode(limits).decode(), time.time())
        self._note(owner, "INSERT INTO runs (owner, limits, began_at) VALUES (?, ?, ?)", values)

    def release(self, owner: Owner) -> None:
        values = (time.time(), owner.name)
        self._note(owner, "UPDATE runs SET ended_at = ? WHERE owner = ?", values)
        if owner is self._owner:
            self._owner = None
            self._held.clear()

    def outage_began(self, owner: Owner, at: float) -> None:
        statement = "INSERT INTO outages (owner, began_at) VALUES (?, ?)"
        self._note(owner, statement, (owner.name, at))

    def outage_ended(self, owner: Owner, at: float) -> None:
        statement = "UPDATE outages SET ended_at = ? WHERE owner = ? AND ended_at IS NULL"
        self._note(owner, statement, (at, owner.name))

    def clock_set_back(self, owner: Owner, seconds: float) -> None:
        if owner is self._owner:
            self.writer.note(lambda connection: sqlite_rows.add_set_back(connection, seconds))

    async def take(self, limit: int, owner: Owner) -> list[Entry]:
        async with self._taking:
            self._check(owner)
            lease, after = Lease(owner), self._taken
            rows = await self.writer.call(
                lambda connection: sqlite_reads.unfinished(connection, after, limit, lease)
            )
            self._check(owner)
            if rows:
                self._taken = rows[-1].number
            self._held.update((row.number, lease) for row in rows)
            return rows

    async def renew(self, owner: Owner) -> float:
        self._check(owner)
        return inf

    async def hand_back(self, rows: Sequence[Entry]) -> None:
        for row in rows:
            if self.holds(row):
                del self._held[row.number]

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
        intent = (row.number, step, request_id, body_sha256, sent_at)
        known = sqlite_rows.known(row, State.STARTED)
        return self._write(row, sqlite_rows.intend, (intent, known, set_back))

    def take_back(self, row: Entry, step: str) -> None:
        if self.holds(row):
            number = row.number
            self.writer.note(lambda connection: sqlite_rows.take_back(connection, number, step))

    def accepted(self, row: Entry, step: str) -> None:
        if self.holds(row):
            self.writer.note_values(sqlite_rows.accept, (time.time(), row.number, step))

    def step_ended(self, row: Entry, step: str) -> None:
        # The end of an activation is that of its row.
        if step == "client":
            row.client_ended_at = time.time()
        elif step == "card":
            row.card_ended_at = time.time()

    def go_on(self, row: Entry) -> Awaitable[None]:
        return self._write(row, sqlite_rows.know, sqlite_rows.known(row, State.STARTED))

    def claim_card(self, row: Entry) -> Awaitable[bool]:
        return self._write(row, sqlite_rows.claim, sqlite_rows.known(row, State.STARTED))

    def refuse(
        self, row: Entry, step: str, refusal: Refusal, *, state: State, reason: str
    ) -> Awaitable[None]:
        known = sqlite_rows.known(row, state, reason)
        return self._write(row, sqlite_rows.refuse, (known, (refusal.value, row.number, step)))

    def end(
        self, row: Entry, state: State, reason: str | None, *, proved: bool = False
    ) -> Awaitable[str | None]:
        further = tuple(card for card in row.card_ids if card != row.card_id)
        known = sqlite_rows.known(row, state, reason, proved=proved, ended_at=time.time())
        ended = self._write(row, sqlite_rows.end, (known, further))
        del self._held[row.number]
        return ended

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

    # The lease

    def _check(self, owner: Owner) -> None:
        if owner is not self._owner:
            raise LeaseLost

    def holds(self, row: Entry) -> bool:
        return row.lease is not None and self._held.get(row.number) is row.lease

    def _write(
        self,
        row: Entry,
        statement: Callable[[sqlite3.Connection, Sequence[tuple[Any, ...]]], Sequence[Any] | None],
        values: tuple[Any, ...],
    ) -> Awaitable[Any]:
        if not self.holds(row):
            raise LeaseLost
        return self.writer.write(statement, values)

    def _note(self, owner: Owner, statement: str, values: tuple[Any, ...]) -> None:
        """With the next commit; a run does not fail for it."""
        if owner is self._owner:
            self.writer.note_optional(lambda connection: connection.execute(statement, values))
