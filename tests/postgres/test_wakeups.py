"""PgQueuer's part on a real server: a wake-up reaches a worker, and that of a dead one another."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.workers.wake import ENTRYPOINT, queries
from freedompay_async.postgres.workers.wakeups import WakeUps


@pytest.fixture
async def pool(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=1, max_size=6) as pool:
        await queries(AsyncpgPoolDriver(pool)).install()
        yield pool


async def wake(pool, name):
    async with pool.acquire() as connection:
        await queries(AsyncpgDriver(connection)).enqueue(
            ENTRYPOINT, name.encode(), dedupe_key=name, on_conflict="skip"
        )


async def jobs(pool):
    return await pool.fetchval("SELECT count(*) FROM freedompay.wake_pgqueuer")


async def picked_by_nobody(pool):
    """The worker's process is gone: nobody gives a sign of life for its wake-up any more."""
    await pool.execute(
        "UPDATE freedompay.wake_pgqueuer SET heartbeat = now() - interval '1 minute', status = 'picked'"
    )


class Holder:
    """A worker as far as wake-ups go."""

    def __init__(self, pool):
        self.held, self.woken, self.let_go = asyncio.Queue(), asyncio.Event(), asyncio.Event()
        self.again = None
        self.wakeups = WakeUps(pool, wake=self.woken.set, hold=self._hold)

    async def _hold(self, name):
        self.held.put_nowait(name)
        await self.let_go.wait()
        return self.again

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.wakeups.run())
        try:
            yield self
        finally:
            self.let_go.set()
            self.wakeups.stop()
            await task


async def until(condition):
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_wake_up_is_held_until_the_work_is_done(pool):
    async with Holder(pool).running() as holder:
        await wake(pool, "spring")
        async with asyncio.timeout(30):
            assert await holder.held.get() == "spring"
            await holder.woken.wait()
        assert await jobs(pool) == 1
        holder.let_go.set()

        await until(lambda: _is(jobs(pool), 0))


async def test_a_wake_up_comes_again_where_its_work_is_not_done(pool):
    async with Holder(pool).running() as holder:
        holder.again = 0.0
        await wake(pool, "spring")
        async with asyncio.timeout(30):
            assert await holder.held.get() == "spring"
            holder.let_go.set()
            assert await holder.held.get() == "spring"
            holder.again = None

        await until(lambda: _is(jobs(pool), 0))


async def test_the_wake_up_of_a_dead_worker_goes_to_another(pool):
    await wake(pool, "spring")
    await picked_by_nobody(pool)
    async with Holder(pool).running() as other:
        async with asyncio.timeout(30):
            assert await other.held.get() == "spring"


async def test_who_stops_gives_its_wake_up_back_at_once(pool):
    async with Holder(pool).running() as holder:
        holder.again = 0.0
        await wake(pool, "spring")
        async with asyncio.timeout(30):
            await holder.held.get()

    assert await pool.fetchval("SELECT status::text FROM freedompay.wake_pgqueuer") == "queued"


async def test_a_lost_connection_is_made_anew(pool):
    async with Holder(pool).running() as holder:
        await wake(pool, "spring")
        async with asyncio.timeout(30):
            await holder.held.get()
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await wake(pool, "summer")
            assert await holder.held.get() == "summer"


async def test_missing_tables_are_said_to_be_installed_first(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=1, max_size=2) as pool:
        with pytest.raises(ConfigurationError, match="freedompay journal install"):
            await Holder(pool).wakeups.run()


async def _is(value, wanted):
    return await value == wanted
