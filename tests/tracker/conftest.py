"""A shop that orders cards: its table, its client, and its tracker."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest

from freedompay_async import FreedomPay, NewClient, Policy
from freedompay_async.postgres import Tracker
from freedompay_async.postgres.tracker import standing, working
from tests.settings_of import settings_of
from tests.tracker.callers_of import KINDS

QUICK = Policy(grace=0.05, pause=0.005, max_pause=0.02, poll_first=0.005, poll_most=0.03)
ISSUE = "card/issue"
STATUS = "request/status"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Pauses that a test would only wait for."""
    monkeypatch.setattr(working, "_LOOK", 0.2)
    monkeypatch.setattr(standing, "_LONGEST", 0.05)


@pytest.fixture
def postgres_database(reused_postgres_database):
    """None of these tests needs one that was never used."""
    return reused_postgres_database


@pytest.fixture(params=KINDS)
async def caller_kind(request, postgres_database):
    """Each kind of connection that an application may have, opened on the test's database."""
    async with KINDS[request.param](postgres_database) as kind:
        yield kind


@pytest.fixture
async def database(postgres_database):
    """A connection beside the application's, and a table of the application."""
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(
        "CREATE TABLE orders (number integer PRIMARY KEY, client text NOT NULL)"
    )
    yield connection
    await connection.close()


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=1) as pool:
        await pool.execute("CREATE TABLE orders (number int PRIMARY KEY, request_id text)")
        await pool.execute("CREATE TABLE ended (request_id text, state text)")
        yield pool


class Shop:
    """Orders are rows of its own, each tracked in the transaction that writes it."""

    def __init__(self, pool, issuer, stack):
        self.pool, self.issuer, self._stack = pool, issuer, stack
        self.news, self.workers = [], []

    async def open(self):
        self.fp = await self.client()
        self.tracker = Tracker(self.fp, self.pool)
        person = NewClient(phone=77010000001, type=1, resident=1, first_name="A", last_name="B")
        created = await self.fp.clients.create(product_id=2000, client=person)
        self.client_id = (await created.result()).client_id
        return self

    async def client(self, **changes):
        settings = settings_of(self.issuer) | {"policy": QUICK} | changes
        return await self._stack.enter_async_context(FreedomPay(**settings))

    def intent(self, number, **changes):
        return self.fp.intend.cards.issue(
            **{"client_id": self.client_id, "product_id": 2000, "key": f"order/{number}"} | changes
        )

    async def order(self, number, tracker=None, **changes):
        """A committed order; its tracked request."""
        intent = self.intent(number, **changes)
        async with self.pool.acquire() as db, db.transaction():
            await db.execute("INSERT INTO orders VALUES ($1, $2)", number, intent.request_id)
            return await (tracker or self.tracker).track(db, intent, tag=f"order/{number}")

    def work(self, tracker=None, concurrency=8):
        """Start a worker."""
        tracker = tracker or self.tracker
        tracker.listen(self.news.append)
        task = asyncio.create_task(tracker.run(concurrency=concurrency))
        self.workers.append((tracker, task))
        return task

    async def until(self, request_id, what):
        """Wait until a request is so; the request."""
        while True:
            now = await self.tracker.get(self.pool, request_id)
            if now is not None and what(now):
                return now
            for _, task in self.workers:
                if task.done():
                    task.result()
            await asyncio.sleep(0.01)

    async def ends(self, request_id):
        return await self.until(request_id, lambda now: now.ended)

    async def delivered(self, request_id):
        return await self.until(request_id, lambda now: now.delivered_at is not None)

    async def ended(self):
        """What the handler has written."""
        return [tuple(row) for row in await self.pool.fetch("SELECT * FROM ended ORDER BY 1, 2")]

    async def overdue(self):
        """Let the leases of all requests be over."""
        await self.pool.execute(
            "UPDATE freedompay.requests SET due = clock_timestamp() - interval '1 s' "
            "WHERE next IS NOT NULL"
        )

    def sends(self):
        """How often a card was ordered at the issuer."""
        return sum(each.path.endswith(ISSUE) for each in self.issuer.received)

    async def close(self):
        for tracker, task in self.workers:
            tracker.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def shop(pool, issuer):
    async with contextlib.AsyncExitStack() as stack:
        shop = Shop(pool, issuer, stack)
        stack.push_async_callback(shop.close)
        yield await shop.open()


@pytest.fixture
def handled(shop):
    """A handler of ends, which writes a row for each."""

    @shop.tracker.on_end
    async def write(db, request):
        await db.execute("INSERT INTO ended VALUES ($1, $2)", request.request_id, request.state)

    return write


async def nothing_is_renewed():
    """Whether no request is held here: its lease would be renewed."""
    await asyncio.sleep(0)
    return not any("Holding._renew" in repr(task) for task in asyncio.all_tasks())
