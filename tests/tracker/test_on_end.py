"""The handler of ends: what it writes in its transaction happens exactly once."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import Change, Tracker, TrackState
from freedompay_async.postgres.tracker.delivery import Delivery
from freedompay_async.postgres.tracker.store import Store
from tests.tracker.conftest import ISSUE

WRITE = "INSERT INTO ended VALUES ($1, $2)"


async def test_each_end_is_delivered_once(shop, handled):
    made = [await shop.order(number) for number in range(1, 31)]
    shop.work()
    shop.work(_second(shop))
    for each in made:
        await shop.delivered(each.request_id)

    assert await shop.ended() == sorted((each.request_id, "done") for each in made)


def _second(shop):
    """Another process with the same handler."""
    tracker = Tracker(shop.fp, shop.pool)

    @tracker.on_end
    async def write(db, request):
        await db.execute(WRITE, request.request_id, request.state)

    return tracker


async def test_an_end_of_send_now_is_delivered_by_a_worker(shop, handled):
    made = await shop.order(1)
    now = await shop.tracker.send_now(made.request_id)
    assert (now.ended, now.delivered_at) == (True, None)
    assert (await shop.tracker.report(shop.pool)).undelivered == 1

    shop.work()
    await shop.delivered(made.request_id)
    assert await shop.ended() == [(made.request_id, "done")]
    assert (await shop.tracker.report(shop.pool)).undelivered == 0


async def test_a_handler_that_fails_is_called_again_and_its_writes_are_taken_back(shop, caplog):
    calls = []

    @shop.tracker.on_end
    async def fails_twice(db, request):
        await db.execute(WRITE, request.request_id, request.state)
        calls.append(request)
        if len(calls) < 3:
            raise ValueError("the shop is closed, card 4111111111111111")

    made = await shop.order(1)
    shop.work()
    failed = await shop.until(made.request_id, lambda now: now.delivery_error is not None)

    assert (failed.state, failed.ended, failed.delivered_at) == (TrackState.DONE, True, None)
    assert failed.delivery_error == "ValueError: the shop is closed, card ***"
    end = await shop.delivered(made.request_id)

    assert await shop.ended() == [(made.request_id, "done")]
    assert (len(calls), end.delivery_error) == (3, None)
    assert any(each.change is Change.NOT_DELIVERED for each in shop.news)
    assert "fails_twice" in caplog.text


async def test_a_report_names_the_handler_that_fails(shop):
    @shop.tracker.on_end
    async def fails(db, request):
        raise ValueError("no")

    made = await shop.order(1)
    shop.work()
    await shop.until(made.request_id, lambda now: now.delivery_tries > 1)
    report = await shop.tracker.report(shop.pool)

    assert [each.request_id for each in report.troubled] == [made.request_id]
    assert (report.troubled[0].delivery_error, report.troubles) == ("ValueError: no", 1)
    assert (report.pending, report.undelivered) == (0, 1)


@pytest.fixture
async def delivery_of(shop):
    """Deliver the end of a request by a handler, with this time; why it failed."""
    made = await shop.order(1)
    await shop.tracker.send_now(made.request_id)
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()

    async def deliver(handler, *, timeout=4.0, begin=None):
        delivery = Delivery(store, shop.pool, handler, begin, timeout=timeout)
        await shop.overdue()
        (held,) = await store.take("deliver", 1)
        return await delivery.deliver(held)

    return deliver


async def test_a_handler_that_hangs_is_ended_by_its_time(shop, delivery_of):
    async def hangs(db, request):
        await db.execute(WRITE, request.request_id, request.state)
        await asyncio.Event().wait()

    assert await delivery_of(hangs, timeout=0.05) == "it took longer than 0.05 s"
    assert await shop.ended() == []


async def test_handlers_that_hang_leave_room_for_what_is_to_be_sent(shop, monkeypatch):
    """There are 6 places for handlers, and 7 requests may be worked on."""
    monkeypatch.setattr(shop.tracker, "_handler_timeout", 600.0)
    called, go = [], asyncio.Event()

    @shop.tracker.on_end
    async def hangs(db, request):
        called.append(request)
        await go.wait()

    for number in range(7):
        await shop.order(number)
    shop.work(concurrency=7)
    while len(called) < 6:
        await asyncio.sleep(0.01)
    late = await shop.order(8)
    end = await shop.ends(late.request_id)
    go.set()

    assert end.state is TrackState.DONE


async def test_a_begin_that_does_not_commit_is_told(shop, delivery_of):
    """As `begin=sessions` in place of `begin=sessions.begin`."""

    @contextlib.asynccontextmanager
    async def begin():
        async with shop.pool.acquire() as db:
            transaction = db.transaction()
            await transaction.start()
            yield db
            await transaction.rollback()

    async def handler(db, request):
        await db.execute(WRITE, request.request_id, request.state)

    assert "has not committed at its end" in await delivery_of(handler, begin=begin)
    assert await shop.ended() == []


async def test_an_error_without_a_text_is_told_by_its_name(delivery_of):
    class NoTextError(Exception):
        def __str__(self):
            raise RuntimeError

    async def fails(db, request):
        raise NoTextError

    assert await delivery_of(fails) == "NoTextError"


async def test_a_handler_that_hides_an_error_of_the_database_has_failed(shop, delivery_of):
    """PostgreSQL takes such a transaction back at its commit, and says nothing."""

    async def hides(db, request):
        await db.execute(WRITE, request.request_id, request.state)
        with contextlib.suppress(asyncpg.PostgresError):
            await db.execute("SELECT 1 / 0")

    assert "has hidden an error of the database" in await delivery_of(hides)
    assert await shop.ended() == []


async def test_a_handler_that_was_cancelled_from_within_has_failed(shop, delivery_of):
    async def gives_up(db, request):
        raise asyncio.CancelledError

    assert "CancelledError" in await delivery_of(gives_up)


async def test_who_has_lost_the_row_writes_nothing(shop, delivery_of):
    async def is_slow(db, request):
        await db.execute(WRITE, request.request_id, request.state)

    assert await delivery_of(is_slow) is None

    other = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    other.open()
    assert await other.take("deliver", 1) == []
    assert len(await shop.ended()) == 1


async def test_two_who_have_the_same_row_deliver_it_once(shop):
    made = await shop.order(1)
    await shop.tracker.send_now(made.request_id)
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()
    (first,) = await store.take("deliver", 1)
    await shop.overdue()
    (second,) = await store.take("deliver", 1)

    async def write(db, request):
        await db.execute(WRITE, request.request_id, request.state)

    delivery = Delivery(store, shop.pool, write, None, timeout=4.0)
    await asyncio.gather(delivery.deliver(first), delivery.deliver(second))

    assert await shop.ended() == [(made.request_id, "done")]


# -- a transaction of SQLAlchemy


@pytest.fixture(params=["asyncpg", "psycopg"])
async def sessions(request, postgres_database):
    address = postgres_database.replace("postgresql://", f"postgresql+{request.param}://")
    engine = create_async_engine(address)
    yield async_sessionmaker(engine)
    await engine.dispose()


async def insert(session, request):
    await session.execute(
        text("INSERT INTO ended VALUES (:id, :state)"),
        {"id": request.request_id, "state": request.state.value},
    )


async def test_a_handler_may_have_a_session_of_sqlalchemy(shop, sessions):
    @shop.tracker.on_end(begin=sessions.begin)
    async def write(session, request):
        await insert(session, request)

    made = await shop.order(1)
    shop.work()
    await shop.delivered(made.request_id)

    assert await shop.ended() == [(made.request_id, "done")]


async def test_a_session_that_is_committed_in_the_handler_is_delivered(shop, sessions, delivery_of):
    async def commits(session, request):
        await insert(session, request)
        await session.commit()

    assert await delivery_of(commits, begin=sessions) is None
    assert len(await shop.ended()) == 1


async def test_a_session_that_is_rolled_back_in_the_handler_has_failed(shop, sessions, delivery_of):
    async def takes_back(session, request):
        await insert(session, request)
        await session.rollback()

    assert "has taken its transaction back" in await delivery_of(takes_back, begin=sessions)
    assert await shop.ended() == []


async def test_a_session_that_hides_an_error_has_failed(shop, sessions, delivery_of):
    async def hides(session, request):
        await insert(session, request)
        with contextlib.suppress(Exception):
            await session.execute(text("SELECT 1 / 0"))

    assert "has hidden an error" in await delivery_of(hides, begin=sessions.begin)
    assert await shop.ended() == []


async def test_a_connection_of_another_database_is_told(
    shop, delivery_of, postgres_server, postgres_database
):
    postgres_server.run("CREATE DATABASE elsewhere")
    address = postgres_database.rsplit("/", 1)[0] + "/elsewhere"
    connection = await asyncpg.connect(address)
    try:

        @contextlib.asynccontextmanager
        async def begin():
            async with connection.transaction():
                yield connection

        async def never(db, request):
            raise AssertionError

        why = await delivery_of(never, begin=begin)
    finally:
        await connection.close()
        postgres_server.run("DROP DATABASE elsewhere")

    assert "UndefinedTable" in why


# -- what can be a handler


@pytest.mark.parametrize(
    "handler", [None, 1, lambda db, request: None, print], ids=["none", "number", "plain", "print"]
)
async def test_only_an_async_function_is_a_handler(shop, handler):
    if handler is None:
        assert shop.tracker.on_end() is not None
        return
    with pytest.raises(ConfigurationError, match="async function"):
        shop.tracker.on_end(handler)


async def test_a_handler_of_other_arguments_is_refused(shop):
    async def alone(request):
        """Take one argument."""

    with pytest.raises(ConfigurationError, match="takes other arguments"):
        shop.tracker.on_end(alone)


async def test_there_is_one_handler(shop, handled):
    with pytest.raises(ConfigurationError, match="has a handler"):
        shop.tracker.on_end(handled)


async def test_a_pool_without_a_connection_for_the_handler_is_refused(shop, postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=1, max_size=4) as small:
        tracker = Tracker(shop.fp, small)

        @tracker.on_end
        async def write(db, request):
            """Never called."""

        with pytest.raises(ConfigurationError, match="needs 5"):
            await tracker.run()


async def test_an_end_is_recorded_though_its_handler_never_comes_through(shop):
    @shop.tracker.on_end
    async def fails(db, request):
        raise OSError("no")

    made = await shop.order(1)
    gate = shop.issuer.gate(ISSUE)
    shop.work()
    await gate.reached()
    gate.open()
    end = await shop.ends(made.request_id)

    assert (end.state, len(end.card_ids), end.delivered_at) == (TrackState.DONE, 1, None)


async def test_a_connection_that_is_lost_is_no_fault_of_the_handler(shop, delivery_of, caplog):
    async def loses_it(db, request):
        await shop.pool.fetchval("SELECT pg_terminate_backend($1)", db.get_server_pid())
        await db.execute(WRITE, request.request_id, request.state)

    assert await delivery_of(loses_it) == "the connection to the database was lost meanwhile"
    assert await shop.ended() == []
    assert "Traceback" not in caplog.text
