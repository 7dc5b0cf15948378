"""Reads and writes the shares of a rate in the database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import uuid4

import asyncpg

from freedompay_async.postgres.rate.own_share import VALID
from freedompay_async.postgres.rate.shares import Holder, Shared
from freedompay_async.postgres.since import Since

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["DatabaseAwayError", "Granted", "RateTable"]

LIMIT: Final = 0.9
"""Seconds that a renewal may take in all. Another one begins before a share is over."""

_READ: Final = """
SELECT rates.version, rates.per_second, rates.refused_at_rate,
    extract(epoch FROM clock_timestamp() - rates.refused_at)::double precision AS refused_since,
    other.share, other.want
FROM freedompay.rates
LEFT JOIN freedompay.rate_shares AS other
    ON other.rate = rates.name AND other.holder <> $2 AND other.valid_until > clock_timestamp()
WHERE rates.name = $1
"""
_BEGIN: Final = """
INSERT INTO freedompay.rates (name, per_second) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
"""
# It holds nothing locked between two statements, because a frozen process would stop all others:
# who was overtaken since it has read changes nothing, and reads again.
_WRITE: Final = """
WITH won AS (
    UPDATE freedompay.rates SET
        version = version + 1,
        per_second = $3,
        refused_at_rate = coalesce($4, refused_at_rate),
        refused_at = CASE WHEN $4 IS NULL THEN refused_at ELSE clock_timestamp() END
    WHERE name = $1 AND version = $2
    RETURNING name
), gone AS (
    DELETE FROM freedompay.rate_shares AS old USING won
    WHERE old.rate = won.name AND old.holder <> $5
        AND old.valid_until < clock_timestamp() - interval '1 minute'
)
INSERT INTO freedompay.rate_shares AS own (rate, holder, share, want, valid_until)
SELECT won.name, $5, $6, $7, clock_timestamp() + $8 * interval '1 second' FROM won
ON CONFLICT (rate, holder) DO UPDATE SET
    share = excluded.share, want = excluded.want, valid_until = excluded.valid_until
RETURNING own.share
"""
_GIVE_BACK: Final = "DELETE FROM freedompay.rate_shares WHERE rate = $1 AND holder = $2"

_NOT_INSTALLED: Final = (
    "it has no tables of shared rates, or older ones: run freedompay journal install"
)
_ASYNCPG: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)


class DatabaseAwayError(Exception):
    """The database could not be asked; the text says why, without anything of its address."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a renewal has given.

    Attributes:
        share: calls a second.
        at: a moment before the database was asked.
        missing: whether it is less than its part, because others have not given way yet.
        rate: what was known of the rate then.
        before: calls a second of all that held before this renewal, where it has set another.
    """

    share: float
    at: Since
    missing: bool
    rate: Shared
    before: float | None = None


class RateTable:
    """The shares of one rate, as one of its holders sees them.

    Args:
        pool: of connections to a database with the tables of this library.
        name: of the rate.
    """

    def __init__(self, pool: asyncpg.Pool[Any], name: str) -> None:
        self._pool: Final = pool
        self._name: Final = name
        self._holder: Final = uuid4().hex

    async def renew(
        self, want: float, *, using: float, per_second: float, setting: bool, refused: float | None
    ) -> Granted:
        """Get a share that is valid for `VALID` seconds.

        Args:
            want: calls a second that it would use.
            using: what it may be using until it has the answer, which nobody else gets before its
                next renewal.
            per_second: of all together, for a rate that is new.
            setting: whether that holds from now on, whatever did before.
            refused: how many seconds ago a call began that was answered with 429; `None`: none was.

        Raises:
            DatabaseAwayError: it could not be asked.
        """
        async with self._connection() as connection:
            while True:
                rows = await connection.fetch(_READ, self._name, self._holder)
                if not rows:
                    await connection.execute(_BEGIN, self._name, per_second)
                    continue
                first = rows[0]
                found = Shared(
                    first["per_second"], first["refused_at_rate"], first["refused_since"] or 0.0
                )
                rate = found._replace(per_second=per_second) if setting else found
                learnt = rate if refused is None else rate.refused(refused)
                others = [
                    Holder(row["share"], row["want"]) for row in rows if row["share"] is not None
                ]
                fair = learnt.fair(want, others)
                share = min(fair, learnt.left(others))
                at = Since()
                kept = await connection.fetchval(
                    _WRITE,
                    self._name,
                    first["version"],
                    rate.per_second,
                    None if learnt is rate else learnt.refused_at,
                    self._holder,
                    max(share, using),
                    want,
                    VALID,
                )
                if kept is not None:
                    before = None if found.per_second == rate.per_second else found.per_second
                    return Granted(share, at, share < fair, learnt, before)

    async def give_back(self) -> None:
        """Let the others have its share, which is not used any more.

        Raises:
            DatabaseAwayError: it could not be asked.
        """
        async with self._connection() as connection:
            await connection.execute(_GIVE_BACK, self._name, self._holder)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[_Connection]:
        """A connection for at most `LIMIT` seconds. One on which a query has not ended is closed:
        over a network that is cut it would never end.
        """
        try:
            async with asyncio.timeout(LIMIT):
                connection = await self._pool.acquire()
                try:
                    yield connection
                except (TimeoutError, asyncio.CancelledError):
                    connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            raise DatabaseAwayError(_NOT_INSTALLED) from None
        except TimeoutError:
            raise DatabaseAwayError(f"no answer within {LIMIT} s") from None
        except (OSError, *_ASYNCPG) as error:
            # Without its text, which may name users and hosts.
            raise DatabaseAwayError(type(error).__name__) from None
