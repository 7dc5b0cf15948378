"""Bodies of requests that ended long ago are removed; ids and outcomes stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.postgres.connection.pooling import LONG_LIMIT

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection
    from freedompay_async.postgres.tracker.store import Store

__all__ = ["purge"]

# Rows of one statement.
_SOME: Final = 1_000
# What the issuer said of them may repeat what the body says of people; its code does not.
_REMOVE: Final = """
WITH old AS (
    SELECT merchant, base_url, request_id FROM freedompay.requests
    WHERE merchant = $1 AND base_url = $2 AND state <> 'unknown'
        AND (intent IS NOT NULL OR error IS NOT NULL)
        AND ended_at < statement_timestamp() - make_interval(secs => $3)
    LIMIT $4 FOR UPDATE SKIP LOCKED
)
UPDATE freedompay.requests SET intent = NULL, error = NULL FROM old
WHERE requests.merchant = old.merchant AND requests.base_url = old.base_url
    AND requests.request_id = old.request_id
"""
# PgQueuer keeps a line for each state of each wake-up, and counts them by itself.
_FORGET: Final = """
DELETE FROM freedompay.wake_pgqueuer_log
WHERE aggregated AND created < statement_timestamp() - interval '1 day'
"""


async def purge(store: Store, keep_bodies: float) -> int:
    """Remove the bodies of requests that ended for good so many seconds ago; the number of them.

    Raises:
        JournalError: the database can't be used now.
    """

    async def some(connection: Connection) -> int:
        status = await connection.execute(_REMOVE, *store.ours, float(keep_bodies), _SOME)
        return int(status.rsplit(maxsplit=1)[-1])

    count = 0
    while done := await store.link.run(some, until=0.0):
        count += done
    # Last, because it may fail or take long where there are millions of them.
    await store.link.run(_forget_wake_ups, limit=LONG_LIMIT, until=0.0)
    return count


async def _forget_wake_ups(connection: Connection) -> None:
    await connection.execute(_FORGET)
