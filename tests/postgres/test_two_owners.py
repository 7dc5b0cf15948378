"""Two owners of one batch, each with a pool of its own, as two machines have it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.lease import LeaseLost, NoMoreCards, Overtaken
from freedompay_async.batch.plan import make_plan
from freedompay_async.postgres import PostgresJournal
from freedompay_async.postgres.journal.batches import begin_round, stop
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import intend, issue

ROWS = 6


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=8) as pool:
        yield pool


@pytest.fixture
async def machine(postgres_database, pool):
    """Opens a journal of the batch as another machine would; the first plans it."""
    async with AsyncExitStack() as stack:
        planned = []

        async def open_one(**more):
            own = await stack.enter_async_context(
                asyncpg.create_pool(postgres_database, min_size=0, max_size=4)
            )
            journal = PostgresJournal(own, name="default", **more)
            await stack.enter_async_context(journal)
            if not planned:
                planned.append(journal)
                people = [person(number) for number in range(1, ROWS + 1)]
                await make_plan(journal, people, settings=SETTINGS)
            return journal

        yield open_one


@pytest.fixture
async def two(machine):
    """A machine with three rows, and another with none yet."""
    first, second = await machine(), await machine()
    rows = await first.take(3, first.new_owner())
    return first, second, rows


async def die(pool):
    """As if the time of every lease had gone by."""
    await pool.execute("UPDATE freedompay.owners SET lease_until = clock_timestamp()")


async def soon(coroutine):
    """The task of a coroutine that has begun, and waits."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.wait([task], timeout=0.3)
    return task


def numbers(rows):
    return [row.number for row in rows]


# -- the lease


async def test_each_gets_rows_that_the_other_does_not_have(two):
    _, second, rows = two

    assert numbers(rows) == [1, 2, 3]
    assert numbers(await second.take(10, second.new_owner())) == [4, 5, 6]


async def test_the_rows_of_the_dead_go_to_the_other_and_its_writes_are_refused(two, pool):
    first, second, rows = two
    await intend(first, rows[0])
    await die(pool)
    taken = await second.take(10, second.new_owner())

    assert numbers(taken) == [1, 2, 3, 4, 5, 6]
    # It may have sent the intent until its lease was over.
    assert taken[0].sent["client"].quiet_since >= taken[0].sent["client"].sent_at
    for write in (
        lambda row: intend(first, row, "card"),
        first.go_on,
        first.claim_card,
        lambda row: first.refuse(row, "client", Refusal.OWN, state=State.REFUSED, reason="no"),
        lambda row: first.end(row, State.ISSUED, None),
    ):
        with pytest.raises(LeaseLost):
            await write(rows[1])
    await issue(second, taken[1])

    assert [row.state for row in await second.rows(after=0, limit=3)] == [
        State.STARTED,
        State.ISSUED,
        State.PLANNED,
    ]


async def test_a_step_is_not_taken_back_by_who_has_lost_the_row(two, pool):
    first, second, rows = two
    await intend(first, rows[0])
    await die(pool)
    await second.take(10, second.new_owner())
    first.take_back(rows[0], "client")
    await first.summary()

    assert [each.step for each in await second.step_times(after=0, limit=1)] == ["client"]


async def test_a_renewal_that_comes_too_late_is_refused_for_ever(two, pool):
    first, _, rows = two
    owner = rows[0].lease.owner
    await die(pool)

    for _ in range(2):
        with pytest.raises(LeaseLost):
            await first.renew(owner)
    with pytest.raises(LeaseLost):
        await first.take(1, owner)
    assert not first.holds(rows[0])


async def test_a_renewal_that_is_on_its_way_keeps_the_rows(two, pool):
    first, second, rows = two
    await die(pool)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "UPDATE freedompay.owners SET lease_until = clock_timestamp() + interval '6 s'"
        )
        taken = await second.take(10, second.new_owner())
    await intend(first, rows[0])

    assert numbers(taken) == [4, 5, 6]


async def test_rows_are_waited_for_while_the_other_may_lose_them(two):
    first, second, rows = two
    owner = second.new_owner()
    for row in await second.take(10, owner):
        await issue(second, row)
    waiting = await soon(second.take(10, owner))
    assert not waiting.done()
    for row in rows[:2]:
        await issue(first, row)
    await first.hand_back(rows[2:])

    assert numbers(await waiting) == [3]


async def test_nothing_is_waited_for_when_the_other_has_ended_all(two):
    first, second, rows = two
    owner = second.new_owner()
    for row in await second.take(10, owner):
        await issue(second, row)
    waiting = await soon(second.take(10, owner))
    for row in rows:
        await issue(first, row)

    assert await waiting == []


# -- rounds


async def test_a_row_that_stays_unknown_is_asked_about_once_in_a_round(two, pool):
    first, second, rows = two
    await first.end(rows[0], State.UNKNOWN, "who knows")
    owner = second.new_owner()
    taken = numbers(await second.take(10, owner))
    await begin_round(pool, "default")
    first.release(rows[0].lease.owner)
    again = numbers(await first.take(10, first.new_owner()))

    assert (taken, again) == ([4, 5, 6], [1, 2, 3])


async def test_who_joins_begins_no_round(machine, pool):
    await machine()
    worker = await machine(joins=True)
    owner = worker.new_owner()
    nothing = await worker.take(10, owner)
    worker.release(owner)
    await begin_round(pool, "default")

    assert nothing == []
    assert numbers(await worker.take(2, worker.new_owner())) == [1, 2]


async def test_a_plan_that_opens_its_batch_lets_workers_begin(machine):
    await machine(open_at_plan=True)
    worker = await machine(joins=True)

    assert numbers(await worker.take(2, worker.new_owner())) == [1, 2]


async def test_all_learn_that_the_batch_is_stopped_and_get_nothing_more(two, pool):
    first, _, rows = two
    owner = rows[0].lease.owner
    before = await first.renew(owner)
    await first.end(rows[0], State.ISSUED, None)
    await stop(pool, "default")
    after = await first.renew(owner)

    assert (before.stopped, before.ended) == (False, 0)
    assert (after.stopped, after.ended) == (True, 1)
    assert await first.take(10, owner) == []


# -- rows that are left


async def test_a_row_that_is_left_comes_to_others_after_its_pause(two, pool):
    first, second, rows = two
    await first.hand_back(rows, pause=60.0, reason="no document here")
    owner = second.new_owner()
    for row in await second.take(10, owner):
        await issue(second, row)
    waiting = await soon(second.take(10, owner))
    assert not waiting.done()
    await pool.execute("UPDATE freedompay.rows SET not_before = clock_timestamp()")

    assert numbers(await waiting) == [1, 2, 3]
    assert await first.take(10, rows[0].lease.owner) == []
    assert (await first.rows(after=0, limit=1))[0].reason == "no document here"


# -- cards


async def test_the_limit_of_cards_holds_over_all(two):
    first, second, rows = two
    first.begin_run(rows[0].lease.owner, {"concurrency": 1, "rate": None, "max_cards": 4})
    await first.summary()
    owner = second.new_owner()
    assert numbers(await second.take(10, owner)) == [4]
    waiting = await soon(second.take(10, owner))
    assert not waiting.done()
    # One of the four in flight ends without a card, so another may be made.
    await first.end(rows[0], State.REFUSED, "no", proved=True)

    assert numbers(await waiting) == [5]


async def test_when_the_cards_are_used_up_nobody_gets_a_row(two):
    first, second, rows = two
    first.begin_run(rows[0].lease.owner, {"concurrency": 1, "rate": None, "max_cards": 3})
    for row in rows:
        await issue(first, row)
    with pytest.raises(NoMoreCards) as caught:
        await second.take(10, second.new_owner())

    assert caught.value.most == 3


async def test_a_card_of_two_rows_is_found_whoever_has_them(two):
    first, second, rows = two
    others = await second.take(3, second.new_owner())
    ends = []
    for journal, row in [(first, rows[0]), (second, others[0]), (first, rows[1])]:
        row.client_id, row.card_id = "c", "d1"
        ends.append(journal.end(row, State.ISSUED, None))
    await asyncio.gather(*ends)
    kept = await first.rows(after=0, limit=ROWS)

    assert {row.number for row in kept if row.state is State.DOUBTFUL} == {1, 2, 4}
    assert all("card d1 is that of line" in row.reason for row in kept if row.card_id == "d1")


# -- what was made for a row that was lost


@pytest.fixture
async def lost(two, pool):
    """A row that the first has lost to the second, with the card that it has heard of."""
    first, second, rows = two
    for step in ("client", "card"):
        await intend(first, rows[0], step)
    await die(pool)
    owner = second.new_owner()
    row, *_ = await second.take(10, owner)
    rows[0].client_id, rows[0].card_id = "c1", "d1"
    return first, second, rows[0], row


async def one(journal):
    row, *_ = await journal.rows(after=0, limit=1)
    return row.state, row.card_id


async def test_a_success_is_kept_before_a_negative_end_and_taken_in_by_the_next(lost):
    first, second, told, row = lost
    await first.keep_success(told)
    with pytest.raises(Overtaken):
        await second.end(row, State.UNKNOWN, "the issuer does not know it")
    (again,) = await second.take(1, row.lease.owner)

    assert (again.number, again.client_id, again.card_id) == (1, "c1", "d1")


async def test_a_success_after_a_negative_end_opens_the_row_again(lost):
    first, second, told, row = lost
    await second.end(row, State.REFUSED, "no", proved=True)
    assert (await second.earlier_runs()).ended == 1
    await first.keep_success(told)
    (again,) = await second.take(1, row.lease.owner)

    assert (again.number, again.card_id) == (1, "d1")
    assert (await second.renew(row.lease.owner)).ended == 0


@pytest.mark.parametrize("told_first", [True, False])
async def test_the_same_card_changes_nothing_in_any_order(lost, told_first):
    first, second, told, row = lost
    if told_first:
        await first.keep_success(told)
    row.client_id, row.card_id = "c1", "d1"
    await second.end(row, State.ISSUED, None)
    if not told_first:
        await first.keep_success(told)

    assert await one(second) == (State.ISSUED, "d1")


@pytest.mark.parametrize("told_first", [True, False])
async def test_another_card_makes_the_row_doubtful_in_any_order(lost, told_first):
    first, second, told, row = lost
    if told_first:
        await first.keep_success(told)
    row.client_id, row.card_id = "c1", "d9"
    await second.end(row, State.ISSUED, None)
    if not told_first:
        await first.keep_success(told)
    (kept, *_) = await second.rows(after=0, limit=1)

    assert (kept.state, kept.reason) == (
        State.DOUBTFUL,
        "card d1 was made for this row too, beside d9",
    )


async def test_two_who_have_made_a_card_each_make_the_row_doubtful(lost, machine, pool):
    first, second, told, row = lost
    row.client_id, row.card_id = "c1", "d2"
    await die(pool)
    third = await machine()
    await first.keep_success(told)
    await second.keep_success(row)
    taken = await third.take(10, third.new_owner())

    assert 1 not in numbers(taken)
    assert await one(third) == (State.DOUBTFUL, "d1")


# -- the look-ups before the first send


async def test_one_looks_ids_up_and_the_others_wait_for_it(two):
    first, second, rows = two

    async def look(journal, owner):
        async with journal.first_check(owner) as known:
            return known

    async with first.first_check(rows[0].lease.owner) as known:
        waiting = await soon(look(second, second.new_owner()))
        assert not waiting.done()

    assert (known, await waiting) == (False, True)


async def test_another_looks_them_up_where_the_first_has_failed_or_died(two, pool, machine):
    first, second, rows = two
    with pytest.raises(ValueError, match="no answer"):
        async with first.first_check(rows[0].lease.owner):
            raise ValueError("no answer")
    await first.summary()
    looking = second.first_check(second.new_owner())
    assert await looking.__aenter__() is False
    await die(pool)
    third = await machine()
    async with third.first_check(third.new_owner()) as known:
        assert known is False
