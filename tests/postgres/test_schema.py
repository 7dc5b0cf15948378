"""The schema: who makes it, its versions, and whether the database is the one that it was."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest

from freedompay_async.batch.plan import make_plan
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.postgres import PostgresJournal, install
from freedompay_async.postgres.connection import listening
from freedompay_async.postgres.journal.batches import batches, begin_round
from freedompay_async.postgres.schema.tables import VERSION
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import intend


@pytest.fixture
async def pool(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0, max_size=8) as pool:
        yield pool


async def planned(pool):
    async with PostgresJournal(pool, name="default") as journal:
        await make_plan(journal, [person(1), person(2)], settings=SETTINGS)


async def opened(pool):
    async with PostgresJournal(pool, name="default") as journal:
        return journal.name


# -- versions


async def test_several_at_once_make_it_once(pool):
    versions = await asyncio.gather(*(install(pool) for _ in range(4)))

    assert versions == [VERSION] * 4
    assert await pool.fetchval("SELECT count(*) FROM freedompay.meta") == 1


async def test_to_install_again_changes_nothing_of_what_is_there(pool):
    await install(pool)
    await planned(pool)
    before = await batches(pool)
    await install(pool)

    assert await batches(pool) == before != []


async def test_a_database_without_the_schema_says_how_to_make_it(pool):
    with pytest.raises(ConfigurationError, match="freedompay journal install"):
        await opened(pool)


async def test_a_newer_schema_is_refused_and_stays_as_it_is(pool):
    await install(pool)
    await pool.execute("UPDATE freedompay.meta SET version = version + 1")
    for refused in (opened(pool), install(pool), batches(pool)):
        with pytest.raises(ConfigurationError, match=f"schema {VERSION + 1}, .*update the program"):
            await refused

    assert await pool.fetchval("SELECT version FROM freedompay.meta") == VERSION + 1


async def test_an_older_schema_is_refused_until_it_is_upgraded(pool):
    await install(pool)
    await pool.execute("UPDATE freedompay.meta SET version = version - 1")
    with pytest.raises(ConfigurationError, match="upgrade it with freedompay journal install"):
        await opened(pool)


async def test_an_upgrade_from_the_first_version_makes_what_it_lacks_and_keeps_the_rest(pool):
    await install(pool)
    await planned(pool)
    await pool.execute("DROP TABLE freedompay.requests")
    await pool.execute("UPDATE freedompay.meta SET version = 1")
    before = await pool.fetchval("SELECT count(*) FROM freedompay.rows")

    assert await install(pool) == VERSION
    assert await pool.fetchval("SELECT count(*) FROM freedompay.rows") == before > 0
    assert await pool.fetchval("SELECT count(*) FROM freedompay.requests") == 0


async def test_who_is_running_drains_when_a_newer_version_is_installed(pool):
    await install(pool)
    await planned(pool)
    async with PostgresJournal(pool, name="default") as journal:
        owner = journal.new_owner()
        await journal.take(1, owner)
        before = await journal.renew(owner)
        await pool.execute("UPDATE freedompay.meta SET version = version + 1")
        after = await journal.renew(owner)

    assert (before.stopped, after.stopped) == (False, True)


async def test_a_role_that_may_not_make_it_is_told_so(
    pool, postgres_server, bare_postgres_database
):
    await pool.execute("DROP ROLE IF EXISTS plain_one")
    await pool.execute("CREATE ROLE plain_one LOGIN")
    address = bare_postgres_database.replace("postgres@", "plain_one@")
    try:
        connection = await asyncpg.connect(address)
        with pytest.raises(ConfigurationError, match="may not make the schema freedompay"):
            await install(connection)
        await connection.close()
    finally:
        await pool.execute("DROP ROLE plain_one")


async def test_a_plain_role_that_owns_the_schema_needs_no_more(pool, bare_postgres_database):
    name = f"owner_of_{bare_postgres_database.rpartition('_')[2]}"
    await pool.execute(f"CREATE ROLE {name} LOGIN")
    database = bare_postgres_database.rpartition("/")[2]
    await pool.execute(f"GRANT CREATE ON DATABASE {database} TO {name}")
    address = bare_postgres_database.replace("postgres@", f"{name}@")
    try:
        async with asyncpg.create_pool(address, min_size=0, max_size=4) as own:
            await install(own)
            await planned(own)
            async with PostgresJournal(own, name="default") as journal:
                owner = journal.new_owner()
                rows = await journal.take(2, owner)
                assert (await journal.renew(owner)).ended == 0
        assert [row.number for row in rows] == [1, 2]
    finally:
        await pool.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


# -- the identity


async def test_a_database_that_is_another_one_is_read_and_nothing_is_sent(pool):
    await install(pool)
    await planned(pool)
    await pool.execute("UPDATE freedompay.meta SET identity = 'another'")
    async with PostgresJournal(pool, name="default") as journal:
        assert (await journal.kept_plan()).rows == 2
        with pytest.raises(ConfigurationError, match="journal restored --taken TIME"):
            await journal.take(1, journal.new_owner())
        with pytest.raises(ConfigurationError, match="journal restored --taken TIME"):
            await begin_round(pool, "default")


async def test_who_is_running_loses_its_lease_when_the_database_becomes_another(pool):
    await install(pool)
    await planned(pool)
    async with PostgresJournal(pool, name="default") as journal:
        owner = journal.new_owner()
        await journal.take(1, owner)
        await pool.execute("UPDATE freedompay.meta SET identity = 'another'")
        with pytest.raises(ConfigurationError, match="it was restored from a backup"):
            await journal.take(1, owner)


async def test_a_restored_database_goes_on_and_asks_about_every_step(pool):
    await install(pool)
    await planned(pool)
    await pool.execute("UPDATE freedompay.meta SET identity = 'another'")
    taken = time.time() - 3_600
    async with PostgresJournal(pool, name="default") as journal:
        count = await journal.may_have_been_sent_since(taken)
        rows = await journal.take(2, journal.new_owner())

    assert count == 2
    assert [set(row.sent) for row in rows] == [{"client", "card"}] * 2
    assert rows[0].sent["card"].sent_at == pytest.approx(taken, abs=5.0)


async def test_a_dump_that_is_read_into_another_database_is_another_one(
    pool, bare_postgres_database, postgres_server
):
    await install(pool)
    before = await pool.fetchval("SELECT identity FROM freedompay.meta")
    await pool.execute("ALTER TABLE freedompay.meta RENAME TO old")
    await pool.execute("CREATE TABLE freedompay.meta AS SELECT * FROM freedompay.old")

    assert before.count("/") == 4
    assert await pool.fetchval("SELECT identity FROM freedompay.meta") == before
    await planned(pool)
    async with PostgresJournal(pool, name="default") as journal:
        with pytest.raises(ConfigurationError, match="is not the database that it was"):
            await journal.take(1, journal.new_owner())


# -- what is in between


async def test_a_pooler_that_brings_no_notifications_is_refused(pool, monkeypatch):
    await install(pool)

    async def deaf(*_):
        pass

    monkeypatch.setattr(asyncpg.Connection, "add_listener", deaf)
    monkeypatch.setattr(asyncpg.Connection, "remove_listener", deaf)
    monkeypatch.setattr(listening, "_COMES", 0.05)
    with pytest.raises(ConfigurationError, match="PgBouncer in transaction mode"):
        await opened(pool)


async def test_a_pool_that_is_too_small_is_refused(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0, max_size=3) as small:
        with pytest.raises(ConfigurationError, match="3 connections at most: a journal needs 4"):
            await opened(small)


def test_what_is_no_pool_is_refused():
    with pytest.raises(ConfigurationError, match="give a pool of asyncpg"):
        PostgresJournal("postgresql://localhost/db", name="default")


async def test_no_text_has_the_password(pool, bare_postgres_database):
    await install(pool)
    address = bare_postgres_database.replace("postgres@", "postgres:s3cret@")
    async with asyncpg.create_pool(address, min_size=0, max_size=4) as own:
        async with PostgresJournal(own, name="default") as journal:
            await make_plan(journal, [person(1)], settings=SETTINGS)
            (row,) = await journal.take(1, journal.new_owner())
            texts = [journal.name, repr(journal)]
            await pool.execute("ALTER TABLE freedompay.rows RENAME TO gone")
            with pytest.raises(JournalError) as caught:
                await intend(journal, row)
        texts += [str(caught.value), repr(caught.value.__cause__)]

    assert texts[0].endswith("(batch default)")
    assert all("s3cret" not in text for text in texts)
