"""What is written over the application's own connection is in its transaction, whichever library
it is of.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.tracker.callers import in_transaction, reading
from tests.tracker.callers_of import NOTHING, enqueue, taken_back, write, written


async def test_a_job_is_there_with_the_rows_of_the_application(caller_kind, database):
    async with caller_kind.begin() as db:
        await write(caller_kind, db)
        before = await written(database)

    assert before == ([], [])
    assert await written(database) == ([1], [("request 1", b"1")])


async def test_what_the_application_takes_back_leaves_no_job(caller_kind, database):
    async with taken_back(caller_kind.begin()) as db:
        await write(caller_kind, db)

    assert await written(database) == ([], [])


async def test_a_job_that_is_the_first_statement_is_taken_back_too(caller_kind, database):
    async with taken_back(caller_kind.begin()) as db:
        await enqueue(await in_transaction(db), "request 1", b"1")
    async with caller_kind.begin() as db:
        await enqueue(await in_transaction(db), "request 1", b"2")

    assert await written(database) == ([], [("request 1", b"2")])


async def test_a_savepoint_takes_back_what_is_in_it(caller_kind, database):
    async with caller_kind.begin() as db:
        await write(caller_kind, db, 1)
        async with taken_back(caller_kind.savepoint(db)):
            await write(caller_kind, db, 2)
        async with caller_kind.savepoint(db):
            await write(caller_kind, db, 3)

    assert await written(database) == ([1, 3], [("request 1", b"1"), ("request 1", b"3")])


async def test_a_connection_that_commits_each_statement_is_refused(caller_kind, database):
    async with caller_kind.outside() as db:
        with pytest.raises(ConfigurationError) as refused:
            await enqueue(await in_transaction(db), "request 1", b"1")

    assert "could come apart" in str(refused.value)
    assert str(refused.value).endswith(NOTHING)
    assert await written(database) == ([], [])


async def test_a_transaction_that_has_failed_is_refused(caller_kind, database):
    with pytest.raises(Exception, match="division by zero"):
        async with caller_kind.begin() as db:
            await failed_write(caller_kind, db)

    assert await written(database) == ([], [])


async def failed_write(kind, db):
    """It goes on after an error, and raises the first one."""
    try:
        await kind.execute(db, "SELECT 1 / 0")
    except Exception:
        with pytest.raises(ConfigurationError) as refused:
            await enqueue(await in_transaction(db), "request 1", b"1")
        assert "has failed with an earlier statement: roll it back" in str(refused.value)
        assert str(refused.value).endswith(NOTHING)
        raise


async def test_it_can_be_read_where_nothing_protects_it(caller_kind):
    async with caller_kind.outside() as db, reading(db) as caller:
        assert await caller.fetch("SELECT $1::integer AS number", 4) == [{"number": 4}]


async def test_a_worker_is_told_at_the_commit(caller_kind, database):
    told = asyncio.Queue()
    await database.add_listener("freedompay_wake", lambda *said: told.put_nowait(said[-1]))
    async with taken_back(caller_kind.begin()) as db:
        await write(caller_kind, db, 1)
    async with caller_kind.begin() as db:
        await write(caller_kind, db, 2)

    assert "wake_pgqueuer" in await told.get()
    assert told.empty()


async def test_values_come_back_as_they_were_given(caller_kind):
    given = {
        "words": "é %s %(a)s :b $1 ? \\ 'c'",
        "number": 2**40,
        "small": 1,
        "seconds": 2.5,
        "yes": True,
        "bytes": b"\x00\xff\\",
        "none": None,
        "at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        "texts": ["a", None, 'é,"{}\\'],
        "numbers": [1, 2**40],
        "empty": [],
        "json": '{"a": "%"}',
    }
    types = ("text", "bigint", "integer", "float8", "boolean", "bytea", "text", "timestamptz")
    types += ("text[]", "bigint[]", "text[]", "jsonb::text")
    columns = [
        f"${place}::{kind} AS {name}"
        for place, (name, kind) in enumerate(zip(given, types, strict=True), 1)
    ]
    async with caller_kind.begin() as db:
        caller = await in_transaction(db)
        rows = await caller.fetch(f"SELECT {', '.join(columns)}", *given.values())

    assert rows == [given]


async def test_a_statement_without_rows_gives_none(caller_kind, database):
    async with caller_kind.begin() as db:
        await write(caller_kind, db)
        caller = await in_transaction(db)
        assert await caller.fetch("UPDATE orders SET number = $1::integer", 5) == []
        assert await caller.fetch("SELECT number FROM orders WHERE number = 6") == []

    assert (await written(database))[0] == [5]


async def error_of(kind, statement, *, own):
    """What a statement raises; `own`: one of the application."""
    async with taken_back(kind.begin()) as db:
        caller = await in_transaction(db)
        with pytest.raises(Exception, match=r"too many|duplicate key") as error:
            await (kind.execute(db, statement) if own else caller.fetch(statement))
    return error.value


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders SELECT 1, 'Aida' FROM generate_series(1, 2)",
        "DO $$ BEGIN RAISE serialization_failure USING MESSAGE = 'too many'; END $$",
        "DO $$ BEGIN RAISE deadlock_detected USING MESSAGE = 'too many'; END $$",
    ],
)
async def test_an_error_is_the_one_that_a_statement_of_the_application_raises(
    caller_kind, database, statement
):
    theirs = await error_of(caller_kind, statement, own=True)
    ours = await error_of(caller_kind, statement, own=False)

    assert type(ours) is type(theirs)
    if hasattr(caller_kind, "engine"):
        assert type(ours.orig) is type(theirs.orig)
        assert ours.orig.sqlstate == theirs.orig.sqlstate


async def test_an_error_does_not_show_what_was_to_be_written(caller_kind, database):
    async with taken_back(caller_kind.begin()) as db:
        caller = await in_transaction(db)
        with pytest.raises(Exception, match="division by zero") as error:
            await caller.fetch("SELECT $1::text, 1 / $2::integer", "Aida", 0)

    assert "Aida" not in f"{error.value!r} {error.value}"
    assert "Aida" not in f"{error.value.__cause__!r} {error.value.__cause__}"


async def test_a_lost_connection_is_not_given_to_the_next_one(caller_kind, database):
    with pytest.raises(Exception, match=r"closed|lost|terminating"):
        async with caller_kind.begin() as db:
            await lost_write(caller_kind, db, database)

    if hasattr(caller_kind, "engine") or hasattr(caller_kind, "pool"):
        async with caller_kind.begin() as db:
            await enqueue(await in_transaction(db), "request 1", b"2")
        assert await written(database) == ([], [("request 1", b"2")])
    else:
        with pytest.raises(ConfigurationError, match="the connection is closed: open another"):
            await in_transaction(db)


async def lost_write(kind, db, database):
    await write(kind, db)
    caller = await in_transaction(db)
    (row,) = await caller.fetch("SELECT pg_backend_pid() AS process")
    await database.execute("SELECT pg_terminate_backend($1, 10000)", row["process"])
    await enqueue(caller, "request 1", b"1")


async def test_a_statement_that_is_cancelled_leaves_nothing(caller_kind, database):
    async with database.transaction():
        await database.execute("LOCK TABLE freedompay.wake_pgqueuer")
        task = asyncio.create_task(one_order(caller_kind, 1))
        await waiting_for_a_lock(database)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await one_order(caller_kind, 2)

    assert await written(database) == ([2], [("request 1", b"2")])


async def one_order(kind, number):
    async with kind.begin() as db:
        await write(kind, db, number)


async def waiting_for_a_lock(database):
    """Until another session of this database waits."""
    while not await database.fetchval(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE NOT granted AND datname = current_database()"
    ):
        await asyncio.sleep(0.01)
