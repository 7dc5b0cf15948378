"""The application's own connection, of whichever library, and what is written over it.

Each door refuses what would write outside of the application's transaction before it has written
anything.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from freedompay_async.postgres.tracker.asyncpg_caller import AsyncpgCaller, is_asyncpg
from freedompay_async.postgres.tracker.caller_protocol import refused
from freedompay_async.postgres.tracker.psycopg_caller import (
    PsycopgCaller,
    is_psycopg,
    is_psycopg_sync,
)
from freedompay_async.postgres.tracker.sqlalchemy_caller import (
    SQLAlchemyCaller,
    is_sqlalchemy,
    sqlalchemy_instead,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.errors import ConfigurationError
    from freedompay_async.postgres.tracker.caller_protocol import Caller

__all__ = ["in_transaction", "reading"]

_KINDS: Final = (
    "a connection of asyncpg, an AsyncConnection of psycopg, or SQLAlchemy's AsyncConnection or "
    "AsyncSession"
)


async def in_transaction(db: object) -> Caller:
    """The connection for statements in the transaction that it is in.

    One of psycopg or SQLAlchemy that has not begun its transaction yet begins it, as it does with
    the application's own first statement.

    Args:
        db: a connection of asyncpg, an `AsyncConnection` of psycopg, or SQLAlchemy's
            `AsyncConnection` or `AsyncSession` over one of both.

    Raises:
        ConfigurationError: it is none of these, is closed, in no transaction or in autocommit, or
            its transaction has failed. Nothing was written.
    """
    if is_asyncpg(db):
        asyncpg_caller = AsyncpgCaller(db)
        asyncpg_caller.check_transaction()
        return asyncpg_caller
    if is_psycopg(db):
        psycopg_caller = PsycopgCaller(db)
        await psycopg_caller.check_transaction()
        return psycopg_caller
    if is_sqlalchemy(db):
        sqlalchemy_caller = await SQLAlchemyCaller.of(db)
        await sqlalchemy_caller.check_transaction()
        return sqlalchemy_caller
    raise _not_a_connection(db)


@asynccontextmanager
async def reading(db: object) -> AsyncGenerator[Caller]:
    """The connection for statements that only read, in a transaction or in none.

    Args:
        db: what `in_transaction` takes, or a pool of asyncpg, of which a connection is taken.

    Raises:
        ConfigurationError: it is none of these, or closed.
    """
    if isinstance(db, asyncpg.Pool):
        async with db.acquire() as connection:
            yield AsyncpgCaller(connection)
    elif is_asyncpg(db):
        asyncpg_caller = AsyncpgCaller(db)
        asyncpg_caller.check_open()
        yield asyncpg_caller
    elif is_psycopg(db):
        psycopg_caller = PsycopgCaller(db)
        psycopg_caller.check_open()
        yield psycopg_caller
    elif is_sqlalchemy(db):
        yield await SQLAlchemyCaller.of(db)
    else:
        raise _not_a_connection(db)


def _not_a_connection(db: object) -> ConfigurationError:
    instead = sqlalchemy_instead(db)
    if instead is None and isinstance(db, asyncpg.Pool):
        instead = (
            "give a connection of it that is in a transaction (async with pool.acquire() as "
            "connection, connection.transaction())"
        )
    if instead is None and is_psycopg_sync(db):
        instead = "give an AsyncConnection of psycopg"
    return refused(f"db={type(db).__name__}: {instead or f'give {_KINDS}'}")
