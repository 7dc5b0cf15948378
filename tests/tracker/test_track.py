"""`track` in the application's own transaction: order, request and wake-up, all or nothing."""

from __future__ import annotations

import contextlib

import pytest

from freedompay_async import Secret
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import Tracker, TrackState


async def counts(pool):
    """Orders, tracked requests and wake-ups."""
    return tuple(
        [
            await pool.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("orders", "freedompay.requests", "freedompay.wake_pgqueuer")
        ]
    )


async def order(kind, db, shop, number=1):
    intent = shop.intent(number)
    await kind.execute(
        db, "INSERT INTO orders VALUES (:number, :id)", number=number, id=intent.request_id
    )
    return await shop.tracker.track(db, intent, tag=f"order/{number}")


async def test_a_commit_keeps_the_order_the_request_and_its_wake_up(caller_kind, shop, pool):
    async with caller_kind.begin() as db:
        made = await order(caller_kind, db, shop)

        assert await counts(pool) == (0, 0, 0)

    assert await counts(pool) == (1, 1, 1)
    assert made == await shop.tracker.get(pool, made.request_id)
    assert (made.state, made.tag, made.call) == (TrackState.INTENDED, "order/1", "cards.issue")
    assert made.tracked_at.tzinfo is not None
    assert shop.sends() == 0


async def test_a_rollback_leaves_neither_a_request_nor_a_wake_up(caller_kind, shop, pool):
    with contextlib.suppress(ZeroDivisionError):
        async with caller_kind.begin() as db:
            await order(caller_kind, db, shop)
            raise ZeroDivisionError

    assert await counts(pool) == (0, 0, 0)


async def test_the_first_statement_of_a_transaction_may_be_ours(caller_kind, shop, pool):
    with contextlib.suppress(ZeroDivisionError):
        async with caller_kind.begin() as db:
            await shop.tracker.track(db, shop.intent(1))
            raise ZeroDivisionError

    assert await counts(pool) == (0, 0, 0)
    async with caller_kind.begin() as db:
        await shop.tracker.track(db, shop.intent(1))

    assert await counts(pool) == (0, 1, 1)


async def test_without_a_transaction_nothing_is_written(caller_kind, shop, pool):
    async with caller_kind.outside() as db:
        with pytest.raises(ConfigurationError, match="Nothing was written"):
            await shop.tracker.track(db, shop.intent(1))

    assert await counts(pool) == (0, 0, 0)


async def test_the_same_intent_again_is_the_request_that_is_there(caller_kind, shop, pool):
    async with caller_kind.begin() as db:
        first = await order(caller_kind, db, shop)
    async with caller_kind.begin() as db:
        again = await shop.tracker.track(db, shop.intent(1), tag="another tag")

    assert again == first
    assert await counts(pool) == (1, 1, 1)


async def test_another_body_under_the_same_key_is_refused(caller_kind, shop, pool):
    async with caller_kind.begin() as db:
        await order(caller_kind, db, shop)
    with pytest.raises(ConfigurationError, match="tracked already, with another body") as caught:
        async with caller_kind.begin() as db:
            await shop.tracker.track(db, shop.intent(1, product_id=3000))

    assert caught.value.request_id == shop.intent(1).request_id
    assert await counts(pool) == (1, 1, 1)


async def test_reads_work_on_each_kind_of_connection(caller_kind, shop):
    made = await shop.order(1)
    async with caller_kind.begin() as db:
        assert await shop.tracker.get(db, made.request_id) == made
        assert await shop.tracker.list(db, tag="order/1") == [made]
        assert await shop.tracker.list(db, state="done") == []
        report = await shop.tracker.report(db)

    assert (report.counts, report.pending, report.oldest) == ({TrackState.INTENDED: 1}, 1, made)


# -- what can't be tracked


async def test_a_call_that_nobody_can_ask_about_is_refused(shop, pool):
    intent = shop.fp.intend.gift_cards.issue(
        cardholder_name="A B", phone=77010000001, product_code=1
    )
    async with pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="can't be asked about") as caught:
            await shop.tracker.track(db, intent)

    assert caught.value.call == "gift_cards.issue"
    assert await counts(pool) == (0, 0, 0)


async def test_an_intent_of_another_merchant_is_refused(shop, pool):
    other = await shop.client(auth_id="20002")
    intent = other.intend.cards.issue(client_id="1", product_id=2000)
    async with pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="of merchant '20002'"):
            await shop.tracker.track(db, intent)

    assert await counts(pool) == (0, 0, 0)


async def test_a_secret_is_not_stored_in_clear(shop, pool):
    intent = shop.intent(1, extra={"code": Secret("4711")})
    async with pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="stored nowhere in clear"):
            await shop.tracker.track(db, intent)

    assert await counts(pool) == (0, 0, 0)


@pytest.mark.parametrize("value", [object(), "cards.issue", None])
async def test_what_is_no_intent_is_refused(shop, pool, value):
    async with pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="intent"):
            await shop.tracker.track(db, value)


async def test_a_database_without_tables_says_how_to_make_them(caller_kind, shop, pool):
    await pool.execute("DROP SCHEMA freedompay CASCADE")
    with pytest.raises(ConfigurationError, match="freedompay journal install"):
        async with caller_kind.begin() as db:
            await shop.tracker.track(db, shop.intent(1))


async def test_trackers_of_two_hosts_do_not_see_each_other(shop, pool):
    made = await shop.order(1)
    other = Tracker(await shop.client(base_url="http://127.0.0.1:1"), pool)

    assert await other.get(pool, made.request_id) is None
    assert (await other.report(pool)).counts == {}


async def test_an_error_of_the_application_stays_its_own(shop, pool):
    """Its own retries have to know a unique violation or a serialization failure again."""
    await shop.order(1)
    async with pool.acquire() as one, pool.acquire() as two:
        first = one.transaction(isolation="serializable")
        second = two.transaction(isolation="serializable")
        await first.start()
        await second.start()
        await two.fetchval("SELECT count(*) FROM freedompay.requests")
        await shop.tracker.track(one, shop.intent(2))
        await first.commit()
        with pytest.raises(Exception, match="could not serialize") as caught:
            await shop.tracker.track(two, shop.intent(2))
        await second.rollback()

    assert caught.value.sqlstate == "40001"


@pytest.mark.parametrize("tag", [17, "a\0b", "\ud800"], ids=["number", "NUL", "half"])
async def test_a_tag_that_the_database_does_not_keep_is_refused(shop, pool, tag):
    async with pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="tag"):
            await shop.tracker.track(db, shop.intent(1), tag=tag)
        await shop.tracker.track(db, shop.intent(1), tag="order/1")

    assert await counts(pool) == (0, 1, 1)


async def test_a_read_with_a_wrong_argument_asks_nothing(shop, pool):
    async with pool.acquire() as db, db.transaction():
        for read in (
            shop.tracker.get(db, 17),
            shop.tracker.list(db, state="ended"),
            shop.tracker.list(db, tag=17),
            shop.tracker.list(db, limit=0),
            shop.tracker.ask_again(db, 17),
        ):
            with pytest.raises(ConfigurationError):
                await read
        assert await shop.tracker.list(db) == []
