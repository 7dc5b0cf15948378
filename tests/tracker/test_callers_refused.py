"""Connections over which nothing is written, because it would not be in one transaction with the
application's rows. Each refusal says what to give instead.
"""

from __future__ import annotations

from contextlib import asynccontextmanager

import asyncpg
import psycopg
import pytest
import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.ext import asyncio as alchemy

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.tracker.callers import in_transaction, reading
from tests.programs import output_of
from tests.tracker.callers_of import NOTHING, enqueue, written


async def refusal(db, door=in_transaction):
    with pytest.raises(ConfigurationError) as refused:
        await door(db)
    text = str(refused.value)
    assert text.endswith(NOTHING)
    return text.removesuffix(NOTHING)


async def read(db):
    async with reading(db):
        pass


async def test_asyncpg_outside_of_a_transaction(postgres_database, database):
    said = (
        "the connection is in no transaction, so that your rows and this one could come apart: "
        "begin one (async with connection.transaction()), and write both in it"
    )
    assert await refusal(database) == said
    async with database.transaction():
        await enqueue(await in_transaction(database), "request 1", b"1")
    assert await refusal(database) == said
    assert await written(database) == ([], [("request 1", b"1")])


async def test_asyncpg_in_a_transaction_that_was_begun_by_a_statement(database):
    await database.execute("BEGIN")
    await enqueue(await in_transaction(database), "request 1", b"1")
    await database.execute("ROLLBACK")

    assert await written(database) == ([], [])


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_a_closed_connection(bare_postgres_database, door):
    said = "the connection is closed: open another one"
    connection = await asyncpg.connect(bare_postgres_database)
    await connection.close()
    assert await refusal(connection, door) == said
    connection = await psycopg.AsyncConnection.connect(bare_postgres_database)
    await connection.close()
    assert await refusal(connection, door) == said
    async with engine(bare_postgres_database) as made:
        connection = await made.connect()
        await connection.close()
    assert await refusal(connection, door) == said


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_a_connection_that_was_given_back_to_its_pool(bare_postgres_database, door):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0) as pool:
        async with pool.acquire() as connection:
            pass
        assert await refusal(connection, door) == (
            "the connection was given back to its pool: take one, and keep it until your "
            "transaction has ended"
        )


async def test_a_pool_is_for_reading_only(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0) as pool:
        assert await refusal(pool) == (
            "db=Pool: give a connection of it that is in a transaction (async with pool.acquire() "
            "as connection, connection.transaction())"
        )
        async with reading(pool) as caller:
            assert await caller.fetch("SELECT 1 AS number") == [{"number": 1}]
            assert pool.get_idle_size() == 0
        assert pool.get_idle_size() == 1


async def test_psycopg_in_autocommit(postgres_database, database):
    async with await psycopg.AsyncConnection.connect(
        postgres_database, autocommit=True
    ) as connection:
        assert await refusal(connection) == (
            "the connection is in autocommit and in no transaction, so that your rows and this one "
            "could come apart: begin one (async with connection.transaction()), and write both in "
            "it"
        )
        async with connection.transaction(force_rollback=True):
            await enqueue(await in_transaction(connection), "request 1", b"1")
        async with connection.transaction():
            await enqueue(await in_transaction(connection), "request 1", b"2")

    assert await written(database) == ([], [("request 1", b"2")])


@asynccontextmanager
async def engine(address, driver="asyncpg"):
    made = alchemy.create_async_engine(address.replace("postgresql:", f"postgresql+{driver}:"))
    yield made
    await made.dispose()


@pytest.fixture(params=["asyncpg", "psycopg"])
async def made_engine(request, postgres_database):
    async with engine(postgres_database, request.param) as made:
        yield made


AUTOCOMMIT = (
    "the connection is in autocommit, so that your rows and this one could come apart: use one "
    "without isolation_level='AUTOCOMMIT', and write both in one transaction of it"
)


async def test_sqlalchemy_in_autocommit_of_the_session_alone(made_engine):
    async with alchemy.AsyncSession(made_engine) as session:
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        assert await refusal(session) == AUTOCOMMIT


async def test_sqlalchemy_in_autocommit_of_the_engine(postgres_database):
    for driver in ("asyncpg", "psycopg"):
        made = alchemy.create_async_engine(
            postgres_database.replace("postgresql:", f"postgresql+{driver}:"),
            isolation_level="AUTOCOMMIT",
        )
        async with made.begin() as connection:
            assert await refusal(connection) == AUTOCOMMIT
        await made.dispose()


async def test_a_connection_of_sqlalchemy_that_was_not_begun_begins(made_engine, database):
    async with made_engine.connect() as connection:
        await enqueue(await in_transaction(connection), "request 1", b"1")
    async with made_engine.connect() as connection:
        await enqueue(await in_transaction(connection), "request 1", b"2")
        await connection.commit()
    async with alchemy.AsyncSession(made_engine) as session:
        await enqueue(await in_transaction(session), "request 1", b"3")
        await session.commit()

    assert await written(database) == ([], [("request 1", b"2"), ("request 1", b"3")])


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_a_connection_of_sqlalchemy_that_is_not_open(made_engine, door):
    assert await refusal(made_engine.connect(), door) == (
        "the connection isn't open yet: enter it (async with engine.begin() as connection)"
    )


async def test_a_transaction_of_sqlalchemy_that_has_ended_in_its_block(made_engine):
    said = (
        "is closed, or its transaction has ended in a block that goes on: leave the block, and "
        "begin another one"
    )
    async with made_engine.begin() as connection:
        await connection.get_transaction().rollback()
        assert await refusal(connection) == f"the AsyncConnection {said}"
    async with alchemy.async_sessionmaker(made_engine).begin() as session:
        await session.get_transaction().rollback()
        assert await refusal(session) == f"the AsyncSession {said}"


async def test_a_session_whose_flush_has_failed(made_engine, database):
    class Base(orm.DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        number: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        client: orm.Mapped[str]

    await database.execute("INSERT INTO orders VALUES (1, 'Aida')")
    async with alchemy.AsyncSession(made_engine) as session:
        session.add(Order(number=1, client="Aida"))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            await session.flush()
        assert await refusal(session) == (
            "the transaction of the connection has failed with an earlier statement: roll it back, "
            "and begin another one"
        )
        await session.rollback()
        await enqueue(await in_transaction(session), "request 1", b"1")
        await session.commit()

    assert await written(database) == ([1], [("request 1", b"1")])


async def test_a_session_that_begins_nothing_by_itself(made_engine):
    async with alchemy.AsyncSession(made_engine, autobegin=False) as session:
        assert await refusal(session) == (
            "the session is in no transaction, and begins none by itself: begin one (async with "
            "session.begin())"
        )


async def test_a_session_that_has_no_engine_of_its_own():
    async with alchemy.AsyncSession() as session:
        assert await refusal(session) == (
            "the session has no engine of its own: give the connection that your rows go over, "
            "await session.connection(...)"
        )


async def test_a_session_of_two_phases(made_engine):
    async with alchemy.AsyncSession(made_engine, twophase=True) as session:
        assert await refusal(session) == (
            "the transaction is one of two phases, and PostgreSQL prepares none that wakes a "
            "worker: use a session without twophase"
        )
        await session.rollback()


async def test_a_connection_that_sqlalchemy_has_given_up(made_engine):
    async with made_engine.connect() as connection:
        await connection.execute(sqlalchemy.text("SELECT 1"))
        await connection.invalidate()
        assert "has failed with an earlier statement" in await refusal(connection)
        await connection.rollback()
        await enqueue(await in_transaction(connection), "request 1", b"1")


GIVE = (
    "give a connection of asyncpg, an AsyncConnection of psycopg, or SQLAlchemy's AsyncConnection "
    "or AsyncSession"
)


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_what_is_no_connection_at_all(door):
    assert await refusal(None, door) == f"db=NoneType: {GIVE}"
    assert await refusal("postgresql://cards", door) == f"db=str: {GIVE}"


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_what_blocks_is_no_connection_for_a_loop(bare_postgres_database, door):
    with psycopg.connect(bare_postgres_database) as connection:
        assert (
            await refusal(connection, door) == "db=Connection: give an AsyncConnection of psycopg"
        )
    address = bare_postgres_database.replace("postgresql:", "postgresql+psycopg:")
    blocking = sqlalchemy.create_engine(address)
    asynchronous = "give an AsyncConnection, of an engine that create_async_engine() makes"
    assert await refusal(blocking, door) == f"db=Engine: {asynchronous}"
    with blocking.connect() as connection:
        assert await refusal(connection, door) == f"db=Connection: {asynchronous}"
    with orm.Session(blocking) as session:
        assert await refusal(session, door) == (
            "db=Session: give an AsyncSession, as async_sessionmaker() makes it"
        )
    blocking.dispose()


@pytest.mark.parametrize("door", [in_transaction, read])
async def test_what_makes_connections_is_none(made_engine, door):
    maker = alchemy.async_sessionmaker(made_engine)
    assert await refusal(made_engine, door) == (
        "db=AsyncEngine: give a connection of it (async with engine.begin() as connection)"
    )
    assert await refusal(maker, door) == (
        "db=async_sessionmaker: give a session of it (async with maker.begin() as session)"
    )
    scoped = alchemy.async_scoped_session(maker, lambda: 1)
    assert await refusal(scoped, door) == (
        "db=async_scoped_session: call it, and give the session that it gives"
    )
    async with scoped() as session:
        await enqueue(await in_transaction(session), "request 1", b"1")


@pytest.mark.parametrize("library", ["psycopg", "sqlalchemy"])
def test_a_library_that_the_application_does_not_use_is_not_imported(library):
    code = (
        "import asyncio, sys\n"
        "from freedompay_async.errors import ConfigurationError\n"
        "from freedompay_async.postgres.tracker.callers import in_transaction\n"
        "try:\n"
        "    asyncio.run(in_transaction(None))\n"
        "except ConfigurationError:\n"
        f"    print({library!r} in sys.modules)\n"
    )
    assert output_of(code) == ("False", "")
