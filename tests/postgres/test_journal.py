"""The journal in PostgreSQL where statements come late, limits are tight, or a setting is unsafe."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.lease import LeaseLost, NoMoreCards
from freedompay_async.batch.plan import make_plan
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres import PostgresJournal, install
from freedompay_async.postgres.connection.pooling import Link
from freedompay_async.postgres.journal import batches, owners, purge, unsent
from freedompay_async.postgres.journal.rows import Held
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import intend, issue


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=12) as pool:
        await install(pool)
        yield pool


@pytest.fixture
def opened(pool):
    """Opens a journal of one batch."""

    def opened(**more):
        return PostgresJournal(pool, name="default", **more)

    return opened


async def plan(journal, rows):
    people = [person(number) for number in range(1, rows + 1)]
    return await make_plan(journal, people, settings=SETTINGS)


async def test_a_statement_that_nobody_waits_for_any_more_is_not_done_later(pool):
    """Others hold its lock for longer than it may take; then it is done once, by the last try."""
    await pool.execute("CREATE TABLE told (many integer); INSERT INTO told VALUES (0)")
    link = Link(pool, "it", patience=60.0)
    link.open()
    async with pool.acquire() as other:
        lock = other.transaction()
        await lock.start()
        await other.execute("LOCK TABLE told")
        tries = 0

        async def count(connection):
            nonlocal tries
            tries += 1
            await connection.execute("UPDATE told SET many = many + 1")

        counting = asyncio.create_task(link.run(count, limit=0.3))
        while tries < 3:
            await asyncio.sleep(0.01)
        await lock.rollback()
    await counting

    assert await pool.fetchval("SELECT many FROM told") == 1


async def written(pool, row):
    """Whose the row is, and the mark of its intent."""
    *held, mark = await pool.fetchrow(
        "SELECT rows.batch, rows.owner, owners.round, mark FROM freedompay.intents "
        "JOIN freedompay.rows USING (batch, number) JOIN freedompay.owners ON id = rows.owner "
        "WHERE number = $1",
        row.number,
    )
    return Held(*held), mark


async def test_an_intent_that_is_written_again_outlives_a_late_word_that_the_first_was_not_sent(
    opened, pool
):
    async with opened() as journal:
        await plan(journal, 1)
        (row,) = await journal.take(1, journal.new_owner())
        await intend(journal, row)
        held, first = await written(pool, row)
        journal.take_back(row, "client")
        await intend(journal, row)
        # The word of the first comes once more.
        await journal.earlier_runs()
        await unsent.take_back(pool, held, [(row.number, "client", first)])

        assert await pool.fetchval("SELECT count(*) FROM freedompay.intents") == 1
        journal.take_back(row, "client")
        await journal.earlier_runs()
        assert await pool.fetchval("SELECT count(*) FROM freedompay.intents") == 0


async def test_a_reason_of_any_characters_is_handed_back_with_its_row(opened):
    async with opened() as journal:
        await plan(journal, 1)
        rows = await journal.take(1, journal.new_owner())
        async with asyncio.timeout(30):
            await journal.hand_back(rows, pause=9.0, reason="can't read a\udcff\0.pdf")
        (row,) = await journal.rows(after=0, limit=1)

    assert row.reason == "can't read a?\N{REPLACEMENT CHARACTER}.pdf"


async def test_who_goes_on_after_a_lost_lease_does_not_take_back_a_stop_nor_the_limits(
    opened, pool
):
    async with opened() as journal:
        await plan(journal, 3)
        owner = journal.new_owner()
        journal.begin_run(owner, {"rate": None, "max_cards": None})
        await journal.take(1, owner)
        journal.release(owner)
        await journal.earlier_runs()
        await batches.stop(pool, "default")
        await pool.execute("UPDATE freedompay.batches SET max_cards = 2")
        owner = journal.new_owner(again=True)
        journal.begin_run(owner, {"rate": None, "max_cards": None})

        assert await journal.take(1, owner) == []
        assert (await journal.renew(owner)).stopped
        (batch,) = await batches.batches(pool)
        assert (batch.round, batch.stopped, batch.max_cards) == (1, True, 2)
        journal.release(owner)
        # Whoever runs it anew resumes it.
        assert await journal.take(1, journal.new_owner()) != []


async def test_a_lease_of_an_owner_that_began_by_a_lost_statement_is_no_longer_than_the_servers(
    opened, pool
):
    async with opened() as journal:
        await plan(journal, 1)
        owner = journal.new_owner()
        await journal.take(1, owner)
        name, batch = await pool.fetchrow("SELECT id, batch FROM freedompay.owners")
        await pool.execute(
            "UPDATE freedompay.owners SET lease_until = clock_timestamp() - interval '1 ms'"
        )
        async with pool.acquire() as connection:
            with pytest.raises(LeaseLost):
                await owners.register(connection, name, batch, joins=True)


async def test_what_was_perhaps_ordered_before_a_restore_counts_no_card_and_no_more_are_made(
    opened, pool
):
    async with opened() as journal:
        await plan(journal, 5)
        owner = journal.new_owner()
        journal.begin_run(owner, {"max_cards": 2})
        (row,) = await journal.take(1, owner)
        await issue(journal, row)
        journal.release(owner)
        await journal.may_have_been_sent_since(1_000_000.0)
        assert (await journal.earlier_runs()).cards == 1
        owner = journal.new_owner()
        journal.begin_run(owner, {"max_cards": 2})
        rows = await journal.take(5, owner)
        assert [row.number for row in rows] == [2]
        await issue(journal, rows[0])
        with pytest.raises(NoMoreCards):
            await journal.take(5, owner)


async def test_what_a_dead_owner_has_all_but_ended_is_forgotten_in_time_too(opened, pool):
    async with opened() as journal:
        await plan(journal, 1)
        (row,) = await journal.take(1, journal.new_owner())
        row.client_id, row.card_id = "c", "d"
        reason = "the activation was refused"
        await journal.refuse(row, "activate", Refusal.OWN, state=State.ISSUED, reason=reason)
        await pool.execute(
            "UPDATE freedompay.owners SET lease_until = clock_timestamp() - interval '1 ms'"
        )
        async with opened() as other:
            assert await other.take(1, other.new_owner()) == []
        assert await purge.purge(pool, 0.0) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("synchronous_commit", "off"), ("default_transaction_isolation", "repeatable read")],
)
async def test_a_pool_whose_settings_lose_sends_is_refused(postgres_database, pool, name, value):
    unsafe = asyncpg.create_pool(
        postgres_database, min_size=0, max_size=4, server_settings={name: value}
    )
    async with unsafe:
        with pytest.raises(ConfigurationError, match=f"{name} = {value}.*Nothing was sent"):
            await PostgresJournal(unsafe, name="default").__aenter__()


async def test_a_restore_may_take_longer_than_other_statements(opened, monkeypatch):
    async with opened() as journal:
        await plan(journal, 3)
        monkeypatch.setitem(Link.run.__kwdefaults__, "limit", 0.0)

        assert await journal.may_have_been_sent_since(1_000_000.0) == 3


async def test_a_success_whose_card_is_the_beginning_of_a_named_one_is_told_too(opened):
    async with opened() as journal:
        await plan(journal, 1)
        owner = journal.new_owner()
        (lost,) = await journal.take(1, owner)
        journal.release(owner)
        lost.card_id = "d1"
        (row,) = await journal.take(1, journal.new_owner())
        row.card_id = "d9"
        await journal.end(row, State.DOUBTFUL, "ordered 1, and 2 cards were made: d10, d9")
        await journal.keep_success(lost)
        (row,) = await journal.rows(after=0, limit=1)

    assert row.reason.startswith("card d1 was made for this row too, beside d9; ordered 1")


async def test_owners_that_order_at_once_order_no_more_cards_than_are_allowed(opened, pool):
    async def order(journal, owner):
        while rows := await journal.take(2, owner):
            await asyncio.gather(*(issue(journal, row) for row in rows))

    async def work(journal):
        owner = journal.new_owner()
        with pytest.raises(NoMoreCards):
            await order(journal, owner)
        journal.release(owner)

    async with opened() as journal:
        await plan(journal, 120)
        journal.begin_run(owner := journal.new_owner(), {"max_cards": 61})
        journal.release(owner)
        await journal.earlier_runs()
        async with (
            opened(joins=True) as one,
            opened(joins=True) as two,
            opened(joins=True) as three,
            asyncio.TaskGroup() as group,
        ):
            for each in (journal, one, two, three):
                group.create_task(work(each))
        cards = await pool.fetchval("SELECT count(*) FROM freedompay.intents WHERE step = 'card'")

    assert cards == 61


@pytest.mark.parametrize("emptied", [True, False], ids=["emptied", "beside"])
async def test_data_that_is_read_in_from_a_dump_is_another_database(opened, pool, emptied):
    async with opened() as journal:
        await plan(journal, 1)
        owner = journal.new_owner()
        await journal.take(1, owner)
        # Freed and rewritten tables are the same ones.
        await pool.execute("VACUUM (FULL, FREEZE) freedompay.origin")
        await journal.renew(owner)
        async with pool.acquire() as connection, connection.transaction():
            kept = await connection.fetch("SELECT one FROM freedompay.origin")
            if emptied:
                await connection.execute("DELETE FROM freedompay.origin")
            await connection.copy_records_to_table(
                "origin", schema_name="freedompay", records=[tuple(row) for row in kept]
            )
        with pytest.raises(LeaseLost):
            await journal.renew(owner)
        with pytest.raises(ConfigurationError, match="restored from a backup"):
            await journal.take(1, owner)
        journal.release(owner)
        await journal.may_have_been_sent_since(1_000_000.0)
        assert len(await journal.take(1, journal.new_owner())) == 1
