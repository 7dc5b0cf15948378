"""Hands ends to the application: its handler's writes and the mark that it has run are one
transaction, so what it writes there happens exactly once.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.postgres.connection.pooling import FEWEST, LIMIT
from freedompay_async.postgres.journal.texts import kept_text
from freedompay_async.postgres.tracker.callers import in_transaction
from freedompay_async.postgres.tracker.standing import backoff
from freedompay_async.postgres.tracker.statements import (
    DELIVERED,
    MARK,
    NOT_DELIVERED,
    UNDELIVERED,
)
from freedompay_async.postgres.tracker.tracked import tracked
from freedompay_async.redaction.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from freedompay_async.postgres.tracker.held import Held
    from freedompay_async.postgres.tracker.store import Store
    from freedompay_async.postgres.tracker.tracked import Tracked

    Handler = Callable[[Any, Tracked], Awaitable[object]]
    Begin = Callable[[], AbstractAsyncContextManager[Any]]

__all__ = ["Delivery", "checked_handler"]

_LOG: Final = logging.getLogger("freedompay_async")
# SQLSTATE: of a lost connection, and of a session that was ended.
_ENDED: Final = ("08", "57P")
_LOST_MEANWHILE: Final = "the connection to the database was lost meanwhile"
# Letters of an error that are kept.
_MOST: Final = 300


class Delivery:
    """Runs the handler of ends.

    Args:
        store: of the requests.
        pool: of asyncpg; the handler gets a connection of it unless it has a `begin`.
        handler: called with a connection in a transaction, and with the request.
        begin: gives such a connection, and commits at its end; `None`: one of the pool.
        timeout: seconds for which the handler may take.

    Attributes:
        places: handlers that may run at once; who calls `deliver` keeps to it.

    Raises:
        ConfigurationError: the pool is too small; nothing was sent.
    """

    def __init__(
        self, store: Store, pool: Any, handler: Handler, begin: Begin | None, *, timeout: float
    ) -> None:
        self._store: Final = store
        self._pool: Final = pool
        self._handler: Final = handler
        self._begin: Final = self._transaction if begin is None else begin
        self._timeout: Final = timeout
        # Whether it is known to commit.
        self._commits = begin is None
        # The other connections of the pool are for the requests themselves.
        if pool.get_max_size() <= FEWEST:
            raise ConfigurationError(
                f"the pool has {pool.get_max_size()} connections at most: a worker with a handler "
                f"of ends needs {FEWEST + 1} (max_size). Nothing was sent."
            )
        self.places: Final[int] = pool.get_max_size() - FEWEST

    async def deliver(self, held: Held) -> str | None:
        """Deliver the end of a row that is held; why the handler has failed, if it has."""
        try:
            if not held.holds:
                return None
            held.locked = True
            async with asyncio.timeout(self._timeout):
                await self._in_transaction(held)
        except LeaseLost:
            return None
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled this: the handler raised it.
            return await self._failed(held, f"{type(error).__name__}: raised by the handler")
        # The handler is the application's, and may raise anything. The end is recorded; that it is
        # not delivered is written down, and it is tried again.
        except Exception as error:  # noqa: BLE001
            if _lost(error):
                return await self._failed(held, _LOST_MEANWHILE)
            if not held.delivery_tries:
                _LOG.exception("the handler of the end of request %s failed", held.request_id)
            return await self._failed(held, self._why(error))
        finally:
            self._store.drop(held)
        return None

    async def _failed(self, held: Held, why: str) -> str:
        await self._store.link.run(
            lambda connection: connection.execute(
                NOT_DELIVERED,
                *self._store.ours,
                *(held.request_id, held.fence, why, backoff(held.delivery_tries)),
            )
        )
        return why

    async def _in_transaction(self, held: Held) -> None:
        async with self._begin() as db:
            caller = await in_transaction(db)
            rows = await caller.fetch(MARK, *self._store.ours, held.request_id, held.fence)
            if not rows:
                await self._check_lost(held)
                raise LeaseLost
            await self._handler(db, tracked(rows[0]))
            await self._check_end(db, held)
        if not self._commits:
            if await self._undelivered(held):
                raise _Undone(
                    "what begin= gives has not committed at its end: give what does, such as "
                    "sessions.begin"
                )
            self._commits = True

    async def _check_lost(self, held: Held) -> None:
        """Find out whether the row is held here, and that connection does not see it."""
        if await self._undelivered(held):
            raise _Undone("the connection that begin= gives does not see it: another database?")

    async def _undelivered(self, held: Held) -> bool:
        """Whether the row is held here, and its end is not delivered, by what others see."""
        found: bool = await self._store.link.run(
            lambda connection: connection.fetchval(
                UNDELIVERED, *self._store.ours, held.request_id, held.fence
            ),
            until=0.0,
        )
        return found

    async def _check_end(self, db: Any, held: Held) -> None:
        """Find out whether the transaction still has the mark: a handler may have hidden an error
        of the database in it, or taken it back.
        """
        try:
            caller = await in_transaction(db)
            rows = await caller.fetch(DELIVERED, *self._store.ours, held.request_id)
        except Exception as error:
            raise _Undone(
                "the handler has hidden an error of the database, so nothing that it wrote would "
                "have stayed"
            ) from error
        if not rows or not next(iter(rows[0].values())):
            raise _Undone("the handler has taken its transaction back")

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Any]:
        async with self._pool.acquire(timeout=LIMIT) as connection:
            try:
                async with connection.transaction():
                    yield connection
            except Exception as error:
                if _closed(connection):
                    raise _Lost from error
                raise

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError) and not _first_line(error):
            return f"it took longer than {self._timeout:g} s"
        text = _first_line(error)
        why = text if isinstance(error, _Undone) else f"{type(error).__name__}: {text}"
        return kept_text(mask_text(why)[:_MOST].removesuffix(": ")) or type(error).__name__


def _closed(connection: Any) -> bool:
    try:
        closed: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has taken it back already, as it does with one that was lost.
        return True
    return closed


def _lost(error: BaseException) -> bool:
    """Whether the connection was lost, which is no fault of the handler; of whichever library."""
    each: BaseException | None = error
    while each is not None:
        state = getattr(each, "sqlstate", None)
        if isinstance(each, _Lost) or (isinstance(state, str) and state.startswith(_ENDED)):
            return True
        each = each.__cause__
    return False


def _first_line(error: Exception) -> str:
    try:
        return next(iter(str(error).splitlines()), "")
    # An error of the application's may have no text at all.
    except Exception:  # noqa: BLE001
        return ""


class _Lost(Exception):
    """The connection is closed."""


class _Undone(Exception):
    """The handler's transaction does not hold what it is to hold."""


def checked_handler(handler: object) -> None:
    """Refuse what can't be a handler of ends.

    Raises:
        ConfigurationError: it is no async function of two arguments.
    """
    if not callable(handler) or not (
        inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
    ):
        raise refusal("handler", handler, "an async function of a connection and a request")
    try:
        inspect.signature(handler).bind(None, None)
    except (TypeError, ValueError):
        raise ConfigurationError(
            "the handler takes other arguments: it is called with a connection in a transaction, "
            "and with the request that has ended. Nothing was sent."
        ) from None
