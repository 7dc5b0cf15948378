"""What the application has set on its connection changes nothing of what is written over it."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime

import asyncpg
import psycopg
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_dumps, set_json_loads

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.tracker.callers import in_transaction
from freedompay_async.postgres.workers.wake import queries
from tests.tracker.callers_of import KINDS, enqueue, taken_back, write, written

PAYLOAD = "\\x00' \u00ff\\ $1 %s".encode()


async def queued(database):
    """Each job: its payload, its headers as text, and whether it waits for a time."""
    rows = await database.fetch(
        "SELECT payload, headers::text, execute_after > updated FROM freedompay.wake_pgqueuer "
        "ORDER BY id"
    )
    return [tuple(row) for row in rows]


@pytest.fixture
async def as_it_is(database):
    """The row that PgQueuer itself makes over its own driver."""
    async with database.transaction():
        await queries(AsyncpgDriver(database)).enqueue("request 1", PAYLOAD)
    (row,) = await queued(database)
    await database.execute("DELETE FROM freedompay.wake_pgqueuer")
    return row


async def enqueue_two(kind):
    for _ in range(2):
        async with kind.begin() as db:
            await enqueue(await in_transaction(db), "request 1", PAYLOAD)


async def test_a_job_is_the_one_that_the_queue_itself_makes(caller_kind, database, as_it_is):
    await enqueue_two(caller_kind)

    assert await queued(database) == [as_it_is] * 2


STATEMENTS = (
    "SET search_path TO ''",
    "SET standard_conforming_strings TO off",
    "SET intervalstyle TO 'iso_8601'",
    "SET bytea_output TO 'escape'",
    "SET datestyle TO 'German'",
    "SET timezone TO 'Asia/Almaty'",
)


async def test_settings_of_the_session(caller_kind, database, as_it_is):
    async with caller_kind.begin() as db:
        for statement in STATEMENTS:
            await caller_kind.execute(db, statement)
        caller = await in_transaction(db)
        await enqueue(caller, "request 1", PAYLOAD)
        at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        rows = await caller.fetch("SELECT $1::bytea AS body, $2::timestamptz AS at", PAYLOAD, at)

    assert await queued(database) == [as_it_is]
    assert rows == [{"body": PAYLOAD, "at": at}]
    assert rows[0]["at"].tzinfo is UTC


def nothing_is_encoded(value):
    raise AssertionError(value)


async def test_codecs_of_asyncpg(postgres_database, database, as_it_is):
    async with KINDS["asyncpg"](postgres_database) as kind:
        for name in ("json", "jsonb"):
            await kind.connection.set_type_codec(
                name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
            )
        await kind.connection.set_type_codec(
            "interval", encoder=nothing_is_encoded, decoder=str, schema="pg_catalog"
        )
        await enqueue_two(kind)

    assert await queued(database) == [as_it_is] * 2


async def test_row_and_cursor_factories_and_adapters_of_psycopg(
    postgres_database, database, as_it_is
):
    async with KINDS["psycopg"](
        postgres_database,
        row_factory=namedtuple_row,
        cursor_factory=psycopg.AsyncClientCursor,
    ) as kind:
        set_json_dumps(nothing_is_encoded, kind.connection)
        set_json_loads(nothing_is_encoded, kind.connection)
        await enqueue_two(kind)

    assert await queued(database) == [as_it_is] * 2


class OwnRecord(asyncpg.Record):
    pass


class OwnConnection(asyncpg.Connection):
    pass


# What a pooler between the application and the server asks for.
NO_CACHE = {"statement_cache_size": 0}
NO_CACHE_OF_ALCHEMY = {
    **NO_CACHE,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("asyncpg", NO_CACHE),
        ("asyncpg pool", NO_CACHE),
        ("asyncpg", {"connection_class": OwnConnection, "record_class": OwnRecord}),
        ("psycopg", {"prepare_threshold": None}),
        ("psycopg", {"prepare_threshold": 0}),
        ("sqlalchemy connection, asyncpg", {"connect_args": NO_CACHE_OF_ALCHEMY}),
        ("sqlalchemy session, asyncpg", {"connect_args": NO_CACHE_OF_ALCHEMY}),
        ("sqlalchemy connection, psycopg", {"connect_args": {"prepare_threshold": None}}),
        ("sqlalchemy session, psycopg", {"isolation_level": "SERIALIZABLE"}),
        ("sqlalchemy session, asyncpg", {"isolation_level": "SERIALIZABLE"}),
        ("sqlalchemy session, asyncpg", {"json_serializer": nothing_is_encoded}),
        ("sqlalchemy session, psycopg", {"json_serializer": nothing_is_encoded}),
    ],
)
async def test_options_of_a_connection(postgres_database, database, as_it_is, name, options):
    async with KINDS[name](postgres_database, **options) as kind:
        await enqueue_two(kind)
        async with taken_back(kind.begin()) as db:
            await write(kind, db)

    assert await queued(database) == [as_it_is] * 2


@pytest.mark.parametrize("name", [name for name in KINDS if "sqlalchemy" in name])
async def test_what_sqlalchemy_logs_does_not_show_what_was_written(postgres_database, caplog, name):
    with caplog.at_level(logging.DEBUG, "sqlalchemy"):
        async with KINDS[name](postgres_database, echo="debug") as kind, kind.begin() as db:
            caller = await in_transaction(db)
            assert await caller.fetch("SELECT $1::text AS client", "Aida") == [{"client": "Aida"}]

    assert "BEGIN" in caplog.text
    assert "Aida" not in caplog.text


async def test_another_encoding_of_the_client(postgres_database):
    async with await psycopg.AsyncConnection.connect(
        postgres_database, client_encoding="LATIN1"
    ) as connection:
        caller = await in_transaction(connection)
        assert await caller.fetch("SELECT $1::text AS client", "é") == [{"client": "é"}]


@pytest.fixture(params=[False, True], ids=["", "autocommit"])
async def pipelined(request, postgres_database):
    """A connection of psycopg."""
    connection = await psycopg.AsyncConnection.connect(postgres_database, autocommit=request.param)
    yield connection
    await connection.close()


async def test_in_a_pipeline_of_psycopg(pipelined, database):
    async with pipelined.pipeline(), taken_back(pipelined.transaction()):
        await pipelined.execute("INSERT INTO orders VALUES (1, 'Aida')")
        await enqueue(await in_transaction(pipelined), "request 1", b"1")
    async with pipelined.pipeline(), pipelined.transaction():
        await pipelined.execute("INSERT INTO orders VALUES (2, 'Aida')")
        await enqueue(await in_transaction(pipelined), "request 1", b"2")
    await pipelined.commit()

    assert await written(database) == ([2], [("request 1", b"2")])


async def test_in_a_pipeline_of_psycopg_outside_of_a_transaction(postgres_database, database):
    async with await psycopg.AsyncConnection.connect(
        postgres_database, autocommit=True
    ) as connection:
        for first in ("SELECT 1", "INSERT INTO orders VALUES (1, 'Aida')"):
            async with connection.pipeline():
                await connection.execute(first)
                with pytest.raises(ConfigurationError, match="in autocommit and in no transaction"):
                    await in_transaction(connection)

    assert await written(database) == ([1], [])


async def test_in_a_pipeline_an_error_from_before_is_the_applications(pipelined, database):
    async with pipelined.pipeline(), taken_back(pipelined.transaction()):
        await pipelined.execute("SELECT 1 / 0")
        with pytest.raises(psycopg.errors.DivisionByZero):
            await in_transaction(pipelined)

    assert await written(database) == ([], [])


async def test_while_another_task_uses_the_connection(pipelined, database):
    async with pipelined.transaction():
        async with database.transaction():
            await database.execute("LOCK TABLE orders")
            other = asyncio.create_task(pipelined.execute("INSERT INTO orders VALUES (1, 'Aida')"))
            while pipelined.info.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
                await asyncio.sleep(0)
            ours = asyncio.create_task(in_transaction(pipelined))
            await asyncio.sleep(0)
        await enqueue(await ours, "request 1", b"1")
        await other
    await pipelined.commit()

    assert await written(database) == ([1], [("request 1", b"1")])
