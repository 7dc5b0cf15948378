"""The statements of rounds: one pass over the open rows of a batch, by all its owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from freedompay_async.postgres.workers.wake import wake

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["PATIENT", "begin_round", "begin_round_if_needed", "stop"]

_NEEDED: Final = """
SELECT name, round = 0 OR stopped OR NOT EXISTS (
    SELECT 1 FROM freedompay.rows
    WHERE rows.batch = batches.id AND open AND rows.round < batches.round
) OR NOT EXISTS (
    SELECT 1 FROM freedompay.owners
    WHERE owners.batch = batches.id AND NOT ended AND lease_until > clock_timestamp()
)
FROM freedompay.batches WHERE id = $1
"""
_BEGIN: Final = "UPDATE freedompay.batches SET round = round + 1, stopped = false WHERE id = $1"
# A client that is frozen within one does not keep its locks for longer.
PATIENT: Final = "SET LOCAL idle_in_transaction_session_timeout = '5s'"
"""Set in a transaction that locks what others wait for."""


async def begin_round_if_needed(connection: Connection, batch: int) -> None:
    """Begin a round where nothing is left of the one that is on, or nobody works on it."""
    found = await connection.fetchrow(_NEEDED, batch)
    if found is None or not found[1]:
        return
    async with connection.transaction():
        await connection.execute(PATIENT)
        # Others may have begun one meanwhile.
        found = await connection.fetchrow(f"{_NEEDED} FOR NO KEY UPDATE", batch)
        if found is not None and found[1]:
            await connection.execute(_BEGIN, batch)
            await wake(connection, batch, found[0])


async def begin_round(
    connection: Connection, batch: int, name: str, limits: tuple[Any, Any] | None = None
) -> None:
    """Begin a round and wake the workers, in a transaction; `limits`: the rate and the cards that
    hold from now on.
    """
    if limits is not None:
        await connection.execute(
            "UPDATE freedompay.batches SET rate = $2, max_cards = $3 WHERE id = $1", batch, *limits
        )
    await connection.execute(_BEGIN, batch)
    await wake(connection, batch, name)


async def stop(connection: Connection, name: str) -> bool:
    """Let nobody take rows of this batch any more; whether there is one of this name."""
    status = await connection.execute(
        "UPDATE freedompay.batches SET stopped = true WHERE name = $1", name
    )
    return status.endswith(" 1")
