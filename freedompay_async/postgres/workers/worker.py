"""A worker: works on every open batch of its own merchant and host, beside any number of others."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.batch import Batch
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.outcome import State
from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError, FreedomPayError, JournalError
from freedompay_async.guards.arguments import check_number, check_whole
from freedompay_async.guards.staying import Staying
from freedompay_async.postgres.connection.pooling import words
from freedompay_async.postgres.journal.batches import batches
from freedompay_async.postgres.journal.journal import PostgresJournal
from freedompay_async.postgres.journal.purge import KEEP_BODIES, purge
from freedompay_async.postgres.workers.news import Change, News
from freedompay_async.postgres.workers.pauses import Pauses
from freedompay_async.postgres.workers.wakeups import WakeUps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import asyncpg

    from freedompay_async.client import FreedomPay
    from freedompay_async.postgres.journal.batches import BatchRecord

__all__ = ["Worker"]

# Seconds between two looks for batches: at most, and at least.
_LOOK: Final = 2.0
_LOOK_LEAST: Final = 0.2
# Seconds until a wake-up of a batch that this worker can't work on now comes again.
_WAKE_AGAIN: Final = 30.0
# Seconds between two looks for names and phones that are to go.
_PURGE: Final = 600.0
_ENDS: Final = (State.ISSUED, State.REFUSED, State.UNKNOWN, State.FOUND, State.DOUBTFUL)


@dataclass(slots=True)
class _Part:
    """This worker's part of a batch, while it lasts."""

    run: Batch | None = None
    counts: Counter[State] = field(default_factory=Counter[State])
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    told: str | None = None
    """Why rows were handed back, as it was told last."""


class Worker(Staying):
    """Works on every open batch of its own merchant and host, beside any number of others.

    It looks for batches every 2 seconds, and at once when one begins. Batches of another merchant
    or host are left to their own workers. All its batches share the client, so that the client's
    `max_connections` says how many calls are in flight in all.

    Where the database can't be reached it waits for it. A batch that ends with an error is tried
    again after a while; the others go on.

    Args:
        fp: the client; its merchant and host say which batches are this worker's.
        pool: a pool of asyncpg of at least 4 connections, to a database with the schema.
        concurrency: calls of one batch in flight at once.
        documents: the folder of the rows' documents on this machine; `None`: the one of each plan.
            A row whose document is not there is handed back.
        keep_bodies: seconds for which names and phones of rows are kept after their end.
        tell: called on the event loop with each change.

    Raises:
        ConfigurationError: an argument is not one of these.
    """

    INSTEAD = "make it of a client and a pool where it is needed"

    def __init__(
        self,
        fp: FreedomPay,
        pool: asyncpg.Pool[asyncpg.Record],
        *,
        concurrency: int = 64,
        documents: Path | None = None,
        keep_bodies: float = KEEP_BODIES,
        tell: Callable[[News], object] | None = None,
    ) -> None:
        check_whole("concurrency", concurrency)
        check_number("keep_bodies", keep_bodies)
        self._fp: Final = fp
        self._pool: Final = pool
        self._own: Final = (checked_name("merchant id", fp.merchant), fp.base_url)
        self._concurrency: Final = concurrency
        self._documents: Final = documents
        self._keep_bodies: Final = keep_bodies
        self._listener: Final = tell
        self._parts: Final[dict[str, _Part]] = {}
        self._pauses: Final = Pauses()
        self._not_its_own: Final[set[str]] = set()
        # Batches of its own with rows left, at the last look.
        self._open: dict[str, BatchRecord] = {}
        self._awake: Final = asyncio.Event()
        self._looked = asyncio.Event()
        self._away = self._stopped = False
        self._outdated: ConfigurationError | None = None

    def stop(self) -> None:
        """Drain: start no new row, settle the calls in flight, and hand back all other rows. `run`
        ends then.
        """
        if self._stopped:
            return
        self._stopped = True
        self._tell(Change.DRAINING, "no new row starts, and calls on the way are settled")
        for part in self._parts.values():
            if part.run is not None:
                part.run.stop()
        self._awake.set()

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            ConfigurationError: the database has a newer schema than this program knows, or none.
                The worker has drained then.
        """
        wakeups = WakeUps(self._pool, wake=self._awake.set, hold=self._hold)
        merchant, host = self._own
        self._tell(Change.LOOKING, f"looking for batches of merchant {merchant} at {host}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wake(wakeups))
            purging = group.create_task(self._purge())
            while not self._stopped:
                self._awake.clear()
                await self._look(group)
                await asyncio.sleep(_LOOK_LEAST)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._awake.wait()
            for part in list(self._parts.values()):
                await part.ended.wait()
            self._looked.set()
            wakeups.stop()
            purging.cancel()
        if self._outdated is not None:
            raise self._outdated

    async def _look(self, group: asyncio.TaskGroup) -> None:
        """Begin to work on what is open and not in work here."""
        try:
            found = await batches(self._pool)
        except JournalError as error:
            self._away_because(error)
            return
        except ConfigurationError as error:
            self._drain_because(error)
            return
        if self._away:
            self._away = False
            self._tell(Change.DATABASE_BACK, "the database answers again")
        self._open = {each.name: each for each in found if self._may_work_on(each)}
        for name, batch in self._open.items():
            if name not in self._parts and not self._pauses.lasts(batch) and not self._stopped:
                self._parts[name] = part = _Part()
                group.create_task(self._work_on(batch, part))
        for name, part in self._parts.items():
            self._tell_handed_back(name, part)
        self._looked.set()
        self._looked = asyncio.Event()

    def _may_work_on(self, batch: BatchRecord) -> bool:
        if not batch.round or batch.stopped or not batch.left:
            return False
        if (batch.merchant, batch.base_url) == self._own:
            return True
        if batch.name not in self._not_its_own:
            self._not_its_own.add(batch.name)
            self._tell(
                Change.NOT_ITS_OWN,
                f"batch {batch.name!r} is of merchant {batch.merchant} at {batch.base_url}: it is "
                "left to their workers",
                batch.name,
            )
        return False

    async def _work_on(self, batch: BatchRecord, part: _Part) -> None:
        name = batch.name
        try:
            if not self._pauses.began(batch):
                self._tell(
                    Change.WORKING,
                    f"working on batch {name!r}: {batch.left:,} of {batch.rows:,} rows are left",
                    name,
                )
            try:
                await self._run(batch, part)
            except FreedomPayError as error:
                self._failed(batch, part, error)
            else:
                await self._ended(batch, part)
        finally:
            del self._parts[name]
            part.ended.set()
            self._awake.set()

    async def _run(self, batch: BatchRecord, part: _Part) -> None:
        async with PostgresJournal(self._pool, name=batch.name, joins=True) as journal:
            part.run = Batch(
                self._fp,
                journal,
                limits=Limits(
                    concurrency=self._concurrency, rate=batch.rate, max_cards=batch.max_cards
                ),
                documents=self._documents,
            )
            # From here to the run's own beginning nothing is awaited, so that `stop` finds it.
            if self._stopped:
                return
            async for outcome in part.run.run():
                part.counts[outcome.state] += 1

    async def _ended(self, batch: BatchRecord, part: _Part) -> None:
        """Tell how this worker's part has ended, and find out whether the batch has."""
        name, counts = batch.name, _counts(part)
        self._tell_handed_back(name, part)
        try:
            now = {each.name: each for each in await batches(self._pool)}.get(name)
        except (JournalError, ConfigurationError):
            now = batch
        issued = f"{counts['issued']:,} rows were issued here"
        if now is None or not (now.left or now.stopped):
            self._pauses.forget(name)
            more = f"; {now.not_ended:,} rows of it can be resumed" if now and now.not_ended else ""
            self._tell(Change.ENDED, f"batch {name!r} has ended: {issued}{more}", name, counts)
            return
        # Rows of others, and rows that wait.
        why = "it was stopped" if now.stopped else f"{now.left:,} rows are left"
        if self._pauses.begin(batch, why):
            self._tell(Change.LEFT, f"batch {name!r}: {issued}; {why}", name, counts)

    def _failed(self, batch: BatchRecord, part: _Part, error: FreedomPayError) -> None:
        # Its words name the call and the request id, which are others each time.
        if self._pauses.begin(batch, f"{type(error).__name__} {error.http_status}"):
            again_in = self._pauses.seconds(batch)
            self._tell(
                Change.FAILED,
                f"batch {batch.name!r}: {error} It is tried again in {again_in:.0f} s.",
                batch.name,
                _counts(part),
                again_in=again_in,
            )

    async def _hold(self, name: str) -> float | None:
        """Hold the wake-up of a batch for as long as this worker works on it."""
        self._awake.set()
        if not self._stopped:
            await self._looked.wait()
        if part := self._parts.get(name):
            await part.ended.wait()
        if self._stopped:
            return 0.0
        await self._looked.wait()
        return _WAKE_AGAIN if name in self._open or name in self._not_its_own else None

    async def _wake(self, wakeups: WakeUps) -> None:
        try:
            await wakeups.run()
        except ConfigurationError as error:
            self._drain_because(error)

    async def _purge(self) -> None:
        while True:
            with suppress(JournalError, ConfigurationError):
                await purge(self._pool, self._keep_bodies)
            await asyncio.sleep(_PURGE)

    def _drain_because(self, error: ConfigurationError) -> None:
        self._outdated = self._outdated or error
        self.stop()

    def _away_because(self, error: JournalError) -> None:
        if not self._away:
            self._away = True
            why = words(error.__cause__ or error)
            self._tell(Change.DATABASE_AWAY, f"waiting for the database: {why}")

    def _tell_handed_back(self, name: str, part: _Part) -> None:
        progress = part.run and part.run.progress
        if progress and progress.left_because and progress.left_because != part.told:
            part.told = progress.left_because
            self._tell(
                Change.HANDED_BACK,
                f"batch {name!r}: rows are handed back: {part.told}",
                name,
                {"left": progress.left},
            )

    def _tell(
        self,
        change: Change,
        text: str,
        batch: str | None = None,
        counts: dict[str, int] | None = None,
        again_in: float | None = None,
    ) -> None:
        if self._listener is not None:
            self._listener(
                News(change=change, text=text, batch=batch, counts=counts or {}, again_in=again_in)
            )


def _counts(part: _Part) -> dict[str, int]:
    """Rows that have ended here, by state, and those that were left."""
    left = 0 if part.run is None else part.run.progress.left
    return {state.value: part.counts[state] for state in _ENDS} | {"left": left}
