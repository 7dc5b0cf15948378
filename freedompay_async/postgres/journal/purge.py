"""Names and phones of rows that ended long ago are removed, and what the reasons repeat of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.batch.kept import KeptRow
from freedompay_async.postgres.connection.pooling import Link
from freedompay_async.redaction.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["KEEP_BODIES", "purge"]

KEEP_BODIES: Final = 30 * 86_400.0
"""Seconds for which they are kept after the end of a row."""
# Rows of one transaction.
_SOME: Final = 500
# Seconds for which a lost connection is made anew: the next time does it.
_PATIENCE: Final = 5.0
_KEPT: Final = msgspec.json.Decoder(KeptRow)
# A row that was found may be accepted later, and goes on then.
_OLD: Final = """
SELECT batch, number, data, reason FROM freedompay.rows
WHERE data IS NOT NULL AND NOT open AND state <> 'found'
    AND ended_at < clock_timestamp() - make_interval(secs => $1)
LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_REMOVE: Final = """
UPDATE freedompay.rows SET data = NULL, reason = given.reason
FROM unnest($1::int[], $2::int[], $3::text[]) AS given (batch, number, reason)
WHERE rows.batch = given.batch AND rows.number = given.number
"""


async def purge(pool: Pool, keep_bodies: float = KEEP_BODIES) -> int:
    """Remove what rows that ended for good so many seconds ago say of people; the number of rows.
    They are reported as before, with their ids.

    Raises:
        JournalError: the database can't be used now.
    """
    link, rows = Link(pool, "the database"), 0
    link.open()

    async def some(connection: Connection) -> int:
        async with connection.transaction():
            old = await connection.fetch(_OLD, float(keep_bodies), _SOME)
            await connection.execute(
                _REMOVE,
                [row["batch"] for row in old],
                [row["number"] for row in old],
                [_without(row["data"], row["reason"]) for row in old],
            )
        return len(old)

    while done := await link.run(some, until=_PATIENCE):
        rows += done
    return rows


def _without(data: bytes, reason: str | None) -> str | None:
    """A reason without what the row says of its person."""
    if reason is None:
        return None
    words = sorted(_words(msgspec.to_builtins(_KEPT.decode(data).row.client)), key=len)
    for word in reversed(words):
        reason = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK, reason)
    return reason


def _words(value: Any) -> Iterator[str]:
    """Every text and every long number in it."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
    elif isinstance(value, str | int) and len(str(value)) > 1:
        yield str(value)
