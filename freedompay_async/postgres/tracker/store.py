"""The tracked requests of one merchant and host in the database: they are taken and written."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.connection.pooling import Link
from freedompay_async.postgres.schema.identity import SAME, strange
from freedompay_async.postgres.schema.install import check_version
from freedompay_async.postgres.since import Since
from freedompay_async.postgres.tracker import statements
from freedompay_async.postgres.tracker.answers import kept_answer
from freedompay_async.postgres.tracker.asyncpg_caller import AsyncpgCaller
from freedompay_async.postgres.tracker.held import Held, Holding
from freedompay_async.postgres.tracker.reports import find
from freedompay_async.postgres.tracker.tracked import TrackState
from freedompay_async.postgres.tracker.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.postgres.connection.pooling import Connection, Pool
    from freedompay_async.postgres.tracker.steps import Step
    from freedompay_async.postgres.tracker.tracked import Tracked

__all__ = ["Store", "no_such_request"]

# Seconds for which one look may wait for a database that is away.
_PATIENCE: Final = 5.0
_THEN: Final = (
    "what was tracked is in it or will be, and nothing was sent that is not in it. Put the "
    "database right; workers go on by themselves."
)


class Store:
    """Takes and writes requests, each only while it is held.

    Args:
        pool: of asyncpg.
        ours: merchant and host.
    """

    def __init__(self, pool: Pool, ours: tuple[str, str]) -> None:
        self.ours: Final = ours
        self.link: Final = Link(pool, "the database of the tracker", then=_THEN)
        self._holding: Final = Holding(self.link, ours)
        self._writer: Final = Writer(self.link, ours)
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Belong to the running loop from now on.

        Raises:
            ConfigurationError: it belongs to another one that is running.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop and self._loop.is_running():
            raise ConfigurationError(
                "the tracker belongs to another event loop, which is running, or was used before a "
                "fork: make one with a pool of its own for this one. Nothing was sent."
            )
        self._loop = loop
        self.link.open()

    async def check(self) -> None:
        """Find out whether requests may be sent from this database.

        Raises:
            ConfigurationError: it has no schema of this version, or is not the one that it was.
            JournalError: it can't be used now.
        """

        async def checked(connection: Connection) -> bool:
            await check_version(connection, self.link.name)
            return bool(await connection.fetchval(SAME))

        if not await self.link.run(checked, until=_PATIENCE):
            raise strange(self.link.name)

    async def take(self, kind: str, limit: int) -> list[Held]:
        """Take so many rows that are due for this kind of step.

        Raises:
            JournalError: the database can't be used now.
        """
        return await self._take(statements.TAKE, kind, limit)

    async def take_one(self, request_id: str) -> Held | None:
        """Take one row, to send it or because it is due; `None`: it is not to be taken.

        Raises:
            JournalError: the database can't be used now.
        """
        taken = await self._take(statements.TAKE_ONE, request_id)
        return taken[0] if taken else None

    async def _take(self, statement: str, *args: Any) -> list[Held]:
        taken = Since()
        # Not again after a lost connection: what was taken then is due when its lease is over.
        rows = await self.link.run(
            lambda connection: connection.fetch(statement, *self.ours, *args), until=0.0
        )
        found = [Held(dict(row), taken) for row in rows]
        for held in found:
            self._holding.add(held)
        return found

    async def next_due(self, kinds: Sequence[str]) -> float | None:
        """Seconds until something is due for one of these kinds; `None`: nothing is.

        Raises:
            JournalError: the database can't be used now.
        """
        seconds: float | None = await self.link.run(
            lambda connection: connection.fetchval(statements.NEXT_DUE, *self.ours, list(kinds)),
            until=0.0,
        )
        return seconds

    async def write(self, held: Held, step: Step) -> None:
        """Write what came of a step, and give the row back unless it stays held.

        Raises:
            LeaseLost: somebody else holds it. What was made is kept all the same.
            JournalError: the database can't be used.
        """
        try:
            await self._writer.write(held, step.written)
        except LeaseLost:
            if step.made:
                await self.link.run(partial(self._keep, held=held, step=step))
            raise
        finally:
            if not step.written.held:
                self.drop(held)

    def note(self, held: Held, step: Step) -> None:
        """As `write`, and wait for nothing."""
        self._writer.note(held, step.written)
        self.drop(held)

    def drop(self, held: Held) -> None:
        """It is given back, or lost."""
        self._holding.drop(held)

    async def _keep(self, connection: Connection, *, held: Held, step: Step) -> None:
        answer = kept_answer(step.written.answer)
        async with connection.transaction():
            row = await connection.fetchrow(statements.KEPT, *self.ours, held.request_id)
            before = None if row is None else kept_answer(row["answer"])
            if row is None or row["state"] != TrackState.DONE or before is None or answer is None:
                await connection.execute(
                    statements.KEEP,
                    *(*self.ours, held.request_id, step.written.answer, step.written.trouble),
                )
            elif before.names != answer.names:
                trouble = f"{answer.names} was made for it too, beside {before.names}"
                await connection.execute(statements.DOUBT, *self.ours, held.request_id, trouble)

    async def find(self, request_id: str) -> Tracked | None:
        """How a request stands; `None`: there is none of this id.

        Raises:
            JournalError: the database can't be used now.
        """
        return await self.link.run(
            lambda connection: find(AsyncpgCaller(connection), self.ours, request_id),
            until=_PATIENCE,
        )


def no_such_request(request_id: str) -> ConfigurationError:
    """The error of an id that nobody tracks."""
    return ConfigurationError(
        f"no request of this id is tracked for this merchant and host: {request_id}. Has its "
        "transaction been committed? Nothing was sent.",
        request_id=request_id,
    )
