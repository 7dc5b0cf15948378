"""A rate that processes share, on a real database; each object is a process of its own to it."""

from __future__ import annotations

import asyncio
import logging
import os

import asyncpg
import pytest

from freedompay_async import Busy, ConfigurationError, FreedomPay, MockTransport, RateLimited
from freedompay_async.postgres import PostgresJournal, SharedRate
from freedompay_async.traffic.rate import Rate
from freedompay_async.transports import MockReply

CARD = {
    "status": "ok",
    "dt": "2026-01-01T00:00:00+05:00",
    "card_id": "card-1",
    "client_id": "client-1",
    "product_id": 2000,
    "card_status": "active",
    "expiry": "2030-01",
}


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=8) as pool:
        yield pool


def client(rate, answer=lambda _: CARD):
    return FreedomPay(
        auth_id="10001",
        secret_key="s",
        base_url="http://127.0.0.1:9",
        region="KZ",
        transport=MockTransport(answer),
        rate=rate,
    )


async def turn(rate):
    """Wait for a turn, and take it."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    rate.call_at(rate.turn(loop.time()), came.set)
    await came.wait()
    rate.take(loop.time())


async def shares(pool):
    found = await pool.fetch(
        "SELECT share FROM freedompay.rate_shares WHERE valid_until > clock_timestamp()"
    )
    return [share for (share,) in found]


async def until(true):
    async with asyncio.timeout(60):
        while not await true():
            await asyncio.sleep(0.02)


def now():
    return asyncio.get_running_loop().time()


def test_it_is_a_rate(postgres_database):
    async def story():
        async with asyncpg.create_pool(postgres_database, min_size=0) as pool:
            assert isinstance(SharedRate(pool, "m", 10), Rate)

    asyncio.run(story())


async def test_the_shares_of_all_are_never_more_than_the_rate(pool):
    rates = [SharedRate(pool, "m", 60) for _ in range(3)]
    sums, ended = [], asyncio.Event()

    async def calls(rate):
        for _ in range(30):
            await turn(rate)

    async def watch():
        while not ended.is_set():
            sums.append(sum(await shares(pool)))
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*map(calls, rates))
    ended.set()
    await watching

    assert 0 < max(sums) <= 60 * (1 + 1e-6)


async def test_each_has_a_part_while_all_want_more(pool):
    rates = [SharedRate(pool, "m", 60) for _ in range(2)]
    stop = asyncio.Event()

    async def calls(rate):
        while not stop.is_set():
            await turn(rate)

    running = [asyncio.create_task(calls(rate)) for rate in rates]

    async def even():
        return sorted(map(round, await shares(pool))) == [30, 30]

    await until(even)
    stop.set()
    await asyncio.gather(*running)


async def test_who_makes_no_calls_any_more_gives_its_share_back(pool):
    rate = SharedRate(pool, "m", 60)
    await turn(rate)

    async def none():
        return not await pool.fetchval("SELECT count(*) FROM freedompay.rate_shares")

    await until(none)
    assert rate.rate(now()) == 0.0


async def test_the_share_of_one_that_is_gone_comes_back(pool):
    rate = SharedRate(pool, "m", 60)
    await turn(rate)
    await pool.execute(
        "INSERT INTO freedompay.rate_shares VALUES "
        "('m', 'gone', 60, 60, clock_timestamp() + interval '1 second')"
    )
    other = SharedRate(pool, "m", 60)
    await turn(other)

    async def all_of_it():
        await turn(other)
        return other.rate(now()) > 50

    await until(all_of_it)


async def test_a_429_that_one_hears_slows_the_others(pool):
    heard, other = SharedRate(pool, "m", 60), SharedRate(pool, "m", 60)
    await asyncio.gather(turn(heard), turn(other))
    assert not other.learnt(now())
    async with client(heard, lambda _: MockReply(429, {})) as fp:
        with pytest.raises(RateLimited):
            await fp.cards.info("card-1")
    assert heard.learnt(now())

    async def slowed():
        await turn(other)
        return other.learnt(now())

    await until(slowed)


async def test_the_number_of_the_one_that_began_last_holds_for_all_and_the_log_says_so(
    pool, caplog
):
    first = SharedRate(pool, "m", 60)
    await turn(first)
    await turn(SharedRate(pool, "m", 20))

    async def heard():
        await turn(first)
        return "of 20)" in repr(first)

    await until(heard)
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert any("'m' is 20 calls a second from now on" in each for each in told)


async def test_calls_of_a_client_leave_by_it(pool):
    rate = SharedRate(pool, "m", 200)
    async with client(rate) as fp:
        cards = await asyncio.gather(*(fp.cards.info("card-1") for _ in range(20)))
        stats = fp.stats()

    assert [card.card_id for card in cards] == ["card-1"] * 20
    assert stats.rate_source == "shared"


async def test_without_the_database_calls_go_on_with_the_last_share(pool, caplog):
    rate = SharedRate(pool, "m", 200)
    async with client(rate) as fp:
        await fp.cards.info("card-1")
        pool.terminate()

        async def told():
            await fp.cards.info("card-1")
            return "can't be asked" in caplog.text

        await until(told)
        card = await fp.cards.info("card-1")

    assert card.card_id == "card-1"
    assert "calls leave by the last share" in caplog.text


async def test_without_the_database_a_worker_lets_nothing_leave(pool, caplog):
    rate = SharedRate(pool, "m", 200, without_database="stop")
    async with client(rate) as fp:
        await fp.cards.info("card-1")
        pool.terminate()

        async def refused():
            try:
                await fp.cards.info("card-1", queue=False)
            except Busy:
                return "no call leaves" in caplog.text
            return False

        await until(refused)
        with pytest.raises(Busy) as caught:
            await fp.cards.info("card-1", queue=False)

    assert caught.value.reason == "rate"


async def test_a_database_without_its_tables_raises_nothing_of_its_own(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0) as pool:
        rate = SharedRate(pool, "m", 200, without_database="stop")
        async with client(rate) as fp:
            with pytest.raises(Busy):
                await fp.cards.info("card-1", queue=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pool": "postgresql://"},
        {"name": ""},
        {"name": "a\0b"},
        {"per_second": 0},
        {"per_second": float("nan")},
        {"without_database": "wait"},
    ],
)
async def test_an_argument_that_is_something_else_is_refused(pool, wrong):
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        SharedRate(**{"pool": pool, "name": "m", "per_second": 10} | wrong)


def test_it_belongs_to_one_loop_and_leaves_nothing_behind(postgres_database):
    made = []

    async def first():
        async with asyncpg.create_pool(postgres_database, min_size=0) as pool:
            made.append(SharedRate(pool, "m", 50))
            await turn(made[0])

    async def second():
        made[0].turn(now())

    asyncio.run(first())
    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(second())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
async def test_a_forked_child_does_not_use_it(pool):
    rate = SharedRate(pool, "m", 50)
    await turn(rate)
    child = os.fork()
    if not child:
        # Whatever happens, the child is no second run of the tests.
        code = 1
        try:
            rate.turn(0.0)
        except ConfigurationError:
            code = 7
        finally:
            os._exit(code)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)

    assert os.waitstatus_to_exitcode(status) == 7


async def test_the_runs_of_a_batch_share_one_rate_on_whatever_machine(pool):
    rates = []
    for _ in range(2):
        async with PostgresJournal(pool, name="may") as journal:
            rates.append(journal.shared_rate(40.0))
    for rate in rates:
        await turn(rate)

    assert await pool.fetchval("SELECT count(*) FROM freedompay.rates") == 1
    assert rates[0] is not rates[1]
