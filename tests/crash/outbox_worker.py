"""A worker of an application, and its handler of ends, which is not always well.

    python outbox_worker.py DSN WAY CONCURRENCY SEED MISHAPS

WAY is how the handler writes: one of `WAYS`. MISHAPS is the share of the ends at which something
goes wrong in the handler, 0 to 1.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import asyncpg
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from freedompay_async import FreedomPay
from freedompay_async.postgres import Tracker

sys.path.insert(0, str(Path(__file__).parents[1] / "tracker"))
from callers_of import KINDS

HANDLER_TIMEOUT = 1.0
WAYS = ("default", "psycopg", "sqlalchemy connection, psycopg", "sqlalchemy session, asyncpg")
# What goes wrong, and how often beside the others.
MISHAPS = {
    "raises": 10,
    "hangs": 3,
    "hangs, and swallows its cancellation": 3,
    "swallows an error of the database": 10,
    "is killed": 3,
    "blocks its whole process": 0.3,
}


class ShopIsClosedError(Exception):
    """What a handler raises."""


def is_of_no_handler(record: logging.LogRecord) -> bool:
    """Whether a record is not one of a handler that has failed, which is what it is to do here."""
    return not record.getMessage().startswith("the handler of the end of request")


class Handler:
    """Writes one row for each end that it is told of; nothing but its transaction makes it one."""

    def __init__(self, kind, mishaps: float, seed: int) -> None:
        self._kind, self._mishaps, self._chance = kind, mishaps, Random(seed)

    async def __call__(self, db, tracked) -> None:
        chance, mishap = self._chance, None
        if chance.random() < self._mishaps:
            (mishap,) = chance.choices(list(MISHAPS), MISHAPS.values())
        first = chance.random() < 0.5
        if first:
            await self._go_wrong(db, mishap)
        await self._execute(
            db,
            "INSERT INTO delivered (request_id, state) VALUES (:request_id, :state)",
            request_id=tracked.request_id,
            state=str(tracked.state),
        )
        if not first:
            await self._go_wrong(db, mishap)

    async def _execute(self, db, statement, **values) -> None:
        await self._kind.execute(db, statement, **values)

    async def _go_wrong(self, db, mishap: str | None) -> None:
        match mishap:
            case "raises":
                raise ShopIsClosedError("the shop is closed")
            case "hangs":
                await asyncio.sleep(60)
            case "hangs, and swallows its cancellation":
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    await asyncio.sleep(self._chance.random() * 2)
            case "swallows an error of the database":
                with suppress(asyncpg.PostgresError, psycopg.Error, SQLAlchemyError):
                    await self._execute(db, "INSERT INTO nowhere (one) VALUES (:one)", one=1)
            case "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "blocks its whole process":
                time.sleep(8)


async def pool_of(dsn: str) -> asyncpg.Pool:
    """A pool, once the database can be reached."""
    while True:
        try:
            return await asyncpg.create_pool(dsn, min_size=4, max_size=10)
        except OSError:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def opened(way: str, dsn: str):
    """The kind of connection, and what begins a transaction of it."""
    if way == "default":
        yield KINDS["asyncpg"](dsn), None
    elif way == "psycopg":

        @asynccontextmanager
        async def begin():
            connection = await psycopg.AsyncConnection.connect(dsn)
            try:
                yield connection
                await connection.commit()
            finally:
                # It rolls back what is not committed, and nothing can cancel it.
                await connection.close()

        yield KINDS[way](dsn), begin
    else:
        async with KINDS[way](dsn) as kind:
            yield kind, kind.begin


async def work(dsn: str, way: str, concurrency: int, seed: int, mishaps: float) -> None:
    logging.getLogger("freedompay_async").addFilter(is_of_no_handler)
    # What they say of a connection that is gone is not the library's.
    for driver in ("asyncpg", "psycopg", "sqlalchemy"):
        logging.getLogger(driver).addHandler(logging.NullHandler())
    async with (
        FreedomPay.from_env(max_connections=concurrency) as fp,
        await pool_of(dsn) as pool,
        opened(way, dsn) as (kind, begin),
    ):
        tracker = Tracker(fp, pool, handler_timeout=HANDLER_TIMEOUT)
        tracker.on_end(Handler(kind, mishaps, seed), begin=begin)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tracker.stop)
        await tracker.run(concurrency=concurrency)


if __name__ == "__main__":
    address, name, many, number, share = sys.argv[1:]
    asyncio.run(work(address, name, int(many), int(number), float(share)))
