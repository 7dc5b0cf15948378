"""A connection of asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from freedompay_async.postgres.tracker.caller_protocol import FAILED, refused

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["AsyncpgCaller", "is_asyncpg"]


def is_asyncpg(db: object) -> TypeGuard[Connection]:
    """Whether it is a connection of asyncpg, or one that was taken from a pool of it."""
    return isinstance(db, asyncpg.Connection | PoolConnectionProxy)


class AsyncpgCaller:
    """Statements on a connection of asyncpg."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection

    def check_open(self) -> None:
        """Refuse one that is closed.

        Raises:
            ConfigurationError: it is closed, or given back to its pool.
        """
        try:
            closed = self._connection.is_closed()
        except asyncpg.InterfaceError as error:
            raise refused(
                "the connection was given back to its pool: take one, and keep it until your "
                "transaction has ended"
            ) from error
        if closed:
            raise refused("the connection is closed: open another one")

    def check_transaction(self) -> None:
        """Refuse one that is in no transaction.

        Raises:
            ConfigurationError: each statement would be committed by itself.
        """
        self.check_open()
        if not self._connection.is_in_transaction():
            raise refused(
                "the connection is in no transaction, so that your rows and this one could come "
                "apart: begin one (async with connection.transaction()), and write both in it"
            )

    async def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """The rows of one statement.

        Raises:
            ConfigurationError: an earlier statement has failed, and the transaction with it.
        """
        try:
            return [dict(row) for row in await self._connection.fetch(query, *args)]
        except asyncpg.InFailedSQLTransactionError as error:
            # asyncpg has no public name for this state before a statement is tried in it.
            raise refused(FAILED) from error
