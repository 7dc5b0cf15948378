"""The worker: what it sends, asks about and leaves, and what it tells."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import pytest

from freedompay_async import Policy
from freedompay_async.contract.models.answers import CardRef, RequestState
from freedompay_async.contract.models.dictionaries import CallStatus, RequestStatus
from freedompay_async.errors import AuthenticationError, ConfigurationError, JournalError
from freedompay_async.postgres import Change, Tracker, TrackState
from freedompay_async.postgres.tracker import steps, working
from freedompay_async.postgres.tracker.steps import Steps
from freedompay_async.postgres.tracker.store import Store
from freedompay_async.sandbox import Fault
from tests.tracker.conftest import ISSUE, STATUS, nothing_is_renewed


def changes(shop):
    return [each.change for each in shop.news]


async def test_what_is_tracked_is_sent_and_ends(shop):
    shop.work()
    made = [await shop.order(number) for number in range(1, 21)]
    ends = [await shop.ends(each.request_id) for each in made]

    assert {end.state for end in ends} == {TrackState.DONE}
    assert {card for end in ends for card in end.card_ids} == {
        card["card_id"] for card in shop.issuer.ledger()
    }
    assert shop.sends() == len(shop.issuer.ledger()) == 20


async def test_what_was_tracked_before_it_began_is_found(shop):
    made = await shop.order(1)
    shop.work()

    assert (await shop.ends(made.request_id)).state is TrackState.DONE


async def test_every_wake_up_is_used_up(shop):
    shop.work()
    for number in range(1, 6):
        await shop.ends((await shop.order(number)).request_id)
    while await shop.pool.fetchval("SELECT count(*) FROM freedompay.wake_pgqueuer"):
        await asyncio.sleep(0.01)


async def test_two_workers_send_each_once(shop):
    made = [await shop.order(number) for number in range(1, 41)]
    shop.work()
    shop.work(Tracker(await shop.client(), shop.pool))
    for each in made:
        await shop.ends(each.request_id)

    assert shop.sends() == len(shop.issuer.ledger()) == 40


async def test_requests_of_another_merchant_are_left_to_its_worker(shop):
    other = await shop.client(auth_id="20002")
    tracker = Tracker(other, shop.pool)
    intent = other.intend.cards.issue(client_id=shop.client_id, product_id=2000)
    async with shop.pool.acquire() as db, db.transaction():
        await tracker.track(db, intent)
    made = await shop.order(1)
    shop.work()
    await shop.ends(made.request_id)

    assert (await tracker.get(shop.pool, intent.request_id)).state is TrackState.INTENDED


@pytest.mark.parametrize(
    "fault",
    [
        Fault.CLOSED,
        Fault.RESET,
        Fault.CUT,
        Fault.ERROR_500,
        Fault.HTML_502,
        Fault.LIMITED,
        Fault.UNAVAILABLE,
        Fault.DROPPED,
        Fault.HTML_200,
        Fault.CUT_JSON,
        Fault.LATE,
    ],
)
async def test_a_fault_of_the_issuer_makes_no_second_card(shop, fault):
    shop.issuer.script(ISSUE, fault)
    made = await shop.order(1)
    shop.work()
    end = await shop.ends(made.request_id)

    assert (end.state, end.found) == (TrackState.DONE, False)
    assert [card["card_id"] for card in shop.issuer.ledger()] == list(end.card_ids)


async def test_a_look_up_that_fails_is_made_again(shop):
    shop.issuer.hold = True
    made = await shop.order(1)
    shop.work()
    await shop.until(made.request_id, lambda now: now.state is TrackState.ACCEPTED)
    shop.issuer.script(STATUS, *[Fault.HTML_502] * 3, Fault.CLOSED, Fault.UNAVAILABLE)
    shop.issuer.hold = False
    shop.issuer.finish(made.request_id)

    assert (await shop.ends(made.request_id)).state is TrackState.DONE


@pytest.mark.parametrize(
    "earlier",
    [{"request_status": RequestStatus.SUCCESS}, {"cards": [CardRef(card_id="card-1")]}],
    ids=["a success without ids", "a card"],
)
async def test_a_success_of_an_earlier_look_up_is_not_lost_to_a_later_failure(
    shop, monkeypatch, earlier
):
    """Something may have been made, so it is for a person."""
    shop.issuer.hold = True
    made = await shop.order(1)
    fields = {"request_id": made.request_id, "status": CallStatus.OK}
    process = RequestState(**fields | {"request_status": RequestStatus.PROCESS})
    failed = RequestState(**fields | {"request_status": RequestStatus.ERROR})
    answers = [RequestState(**fields | {"request_status": process.request_status} | earlier)]
    answers += [process, failed]

    async def asked(self, held, options):
        return answers.pop(0)

    monkeypatch.setattr(Steps, "_asked", asked)
    shop.work()
    end = await shop.ends(made.request_id)

    assert (end.state, answers) == (TrackState.UNKNOWN, [])


async def test_what_is_in_the_way_is_told_until_the_next_look_up(shop):
    """The issuer does not know the id any more. Its next look-up is put off, and it has not
    mended.
    """
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'accepted', next = 'look', trouble = 'not known', "
        "tries = 1, first_sent = now(), accepted_at = now() - interval '60 s', looked_at = now()"
    )
    shop.work(Tracker(await shop.client(policy=Policy(poll_first=30.0)), shop.pool))
    while await shop.pool.fetchval("SELECT due < now() FROM freedompay.requests"):
        await asyncio.sleep(0.01)
    while await shop.pool.fetchval("SELECT held FROM freedompay.requests"):
        await asyncio.sleep(0.01)
    now = await shop.tracker.get(shop.pool, made.request_id)

    assert (now.state, now.trouble) == (TrackState.ACCEPTED, "not known")


async def test_a_stop_settles_what_is_on_the_way_and_leaves_the_rest(shop):
    one = await shop.order(1)
    gate = shop.issuer.gate(ISSUE)
    run = shop.work()
    await gate.reached()
    shop.tracker.stop()
    two = await shop.order(2)
    gate.open()
    await run

    assert (await shop.tracker.get(shop.pool, one.request_id)).accepted_at is not None
    assert (await shop.tracker.get(shop.pool, two.request_id)).state is TrackState.INTENDED
    assert changes(shop)[-1] is Change.DRAINING
    held = await shop.pool.fetchval("SELECT count(*) FROM freedompay.requests WHERE held")
    assert held == 0


async def test_a_stop_that_comes_first_lets_it_begin_nothing(shop):
    made = await shop.order(1)
    shop.tracker.stop()
    await shop.tracker.run()

    assert (await shop.tracker.get(shop.pool, made.request_id)).state is TrackState.INTENDED


async def test_it_does_not_run_twice_at_once(shop):
    shop.work()
    await asyncio.sleep(0)
    with pytest.raises(ConfigurationError, match="runs already"):
        await shop.tracker.run()


# -- trouble


async def test_a_refused_key_is_told_once_and_nothing_is_lost(shop, monkeypatch):
    monkeypatch.setattr(working, "_REFUSED_PAUSE", 0.02)
    wrong = Tracker(await shop.client(secret_key="wrong"), shop.pool)
    made = await shop.order(1)
    run = shop.work(wrong)
    denied = await shop.until(made.request_id, lambda now: now.tries > 2)
    wrong.stop()
    await run

    assert denied.state is TrackState.INTENDED
    assert "signature" in denied.trouble
    assert changes(shop).count(Change.FAILED) == 1
    shop.work()
    end = await shop.ends(made.request_id)
    assert (end.state, end.trouble) == (TrackState.DONE, None)


async def test_what_was_taken_before_the_database_went_away_is_worked_on(shop, monkeypatch):
    """Left alone, it would be held for as long as the process lives."""
    made = await shop.order(1)
    next_due, failures = Store.next_due, [JournalError("away")]

    async def fails_once(store, kinds):
        if failures:
            raise failures.pop()
        return await next_due(store, kinds)

    monkeypatch.setattr(Store, "next_due", fails_once)
    shop.work()

    assert (await shop.ends(made.request_id)).state is TrackState.DONE
    assert not failures


async def test_a_worker_that_is_cancelled_while_it_takes_rows_holds_none(shop, monkeypatch):
    made = await shop.order(1)
    take, taken = Store.take, asyncio.Event()

    async def waits_after(store, kind, limit):
        if taken.is_set():
            await asyncio.Event().wait()
        rows = await take(store, kind, limit)
        if rows:
            taken.set()
        return rows

    monkeypatch.setattr(Store, "take", waits_after)
    run = shop.work()
    await taken.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    shop.workers.clear()
    monkeypatch.setattr(Store, "take", take)
    assert await nothing_is_renewed()

    await shop.overdue()
    shop.work()
    assert (await shop.ends(made.request_id)).state is TrackState.DONE


async def test_a_row_that_somebody_has_locked_is_not_looked_for_all_the_time(shop, monkeypatch):
    await shop.order(1)
    take, next_of, looks, overdue = Store.take, Store.next_due, [], asyncio.Event()

    async def counted(store, kind, limit):
        looks.append(kind)
        return await take(store, kind, limit)

    async def next_due(store, kinds):
        due = await next_of(store, kinds)
        if due is not None and due < -0.5:
            overdue.set()
        return due

    monkeypatch.setattr(Store, "take", counted)
    monkeypatch.setattr(Store, "next_due", next_due)
    async with shop.pool.acquire() as db, db.transaction():
        await db.execute("SELECT 1 FROM freedompay.requests FOR UPDATE")
        shop.work()
        await overdue.wait()
        # Two kinds a look: after 20 ms, and then each after about twice the time.
        assert len(looks) < 2 * 15


async def test_a_request_whose_key_is_refused_alone_does_not_stop_the_others(shop, monkeypatch):
    """As by a firewall before the issuer that does not like its body."""
    monkeypatch.setattr(working, "_REFUSED_PAUSE", 0.02)
    alone, pauses = await shop.order(1), []
    start = steps.start_intent

    async def denied(session, intent, **more):
        if intent.request_id == alone.request_id:
            raise AuthenticationError("denied", http_status=403, done=False)
        return await start(session, intent, **more)

    monkeypatch.setattr(steps, "start_intent", denied)
    shop.tracker.listen(lambda news: pauses.append(news) if news.again_in else None)
    shop.work()
    await shop.until(alone.request_id, lambda now: now.tries > 0)
    await shop.ends((await shop.order(2)).request_id)
    before, tries = len(pauses), (await shop.tracker.get(shop.pool, alone.request_id)).tries
    await shop.until(alone.request_id, lambda now: now.tries > tries + 2)

    assert len(pauses) == before


async def test_an_issuer_that_is_away_is_told_and_asked_by_one_call_at_a_time(shop, monkeypatch):
    monkeypatch.setattr(working, "_OUTAGE_PAUSE", 0.02)
    fp = await shop.client(
        base_url="http://127.0.0.1:1", policy=Policy(attempts=1, pause=0.001, connect_timeout=0.1)
    )
    tracker = Tracker(fp, shop.pool)
    for number in range(20):
        async with shop.pool.acquire() as db, db.transaction():
            await tracker.track(db, fp.intend.cards.issue(client_id="1", product_id=number + 1))
    run = shop.work(tracker)
    while Change.ISSUER_AWAY not in changes(shop):
        await asyncio.sleep(0.01)
    tracker.stop()
    await run
    states = await shop.pool.fetch("SELECT state, first_sent FROM freedompay.requests")

    assert [tuple(each) for each in states] == [("intended", None)] * 20
    assert changes(shop).count(Change.ISSUER_AWAY) == 1


async def test_a_body_that_can_not_be_opened_is_told_and_sent_later(shop):
    class Seal:
        def __init__(self, key):
            self.key = key

        def encrypt(self, data, associated_data):
            return self.key + data[::-1]

        def decrypt(self, data, associated_data):
            if not data.startswith(self.key):
                raise ValueError
            return data[len(self.key) :][::-1]

    right = Tracker(shop.fp, shop.pool, seal=Seal(b"right"))
    made = await shop.order(1, right)
    stored = await shop.pool.fetchval("SELECT intent FROM freedompay.requests")
    run = shop.work(Tracker(shop.fp, shop.pool, seal=Seal(b"wrong")))
    troubled = await shop.until(made.request_id, lambda now: now.trouble is not None)
    shop.workers[0][0].stop()
    await run

    assert shop.client_id not in stored.replace(f'"client_id":"{shop.client_id}"', "")
    assert troubled.state is TrackState.INTENDED
    assert "can't be opened" in troubled.trouble
    assert shop.sends() == 0
    shop.work(right)
    assert (await shop.ends(made.request_id)).state is TrackState.DONE


async def test_a_failed_request_is_refused_by_what_the_issuer_says(shop, handled):
    """It is accepted, and fails afterwards: nothing was made."""
    issued = await (await shop.fp.cards.issue(client_id=shop.client_id, product_id=2000)).result()
    intent = shop.fp.intend.cards.unblock(issued.card_ids[0], description="found")
    async with shop.pool.acquire() as db, db.transaction():
        await shop.tracker.track(db, intent)
    shop.work()
    end = await shop.delivered(intent.request_id)

    assert end.state is TrackState.REFUSED, end
    assert await shop.ended() == [(intent.request_id, end.state)]


@pytest.mark.parametrize("call", ["block", "create"])
async def test_other_calls_than_orders_are_tracked_too(shop, call):
    if call == "block":
        issued = await (
            await shop.fp.cards.issue(client_id=shop.client_id, product_id=2000)
        ).result()
        intent = shop.fp.intend.cards.block(issued.card_ids[0], description="lost")
    else:
        from freedompay_async import NewClient

        person = NewClient(phone=77010000002, type=1, resident=1, first_name="C", last_name="D")
        intent = shop.fp.intend.clients.create(product_id=2000, client=person)
    async with shop.pool.acquire() as db, db.transaction():
        await shop.tracker.track(db, intent)
    end = await shop.tracker.send_now(intent.request_id)

    assert end.state is TrackState.DONE
    assert (end.client_id is not None) is (call == "create")


async def test_thousands_at_once_each_make_one_card(shop):
    async with shop.pool.acquire() as db, db.transaction():
        for number in range(500):
            await shop.tracker.track(db, shop.intent(number))
    shop.work(concurrency=32)
    while (await shop.tracker.report(shop.pool)).pending:
        await asyncio.sleep(0.05)
    report = await shop.tracker.report(shop.pool)

    assert report.counts == {TrackState.DONE: 500}
    assert report.troubled == ()
    assert Counter(card["client_id"] for card in shop.issuer.ledger()) == {shop.client_id: 500}


async def test_what_the_issuer_has_not_known_for_long_is_for_a_person(shop, handled):
    """It was accepted, and the issuer has lost it."""
    made = await shop.order(1)
    await shop.pool.execute(
        "UPDATE freedompay.requests SET state = 'accepted', next = 'look', tries = 10, "
        "accepted_at = now() - interval '2 h', looked_at = now() - interval '1 h'"
    )
    shop.work()
    end = await shop.delivered(made.request_id)

    assert end.state is TrackState.UNKNOWN
    assert "has not known its id for a long time" in end.error
    assert shop.sends() == 0


async def test_a_pool_that_is_too_small_for_a_worker_is_refused(shop, postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=1, max_size=3) as small:
        with pytest.raises(ConfigurationError, match="a worker needs 4"):
            await Tracker(shop.fp, small).run()


async def test_a_refusal_after_a_lost_answer_is_for_a_person(shop, handled):
    """It may be the refusal of the second use of its own id."""
    shop.issuer.script(ISSUE, Fault.CLOSED)
    tracker = Tracker(await shop.client(timeout=0.5), shop.pool)
    made = await shop.order(1, client_id="client-that-is-not-there")
    shop.work(tracker)
    end = await shop.ends(made.request_id)

    assert (end.state, end.error_code) == (TrackState.UNKNOWN, "duplicate_request")
    assert "Asked again after the grace time" in end.error == end.trouble
    assert shop.sends() == 2


async def test_ends_are_delivered_while_the_issuer_refuses_the_key(shop):
    """Nothing of a handler needs the issuer."""
    made = await shop.order(1)
    await shop.tracker.send_now(made.request_id)
    wrong = Tracker(await shop.client(secret_key="wrong"), shop.pool)
    other = await shop.order(2)

    @wrong.on_end
    async def write(db, request):
        await db.execute("INSERT INTO ended VALUES ($1, $2)", request.request_id, request.state)

    await shop.pool.execute("UPDATE freedompay.requests SET due = NULL WHERE next = 'deliver'")
    shop.work(wrong)
    await shop.until(other.request_id, lambda now: now.tries > 0)
    assert await shop.ended() == []
    await shop.overdue()
    await shop.delivered(made.request_id)

    assert await shop.ended() == [(made.request_id, "done")]
