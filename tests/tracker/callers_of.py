"""The kinds of connection over which an application writes, each opened by its own library."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress

import asyncpg
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from freedompay_async.postgres.tracker.callers import in_transaction

NOTHING = ". Nothing was written, and nothing was sent."
ORDER = "INSERT INTO orders (number, client) VALUES (:number, :client)"


async def enqueue(caller, entrypoint, payload):
    """Put a wake-up into the queue, in the transaction of the connection."""
    await caller.fetch("SELECT freedompay.wake($1, $2)", entrypoint, payload.decode())


class Asyncpg:
    """A connection that `asyncpg.connect` gives."""

    def __init__(self, address, **options):
        self.address, self.options = address, options

    async def __aenter__(self):
        self.connection = await asyncpg.connect(self.address, **self.options)
        return self

    async def __aexit__(self, *_):
        await self.connection.close()

    @asynccontextmanager
    async def begin(self):
        """What an application writes with, in a transaction that ends with the block."""
        async with self.connection.transaction():
            yield self.connection

    @asynccontextmanager
    async def outside(self):
        """The same where no transaction protects it, and none would begin by itself."""
        yield self.connection

    def savepoint(self, db):
        """A context manager: what is in it is taken back by an error of its own."""
        return db.transaction()

    async def execute(self, db, statement, **values):
        """One statement of the application, with its parameters as `:name`."""
        for place, name in enumerate(values, 1):
            statement = statement.replace(f":{name}", f"${place}")
        await db.execute(statement, *values.values())


class AsyncpgPool(Asyncpg):
    """A connection that a pool of asyncpg gives."""

    async def __aenter__(self):
        self.pool = await asyncpg.create_pool(self.address, min_size=0, max_size=2, **self.options)
        return self

    async def __aexit__(self, *_):
        await self.pool.close()

    @asynccontextmanager
    async def begin(self):
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def outside(self):
        async with self.pool.acquire() as connection:
            yield connection


class Psycopg(Asyncpg):
    """An `AsyncConnection` of psycopg."""

    async def __aenter__(self):
        self.connection = await psycopg.AsyncConnection.connect(self.address, **self.options)
        return self

    @asynccontextmanager
    async def begin(self):
        # Its first statement begins the transaction.
        try:
            yield self.connection
        except BaseException:
            await self.connection.rollback()
            raise
        await self.connection.commit()

    @asynccontextmanager
    async def outside(self):
        await self.connection.set_autocommit(True)
        yield self.connection
        await self.connection.set_autocommit(False)

    async def execute(self, db, statement, **values):
        for name in values:
            statement = statement.replace(f":{name}", f"%({name})s")
        await db.execute(statement, values)


class SQLAlchemyConnection(Asyncpg):
    """An `AsyncConnection` of SQLAlchemy."""

    driver = "asyncpg"

    async def __aenter__(self):
        address = self.address.replace("postgresql:", f"postgresql+{self.driver}:")
        self.engine = create_async_engine(address, **self.options)
        return self

    async def __aexit__(self, *_):
        await self.engine.dispose()

    @asynccontextmanager
    async def begin(self):
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def outside(self):
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    def savepoint(self, db):
        return db.begin_nested()

    async def execute(self, db, statement, **values):
        await db.execute(text(statement), values)


class SQLAlchemySession(SQLAlchemyConnection):
    """An `AsyncSession` of SQLAlchemy."""

    async def __aenter__(self):
        await super().__aenter__()
        self.maker = async_sessionmaker(self.engine)
        return self

    @asynccontextmanager
    async def begin(self):
        async with self.maker.begin() as session:
            yield session

    @asynccontextmanager
    async def outside(self):
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with self.maker(bind=engine) as session:
            yield session


class SQLAlchemyPsycopgConnection(SQLAlchemyConnection):
    driver = "psycopg"


class SQLAlchemyPsycopgSession(SQLAlchemySession):
    driver = "psycopg"


KINDS = {
    "asyncpg": Asyncpg,
    "asyncpg pool": AsyncpgPool,
    "psycopg": Psycopg,
    "sqlalchemy connection, asyncpg": SQLAlchemyConnection,
    "sqlalchemy session, asyncpg": SQLAlchemySession,
    "sqlalchemy connection, psycopg": SQLAlchemyPsycopgConnection,
    "sqlalchemy session, psycopg": SQLAlchemyPsycopgSession,
}


class TakenBackError(Exception):
    pass


@asynccontextmanager
async def taken_back(context):
    """A transaction or a savepoint that an error of the application ends."""
    with suppress(TakenBackError):
        async with context as db:
            yield db
            raise TakenBackError


async def write(kind, db, number=1):
    """An order of the application, and a job of ours."""
    await kind.execute(db, ORDER, number=number, client="Aida")
    await enqueue(await in_transaction(db), "request 1", f"{number}".encode())


async def written(database):
    """The orders of the application, and the jobs in the queue."""
    orders = await database.fetch("SELECT number FROM orders ORDER BY number")
    jobs = await database.fetch(
        "SELECT entrypoint, payload FROM freedompay.wake_pgqueuer ORDER BY payload"
    )
    return [row["number"] for row in orders], [(row[0], row[1]) for row in jobs]
