"""Workers on a real server and the sandbox: which batches they work on, and what they tell."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

import asyncpg
import pytest

from freedompay_async import FreedomPay, Policy
from freedompay_async.batch import Batch
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import PostgresJournal, install
from freedompay_async.postgres.journal.batches import batches, begin_round, stop
from freedompay_async.postgres.workers import pauses
from freedompay_async.postgres.workers import worker as module
from freedompay_async.postgres.workers.news import Change
from freedompay_async.postgres.workers.worker import Worker
from freedompay_async.sandbox import Sandbox
from tests.postgres_server import cluster_script
from tests.rows import row_of_code
from tests.settings_of import settings_of

ROWS = 40
QUICK = Policy(grace=0.05, pause=0.005, max_pause=0.02, poll_first=0.005, poll_most=0.03)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pauses that a test would only wait for."""
    monkeypatch.setattr(module, "_LOOK", 0.2)
    monkeypatch.setattr(module, "_LOOK_LEAST", 0.01)
    monkeypatch.setattr(pauses, "_FIRST", 0.1)


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=4) as pool:
        yield pool


class Office:
    """Workers, each with a client of its own, and what they have told."""

    def __init__(self, pool, stack):
        self.pool, self._stack = pool, stack
        self.news = []
        self.tasks = []
        self._told = asyncio.Condition()

    async def client(self, issuer, **changes):
        settings = settings_of(issuer) | {"policy": QUICK} | changes
        return await self._stack.enter_async_context(FreedomPay(**settings))

    async def worker(self, issuer, pool=None, **changes):
        fp = await self.client(issuer, **changes)
        worker = Worker(fp, pool or self.pool, concurrency=4, tell=self.news.append)
        task = asyncio.create_task(worker.run())
        self.tasks.append((worker, task))
        return worker, task

    async def plan(self, issuer, name="spring", rows=ROWS, first=1, **changes):
        """A batch that is open to workers."""
        async with (
            FreedomPay(**settings_of(issuer) | {"policy": QUICK} | changes) as fp,
            PostgresJournal(self.pool, name=name, open_at_plan=True) as journal,
        ):
            rows = [row_of_code(number) for number in range(first, first + rows)]
            plan = await Batch(fp, journal, name=name).plan(rows)
            assert not plan.problems

    async def told(self, change, count=1):
        """The news of this kind, when there are so many."""
        async with asyncio.timeout(25):
            while len(found := [each for each in self.news if each.change is change]) < count:
                for _, task in self.tasks:
                    if task.done() and not task.cancelled():
                        task.result()
                await asyncio.sleep(0.01)
        return found

    async def close(self):
        for worker, task in self.tasks:
            worker.stop()
            with contextlib.suppress(ConfigurationError):
                await task


@pytest.fixture
async def office(pool):
    async with contextlib.AsyncExitStack() as stack:
        office = Office(pool, stack)
        stack.push_async_callback(office.close)
        yield office


def phones(issuer):
    return Counter(card["phone"] for card in issuer.ledger())


def one_each(rows, first=1):
    return Counter({77010000000 + number: 1 for number in range(first, first + rows)})


async def test_a_worker_issues_every_batch_of_its_own(office, issuer):
    await office.worker(issuer)
    await office.plan(issuer, "spring")
    await office.plan(issuer, "summer", first=101)
    ended = await office.told(Change.ENDED, 2)

    assert phones(issuer) == one_each(ROWS) + one_each(ROWS, 101)
    assert {each.batch: dict(each.counts)["issued"] for each in ended} == {
        "spring": ROWS,
        "summer": ROWS,
    }


async def test_a_batch_that_is_open_already_is_found(office, issuer):
    await office.plan(issuer)
    await office.worker(issuer)
    await office.told(Change.ENDED)

    assert phones(issuer) == one_each(ROWS)


async def test_a_batch_of_another_host_is_told_once_and_left_alone(office, issuer):
    async with Sandbox() as other:
        await office.plan(other, "theirs")
        await office.worker(issuer)
        await office.plan(issuer, "spring", first=101)
        await office.told(Change.ENDED)
        (theirs,) = await office.told(Change.NOT_ITS_OWN)

        assert other.ledger() == []
        assert theirs.batch == "theirs"
        assert other.base_url in theirs.text


async def test_a_batch_that_is_only_planned_is_not_begun(office, issuer, pool):
    async with (
        FreedomPay(**settings_of(issuer)) as fp,
        PostgresJournal(pool, name="later") as journal,
    ):
        await Batch(fp, journal, name="later").plan([row_of_code(1)])
    await office.worker(issuer)
    await office.plan(issuer, "spring", first=101)
    await office.told(Change.ENDED)

    assert phones(issuer) == one_each(ROWS, 101)


async def test_two_workers_share_a_batch(office, issuer):
    for _ in range(2):
        await office.worker(issuer)
    await office.plan(issuer, rows=300)
    await office.told(Change.WORKING, 2)
    ended = await office.told(Change.ENDED, 2)

    assert phones(issuer) == one_each(300)
    assert sum(each.counts["issued"] for each in ended) == 300


async def test_who_is_stopped_hands_its_rows_back_and_another_one_goes_on(office, issuer, pool):
    issuer.hold = True
    worker, task = await office.worker(issuer)
    await office.plan(issuer)
    async with asyncio.timeout(25):
        while not await pool.fetchval("SELECT count(*) FROM freedompay.intents"):
            await asyncio.sleep(0.01)
    worker.stop()
    issuer.hold = False
    await task
    left = await pool.fetchval("SELECT count(*) FROM freedompay.rows WHERE owner IS NOT NULL")
    await office.worker(issuer)
    await office.told(Change.ENDED)

    assert left == 0
    assert [each.change for each in office.news].count(Change.DRAINING) == 1
    assert phones(issuer) == one_each(ROWS)


async def test_a_batch_that_is_stopped_is_left_until_it_is_resumed(office, issuer, pool):
    issuer.hold = True
    await office.worker(issuer)
    await office.plan(issuer)
    await office.told(Change.WORKING)
    await stop(pool, "spring")
    issuer.hold = False
    (left,) = await office.told(Change.LEFT)
    assert "stopped" in left.text
    await begin_round(pool, "spring")
    await office.told(Change.ENDED)

    assert phones(issuer) == one_each(ROWS)


async def test_a_wrong_key_is_told_and_other_batches_go_on(office, issuer):
    await office.plan(issuer)
    await office.worker(issuer, secret_key="wrong")
    await office.told(Change.FAILED)
    await office.worker(issuer)
    await office.told(Change.ENDED)

    # Each error once, whichever call has heard it, and not once a try.
    errors = [each.text.partition(" [request_id")[0] for each in await office.told(Change.FAILED)]
    assert len(errors) == len(set(errors))
    assert "wrong" not in repr(office.news)
    assert phones(issuer) == one_each(ROWS)


async def test_a_newer_schema_drains_the_worker_which_does_not_deny_what_it_has_sent(
    office, issuer, pool
):
    await office.plan(issuer)
    _, task = await office.worker(issuer)
    await office.told(Change.ENDED)
    await pool.execute("UPDATE freedompay.meta SET version = version + 1")

    with pytest.raises(ConfigurationError, match="newer") as refused:
        async with asyncio.timeout(25):
            await task
    assert phones(issuer) == one_each(ROWS)
    assert "Nothing was sent" not in str(refused.value)


async def test_a_database_that_is_away_is_waited_for(office, issuer, postgres_server):
    with cluster_script.Cluster(durable=False) as cluster:
        async with asyncpg.create_pool(cluster.dsn(), min_size=4) as pool:
            await install(pool)
            office.pool = pool
            worker, task = await office.worker(issuer)
            await office.told(Change.LOOKING)
            await asyncio.to_thread(cluster.kill)
            await office.told(Change.DATABASE_AWAY)
            await asyncio.to_thread(cluster.start)
            await office.told(Change.DATABASE_BACK)
            await office.plan(issuer)
            await office.told(Change.ENDED)
            worker.stop()
            await task

    assert phones(issuer) == one_each(ROWS)


@pytest.mark.parametrize("changes", [{"concurrency": 0}, {"keep_bodies": -1}])
async def test_a_wrong_argument_is_refused(issuer, pool, changes):
    async with FreedomPay(**settings_of(issuer)) as fp:
        with pytest.raises(ConfigurationError, match=next(iter(changes))):
            Worker(fp, pool, **changes)


async def test_nothing_is_open_in_a_new_database(pool):
    assert await batches(pool) == []
