"""Statements on connections of a pool: each within a time limit, and again after a lost connection.

A cut network answers nothing, so a connection on which a statement took too long is given up. What
was sent on it may have been done; therefore all that is done again here is the same when it is done
twice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import random
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg

from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.guards.loops import running_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

__all__ = ["FEWEST", "LIMIT", "LONG_LIMIT", "LOST", "PATIENCE", "Link", "checked_pool", "words"]

T = TypeVar("T")
FEWEST: Final = 4
"""Connections that a pool needs: to write, to renew the lease, to read, and to listen."""
LIMIT: Final = 10.0
"""Seconds for which a statement may take."""
LONG_LIMIT: Final = 600.0
"""Seconds for which one may take that touches every row of a batch."""
PATIENCE: Final = 900.0
"""Seconds for which the database may be away."""
LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    # A connection that is lost between the steps of a statement may say so too.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    # The server stops or starts, or somebody has ended the session or the statement.
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # Two transactions were in each other's way, and one was taken back.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    # A standby that is about to become the server.
    asyncpg.ReadOnlySQLTransactionError,
)
"""Errors after which the same may be tried again."""
# Seconds between two tries.
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_THEN: Final = (
    "the run has stopped, and nothing was sent that is not in it. Put the database right, then "
    "resume."
)
# Seconds for which the server may take to end a statement that nobody waits for any more.
_GIVING_UP: Final = 0.5


class Link:
    """The connections of one journal.

    Args:
        pool: whose connections are taken, each for one piece of work.
        name: of the journal, for errors.
        patience: seconds for which lost connections are made anew.
        then: what follows for whoever uses it when it can't be used.
    """

    def __init__(
        self, pool: Pool, name: str, *, patience: float = PATIENCE, then: str = _THEN
    ) -> None:
        self._pool: Final = pool
        self.name = name
        self.patience: Final = patience
        self._then: Final = then
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        self._loop = running_loop()

    @property
    def is_open(self) -> bool:
        return self._loop is not None

    def close(self) -> None:
        self._loop = None

    def check(self) -> None:
        """Refuse what could never be written.

        Raises:
            JournalError: it is closed, or belongs to another event loop.
        """
        if self._loop is None:
            raise JournalError(f"{self.name} is closed; nothing was written.")
        if self._loop is not running_loop():
            raise JournalError(
                f"{self.name} was opened on another event loop, or before a fork; nothing was "
                "written."
            )

    async def run(
        self,
        work: Callable[[Connection], Awaitable[T]],
        *,
        limit: float = LIMIT,
        until: float | None = None,
    ) -> T:
        """What `work` does on a connection. After a lost connection it is done again.

        Args:
            work: whose statements may be done twice.
            limit: seconds for which it may take.
            until: seconds for which it is done again; by default the patience of this journal.

        Raises:
            JournalError: the database was away for too long, or refuses the work.
        """
        self.check()
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + (self.patience if until is None else until), _FIRST_PAUSE
        while True:
            try:
                return await self.once(work, limit=limit)
            except LOST as error:
                if loop.time() + pause >= end or self._pool.is_closing():
                    raise self.failed(error) from error
            except asyncpg.PostgresError as error:
                raise self.failed(error) from error
            await asyncio.sleep(pause * (0.5 + random()))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def once(
        self, work: Callable[[Connection], Awaitable[T]], *, limit: float | None = LIMIT
    ) -> T:
        """What `work` does on a connection, once, within `limit` seconds."""
        connection = await self._pool.acquire(timeout=limit or LIMIT)
        sound = False
        try:
            async with asyncio.timeout(limit):
                result = await work(connection)
            sound = True
            return result
        except asyncpg.PostgresError:
            sound = True
            raise
        except (
            OSError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncio.CancelledError,
        ):
            raise
        except BaseException:
            # An error of the work itself.
            sound = True
            raise
        finally:
            if sound:
                await self._pool.release(connection, timeout=LIMIT)
            else:
                # One that waits for an answer is of no use to anybody else. asyncpg asks the server
                # to end its statement; where that fails, the pool terminates it.
                with suppress(*LOST, asyncpg.PostgresError):
                    await self._pool.release(connection, timeout=_GIVING_UP)

    async def planned(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What `work` does on a connection, once, for as long as it takes.

        Raises:
            JournalError: the database was lost, or refuses it.
        """
        self.check()
        try:
            return await self.once(work, limit=None)
        except (*LOST, asyncpg.PostgresError) as error:
            raise self.failed(error) from error

    def failed(self, error: BaseException) -> JournalError:
        """The error of work that could not be done."""
        failed = JournalError(f"{self.name} can't be used ({words(error)}): {self._then}")
        failed.__cause__ = error
        return failed


def checked_pool(pool: object) -> Any:
    """A pool of asyncpg with enough connections.

    Raises:
        ConfigurationError: it is something else, or too small; nothing was sent.
    """
    if not isinstance(pool, asyncpg.Pool):
        raise ConfigurationError(
            f"pool={type(pool).__name__}: give a pool of asyncpg, as asyncpg.create_pool() makes "
            "it. Nothing was sent."
        )
    return pool


def words(error: BaseException) -> str:
    """What an error of the database says, without an address or a statement."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, asyncpg.PostgresError):
        return error.message or str(error)
    return str(error) or type(error).__name__
