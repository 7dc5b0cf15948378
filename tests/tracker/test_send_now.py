"""`send_now`: for a handler of a web application that waits a moment for the end."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import Policy
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.postgres import Tracker, TrackState
from freedompay_async.postgres.tracker import send_now as module
from freedompay_async.postgres.tracker.held import Held
from freedompay_async.sandbox import Fault
from tests.tracker.conftest import ISSUE, nothing_is_renewed


async def test_it_sends_and_gives_the_end(shop):
    made = await shop.order(1)
    now = await shop.tracker.send_now(made.request_id)

    assert now.state is TrackState.DONE
    assert [card["card_id"] for card in shop.issuer.ledger()] == list(now.card_ids)
    assert now.tracked_at <= now.first_sent <= now.accepted_at <= now.ended_at
    assert shop.sends() == 1


async def test_sent_is_on_the_disk_before_the_request_leaves(shop):
    made = await shop.order(1)
    gate = shop.issuer.gate(ISSUE)
    sending = asyncio.create_task(shop.tracker.send_now(made.request_id))
    await gate.reached()
    meanwhile = await shop.tracker.get(shop.pool, made.request_id)
    idle = await shop.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state LIKE 'idle in transaction%'"
    )
    gate.open()
    await sending

    assert (meanwhile.state, meanwhile.first_sent is None) == (TrackState.SENT, False)
    assert idle == 0


async def test_a_refusal_is_told_at_once(shop):
    made = await shop.order(1, client_id="client-that-is-not-there")
    now = await shop.tracker.send_now(made.request_id, timeout=30)

    assert now.state is TrackState.REFUSED
    assert "refused" in now.error
    assert now.error_code is not None
    assert not now.ended


async def test_a_refusal_ends_when_it_was_asked_about_again(shop, handled):
    made = await shop.order(1, client_id="client-that-is-not-there")
    await shop.tracker.send_now(made.request_id)
    shop.work()
    end = await shop.delivered(made.request_id)

    assert end.state is TrackState.REFUSED
    assert "Asked again after the grace time" in end.error
    assert await shop.ended() == [(made.request_id, "refused")]
    assert shop.sends() == 1


async def test_what_takes_longer_is_told_as_it_is(shop):
    shop.issuer.hold = True
    made = await shop.order(1)
    now = await shop.tracker.send_now(made.request_id, timeout=0.3)

    assert now.state is TrackState.ACCEPTED
    assert not now.ended


async def test_where_another_process_has_it_the_end_is_waited_for(shop):
    made = await shop.order(1)
    gate = shop.issuer.gate(ISSUE)
    other = Tracker(shop.fp, shop.pool)
    first = asyncio.create_task(other.send_now(made.request_id))
    await gate.reached()
    second = asyncio.create_task(shop.tracker.send_now(made.request_id))
    await asyncio.sleep(0.05)
    gate.open()

    assert (await second).state is (await first).state is TrackState.DONE
    assert shop.sends() == 1


async def test_a_full_queue_gives_it_to_the_worker(shop):
    fp = await shop.client(max_connections=1)
    tracker = Tracker(fp, shop.pool)
    one, two = await shop.order(1, tracker), await shop.order(2, tracker)
    gate = shop.issuer.gate(ISSUE)
    first = asyncio.create_task(tracker.send_now(one.request_id))
    await gate.reached()
    second = await tracker.send_now(two.request_id, queue=0.01)
    gate.open()
    await first

    assert (second.state, second.first_sent) == (TrackState.INTENDED, None)
    assert shop.sends() == 1
    shop.work()
    assert (await shop.ends(two.request_id)).state is TrackState.DONE


async def test_an_issuer_that_is_away_leaves_it_intended(shop):
    fp = await shop.client(base_url="http://127.0.0.1:1", policy=Policy(attempts=1, pause=0.001))
    tracker = Tracker(fp, shop.pool)
    intent = fp.intend.cards.issue(client_id="1", product_id=2000)
    async with shop.pool.acquire() as db, db.transaction():
        await tracker.track(db, intent)
    now = await tracker.send_now(intent.request_id)

    assert (now.state, now.first_sent, now.tries) == (TrackState.INTENDED, None, 1)


async def test_a_lost_answer_leaves_it_sent_and_a_worker_asks(shop):
    shop.issuer.script(ISSUE, Fault.CLOSED)
    gate = shop.issuer.gate("request/status")
    made = await shop.order(1)
    now = await shop.tracker.send_now(made.request_id, timeout=0.3)
    gate.open()

    assert now.state is TrackState.SENT
    shop.work()
    assert (await shop.ends(made.request_id)).state is TrackState.DONE
    assert len(shop.issuer.ledger()) == 1
    assert shop.sends() == 1


async def test_whoever_is_cancelled_gives_it_back(shop):
    made = await shop.order(1)
    gate = shop.issuer.gate(ISSUE)
    sending = asyncio.create_task(shop.tracker.send_now(made.request_id))
    await gate.reached()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    gate.open()
    shop.work()

    assert (await shop.ends(made.request_id)).state is TrackState.DONE
    assert len(shop.issuer.ledger()) == 1


async def test_whoever_is_cancelled_while_it_is_written_takes_nothing_back(shop):
    """The end stays: given back, it would be sent again."""
    made = await shop.order(1, client_id="client-that-is-not-there")
    gate = shop.issuer.gate(ISSUE)
    sending = asyncio.create_task(shop.tracker.send_now(made.request_id))
    await gate.reached()
    waits = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with shop.pool.acquire() as db, db.transaction():
        await db.execute("SELECT 1 FROM freedompay.requests FOR UPDATE")
        gate.open()
        while not await shop.pool.fetchval(waits):
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    now = await shop.until(made.request_id, lambda now: now.state is not TrackState.SENT)

    assert now.state is TrackState.REFUSED
    assert now.error is not None


async def test_a_row_whose_lease_was_over_is_not_held_any_longer(shop, monkeypatch):
    """It would be renewed for ever, and nobody else could take it."""
    made = await shop.order(1)
    with monkeypatch.context() as frozen:
        frozen.setattr(Held, "holds", False)
        now = await shop.tracker.send_now(made.request_id, timeout=0.1)
    assert (now.state, shop.sends()) == (TrackState.SENT, 0)

    await shop.overdue()
    assert (await shop.tracker.send_now(made.request_id)).state is TrackState.DONE
    assert await nothing_is_renewed()


@pytest.mark.parametrize("when", ["before", "while it is sent"])
async def test_a_database_that_does_not_answer_is_not_waited_for(shop, monkeypatch, when):
    monkeypatch.setattr(module, "_WRITES", 0.05)
    made = await shop.order(1)
    async with shop.pool.acquire() as db:
        gate = shop.issuer.gate(ISSUE)
        hang = db.transaction()
        if when == "before":
            await hang.start()
            await db.execute("LOCK TABLE freedompay.requests")
        sending = asyncio.create_task(shop.tracker.send_now(made.request_id, timeout=0.3))
        if when == "while it is sent":
            await gate.reached()
            await hang.start()
            await db.execute("LOCK TABLE freedompay.requests")
        gate.open()
        with pytest.raises(JournalError, match="did not answer in time"):
            await sending
        await hang.rollback()
    shop.work()

    assert (await shop.ends(made.request_id)).state is TrackState.DONE
    assert len(shop.issuer.ledger()) == 1


async def test_another_event_loop_does_not_take_it_from_the_worker(shop):
    made = await shop.order(1)
    shop.work()
    await shop.ends(made.request_id)

    def elsewhere():
        asyncio.run(shop.tracker.send_now(made.request_id))

    with pytest.raises(ConfigurationError, match="another event loop"):
        await asyncio.to_thread(elsewhere)
    assert (await shop.ends((await shop.order(2)).request_id)).state is TrackState.DONE


async def test_what_has_ended_is_told_and_not_sent_again(shop):
    made = await shop.order(1)
    first = await shop.tracker.send_now(made.request_id)

    assert await shop.tracker.send_now(made.request_id) == first
    assert shop.sends() == 1


async def test_before_its_commit_there_is_nothing_to_send(shop):
    intent = shop.intent(1)
    async with shop.pool.acquire() as db, db.transaction():
        await shop.tracker.track(db, intent)
        with pytest.raises(ConfigurationError, match="been committed"):
            await shop.tracker.send_now(intent.request_id)

    assert shop.sends() == 0


async def test_many_at_once_send_each_once(shop):
    made = [await shop.order(number) for number in range(1, 21)]
    ends = await asyncio.gather(
        *(shop.tracker.send_now(each.request_id, queue=True) for each in made for _ in range(3))
    )

    assert {end.state for end in ends} == {TrackState.DONE}
    assert len(shop.issuer.ledger()) == shop.sends() == 20


async def test_a_database_that_is_away_is_an_error_that_says_so(shop):
    made = await shop.order(1)
    await shop.pool.close()
    with pytest.raises(JournalError, match="workers go on by themselves"):
        await shop.tracker.send_now(made.request_id)

    assert shop.sends() == 0


async def test_an_id_that_somebody_used_elsewhere_is_for_a_person(shop):
    """The same key, in another system or before the database was lost: whose card is it?"""
    intent = shop.intent(1)
    operation = await shop.fp.send(intent, first_sent=None)
    card = (await operation.result()).card_ids
    fresh = Tracker(await shop.client(), shop.pool)
    async with shop.pool.acquire() as db, db.transaction():
        await fresh.track(db, intent)
    now = await fresh.send_now(intent.request_id)

    assert (now.state, now.found, now.card_ids) == (TrackState.UNKNOWN, True, card)
    assert "somebody has used it elsewhere" in now.trouble
    assert now in (await fresh.report(shop.pool)).troubled

    async with shop.pool.acquire() as db, db.transaction():
        with pytest.raises(ConfigurationError, match="accept_found=True"):
            await fresh.ask_again(db, intent.request_id)
        await fresh.ask_again(db, intent.request_id, accept_found=True)
    end = await fresh.send_now(intent.request_id)

    assert (end.state, end.card_ids, end.trouble) == (TrackState.DONE, card, None)
    assert len(shop.issuer.ledger()) == 1
