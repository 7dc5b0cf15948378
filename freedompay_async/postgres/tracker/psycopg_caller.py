"""A connection of psycopg. The library is imported only where one is given."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard, cast

from freedompay_async.postgres.tracker.caller_protocol import FAILED, refused

if TYPE_CHECKING:
    import psycopg

    Connection: TypeAlias = psycopg.AsyncConnection[Any]

__all__ = ["PsycopgCaller", "is_psycopg", "is_psycopg_sync"]


def is_psycopg(db: object) -> TypeGuard[Connection]:
    """Whether it is an asynchronous connection of psycopg."""
    if "psycopg" not in sys.modules:
        return False
    import psycopg  # noqa: PLC0415

    return isinstance(db, psycopg.AsyncConnection)


def is_psycopg_sync(db: object) -> bool:
    """Whether it is a connection of psycopg that blocks."""
    if "psycopg" not in sys.modules:
        return False
    import psycopg  # noqa: PLC0415

    return isinstance(db, psycopg.Connection)


class PsycopgCaller:
    """Statements on a connection of psycopg.

    Raises:
        ConfigurationError: psycopg is older than 3.2, which has no cursor for `$1`.
    """

    def __init__(self, connection: Connection) -> None:
        import psycopg  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415

        try:
            from psycopg import AsyncRawCursor  # noqa: PLC0415
        except ImportError as error:
            raise refused(
                f"psycopg {psycopg.__version__} is too old: pip install 'psycopg>=3.2'"
            ) from error
        self._connection: Final = connection
        self._cursor: Final = AsyncRawCursor
        self._row: Final = dict_row
        self._status: Final = psycopg.pq.TransactionStatus
        self._no_pipeline: Final = psycopg.pq.PipelineStatus.OFF

    def check_open(self) -> None:
        """Refuse one that is closed.

        Raises:
            ConfigurationError: it is closed, or lost.
        """
        if self._connection.closed:
            raise refused("the connection is closed: open another one")

    async def check_transaction(self) -> None:
        """Refuse one whose statements are committed by themselves.

        One that is in no transaction yet, and not in autocommit, begins one with its first
        statement.

        Raises:
            ConfigurationError: it is closed, in autocommit and no transaction, or its transaction
                has failed.
        """
        self.check_open()
        if await self.commits_each():
            raise refused(
                "the connection is in autocommit and in no transaction, so that your rows and this "
                "one could come apart: begin one (async with connection.transaction()), and write "
                "both in it"
            )

    async def commits_each(self) -> bool:
        """Whether each statement would be committed by itself.

        Raises:
            ConfigurationError: its transaction has failed.
            psycopg.Error: what an earlier statement of a pipeline has led to.
        """
        info = self._connection.info
        if info.pipeline_status != self._no_pipeline:
            # What is known of the transaction here is older than what was sent.
            async with self._connection.pipeline() as pipeline:
                await pipeline.sync()
        elif info.transaction_status == self._status.ACTIVE:
            # Another task's statement is on; psycopg lets ours wait for it.
            await self.fetch("SELECT 1")
        status = info.transaction_status
        if status == self._status.INERROR:
            raise refused(FAILED)
        return self._connection.autocommit and status != self._status.INTRANS

    async def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """The rows of one statement, with moments in UTC as asyncpg gives them."""
        async with self._cursor(self._connection, row_factory=self._row) as cursor:
            # As text, a moment is read only where the session's datestyle is ISO.
            await cursor.execute(cast("Any", query), args or None, binary=True)
            rows = await cursor.fetchall() if cursor.description is not None else []
        return [{name: _in_utc(value) for name, value in row.items()} for row in rows]


def _in_utc(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value
