"""PgQueuer's part: it wakes workers when a batch begins, and passes a dead worker's wake-up on.

A wake-up is a job that a worker holds while it works on a batch. It says nothing about rows: what a
worker may do is in our own tables, and a worker that no wake-up reaches looks there by itself.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from pgqueuer import AsyncpgDriver, QueueManager
from pgqueuer.errors import FailingListenerError, RetryRequested

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.connection.pooling import LOST
from freedompay_async.postgres.workers.wake import ENTRYPOINT, queries

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from pgqueuer import Job

__all__ = ["WakeUps"]

# Seconds between two looks for wake-ups that no notification has told of.
_DEQUEUE: Final = 2.0
# Seconds after which another worker gets the wake-up of one that gives no sign of life; it gives
# one every half of that.
_DEAD: Final = 6.0
# Seconds that a query of PgQueuer may take.
_LIMIT: Final = 10.0
# Seconds until the next try, where the database can't be reached.
_AGAIN: Final = 2.0
_AWAY: Final = (*LOST, asyncpg.PostgresError, FailingListenerError)


class WakeUps:
    """Holds the wake-ups of the batches that a worker works on.

    Args:
        pool: one of its connections is kept for as long as `run` lasts.
        wake: called when there may be something new.
        hold: called with the name of a batch for a wake-up of it; ends when the wake-up is to be
            given back. Its value is the seconds after which the wake-up is to come again, to
            whichever worker; `None`: it has done its work.
        entrypoint: of the wake-ups.
        at_once: wake-ups that are fetched together.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        *,
        wake: Callable[[], object],
        hold: Callable[[str], Awaitable[float | None]],
        entrypoint: str = ENTRYPOINT,
        at_once: int = 10,
    ) -> None:
        self._pool: Final = pool
        self._wake: Final = wake
        self._hold: Final = hold
        self._entrypoint: Final = entrypoint
        self._at_once: Final = at_once
        self._stopped: Final = asyncio.Event()
        # What PgQueuer logs of a lost connection is no news: its own handler for that is the
        # user's. Without any, Python would print it.
        logging.getLogger("pgqueuer").addHandler(logging.NullHandler())

    def stop(self) -> None:
        """End `run`, once the wake-ups that are held have been given back."""
        self._stopped.set()

    async def run(self) -> None:
        """Hold wake-ups until `stop`, on a new connection after each that is lost.

        Raises:
            ConfigurationError: PgQueuer's tables are not there, or are of an older version.
        """
        while not self._stopped.is_set():
            with suppress(*_AWAY):
                async with self._connection() as connection:
                    await self._on(connection)
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN):
                    await self._stopped.wait()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Any]:
        """One of the pool, which gets none back that listens."""
        connection = await self._pool.acquire(timeout=_LIMIT)
        try:
            yield connection
        finally:
            _terminate(connection)
            await self._pool.release(connection)

    async def _on(self, connection: Any) -> None:
        lost, jobs = asyncio.Event(), set[asyncio.Task[Any]]()
        engine = queries(_Driver(connection, lost))
        manager = QueueManager(engine, channel=engine.qbe.settings.channel)

        @manager.entrypoint(self._entrypoint, on_failure="hold")
        async def wake_up(job: Job) -> None:
            if (task := asyncio.current_task()) is not None:
                jobs.add(task)
                task.add_done_callback(jobs.discard)
            again = await self._hold((job.payload or b"").decode())
            if again is not None:
                raise RetryRequested(timedelta(seconds=again))

        try:
            await manager.verify_structure()
        except RuntimeError as error:
            raise ConfigurationError(
                f"{error} Run: freedompay journal install. Nothing was sent."
            ) from error
        await connection.add_listener(manager.channel, self._woken)
        connection.add_termination_listener(partial(_set, lost))
        run = asyncio.create_task(
            manager.run(
                batch_size=self._at_once,
                dequeue_timeout=timedelta(seconds=_DEQUEUE),
                heartbeat_timeout=timedelta(seconds=_DEAD),
                shutdown_on_listener_failure=True,
            )
        )
        # The engine shuts itself down where notifications do not come any more.
        ends = [each.wait() for each in (self._stopped, lost, manager.shutdown)]
        stopped, *broken = waits = [asyncio.create_task(each) for each in ends]
        try:
            await asyncio.wait((run, *waits), return_when=asyncio.FIRST_COMPLETED)
            if stopped.done() and not any(each.done() for each in broken):
                manager.shutdown.set()
                await asyncio.wait((run, broken[0]), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Before the jobs are cancelled: that they were must not be written, so that another
            # worker gets them.
            _terminate(connection)
            for each in (run, *waits, *jobs):
                each.cancel()
            await asyncio.wait((run, *waits))
        if not run.cancelled():
            run.result()

    def _woken(self, *_told: object) -> None:
        self._wake()


def _terminate(connection: Any) -> None:
    # The pool takes a connection back that was lost, and refuses any further call.
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _set(event: asyncio.Event, _connection: object) -> None:
    event.set()


class _Driver(AsyncpgDriver):
    """PgQueuer's own driver, whose queries end after a while: a cut network answers nothing.

    It tells of a lost connection: PgQueuer itself would wait for the jobs that it has begun.
    """

    def __init__(self, connection: Any, lost: asyncio.Event) -> None:
        super().__init__(connection)
        self._lost: Final = lost

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        async with self._limit():
            return await super().fetch(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        async with self._limit():
            return await super().execute(query, *args)

    async def notify(self, channel: str, payload: str) -> None:
        async with self._limit():
            await super().notify(channel, payload)

    @asynccontextmanager
    async def _limit(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(_LIMIT):
                yield
        except LOST:
            self._lost.set()
            raise
