"""Whose turn it is by a shared rate, and when nobody has one."""

from __future__ import annotations

import asyncio
import logging
import time

import asyncpg
import pytest

from freedompay_async import Busy, ConfigurationError, FreedomPay, MockTransport
from freedompay_async.postgres import SharedRate
from freedompay_async.postgres.rate.own_share import VALID
from freedompay_async.traffic.governor import Governor
from freedompay_async.traffic.lane import Lane
from freedompay_async.transports import MockReply

CARD = {
    "status": "ok",
    "dt": "2026-05-14T16:00:00+06:00",
    "card_id": "card-1",
    "client_id": "client-1",
    "product_id": 2000,
    "card_status": "active",
    "expiry": "2030-01",
}


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=10) as pool:
        yield pool


async def until(condition):
    """Wait until something has come about in the background."""
    async with asyncio.timeout(30.0):
        while not condition():
            await asyncio.sleep(0.01)


def clocks_on(monkeypatch, seconds):
    """Let so many seconds pass by one of the clocks of shares, as for a process that is frozen."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)


def client(rate, **options):
    return FreedomPay(
        auth_id="10001",
        secret_key="sandbox-secret",
        region="KZ",
        test=True,
        rate=rate,
        transport=MockTransport(lambda request: MockReply(200, CARD)),
        **options,
    )


async def test_of_two_governors_with_one_rate_neither_waits_for_all_of_the_others(pool):
    rate, turns = SharedRate(pool, "m", 100), []

    async def calls(name):
        governor = Governor(concurrency=10, rate=rate)
        for _ in range(10):
            await governor.acquire()
            turns.append(name)

    await asyncio.gather(calls("one"), calls("other"))

    assert abs(turns[:10].count("one") - 5) <= 1


async def test_a_lane_takes_a_shared_rate_too(pool):
    governor = Governor(concurrency=10)
    lane = Lane(concurrency=10, rate=SharedRate(pool, "m", 50), within=governor)
    async with asyncio.timeout(30.0):
        for _ in range(3):
            async with lane:
                pass

    assert (lane.busy, governor.busy) == (0, 0)


async def test_the_first_share_is_waited_for_by_a_call_that_waits_in_no_queue(pool):
    governor = Governor(concurrency=10, rate=SharedRate(pool, "m", 50))

    assert not governor.ready()
    assert governor.hindrance().brief


async def test_a_frozen_process_uses_no_old_share(pool, monkeypatch):
    rate = SharedRate(pool, "m", 50)
    governor = Governor(concurrency=10, rate=rate)
    await governor.acquire()
    before = rate.rate(0.0)
    with monkeypatch.context() as frozen:
        clocks_on(frozen, VALID)
        now = asyncio.get_running_loop().time()
        at_once = governor.take()
        told = rate.rate(0.0), at_once, rate.turn(now) > now
    # It leaves by a new one.
    await governor.acquire()

    assert (before, told) == (5.0, (0.0, False, True))


async def test_who_has_never_had_a_share_waits_for_the_database_and_others_are_told(caplog):
    away = asyncpg.create_pool("postgresql://someone:secret@127.0.0.1:1/db", min_size=0)
    caplog.set_level(logging.WARNING, "freedompay_async")
    async with away, client(SharedRate(away, "merchant", 50)) as fp:
        waits = asyncio.create_task(fp.cards.info("card-1", timeout=30.0))
        await until(lambda: caplog.records)
        with pytest.raises(Busy) as caught:
            await fp.cards.info("card-1", queue=False)
        waits.cancel()
        await asyncio.wait([waits])

    assert caught.value.retry_after > 0
    (record,) = caplog.records
    assert "'merchant' can't be asked (ConnectionRefusedError)" in record.getMessage()
    assert "secret" not in caplog.text


def test_a_class_is_no_rate_of_a_client():
    with pytest.raises(ConfigurationError, match="rate is of type"):
        client(SharedRate)
