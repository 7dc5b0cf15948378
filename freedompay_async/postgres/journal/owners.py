"""The statements of owners: their begin, their lease, their rows, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.postgres.journal.rounds import begin_round_if_needed
from freedompay_async.postgres.journal.texts import kept_text
from freedompay_async.postgres.schema.identity import IDENTITY
from freedompay_async.postgres.schema.tables import LEASE, OPEN, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from freedompay_async.postgres.connection.pooling import Connection

__all__ = [
    "Taken",
    "check_first",
    "checked_first",
    "free_unknown",
    "hand_back",
    "keep_limits",
    "register",
    "release",
    "renew",
    "take",
]

_LASTS: Final = f"clock_timestamp() + interval '{LEASE} s'"
_REGISTER: Final = f"""
INSERT INTO freedompay.owners (id, batch, round, lease_until)
SELECT $1, id, round, {_LASTS} FROM freedompay.batches WHERE id = $2
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
WHERE NOT owners.ended AND owners.lease_until > clock_timestamp()
RETURNING round
"""  # noqa: S608 - of constants
# Where the server is another one now, nobody has a lease.
_RENEW: Final = f"""
UPDATE freedompay.owners SET lease_until = {_LASTS}
FROM freedompay.batches, freedompay.meta
WHERE owners.id = $1 AND NOT owners.ended AND owners.lease_until > clock_timestamp()
    AND batches.id = owners.batch AND meta.identity = {IDENTITY}
RETURNING batches.stopped OR meta.version > {VERSION}, (
    SELECT sum(others.done) FROM freedompay.owners AS others WHERE others.batch = batches.id
)::bigint - batches.reopened
"""  # noqa: S608 - of constants
_LIMITS: Final = """
UPDATE freedompay.owners SET limits = $2, began_at = coalesce(began_at, clock_timestamp())
WHERE id = $1
"""
_RELEASE: Final = """
UPDATE freedompay.owners SET ended = true, lease_until = clock_timestamp(),
    ended_at = CASE WHEN began_at IS NOT NULL THEN clock_timestamp() END
WHERE id = $1 AND NOT ended
"""
_HAND_BACK: Final = f"""
WITH owned AS (
    SELECT number FROM freedompay.rows
    WHERE batch = $1 AND owner = $2 AND number = ANY ($3::int[]) FOR UPDATE
), back AS (
    UPDATE freedompay.rows SET owner = NULL, free_since = clock_timestamp(), open = {OPEN},
        left_by = array_append(left_by, $2),
        not_before = CASE WHEN $4 > 0 THEN clock_timestamp() + make_interval(secs => $4) END,
        reason = CASE WHEN state IN ('planned', 'started') THEN coalesce($5, reason)
            ELSE reason END
    FROM owned WHERE rows.batch = $1 AND rows.number = owned.number RETURNING open
)
UPDATE freedompay.owners SET done = done + closed.rows
FROM (SELECT count(*) AS rows FROM back WHERE NOT open) AS closed WHERE id = $2 AND closed.rows > 0
"""  # noqa: S608 - of constants
# Rows that were taken for an answer that has not come.
_FREE_UNKNOWN: Final = """
UPDATE freedompay.rows SET owner = NULL
WHERE batch = $1 AND open AND owner = $2 AND NOT number = ANY ($3::int[])
"""
_CHECK_FIRST: Final = """
UPDATE freedompay.batches SET checker = $2
WHERE id = $1 AND NOT checked AND (
    checker IS NULL OR checker = $2 OR checker IN (
        SELECT id FROM freedompay.owners WHERE ended OR lease_until < clock_timestamp()
    )
)
"""
_CHECKED: Final = """
UPDATE freedompay.batches SET checker = NULL, checked = checked OR $3
WHERE id = $1 AND checker = $2
"""
_ALIVE: Final = (
    "EXISTS (SELECT 1 FROM freedompay.owners "
    "WHERE id = $2 AND NOT ended AND lease_until > clock_timestamp())"
)


class Taken(NamedTuple):
    """What a look for rows has found.

    Attributes:
        status: `taken`, `wait`, `nothing`, `cards`, or `lost`.
        numbers: of the rows that were taken.
        most: cards that the batch may have.
        same: whether the database is the one that it was.
    """

    status: str
    numbers: list[int]
    most: int | None
    same: bool


async def register(connection: Connection, owner: UUID, batch: int, *, joins: bool) -> int:
    """Let an owner begin, with a lease; its round. Unless it only joins, it begins a round where
    nothing is left of the one that is on, or nobody works on it.

    Raises:
        LeaseLost: it began before, by a statement whose answer did not come, and its lease is over.
    """
    if not joins:
        await begin_round_if_needed(connection, batch)
    number: int | None = await connection.fetchval(_REGISTER, owner, batch)
    if number is None:
        raise LeaseLost
    return number


async def renew(connection: Connection, owner: UUID) -> tuple[bool, int]:
    """Renew the lease; whether the owner has to stop, and how many rows of the batch have ended.

    Raises:
        LeaseLost: it was over, and is for ever.
    """
    found = await connection.fetchrow(_RENEW, owner)
    if found is None:
        raise LeaseLost
    return found[0], found[1]


async def keep_limits(
    connection: Connection, owner: UUID, limits: str, kept: tuple[int, Any, Any] | None
) -> None:
    """Keep what a run may take; `kept`: the batch, and the rate and the cards for all its runs."""
    await connection.execute(_LIMITS, owner, limits)
    if kept is not None:
        await connection.execute(
            "UPDATE freedompay.batches SET rate = $2, max_cards = $3 WHERE id = $1", *kept
        )


async def release(connection: Connection, owner: UUID, batch: int) -> None:
    await connection.execute(_RELEASE, owner)
    await connection.execute("SELECT freedompay.reap($1), freedompay.settle($1)", batch)


async def take(connection: Connection, owner: UUID, batch: int, limit: int) -> Taken:
    (found,) = await connection.fetch(
        f"SELECT status, numbers, most, identity = {IDENTITY} "  # noqa: S608 - of constants
        "FROM freedompay.meta, freedompay.take($1, $2, $3)",
        batch,
        owner,
        limit,
    )
    return Taken(*found)


async def free_unknown(
    connection: Connection, owner: UUID, batch: int, held: Sequence[int]
) -> None:
    """Free the rows of this owner beside those that it knows of."""
    await connection.execute(_FREE_UNKNOWN, batch, owner, list(held))


async def hand_back(
    connection: Connection,
    owner: UUID,
    batch: int,
    *,
    numbers: Sequence[int],
    pause: float,
    reason: str | None,
) -> None:
    await connection.execute(
        _HAND_BACK, batch, owner, list(numbers), float(pause), kept_text(reason)
    )
    await connection.execute("SELECT freedompay.settle($1)", batch)


async def check_first(connection: Connection, owner: UUID, batch: int) -> bool | None:
    """Whether the ids have been looked up before; `None`: another owner does it now.

    Raises:
        LeaseLost: the lease of this owner is over.
    """
    await connection.execute(_CHECK_FIRST, batch, owner)
    ((checked, mine, alive),) = await connection.fetch(
        f"SELECT checked, checker = $2, {_ALIVE} FROM freedompay.batches WHERE id = $1",  # noqa: S608 - of constants
        batch,
        owner,
    )
    if not alive:
        raise LeaseLost
    if checked:
        return True
    return False if mine else None


async def checked_first(connection: Connection, owner: UUID, batch: int, *, done: bool) -> None:
    await connection.execute(_CHECKED, batch, owner, done)
