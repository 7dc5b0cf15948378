"""What follows when the database was restored from a backup: it may be older than the truth.

Every step of every row that has not ended may have been sent since the backup, whatever is written
of it. So each has an intent from then on, and the issuer is asked about it before it is sent. The
same holds for tracked requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.restored import doubted_steps
from freedompay_async.postgres.journal.plan import settings_of
from freedompay_async.postgres.schema.identity import identity_of

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["restored"]

# Nobody has a lease any more: those who had one worked on another database.
_END_ALL: Final = (
    "UPDATE freedompay.owners SET ended = true, lease_until = least(lease_until, clock_timestamp())"
    " WHERE NOT cleared"
)
_FREE: Final = """
UPDATE freedompay.rows SET owner = NULL, free_since = clock_timestamp(), not_before = NULL,
    state = CASE WHEN state = 'planned' THEN 'started' ELSE state END
WHERE batch = $1 AND open
"""
# What was not accepted by then may have been sent again since.
_QUIET: Final = """
UPDATE freedompay.intents SET quiet_since = clock_timestamp() FROM freedompay.rows
WHERE intents.batch = $1 AND rows.batch = $1 AND rows.number = intents.number AND rows.open
    AND accepted_at IS NULL
"""
_INTEND: Final = """
INSERT INTO freedompay.intents
    (batch, number, step, request_id, body_sha256, sent_at, quiet_since)
SELECT $1, number, step, request_id, '', to_timestamp($2), clock_timestamp()
FROM unnest($3::int[], $4::text[], $5::text[]) AS given (number, step, request_id)
ON CONFLICT (batch, number, step) DO NOTHING
"""
# Whoever held one writes nothing about it any more.
_DOUBT_REQUESTS: Final = """
UPDATE freedompay.requests SET fence = fence + 1, held = false, due = clock_timestamp(),
    quiet_since = clock_timestamp(),
    first_sent = CASE WHEN state = 'intended' THEN to_timestamp($1) ELSE first_sent END,
    state = CASE WHEN state = 'intended' THEN 'sent' ELSE state END
WHERE next IN ('send', 'look')
"""
_FREE_ENDS: Final = """
UPDATE freedompay.requests SET fence = fence + 1, held = false, due = clock_timestamp()
WHERE next = 'deliver'
"""


async def restored(connection: Connection, *, taken: float) -> int:
    """Take this database for the one that counts, from a backup of that time (seconds since the
    epoch): of all its batches and tracked requests. The number of rows that may have been sent
    since.
    """
    async with connection.transaction():
        identity = await identity_of(connection)
        await connection.execute(_END_ALL)
        count = 0
        for batch in await connection.fetch("SELECT id FROM freedompay.batches ORDER BY id"):
            count += await _doubt(connection, batch[0], taken)
        status = await connection.execute(_DOUBT_REQUESTS, float(taken))
        count += int(status.rsplit(maxsplit=1)[-1])
        await connection.execute(_FREE_ENDS)
        await connection.execute("UPDATE freedompay.meta SET identity = $1", identity)
    return count


async def _doubt(connection: Connection, batch: int, taken: float) -> int:
    rows = await connection.fetch(
        "SELECT number, key FROM freedompay.rows WHERE batch = $1 AND open ORDER BY number", batch
    )
    settings = await settings_of(connection, batch)
    await connection.execute(_QUIET, batch)
    steps = list(doubted_steps(((number, key) for number, key in rows), settings))
    await connection.execute(
        _INTEND,
        batch,
        float(taken),
        [step.number for step in steps],
        [step.step for step in steps],
        [step.request_id for step in steps],
    )
    await connection.execute(_FREE, batch)
    return len(rows)
