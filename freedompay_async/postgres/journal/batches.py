"""The batches of a database: which there are, and what is said of one from any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import asyncpg

from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.postgres.connection.pooling import LOST, Link, words
from freedompay_async.postgres.journal import rounds
from freedompay_async.postgres.schema.identity import SAME, strange
from freedompay_async.postgres.schema.install import check_version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["BatchRecord", "batches", "begin_round", "stop"]

T = TypeVar("T")
_NAME: Final = "the database"
_OPEN: Final = (
    "FROM freedompay.rows WHERE rows.batch = batches.id AND open "
    "AND rows.round < greatest(batches.round, 1)"
)
_COUNTED: Final = f"(SELECT count(*) {_OPEN})"
# Counting a million rows takes the server a while, and a worker asks every other second.
_ABOUT: Final = f"""
CASE WHEN EXISTS (SELECT 1 {_OPEN}) THEN greatest(1, rows + reopened - (
    SELECT coalesce(sum(done), 0) FROM freedompay.owners WHERE owners.batch = batches.id
)) ELSE 0 END
"""  # noqa: S608 - of constants
_FACT: Final = "(SELECT value FROM freedompay.facts WHERE batch = id AND facts.name = '{}')"
_BATCHES: Final = f"""
SELECT name, coalesce({_FACT.format("merchant")}, ''), coalesce({_FACT.format("base_url")}, ''),
    rows, ({{left}})::bigint, rows + reopened - (
        SELECT coalesce(sum(done), 0) FROM freedompay.owners WHERE owners.batch = batches.id
    )::bigint, round, stopped, rate, max_cards, {_FACT.format("documents")},
    (SELECT count(*) FROM freedompay.owners
        WHERE owners.batch = batches.id AND NOT ended AND lease_until > clock_timestamp())
FROM freedompay.batches ORDER BY name
"""  # noqa: S608 - of constants


class BatchRecord(NamedTuple):
    """A batch of a database.

    Attributes:
        name: of the batch, one in its database.
        merchant, base_url: whose workers work on it.
        rows: of its plan.
        left: rows that nobody has ended in its round; before the first, rows that are open.
        not_ended: rows that the next round takes up.
        round: 0 where it is planned only.
        stopped: nobody takes rows of it until it is resumed.
        rate, max_cards: limits over all who work on it.
        documents: the folder that its documents were planned in.
        owners: who work on it now.
    """

    name: str
    merchant: str
    base_url: str
    rows: int
    left: int
    not_ended: int
    round: int
    stopped: bool
    rate: float | None
    max_cards: int | None
    documents: str | None
    owners: int


async def batches(pool: Pool, *, counted: bool = True) -> list[BatchRecord]:
    """Every batch of the database, by name.

    Args:
        pool: of asyncpg.
        counted: whether the rows that are left are counted; otherwise `left` is more than 0 where
            there are some, and about right.

    Raises:
        ConfigurationError: there is no schema of this version.
        JournalError: the database can't be used now.
    """

    async def read(connection: Connection) -> list[BatchRecord]:
        await check_version(connection, _NAME)
        found = await connection.fetch(_BATCHES.format(left=_COUNTED if counted else _ABOUT))
        return [BatchRecord(*each) for each in found]

    return await _once(pool, read)


async def stop(pool: Pool, name: str) -> None:
    """Let nobody take rows of a batch any more; who has some settles and hands them back.

    Raises:
        ConfigurationError: there is no batch of this name, or no schema; or the database is not
            the one that it was.
        JournalError: the database can't be used now.
    """

    async def write(connection: Connection) -> None:
        await check_version(connection, _NAME)
        if not await rounds.stop(connection, name):
            raise _unknown(name)

    await _once(pool, write)


async def begin_round(
    pool: Pool, name: str, *, max_cards: int | None = None, rate: float | None = None
) -> None:
    """Begin a round of a batch, and wake the workers; the limits hold from now on.

    Raises:
        ConfigurationError: there is no batch of this name, or no schema; or the database is not
            the one that it was.
        JournalError: the database can't be used now.
    """

    async def write(connection: Connection) -> None:
        await check_version(connection, _NAME)
        if not await connection.fetchval(SAME):
            raise strange(_NAME)
        async with connection.transaction():
            await connection.execute(rounds.PATIENT)
            number = await connection.fetchval(
                "SELECT id FROM freedompay.batches WHERE name = $1 FOR NO KEY UPDATE", name
            )
            if number is None:
                raise _unknown(name)
            await rounds.begin_round(connection, number, name, (rate, max_cards))

    await _once(pool, write)


async def _once(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    try:
        return await Link(pool, _NAME).once(work)
    except (*LOST, asyncpg.PostgresError) as error:
        raise JournalError(f"{_NAME} can't be used ({words(error)}). Nothing was sent.") from error


def _unknown(name: str) -> ConfigurationError:
    return ConfigurationError(f"there is no batch {name!r} in {_NAME}. Nothing was sent.")
