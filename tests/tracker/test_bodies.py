"""What is kept of a request, and for how long."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from freedompay_async import NewClient
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.postgres import Tracker, TrackState
from freedompay_async.postgres.tracker import purging
from freedompay_async.postgres.tracker.purging import purge
from freedompay_async.postgres.tracker.store import Store

NAME = "AIGERIM"


async def with_person(shop, tracker):
    person = NewClient(phone=77010000009, type=1, resident=1, first_name=NAME, last_name="S")
    intent = shop.fp.intend.clients.create(product_id=2000, client=person)
    async with shop.pool.acquire() as db, db.transaction():
        return await tracker.track(db, intent)


async def stored(shop):
    """Everything that the table has, as text."""
    return str(await shop.pool.fetch("SELECT requests::text FROM freedompay.requests"))


async def test_a_body_stays_until_its_request_has_ended(shop):
    await with_person(shop, shop.tracker)

    assert NAME in await stored(shop)


async def test_a_body_goes_at_once_where_it_is_kept_for_no_time(shop):
    tracker = Tracker(shop.fp, shop.pool, keep_bodies=timedelta())
    made = await with_person(shop, tracker)
    end = await tracker.send_now(made.request_id)

    assert (end.state, end.client_id is None) == (TrackState.DONE, False)
    assert NAME not in await stored(shop)


async def test_bodies_of_long_ago_are_removed_and_ids_stay(shop):
    made = await with_person(shop, shop.tracker)
    end = await shop.tracker.send_now(made.request_id)
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()

    assert await purge(store, 60.0) == 0
    assert NAME in await stored(shop)
    assert await purge(store, 0.0) == 1
    assert NAME not in await stored(shop)
    assert await shop.tracker.get(shop.pool, made.request_id) == end


async def test_what_the_issuer_said_of_a_body_that_was_not_kept_goes_too(shop, handled):
    tracker = Tracker(shop.fp, shop.pool, keep_bodies=timedelta())
    made = await shop.order(1, tracker, client_id="client-that-is-not-there")
    shop.work(tracker)
    end = await shop.ends(made.request_id)
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()

    assert "client_id names no client" in end.error
    assert await purge(store, 0.0) == 1
    assert await purge(store, 0.0) == 0
    assert (await shop.tracker.get(shop.pool, made.request_id)).error is None


async def test_bodies_go_also_where_the_queue_can_not_be_tidied(shop, monkeypatch):
    made = await with_person(shop, shop.tracker)
    await shop.tracker.send_now(made.request_id)
    monkeypatch.setattr(purging, "_FORGET", "DELETE FROM freedompay.not_there")
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()
    with pytest.raises(JournalError):
        await purge(store, 0.0)

    assert NAME not in await stored(shop)


async def test_the_body_of_an_unknown_one_stays(shop):
    await with_person(shop, shop.tracker)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'unknown', ended_at = now() - interval '99 days'"
    )
    store = Store(shop.pool, (shop.fp.merchant, shop.fp.base_url))
    store.open()

    assert await purge(store, 1.0) == 0
    assert NAME in await stored(shop)


async def test_after_its_body_is_gone_the_same_intent_is_still_known_again(shop):
    tracker = Tracker(shop.fp, shop.pool, keep_bodies=timedelta())
    made = await shop.order(1, tracker)
    end = await tracker.send_now(made.request_id)
    async with shop.pool.acquire() as db, db.transaction():
        assert await tracker.track(db, shop.intent(1)) == end
        with pytest.raises(ConfigurationError, match="another body"):
            await tracker.track(db, shop.intent(1, product_id=3000))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"keep_bodies": 30}, "timedelta"),
        ({"keep_bodies": timedelta(days=-1)}, "from 0 on"),
        ({"handler_timeout": 5.0}, "at most 4"),
        ({"handler_timeout": 0}, "handler_timeout"),
    ],
)
async def test_a_wrong_argument_is_refused(shop, changes, match):
    with pytest.raises(ConfigurationError, match=match):
        Tracker(shop.fp, shop.pool, **changes)


async def test_a_pool_is_one_of_asyncpg(shop):
    with pytest.raises(ConfigurationError, match="a pool of asyncpg"):
        Tracker(shop.fp, "postgresql://db/cards")


async def test_a_tracker_stays_in_its_process(shop):
    with pytest.raises(TypeError, match="belongs to its process"):
        copy.copy(shop.tracker)
