"""Rows of an async iterable, such as a cursor of a database: how far they are read ahead, and what
is left when they fail, or when the plan does.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import aclosing

import anyio
import pytest

from freedompay_async.batch import Limits, outcomes, read_row
from freedompay_async.errors import ConfigurationError, JournalError
from tests.rows import row_of_code, row_of_file


class Cursor:
    """Rows that come later, and what became of the generator that gives them."""

    def __init__(self, count, *, at=None, do=None):
        self.count, self.at, self.do = count, at, do
        self.given, self.closed = 0, False
        self.reached = asyncio.Event()

    async def __aiter__(self):
        try:
            for number in range(1, self.count + 1):
                if number == self.at:
                    self.reached.set()
                    await self.do()
                self.given = number
                yield row_of_code(number)
        finally:
            # As the cursor of a database, which sends something to close.
            await asyncio.sleep(0)
            self.closed = True


async def stuck():
    await asyncio.Event().wait()


async def test_all_rows_are_planned(office, one_each):
    cursor = Cursor(5)
    async with office.batch() as batch:
        plan = await batch.plan(cursor)
        report = await office.finish(batch)

    assert (plan.rows, plan.problems, plan.resumed) == (5, (), False)
    assert (report.issued, office.cards(), cursor.closed) == (5, one_each(5), True)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1_500])
async def test_the_plan_is_that_of_the_same_rows_in_a_list(office, count):
    async with office.batch() as batch:
        first = await batch.plan(Cursor(count))
        again = await batch.plan([row_of_code(number) for number in range(1, count + 1)])

    assert (first.rows, again.resumed, again.settings) == (count, True, first.settings)


async def test_an_async_generator_does_for_rows(office):
    async def rows():
        for number in (1, 2):
            yield read_row(row_of_file(number), product_id=2000)

    async with office.batch() as batch, aclosing(rows()) as given:
        plan = await batch.plan(given)

    assert plan.rows == 2


async def test_what_can_be_read_both_ways_is_read_on_the_loop(office):
    class Both(Cursor):
        def __iter__(self):
            raise AssertionError("this would block the loop")

    async with office.batch() as batch:
        plan = await batch.plan(Both(3))

    assert plan.rows == 3


async def test_rows_are_read_on_the_loop_and_those_of_a_list_are_not(office):
    threads = []

    async def later():
        threads.append(threading.get_ident())
        yield row_of_code(1)

    def now():
        threads.append(threading.get_ident())
        yield row_of_code(1)

    async with office.batch() as batch:
        await batch.plan(later())
        await batch.plan(now())

    assert threads[0] == threading.get_ident() != threads[1]


async def test_no_rows(office):
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError) as caught:
            await batch.plan(Cursor(0))
        assert office.sizes() == (0, 0)

    assert str(caught.value) == "there are no rows to plan. Nothing was sent."


async def test_only_some_rows_are_read_ahead_of_the_thread(office, monkeypatch):
    """While the thread stands, a cursor of a million rows is read no further."""
    gate = threading.Event()

    class Standing:
        def __init__(self, *_):
            pass

        def take(self, row):
            gate.wait()
            return row

    monkeypatch.setattr("freedompay_async.batch.plan_rows.Keys", Standing)
    cursor = Cursor(20_000)
    async with office.batch() as batch:
        planning = asyncio.create_task(batch.plan(cursor))
        before = -1
        while cursor.given != before or not before:
            before = cursor.given
            await asyncio.sleep(0.02)
        ahead = cursor.given
        gate.set()
        plan = await planning

    assert 0 < ahead <= 4 * 256
    assert plan.rows == 20_000


async def test_others_go_on_while_rows_are_read_that_are_ready_at_once(office):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with office.batch() as batch:
        going = asyncio.create_task(others())
        await batch.plan(Cursor(2_000))
        going.cancel()

    assert turns > 2_000 // 256


class Broken(Exception):
    pass


async def broken():
    raise Broken("the connection is gone")


async def locked():
    raise sqlite3.OperationalError("database is locked")


async def unwritten():
    raise JournalError("another journal can't be read.")


@pytest.mark.parametrize("at", [1, 2, 300, 1_000])
@pytest.mark.parametrize(
    ("do", "kind"),
    [(broken, Broken), (locked, sqlite3.OperationalError), (unwritten, JournalError)],
    ids=["of its own", "SQLite", "a journal"],
)
async def test_an_error_of_the_rows_comes_as_it_is_and_leaves_no_trace(office, do, kind, at):
    cursor = Cursor(1_000, at=at, do=do)
    async with office.batch() as batch:
        with pytest.raises(kind) as caught:
            await batch.plan(cursor)
        assert office.sizes() == (0, 0)
        again = await batch.plan(Cursor(2))

    assert (type(caught.value), caught.value.__cause__, caught.value.__context__) == (
        kind,
        None,
        None,
    )
    assert (cursor.closed, again.rows, again.resumed) == (True, 2, False)


@pytest.mark.parametrize("at", [1, 300])
@pytest.mark.parametrize("kind", [Broken, sqlite3.OperationalError, JournalError, KeyError])
async def test_so_does_an_error_of_rows_that_are_read_in_the_thread(office, kind, at):
    def rows():
        for number in range(1, 1_000):
            if number == at:
                raise kind("gone")
            yield row_of_code(number)

    async with office.batch() as batch:
        with pytest.raises(kind) as caught:
            await batch.plan(rows())
        assert office.sizes() == (0, 0)

    assert (type(caught.value), caught.value.__cause__) == (kind, None)


async def test_rows_that_can_not_be_begun(office):
    class Never:
        def __aiter__(self):
            raise Broken

    async with office.batch() as batch:
        with pytest.raises(Broken):
            await batch.plan(Never())
        assert office.sizes() == (0, 0)


async def test_rows_that_can_not_be_closed(office):
    class Rows:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise StopAsyncIteration

        async def aclose(self):
            raise Broken

    async with office.batch() as batch:
        with pytest.raises(Broken):
            await batch.plan(Rows())
        assert office.sizes() == (0, 0)


@pytest.mark.parametrize("count", [1, 20_000], ids=["few rows", "more to come"])
async def test_a_plan_that_fails_closes_its_rows(office, count):
    cursor = Cursor(count)

    async def rows():
        yield {"key": "k0"}
        async for row in cursor:
            yield row

    given = rows()
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError, match="row 1 of those given is of type dict"):
            await batch.plan(given)
        assert office.sizes() == (0, 0)
        with pytest.raises(StopAsyncIteration):
            await anext(given)


async def test_a_plan_that_fails_does_not_wait_for_rows(office):
    cursor = Cursor(5_000, at=1_000, do=stuck)

    async def rows():
        yield {"key": "k0"}
        async for row in cursor:
            yield row

    async with office.batch() as batch, asyncio.timeout(20):
        with pytest.raises(ConfigurationError, match="row 1 of those given"):
            await batch.plan(rows())
        assert office.sizes() == (0, 0)


async def test_more_rows_than_cards_allowed_leave_no_trace(office):
    cursor = Cursor(300)
    async with office.batch(limits=Limits(max_cards=299)) as batch:
        with pytest.raises(ConfigurationError, match="300 rows would make 300 cards"):
            await batch.plan(cursor)
        assert office.sizes() == (0, 0)

    assert cursor.closed


@pytest.mark.parametrize("at", [1, 2, 300, 1_000])
@pytest.mark.parametrize("way", ["task", "scope", "timeout"])
async def test_a_plan_that_is_cancelled_leaves_no_trace_and_the_journal_serves(office, at, way):
    cursor = Cursor(1_000, at=at, do=stuck)
    async with office.batch() as batch, asyncio.timeout(20):
        if way == "task":
            planning = asyncio.create_task(batch.plan(cursor))
            await cursor.reached.wait()
            planning.cancel()
            with pytest.raises(asyncio.CancelledError):
                await planning
        elif way == "scope":
            async with anyio.create_task_group() as group:
                group.start_soon(batch.plan, cursor)
                await cursor.reached.wait()
                group.cancel_scope.cancel()
        else:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await batch.plan(cursor)
        closed = cursor.closed
        report = await batch.report()
        assert office.sizes() == (0, 0)
        again = await batch.plan(Cursor(3))

    assert (closed, report.has_plan, report.rows) == (True, False, 0)
    assert (again.rows, again.resumed) == (3, False)


@pytest.mark.parametrize("late", [False, True], ids=["among the rows", "after them"])
async def test_a_plan_of_a_list_that_is_cancelled_leaves_no_trace(office, late):
    reached, gate = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def rows():
        for number in range(1, 1_500):
            if number == 700 and not late:
                loop.call_soon_threadsafe(reached.set)
                gate.wait()
            yield row_of_code(number)
        if late:
            loop.call_soon_threadsafe(reached.set)
            gate.wait()

    async with office.batch() as batch:
        planning = asyncio.create_task(batch.plan(rows()))
        await reached.wait()
        planning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await planning
        gate.set()
        report = await batch.report()
        assert office.sizes() == (0, 0)

    assert not report.has_plan


async def test_rows_that_cancel_themselves_cancel_the_plan(office):
    async def cancelled():
        raise asyncio.CancelledError

    cursor = Cursor(1_000, at=500, do=cancelled)
    async with office.batch() as batch:
        with pytest.raises(asyncio.CancelledError):
            await batch.plan(cursor)
        assert office.sizes() == (0, 0)

    assert cursor.closed


class Ends(BaseException):
    """No `Exception`, as what cancels a task."""


@pytest.mark.parametrize("kind", [asyncio.CancelledError, Ends])
async def test_so_does_an_error_of_any_kind_in_the_thread(office, kind):
    """It would end the thread of the journal, and nobody would hear of the plan again."""

    def rows():
        yield row_of_code(1)
        raise kind

    async with office.batch() as batch:
        with pytest.raises(kind):
            await asyncio.wait_for(batch.plan(rows()), 10)
        assert office.sizes() == (0, 0)
        again = await batch.plan([row_of_code(1)])

    assert (again.rows, again.resumed) == (1, False)


async def test_a_closed_journal_takes_no_rows(office):
    async with office.batch() as batch:
        pass
    with pytest.raises(ConfigurationError, match="can't be written"):
        await batch.plan(Cursor(1_000))


async def test_a_journal_that_can_not_be_written_closes_the_rows(office, trouble):
    cursor = Cursor(5_000)
    async with office.batch() as batch:
        trouble.begins(batch.journal)
        with pytest.raises(ConfigurationError, match="can't be written"):
            await batch.plan(cursor)

    assert cursor.closed


async def test_rows_of_another_journal(office, tmp_path):
    """A batch whose rows were planned elsewhere is read from there while it is planned anew."""
    async with office.batch("old.db") as old, office.batch(name="new") as batch:
        await old.plan([row_of_code(1), row_of_code(2)])
        plan = await batch.plan([row_of_code(each.number) async for each in outcomes(old.journal)])

    assert plan.rows == 2
