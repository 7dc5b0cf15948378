"""A database that is away for a while: what was written is there once, and the run goes on."""

from __future__ import annotations

import asyncio
import logging

import asyncpg
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.plan import make_plan
from freedompay_async.errors import JournalError
from freedompay_async.postgres import PostgresJournal, install
from freedompay_async.postgres.connection.pooling import Link
from freedompay_async.postgres.since import Since
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import intend, issue
from tests.postgres_server import cluster_script

ROWS = 200


@pytest.fixture
def cluster(postgres_server):
    with cluster_script.Cluster(durable=False) as cluster:
        yield cluster


@pytest.fixture
async def pool(cluster):
    async with asyncpg.create_pool(cluster.dsn(), min_size=0, max_size=6) as pool:
        await install(pool)
        yield pool


@pytest.fixture
async def journal(pool):
    async with PostgresJournal(pool, name="default") as journal:
        people = [person(number) for number in range(1, ROWS + 1)]
        await make_plan(journal, people, settings=SETTINGS)
        yield journal


async def test_writes_go_on_when_the_server_was_killed_and_is_there_again(cluster, journal):
    rows = await journal.take(ROWS, journal.new_owner())
    begun = asyncio.Event()

    async def work(row):
        if row.number == 20:
            begun.set()
        await issue(journal, row)

    async def kill():
        await begun.wait()
        await asyncio.to_thread(cluster.kill)
        await asyncio.to_thread(cluster.start)

    async def one_after_another(part):
        for row in part:
            await work(row)

    await asyncio.gather(kill(), *(one_after_another(rows[start::8]) for start in range(8)))
    kept = await journal.rows(after=0, limit=ROWS)
    times = await journal.step_times(after=0, limit=ROWS)

    assert {row.state for row in kept} == {State.ISSUED}
    assert {row.card_id for row in kept} == {f"d{number}" for number in range(1, ROWS + 1)}
    assert len(times) == 2 * ROWS


async def test_an_end_whose_answer_was_lost_is_no_lost_row(journal, monkeypatch):
    row, *_ = await journal.take(1, journal.new_owner())
    await intend(journal, row)
    lost = []
    run = Link.once

    async def once(link, work, **more):
        result = await run(link, work, **more)
        if not lost:
            lost.append(work)
            raise ConnectionResetError("the answer did not come")
        return result

    row.client_id, row.card_id = "c1", "d1"
    monkeypatch.setattr(Link, "once", once)
    assert await journal.end(row, State.ISSUED, None) is None
    (kept,) = await journal.rows(after=0, limit=1)

    assert (len(lost), kept.state) == (1, State.ISSUED)


async def test_rows_whose_answer_was_lost_are_taken_again(journal, monkeypatch):
    owner = journal.new_owner()
    first = await journal.take(3, owner)
    lost = []
    run = Link.once

    async def once(link, work, **more):
        result = await run(link, work, **more)
        if not lost and isinstance(result, tuple) and result[1]:
            lost.append(result)
            raise ConnectionResetError("the answer did not come")
        return result

    monkeypatch.setattr(Link, "once", once)
    second = await journal.take(3, owner)

    assert [row.number for row in first] == [1, 2, 3]
    assert [row.number for row in lost[0][1]] == [row.number for row in second] == [4, 5, 6]


async def test_a_database_that_stays_away_ends_the_run(cluster, journal, monkeypatch):
    row, *_ = await journal.take(1, journal.new_owner())
    run = Link.run

    async def for_a_moment(link, work, **more):
        return await run(link, work, **more | {"until": 0.3})

    monkeypatch.setattr(Link, "run", for_a_moment)
    await asyncio.to_thread(cluster.kill)
    with pytest.raises(JournalError, match="the run has stopped"):
        await intend(journal, row)


async def test_the_lease_is_over_here_while_the_database_is_away(journal, monkeypatch):
    owner = journal.new_owner()
    row, *_ = await journal.take(1, owner)
    assert journal.holds(row)
    monkeypatch.setattr(Since, "seconds", lambda _: 5.1)

    assert not journal.holds(row)


async def test_a_session_that_was_ended_is_made_anew(journal, pool, caplog):
    caplog.set_level(logging.WARNING, "freedompay_async")
    owner = journal.new_owner()
    rows = await journal.take(2, owner)
    for row in rows:
        await pool.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await issue(journal, row)
    await journal.renew(owner)

    assert (await journal.summary()).counts[State.ISSUED] == 2
    assert not caplog.records


async def test_a_run_that_was_cut_off_for_too_long_has_lost_its_rows(journal, pool):
    owner = journal.new_owner()
    row, *_ = await journal.take(1, owner)
    await pool.execute("UPDATE freedompay.owners SET lease_until = clock_timestamp()")
    with pytest.raises(LeaseLost):
        await journal.renew(owner)
    with pytest.raises(LeaseLost):
        await intend(journal, row)
