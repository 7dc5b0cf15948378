"""The owner of rows in PostgreSQL: it takes them, and holds them while its lease lasts.

The server's clock decides how long a lease lasts. Here it is over earlier, by the clock that has
gone on most since the renewal was asked for, so nothing leaves that another owner might send too.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn
from uuid import UUID, uuid4

import msgspec

from freedompay_async.batch.lease import Lease, LeaseLost, NoMoreCards, Owner, Renewal
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.journal import owners, reads
from freedompay_async.postgres.journal.records import Records
from freedompay_async.postgres.journal.rows import Held
from freedompay_async.postgres.schema.identity import SAME, strange
from freedompay_async.postgres.schema.install import check_version
from freedompay_async.postgres.schema.tables import LEASE
from freedompay_async.postgres.since import Since

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from freedompay_async.batch.entries import Entry
    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["Leases"]

# Seconds of a lease in which something may leave. What was allowed to leave may take a while.
_USABLE: Final = LEASE - 1.0
# Seconds for which a renewal may take before it is tried again.
_RENEWAL: Final = 2.0
# Seconds between two looks at rows that others hold.
_FIRST_LOOK: Final = 0.05
_LOOKS: Final = 1.0


class Leases(Records):
    """The runs of a batch, one at a time here, and the rows that they hold.

    Args:
        pool: of asyncpg.
        name: of the batch.
        joins: a run begins no round.
        open_at_plan: begin the first round with the plan.
        address: what messages call the database.
    """

    def __init__(
        self, pool: Pool, name: str, *, joins: bool, open_at_plan: bool, address: str | None
    ) -> None:
        super().__init__(pool, name, open_at_plan=open_at_plan, address=address)
        self._joins: Final = joins
        # Of the run that is on.
        self._only_joins = joins
        self._owner: Owner | None = None
        self._held_by: Held | None = None
        self._registering = asyncio.Lock()
        self._taking = asyncio.Lock()
        # Before the lease was last asked for.
        self._renewed: Since | None = None
        # The lease of each row that was taken and has not ended; and rows whose end is on its way.
        self._held: Final[dict[int, Lease]] = {}
        self._ending: Final[set[int]] = set()

    async def _open(self) -> None:
        await super()._open()
        # Opened anew, it belongs to nobody.
        self._owner = self._held_by = self._renewed = None
        self._held.clear()

    async def _close(self) -> None:
        if self._owner is not None:
            self.release(self._owner)
        await super()._close()

    def new_owner(self, *, again: bool = False) -> Owner:
        if self._owner is not None:
            raise ConfigurationError(f"{self.name} is being run already. Nothing more was sent.")
        self._owner, self._held_by, self._renewed = Owner(uuid4().hex), None, None
        self._held.clear()
        self._ending.clear()
        self._only_joins = self._joins or again
        return self._owner

    def begin_run(self, owner: Owner, limits: Mapping[str, float | None]) -> None:
        if owner is not self._owner:
            return
        text = msgspec.json.encode(limits).decode()

        async def begin(connection: Connection) -> None:
            held = await self._begun(connection, owner)
            kept = (
                None
                if self._only_joins
                else (held.batch, limits.get("rate"), limits.get("max_cards"))
            )
            await owners.keep_limits(connection, held.owner, text, kept)

        self._writer.note(begin)

    def release(self, owner: Owner) -> None:
        if owner is not self._owner:
            return
        self._owner = None
        self._held.clear()
        batch = self._batch
        if batch is not None:
            self._writer.note(
                lambda connection: owners.release(connection, UUID(owner.name), batch)
            )

    def outage_began(self, owner: Owner, at: float) -> None:
        self._note_outage(
            owner,
            "INSERT INTO freedompay.outages (batch, owner, began_at) "
            "VALUES ($1, $2, clock_timestamp() - make_interval(secs => $3))",
            at,
        )

    def outage_ended(self, owner: Owner, at: float) -> None:
        self._note_outage(
            owner,
            "UPDATE freedompay.outages SET ended_at = clock_timestamp() "
            "- make_interval(secs => $3) WHERE batch = $1 AND owner = $2 AND ended_at IS NULL",
            at,
        )

    def _note_outage(self, owner: Owner, statement: str, at: float) -> None:
        if owner is self._owner:
            self._writer.note(
                lambda connection: connection.execute(
                    statement, self._batch, UUID(owner.name), time.time() - at
                )
            )

    def clock_set_back(self, owner: Owner, seconds: float) -> None:
        """Nothing: how old an intent is, the server says."""

    async def take(self, limit: int, owner: Owner) -> list[Entry]:
        async with self._taking:
            pause = _FIRST_LOOK
            while True:
                rows = await self._look(limit, owner)
                if rows is not None:
                    return rows
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LOOKS)

    async def _look(self, limit: int, owner: Owner) -> list[Entry] | None:
        """Rows of one look; `None`: others hold what is left."""
        held = await self._begin(owner)
        await self._writer.flush()
        lost, lease = False, Lease(owner)

        async def look(connection: Connection) -> tuple[owners.Taken, list[Entry]]:
            nonlocal lost
            if lost:
                # Those of the look before, whose answer did not come.
                known = [*self._held, *self._ending]
                await owners.free_unknown(connection, held.owner, held.batch, known)
            lost = True
            taken = await owners.take(connection, held.owner, held.batch, limit)
            if not taken.same:
                raise strange(self.name)
            now = time.time()
            rows = await reads.entries(connection, held.batch, taken.numbers, lease, now)
            return taken, rows

        taken, rows = await self._link.run(look)
        self._check(owner)
        if taken.status == "lost":
            self._lose()
        if taken.status == "cards":
            raise NoMoreCards(taken.most or 0)
        self._held.update((row.number, lease) for row in rows)
        return None if taken.status == "wait" else rows

    @asynccontextmanager
    async def first_check(self, owner: Owner) -> AsyncGenerator[bool]:
        held = await self._begin(owner)
        pause = _FIRST_LOOK
        while (
            known := await self._asked(
                owner, partial(owners.check_first, owner=held.owner, batch=held.batch)
            )
        ) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LOOKS)
        if known:
            yield True
            return
        done = False
        try:
            yield False
            done = True
        finally:
            # Where this is cancelled, it is written all the same.
            self._writer.note(
                partial(owners.checked_first, owner=held.owner, batch=held.batch, done=done)
            )

    async def renew(self, owner: Owner) -> Renewal:
        held = await self._begin(owner)
        asked = Since()

        async def renew(connection: Connection) -> tuple[bool, int]:
            nonlocal asked
            asked = Since()
            return await owners.renew(connection, held.owner)

        stopped, ended = await self._asked(owner, renew, limit=_RENEWAL)
        self._renewed = asked
        return Renewal(LEASE, stopped=stopped, ended=ended)

    def holds(self, row: Entry) -> bool:
        return self._knows(row) and self._renewed is not None and self._renewed.seconds() < _USABLE

    async def hand_back(
        self, rows: Sequence[Entry], *, pause: float = 0.0, reason: str | None = None
    ) -> None:
        known, held = [row for row in rows if self._knows(row)], self._held_by
        if not known or held is None:
            return
        numbers = [row.number for row in known]
        for number in numbers:
            del self._held[number]
        self._ending.update(numbers)
        back = partial(owners.hand_back, owner=held.owner, batch=held.batch, numbers=numbers)
        try:
            await self._writer.call(partial(back, pause=pause, reason=reason))
        finally:
            self._ending.difference_update(numbers)

    # The lease

    def _check(self, owner: Owner) -> None:
        if owner is not self._owner:
            raise LeaseLost

    def _knows(self, row: Entry) -> bool:
        return row.lease is not None and self._held.get(row.number) is row.lease

    def _lose(self) -> NoReturn:
        self._held.clear()
        self._renewed = None
        raise LeaseLost

    async def _asked(self, owner: Owner, work: Any, **more: float) -> Any:
        """What `work` says, for an owner that has its lease then."""
        self._check(owner)
        try:
            answer = await self._link.run(work, **more)
        except LeaseLost:
            self._lose()
        self._check(owner)
        return answer

    async def _begin(self, owner: Owner) -> Held:
        """Let the owner begin, if it has not yet."""
        self._check(owner)
        if self._held_by is not None:
            return self._held_by
        async with self._registering:
            held: Held = await self._writer.call(partial(self._begun, owner=owner))
        self._check(owner)
        return held

    async def _begun(self, connection: Connection, owner: Owner) -> Held:
        if self._held_by is not None and self._held_by.owner == UUID(owner.name):
            return self._held_by
        batch = await self._known_batch(connection)
        if batch is None:
            raise ConfigurationError(f"{self.name} has no batch in it. Nothing was sent.")
        asked, number = Since(), UUID(owner.name)
        await check_version(connection, self.name)
        if not await connection.fetchval(SAME):
            raise strange(self.name)
        begun = await owners.register(connection, number, batch, joins=self._only_joins)
        held = Held(batch, number, begun)
        if owner is self._owner:
            self._held_by, self._renewed = held, asked
        return held
