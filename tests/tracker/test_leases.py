"""Who holds a request, who has lost it, and what holds whoever has it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from freedompay_async import Policy
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.contract.models.answers import CardRef, RequestState
from freedompay_async.contract.models.dictionaries import CallStatus, RequestStatus
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import PostgresJournal, Tracker, TrackState
from freedompay_async.postgres.tracker import held as module
from freedompay_async.postgres.tracker.answers import keeps
from freedompay_async.postgres.tracker.held import Held
from freedompay_async.postgres.tracker.steps import Step
from freedompay_async.postgres.tracker.store import Store
from freedompay_async.postgres.tracker.writing import Written

REFUSED = Step(Written(TrackState.REFUSED, "deliver", error="no", ended=True))


@pytest.fixture
def store_of(shop):
    def make(pool=None):
        store = Store(pool or shop.pool, (shop.fp.merchant, shop.fp.base_url))
        store.open()
        return store

    return make


async def state_of(shop, request_id):
    return (await shop.tracker.get(shop.pool, request_id)).state


async def test_one_takes_it_and_others_find_nothing(shop, store_of):
    await shop.order(1)
    one, two = store_of(), store_of()
    (held,) = await one.take("send", 8)

    assert held.fresh
    assert held.holds
    assert await two.take("send", 8) == []
    assert await two.take_one(held.request_id) is None
    one.drop(held)


async def test_after_the_lease_another_one_takes_it_as_sent_before(shop, store_of):
    made = await shop.order(1)
    one, two = store_of(), store_of()
    (first,) = await one.take("send", 8)
    await shop.overdue()
    (second,) = await two.take("send", 8)

    assert (first.fresh, second.fresh, second.state) == (True, False, "sent")
    assert second.age("quiet_since") >= 1.0 > second.age("first_sent")
    with pytest.raises(LeaseLost):
        await one.write(first, REFUSED)
    assert await state_of(shop, made.request_id) is TrackState.SENT
    two.drop(second)


def made_step(request_id, *cards):
    """The step of a result with these cards."""
    state = RequestState(
        status=CallStatus.OK,
        request_status=RequestStatus.SUCCESS,
        request_id=request_id,
        cards=[CardRef(card_id=card) for card in cards],
    )
    return Step(Written(TrackState.DONE, "deliver", answer=keeps(state), ended=True))


async def test_a_result_is_kept_by_who_has_lost_it_and_ends_what_the_next_one_does(shop, store_of):
    made = await shop.order(1)
    one, two = store_of(), store_of()
    (first,) = await one.take("send", 8)
    await shop.overdue()
    (second,) = await two.take("send", 8)
    with pytest.raises(LeaseLost):
        await one.write(first, made_step(made.request_id, "card-1"))
    with pytest.raises(LeaseLost):
        await two.write(second, REFUSED)
    now = await shop.tracker.get(shop.pool, made.request_id)

    assert (now.state, now.card_ids, now.error) == (TrackState.DONE, ("card-1",), None)


async def test_a_result_wins_over_a_refusal_that_was_written_before(shop, store_of):
    made = await shop.order(1)
    one, two = store_of(), store_of()
    (first,) = await one.take("send", 8)
    await shop.overdue()
    (second,) = await two.take("send", 8)
    await two.write(second, REFUSED)
    with pytest.raises(LeaseLost):
        await one.write(first, made_step(made.request_id, "card-1"))
    now = await shop.tracker.get(shop.pool, made.request_id)

    assert (now.state, now.card_ids, now.error) == (TrackState.DONE, ("card-1",), None)


async def test_two_results_that_differ_are_for_a_person(shop, store_of):
    made = await shop.order(1)
    one, two = store_of(), store_of()
    (first,) = await one.take("send", 8)
    await shop.overdue()
    (second,) = await two.take("send", 8)
    await two.write(second, made_step(made.request_id, "card-2"))
    with pytest.raises(LeaseLost):
        await one.write(first, made_step(made.request_id, "card-1"))
    now = await shop.tracker.get(shop.pool, made.request_id)

    assert (now.state, now.card_ids) == (TrackState.DONE, ("card-2",))
    assert now.trouble == "card card-1 was made for it too, beside card card-2"


async def test_two_holders_of_a_row_in_one_group_are_told_apart(shop, store_of):
    """A process that has lost a row to itself: both results are written by one statement."""
    made = await shop.order(1)
    store = store_of()
    (first,) = await store.take("send", 8)
    await shop.overdue()
    (second,) = await store.take("send", 8)
    written = await asyncio.gather(
        store.write(second, REFUSED),
        store.write(first, made_step(made.request_id, "card-1")),
        return_exceptions=True,
    )

    assert written[0] is None
    assert isinstance(written[1], LeaseLost)
    assert await state_of(shop, made.request_id) is TrackState.DONE


async def test_who_holds_it_no_longer_sends_nothing(shop, monkeypatch):
    made = await shop.order(1)
    monkeypatch.setattr(Held, "holds", False)
    now = await shop.tracker.send_now(made.request_id, timeout=0.1)

    assert now.state is TrackState.SENT
    assert shop.sends() == 0


async def test_a_lease_is_renewed_while_a_step_takes_long(shop, store_of, monkeypatch):
    monkeypatch.setattr(module, "_RENEWAL", 0.05)
    await shop.order(1)
    store = store_of()
    (held,) = await store.take("send", 8)
    before = await shop.pool.fetchval("SELECT due FROM freedompay.requests")
    while await shop.pool.fetchval("SELECT due FROM freedompay.requests") == before:
        await asyncio.sleep(0.01)

    assert held.holds
    store.drop(held)


async def test_a_row_that_is_locked_does_not_hold_up_the_leases_of_others(
    shop, store_of, monkeypatch
):
    monkeypatch.setattr(module, "_RENEWAL", 0.05)
    one, two = await shop.order(1), await shop.order(2)
    store = store_of()
    rows = await store.take("send", 8)
    async with shop.pool.acquire() as db, db.transaction():
        await db.execute(
            "SELECT 1 FROM freedompay.requests WHERE request_id = $1 FOR UPDATE", one.request_id
        )
        due = "SELECT due FROM freedompay.requests WHERE request_id = $1"
        before = await shop.pool.fetchval(due, two.request_id)
        while await shop.pool.fetchval(due, two.request_id) == before:
            await asyncio.sleep(0.01)
    for held in rows:
        store.drop(held)


async def test_a_renewal_finds_out_who_has_lost_it(shop, store_of, monkeypatch):
    monkeypatch.setattr(module, "_RENEWAL", 0.05)
    await shop.order(1)
    one, two = store_of(), store_of()
    (first,) = await one.take("send", 8)
    await shop.overdue()
    (second,) = await two.take("send", 8)
    while not first.lost:
        await asyncio.sleep(0.01)

    assert second.holds
    one.drop(first)
    two.drop(second)


# -- too old to be sent again


async def test_one_that_is_too_old_is_only_asked_about_and_is_for_a_person(shop, handled):
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'sent', first_sent = now() - interval '2 h', "
        "quiet_since = now() - interval '2 h'"
    )
    shop.work()
    end = await shop.delivered(made.request_id)

    assert end.state is TrackState.UNKNOWN
    assert "is not sent again" in end.error == end.trouble
    assert shop.sends() == 0
    assert await shop.ended() == [(made.request_id, "unknown")]


async def test_one_that_is_too_old_ends_however_long_the_grace_time_is(shop, handled):
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'sent', first_sent = now() - interval '2 h', "
        "held = true"
    )
    # Longer than any pause between two tries.
    shop.work(Tracker(await shop.client(policy=Policy(grace=0.3)), shop.pool))

    assert (await shop.ends(made.request_id)).state is TrackState.UNKNOWN
    assert shop.sends() == 0


async def test_an_unknown_one_that_is_settled_later_ends_anew(shop, handled):
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'sent', first_sent = now() - interval '2 h'"
    )
    shop.work()
    await shop.delivered(made.request_id)
    # The bank finds it.
    await shop.fp.send(shop.intent(1), first_sent=None)
    async with shop.pool.acquire() as db, db.transaction():
        again = await shop.tracker.ask_again(db, made.request_id)
    end = await shop.until(
        made.request_id, lambda now: now.state is TrackState.DONE and now.delivered_at is not None
    )

    assert (again.state, again.ended) == (TrackState.SENT, False)
    assert (len(end.card_ids), end.trouble, end.error) == (1, None, None)
    assert await shop.ended() == [(made.request_id, "done"), (made.request_id, "unknown")]


async def test_only_an_unknown_one_is_asked_about_again(shop):
    made = await shop.order(1)
    async with shop.pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="intended"):
            await shop.tracker.ask_again(db, made.request_id)
        with pytest.raises(ConfigurationError, match="no request of this id"):
            await shop.tracker.ask_again(db, "00000000-0000-4000-8000-000000000001")


async def test_where_nothing_was_found_there_is_nothing_to_accept(shop):
    """It would be accepted for ever, and nobody could ask about it again."""
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'unknown', next = NULL, ended_at = now(), "
        "first_sent = now() - interval '2 h'"
    )
    async with shop.pool.acquire() as db, db.transaction():
        again = await shop.tracker.ask_again(db, made.request_id, accept_found=True)
    shop.work()
    end = await shop.ends(made.request_id)

    assert (again.state, again.accepted_at) == (TrackState.SENT, None)
    assert end.state is TrackState.UNKNOWN


async def test_what_was_sent_and_is_not_known_is_sent_again_after_the_grace_time(shop):
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'sent', first_sent = now(), quiet_since = now()"
    )
    shop.work()

    assert (await shop.ends(made.request_id)).state is TrackState.DONE
    assert shop.sends() == len(shop.issuer.ledger()) == 1


# -- a restored backup


async def test_after_a_restore_nothing_is_sent_until_somebody_says_how_old_it_is(shop):
    made = await shop.order(1)
    await shop.pool.execute("UPDATE freedompay.meta SET identity = 'another'")
    with pytest.raises(ConfigurationError, match="journal restored"):
        await shop.tracker.run()
    now = await shop.tracker.send_now(made.request_id, timeout=0.1)

    assert now.state is TrackState.INTENDED
    assert shop.sends() == 0


async def test_what_was_sent_since_the_backup_is_found_and_not_sent_again(shop):
    made = await shop.order(1)
    sent = await shop.fp.send(shop.intent(1), first_sent=None)
    card = (await sent.result()).card_ids
    await shop.pool.execute("UPDATE freedompay.meta SET identity = 'another'")
    async with PostgresJournal(shop.pool, name="any") as journal:
        taken = datetime.now(UTC) - timedelta(minutes=5)
        assert await journal.may_have_been_sent_since(taken.timestamp()) == 1
    shop.work(Tracker(await shop.client(), shop.pool))
    end = await shop.ends(made.request_id)

    assert (end.state, end.card_ids, end.found) == (TrackState.DONE, card, False)
    assert shop.sends() == 1


async def test_a_backup_that_is_older_than_an_hour_leaves_the_rest_to_a_person(shop):
    made = await shop.order(1)
    await shop.pool.execute("UPDATE freedompay.meta SET identity = 'another'")
    async with PostgresJournal(shop.pool, name="any") as journal:
        taken = datetime.now(UTC) - timedelta(hours=5)
        await journal.may_have_been_sent_since(taken.timestamp())
    shop.work()
    end = await shop.ends(made.request_id)

    assert (end.state, shop.sends()) == (TrackState.UNKNOWN, 0)


async def test_a_newer_schema_drains_the_worker(shop):
    run = shop.work()
    made = await shop.order(1)
    await shop.ends(made.request_id)
    await shop.pool.execute("UPDATE freedompay.meta SET version = version + 1")
    await shop.order(2)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET due = now() - interval '1 min' WHERE next = 'send'"
    )
    with pytest.raises(ConfigurationError, match="update the program"):
        await run
    shop.workers.clear()

    assert shop.sends() == 1


async def test_a_connection_that_is_lost_between_is_made_anew(shop, postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=1) as pool:
        run = shop.work(Tracker(shop.fp, pool))
        for number in range(1, 4):
            made = await shop.order(number)
            await shop.pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert (await shop.ends(made.request_id)).state is TrackState.DONE
        shop.workers[0][0].stop()
        await run

    assert len(shop.issuer.ledger()) == 3
