"""A connection or a session of SQLAlchemy. The library is imported only where one is given.

Statements go over the driver's side of the connection and not through the engine: what the engine
logs, and the errors that it makes, would show the parameters, which may be a client's data.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import asyncpg

from freedompay_async.postgres.tracker.asyncpg_caller import is_asyncpg
from freedompay_async.postgres.tracker.caller_protocol import FAILED, refused
from freedompay_async.postgres.tracker.psycopg_caller import PsycopgCaller, is_psycopg

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy.exc import InvalidRequestError
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

__all__ = ["SQLAlchemyCaller", "is_sqlalchemy", "sqlalchemy_instead"]


def is_sqlalchemy(db: object) -> TypeGuard[AsyncConnection | AsyncSession]:
    """Whether it is an asynchronous connection or session of SQLAlchemy."""
    if "sqlalchemy.ext.asyncio" not in sys.modules:
        return False
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession  # noqa: PLC0415

    return isinstance(db, AsyncConnection | AsyncSession)


def sqlalchemy_instead(db: object) -> str | None:
    """What to give in place of something else of SQLAlchemy; None: it is not of SQLAlchemy."""
    if "sqlalchemy" not in sys.modules:
        return None
    import sqlalchemy  # noqa: PLC0415
    from sqlalchemy import orm  # noqa: PLC0415

    if isinstance(db, sqlalchemy.Engine | sqlalchemy.Connection):
        return "give an AsyncConnection, of an engine that create_async_engine() makes"
    if isinstance(db, orm.Session | orm.scoped_session | orm.sessionmaker):
        return "give an AsyncSession, as async_sessionmaker() makes it"
    if "sqlalchemy.ext.asyncio" not in sys.modules:
        return None
    from sqlalchemy.ext import asyncio as asynchronous  # noqa: PLC0415

    if isinstance(db, asynchronous.AsyncEngine):
        return "give a connection of it (async with engine.begin() as connection)"
    if isinstance(db, asynchronous.async_sessionmaker):
        return "give a session of it (async with maker.begin() as session)"
    if isinstance(db, asynchronous.async_scoped_session):
        return "call it, and give the session that it gives"
    return None


class SQLAlchemyCaller:
    """Statements on an open connection of SQLAlchemy, in the transaction that it has begun."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self._connection: Final = connection
        self._driver: Final = driver
        self._psycopg: Final = PsycopgCaller(driver) if is_psycopg(driver) else None

    @classmethod
    async def of(cls, db: AsyncConnection | AsyncSession) -> SQLAlchemyCaller:
        """The connection, with SQLAlchemy's own transaction begun: without one, its commit would
        do nothing.

        Raises:
            ConfigurationError: it is closed, its transaction has failed or ended, or its driver is
                neither asyncpg nor psycopg.
        """
        from sqlalchemy.exc import InvalidRequestError  # noqa: PLC0415
        from sqlalchemy.ext.asyncio import AsyncConnection  # noqa: PLC0415

        try:
            connection = db if isinstance(db, AsyncConnection) else await db.connection()
            if not connection.in_transaction():
                await connection.begin()
            driver = (await connection.get_raw_connection()).driver_connection
        except InvalidRequestError as error:
            raise refused(_why(db, error)) from error
        if not is_asyncpg(driver) and not is_psycopg(driver):
            raise refused(
                f"the {type(db).__name__} is of {connection.dialect.name}+"
                f"{connection.dialect.driver}: use postgresql+asyncpg or postgresql+psycopg"
            )
        return cls(connection, driver)

    async def check_transaction(self) -> None:
        """Refuse one whose statements are committed by themselves, or that can't be committed with
        a notification in it.

        Raises:
            ConfigurationError: it is in autocommit, or of two phases, or its transaction has
                failed.
        """
        from sqlalchemy.engine import TwoPhaseTransaction  # noqa: PLC0415

        inside = self._connection.sync_connection
        if inside is not None and isinstance(inside.get_transaction(), TwoPhaseTransaction):
            raise refused(
                "the transaction is one of two phases, and PostgreSQL prepares none that wakes a "
                "worker: use a session without twophase"
            )
        if await self._commits_each():
            raise refused(
                "the connection is in autocommit, so that your rows and this one could come apart: "
                "use one without isolation_level='AUTOCOMMIT', and write both in one transaction "
                "of it"
            )

    async def _commits_each(self) -> bool:
        if self._psycopg is not None:
            return await self._psycopg.commits_each()
        if not self._driver.is_in_transaction():
            # The driver begins with its first statement, unless it is in autocommit.
            await self.fetch("SELECT 1")
        return not self._driver.is_in_transaction()

    async def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """The rows of one statement.

        Raises:
            ConfigurationError: an earlier statement has failed, and the transaction with it.
            sqlalchemy.exc.DBAPIError: around the driver's error, without the parameters.
        """
        if self._psycopg is None:
            return await self._connection.run_sync(_fetch, query, args)
        import psycopg  # noqa: PLC0415

        try:
            return await self._psycopg.fetch(query, *args)
        except psycopg.Error as error:
            raise await self._connection.run_sync(_wrapped, query, error) from error


def _fetch(connection: sqlalchemy.Connection, query: str, args: tuple[object, ...]) -> Any:
    """The rows, over SQLAlchemy's side of asyncpg: it begins its transaction, and says errors in
    its classes.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(query, args)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []
    except connection.dialect.loaded_dbapi.Error as error:
        if isinstance(error.__cause__, asyncpg.InFailedSQLTransactionError):
            raise refused(FAILED) from error
        raise _wrapped(connection, query, error) from error
    finally:
        cursor.close()


def _wrapped(connection: sqlalchemy.Connection, query: str, error: Any) -> BaseException:
    """An error of the driver as SQLAlchemy's own statements would raise it."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    dialect = connection.dialect
    lost: bool = dialect.is_disconnect(error, connection.connection, None)
    if lost:
        # The pool would give it to the next one.
        connection.invalidate(error)
    wrapped: BaseException = DBAPIError.instance(
        query,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return wrapped


def _why(db: AsyncConnection | AsyncSession, error: InvalidRequestError) -> str:
    """Why SQLAlchemy begins no transaction, and what to do."""
    from sqlalchemy.exc import (  # noqa: PLC0415
        PendingRollbackError,
        ResourceClosedError,
        UnboundExecutionError,
    )
    from sqlalchemy.ext.asyncio import AsyncSession  # noqa: PLC0415
    from sqlalchemy.ext.asyncio.exc import AsyncContextNotStarted  # noqa: PLC0415

    if isinstance(error, AsyncContextNotStarted):
        return "the connection isn't open yet: enter it (async with engine.begin() as connection)"
    if isinstance(error, ResourceClosedError):
        return "the connection is closed: open another one"
    if isinstance(error, PendingRollbackError):
        return FAILED
    if isinstance(error, UnboundExecutionError):
        return (
            "the session has no engine of its own: give the connection that your rows go over, "
            "await session.connection(...)"
        )
    if isinstance(db, AsyncSession) and not (db.in_transaction() or db.sync_session.autobegin):
        return (
            "the session is in no transaction, and begins none by itself: begin one (async with "
            "session.begin())"
        )
    return (
        f"the {type(db).__name__} is closed, or its transaction has ended in a block that goes on: "
        "leave the block, and begin another one"
    )
