"""Takes back a batch that was planned and that nobody has begun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.postgres.connection.pooling import Link
from freedompay_async.postgres.journal.rounds import PATIENT

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["take_back"]

# Seconds for which a lost connection is made anew: somebody waits for the answer.
_PATIENCE: Final = 10.0
# Who begins it waits for this lock, and then finds no batch.
_PLANNED: Final = "SELECT id FROM freedompay.batches WHERE name = $1 AND round = 0 FOR UPDATE"


async def take_back(pool: Pool, name: str) -> None:
    """Remove a batch with its plan, unless a round of it was begun.

    Args:
        pool: to the database.
        name: of the batch.

    Raises:
        JournalError: the database can't be reached.
    """

    async def work(connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute(PATIENT)
            batch = await connection.fetchval(_PLANNED, name)
            if batch is not None:
                await connection.execute("DELETE FROM freedompay.rows WHERE batch = $1", batch)
                await connection.execute("DELETE FROM freedompay.facts WHERE batch = $1", batch)
                await connection.execute("DELETE FROM freedompay.batches WHERE id = $1", batch)

    link = Link(pool, f"batch {name}")
    link.open()
    await link.run(work, limit=120.0, until=_PATIENCE)
