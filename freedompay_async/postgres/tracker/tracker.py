"""`Tracker`: requests are written down with the application's own rows, and sent by workers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import (
    check_flag,
    check_number,
    check_type,
    check_whole,
)
from freedompay_async.postgres.connection.pooling import FEWEST, checked_pool
from freedompay_async.postgres.schema.tables import LEASE
from freedompay_async.postgres.tracker import reports
from freedompay_async.postgres.tracker.callers import in_transaction
from freedompay_async.postgres.tracker.delivery import Delivery, checked_handler
from freedompay_async.postgres.tracker.reads import Reads
from freedompay_async.postgres.tracker.send_now import send_now
from freedompay_async.postgres.tracker.statements import ASK_AGAIN
from freedompay_async.postgres.tracker.steps import Steps
from freedompay_async.postgres.tracker.store import Store, no_such_request
from freedompay_async.postgres.tracker.tracked import Tracked, tracked
from freedompay_async.postgres.tracker.tracking import track
from freedompay_async.postgres.tracker.working import Working

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    import asyncpg

    from freedompay_async.calls.session import Session
    from freedompay_async.client import FreedomPay
    from freedompay_async.intents.intent import Intent
    from freedompay_async.intents.sealing import Seal
    from freedompay_async.postgres.workers.news import News

    Handler = Callable[[Any, Tracked], Awaitable[object]]

__all__ = ["Tracker"]

H = TypeVar("H")
# Below the seconds in which a lease is usable.
_HANDLER: Final = 4.0


class Tracker(Reads):
    """An outbox: a request is committed with the application's own rows, and sent afterwards.

    Whatever process dies at whatever moment: what was committed is sent, and made at most once;
    what was not committed is not sent. The worker (`run`) sends what is tracked, looks until it has
    ended, and calls the handler of ends. Any number of workers may run, and any number of processes
    may track.

    Wherever `db` is named, it is a connection of asyncpg, an `AsyncConnection` of psycopg (3.2 or
    newer), or SQLAlchemy's `AsyncConnection` or `AsyncSession` over one of both. For reading it may
    also be a pool of asyncpg.

    Args:
        fp: the client; its merchant and host say which requests are this tracker's.
        pool: a pool of asyncpg of at least 4 connections, 5 with a handler, to the same database.
        seal: encrypts the bodies in the table. What is secret in a body (a PIN, a document) needs
            it; a name or a phone number is stored as it is without it.
        keep_bodies: how long a body is kept after the end of its request. Ids and outcomes stay.
        handler_timeout: seconds for which the handler of an end may take, at most 4.
        tell: called on the event loop with what the worker has to tell.

    Attributes:
        fp, pool: the same.

    Raises:
        ConfigurationError: an argument is not one of these.
    """

    INSTEAD = "make it of a client and a pool where it is needed"

    def __init__(
        self,
        fp: FreedomPay,
        pool: asyncpg.Pool[asyncpg.Record],
        *,
        seal: Seal | None = None,
        keep_bodies: timedelta = timedelta(days=30),
        handler_timeout: float = _HANDLER,
        tell: Callable[[News], object] | None = None,
    ) -> None:
        check_type("keep_bodies", keep_bodies, timedelta, "a timedelta")
        if keep_bodies < timedelta():
            raise ConfigurationError(f"keep_bodies={keep_bodies}: from 0 on. Nothing was sent.")
        check_number("handler_timeout", handler_timeout, unit="seconds")
        if handler_timeout > _HANDLER:
            raise ConfigurationError(
                f"handler_timeout={handler_timeout:g}: at most {_HANDLER:g} s, because a request "
                f"is held for {LEASE:g}. Nothing was sent."
            )
        super().__init__((fp.merchant, fp.base_url))
        self.fp: Final = fp
        self.pool: Final = checked_pool(pool)
        self._session: Final[Session] = fp._session
        self._seal: Final = seal
        self._keep_bodies: Final = keep_bodies.total_seconds()
        self._handler_timeout: Final = handler_timeout
        self._listener = tell
        self._handler: tuple[Handler, Any] | None = None
        self._store: Final = Store(self.pool, self._ours)
        self._working: Working | None = None
        self._stopped = False

    # In the application's transaction

    async def track(self, db: object, intent: Intent[Any], *, tag: str | None = None) -> Tracked:
        """Write an intent down, to be sent when the transaction of `db` is committed. Nothing is
        sent here. Rolled back, nothing stays.

        The same intent again is the request that is there.

        Args:
            db: a connection in the transaction in which the order is written.
            intent: of a call that `request/status` can be asked about, such as
                `fp.intend.cards.issue(client_id=…, product_id=…, key="order/17")`.
            tag: for `list`, such as `order/17`.

        Raises:
            ConfigurationError: the connection is in no transaction; the intent is of another
                merchant or host, can't be asked about, or has a secret and there is no `seal`; or
                its id is tracked with another body. Nothing was written.
            Exception: of the database, as the application's own statements raise them.
        """
        return await track(
            db,
            intent,
            session=self._session,
            base_url=self.fp.base_url,
            ours=self._ours,
            tag=tag,
            seal=self._seal,
        )

    async def ask_again(
        self, db: object, request_id: str, *, accept_found: bool = False
    ) -> Tracked:
        """Let an unknown request be asked about once more when the transaction of `db` is
        committed. It is sent again only within `Policy.resend_within` of its first send.

        Args:
            db: a connection in a transaction.
            request_id: of the request.
            accept_found: the issuer knew the id before this database sent it, and somebody has made
                sure that it was used for the same purpose: what was made is this request's.

        Raises:
            ConfigurationError: it is not unknown, or not tracked. Nothing was written.
        """
        caller = await in_transaction(db)
        request_id = checked_request_id(request_id)
        check_flag("accept_found", accept_found)
        rows = await caller.fetch(ASK_AGAIN, *self._ours, request_id, accept_found)
        if rows:
            return tracked(rows[0])
        now = await reports.find(caller, self._ours, request_id)
        if now is None:
            raise no_such_request(request_id)
        why = "accept_found=True says that what was found is its own" if now.found else now.state
        raise ConfigurationError(
            f"only an unknown request is asked about again, and this one is not: {why}. Nothing "
            "was written.",
            request_id=request_id,
            call=now.call,
        )

    # After the commit

    async def send_now(
        self, request_id: str, *, timeout: float = 3.0, queue: bool | float = 0.2
    ) -> Tracked:
        """Send a tracked request now, after its commit, and wait a while for its end. Where a
        worker has it already, wait for what becomes of it there.

        It never raises because of what the issuer says: the state is the answer. What can't be sent
        or has not ended in time is gone on with by the workers.

        Args:
            request_id: of the request.
            timeout: seconds to wait in all.
            queue: seconds that the call may wait in the queue of the client.

        Returns:
            How it stands: `refused` at once, `done`, or how far it is when the time is up.

        Raises:
            ConfigurationError: no request of this id is tracked, or its transaction has not been
                committed. Nothing was sent.
            JournalError: the database can't be used now. Workers go on with what was committed.
        """
        check_number("timeout", timeout, unit="seconds")
        self._store.open()
        return await send_now(
            self._store,
            self._steps(self._session),
            checked_request_id(request_id),
            timeout=timeout,
            queue=queue,
        )

    # Workers

    @overload
    def on_end(
        self, handler: H, *, begin: Callable[[], AbstractAsyncContextManager[Any]] | None = None
    ) -> H: ...
    @overload
    def on_end(
        self, *, begin: Callable[[], AbstractAsyncContextManager[Any]] | None = None
    ) -> Callable[[H], H]: ...
    def on_end(
        self,
        handler: Any = None,
        *,
        begin: Callable[[], AbstractAsyncContextManager[Any]] | None = None,
    ) -> Any:
        """Register the handler of ends, an async function of a connection and a `Tracked`.

        A worker calls it once a request is done, refused or unknown, in a transaction that also
        marks the end as delivered: what it writes over that connection happens exactly once. What
        it does elsewhere, such as sending a mail, may happen again. If it raises or takes too long,
        nothing of it stays, and it is called again later. An unknown request that is settled later
        ends anew.

        Args:
            handler: the function.
            begin: gives the connection, in a transaction that it commits at its end, such as
                SQLAlchemy's `sessions.begin`; left out, a connection of asyncpg of the pool.
        """
        if handler is None:
            return partial(self.on_end, begin=begin) if begin is not None else self.on_end
        checked_handler(handler)
        if self._handler is not None:
            raise ConfigurationError("the tracker has a handler of ends already. Nothing was sent.")
        self._handler = (handler, begin)
        return handler

    @property
    def delivers(self) -> bool:
        """Whether it has a handler of ends."""
        return self._handler is not None

    def listen(self, tell: Callable[[News], object]) -> None:
        """Let a function get what the worker has to tell, unless there is one."""
        self._listener = self._listener or tell

    async def run(self, *, concurrency: int = 64) -> None:
        """Work until `stop`: send what is tracked, look until it has ended, deliver ends.

        Args:
            concurrency: requests that are worked on at once.

        Raises:
            ConfigurationError: the database has no schema of this version, or is a restored backup
                of which nobody has said how old it is. Nothing was sent.
            JournalError: the database can't be reached at the start.
        """
        check_whole("concurrency", concurrency)
        if self._working is not None:
            raise ConfigurationError("this tracker runs already. Nothing was sent.")
        if self.pool.get_max_size() < FEWEST:
            raise ConfigurationError(
                f"the pool has {self.pool.get_max_size()} connections at most: a worker needs "
                f"{FEWEST} (max_size). Nothing was sent."
            )
        self._store.open()
        self._working = Working(
            self._store,
            self.pool,
            self._steps,
            self._session,
            delivery=self._delivery(),
            concurrency=concurrency,
            keep_bodies=self._keep_bodies,
            tell=self._tell,
        )
        if self._stopped:
            self._working.stop()
        try:
            await self._working.run()
        finally:
            self._working = None

    def stop(self) -> None:
        """Drain: begin nothing new, and settle what is on the way. `run` ends then, for good."""
        self._stopped = True
        if self._working is not None:
            self._working.stop()

    def _delivery(self) -> Delivery | None:
        if self._handler is None:
            return None
        handler, begin = self._handler
        return Delivery(self._store, self.pool, handler, begin, timeout=self._handler_timeout)

    def _steps(self, session: Session) -> Steps:
        drops = self._keep_bodies == 0.0
        return Steps(session, base_url=self.fp.base_url, seal=self._seal, drops=drops)

    def _tell(self, news: News) -> None:
        if self._listener is not None:
            self._listener(news)
