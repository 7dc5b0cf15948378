"""What rows say of people is gone some time after their end, and the report stays."""

from __future__ import annotations

import asyncpg
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.plan import make_plan
from freedompay_async.postgres import PostgresJournal
from freedompay_async.postgres.journal.purge import purge
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import issue

KEPT = "SELECT number FROM freedompay.rows WHERE data IS NOT NULL ORDER BY number"


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=6) as pool:
        yield pool


@pytest.fixture
async def journal(pool):
    """One row issued, one refused for good, one unknown, one found, one planned."""
    async with PostgresJournal(pool, name="default") as journal:
        people = [person(number) for number in range(1, 6)]
        await make_plan(journal, people, settings=SETTINGS)
        owner = journal.new_owner()
        issued, refused, unknown, found, _ = await journal.take(5, owner)
        await issue(journal, issued)
        reason = "clients.create: phone 77010000002 of Ivanov is not 7701000000 (Ivanovich)"
        await journal.end(refused, State.REFUSED, reason, proved=True)
        await journal.end(unknown, State.UNKNOWN, "Ivan: who knows")
        await journal.end(found, State.FOUND, "Ivan was used before")
        yield journal


async def kept(pool):
    return [row["number"] for row in await pool.fetch(KEPT)]


async def test_rows_that_ended_for_good_lose_what_they_say_of_people(journal, pool):
    before = await journal.summary()

    assert await purge(pool, 3_600.0) == 0
    assert await purge(pool, 0.0) == 2
    assert await kept(pool) == [3, 4, 5]
    assert (await journal.summary()).counts == before.counts


async def test_a_reason_does_not_repeat_it(journal, pool):
    await purge(pool, 0.0)
    _, refused, unknown, *_ = await journal.rows(after=0, limit=5)

    assert refused.reason == "clients.create: phone *** of *** is not 7701000000 (Ivanovich)"
    assert unknown.reason == "Ivan: who knows"


async def test_a_success_for_a_row_that_is_forgotten_is_a_persons_to_look_at(journal, pool):
    await purge(pool, 0.0)
    await pool.execute("SELECT freedompay.keep_success(1, 2, gen_random_uuid(), 'c2', ARRAY['d2'])")
    _, refused, *_ = await journal.rows(after=0, limit=5)

    assert (refused.state, refused.card_id) == (State.DOUBTFUL, "d2")
    assert refused.reason.startswith("card d2 was made for this row after it had ended; ")
