"""The statement that forgets intents which were surely not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.postgres.connection.pooling import Connection
    from freedompay_async.postgres.journal.rows import Held

__all__ = ["take_back"]

# An intent that was written later is another send: this statement may come late, and twice.
_TAKE_BACK: Final = """
WITH owned AS (
    SELECT number, step FROM freedompay.rows
    JOIN unnest($3::int[], $4::text[], $5::bigint[]) AS given (number, step, mark) USING (number)
    JOIN freedompay.intents USING (batch, number, step)
    WHERE batch = $1 AND owner = $2 AND intents.mark <= given.mark FOR UPDATE OF rows, intents
), gone AS (
    DELETE FROM freedompay.intents USING owned
    WHERE intents.batch = $1 AND intents.number = owned.number AND intents.step = owned.step
)
UPDATE freedompay.rows SET state = 'planned' FROM owned
WHERE batch = $1 AND rows.number = owned.number AND state = 'started' AND NOT EXISTS (
    SELECT 1 FROM freedompay.intents
    WHERE intents.batch = $1 AND intents.number = owned.number AND intents.step <> owned.step
)
"""


async def take_back(
    connection: Connection, held: Held, intents: Sequence[tuple[int, str, int]]
) -> None:
    """Forget intents that were surely not sent: of each its row, its step, and the newest mark that
    it may have.
    """
    await connection.execute(
        _TAKE_BACK,
        held.batch,
        held.owner,
        *map(list, zip(*intents, strict=True)),
    )
