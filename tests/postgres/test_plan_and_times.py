"""A plan in a database, whoever else plans, and the times of the server's clock."""

from __future__ import annotations

import asyncio
import threading
import time

import asyncpg
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.journal.records import PlannedRecord
from freedompay_async.batch.plan import make_plan
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import PostgresJournal
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import intend


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=12) as pool:
        yield pool


@pytest.fixture
async def journal(pool):
    async with PostgresJournal(pool, name="default") as journal:
        yield journal


async def plan(journal, rows=3, **settings):
    people = [person(number) for number in range(1, rows + 1)]
    return await make_plan(journal, people, settings=SETTINGS | settings)


async def test_two_who_plan_the_same_at_once_have_one_plan(pool, journal):
    async with PostgresJournal(pool, name="default") as other:
        plans = await asyncio.gather(plan(journal), plan(other))
        kept = await other.kept_plan()

    assert sorted(each.resumed for each in plans) == [False, True]
    assert kept.rows == 3


async def test_batches_of_other_names_are_apart(pool, journal):
    await plan(journal)
    async with PostgresJournal(pool, name="june") as other:
        await plan(other, 2, batch="june")
        rows = await other.take(10, other.new_owner())
        counts = [(await each.summary()).counts for each in (journal, other)]

    assert [row.number for row in rows] == [1, 2]
    assert counts == [{State.PLANNED: 3}, {State.PLANNED: 2}]


async def test_a_batch_that_is_named_otherwise_than_its_journal_is_refused(journal):
    with pytest.raises(ConfigurationError, match="'june', and its journal 'default'"):
        await plan(journal, batch="june")

    assert await journal.settings() == {}


async def test_a_plan_that_is_cancelled_leaves_no_trace(journal):
    begun, go = threading.Event(), threading.Event()

    def work(writer):
        writer.add([PlannedRecord(1, "k1", 2, b"{}")])
        begun.set()
        go.wait(10)
        writer.begin(SETTINGS)

    task = asyncio.create_task(journal.plan(work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await journal.settings(), await journal.rows(after=0, limit=9)) == ({}, [])


async def test_the_times_of_steps_are_the_servers(journal):
    await plan(journal)
    owner = journal.new_owner()
    row, *_ = await journal.take(1, owner)
    before = time.time()
    for step in ("client", "card"):
        await intend(journal, row, step, sent_at=1.0)
        journal.accepted(row, step)
        journal.step_ended(row, step)
    row.client_id, row.card_id = "c1", "d1"
    await journal.end(row, State.ISSUED, None)
    client, card = await journal.step_times(after=0, limit=1)

    assert (client.step, card.step) == ("client", "card")
    for each in (client, card):
        assert before - 5.0 < each.sent_at <= each.accepted_at <= time.time() + 5.0
        assert each.ended_at == pytest.approx(each.accepted_at, abs=5.0)


async def test_a_wrong_clock_makes_no_intent_younger(journal, monkeypatch):
    await plan(journal)
    owner = journal.new_owner()
    row, *_ = await journal.take(1, owner)
    await intend(journal, row)
    journal.release(owner)
    wrong, right = 600.0, time.time
    monkeypatch.setattr(time, "time", lambda: right() - wrong)
    row, *_ = await journal.take(1, journal.new_owner())

    assert 0.0 <= time.time() - row.sent["client"].sent_at < 60.0
