"""The thread that writes a journal: what waits together shares a commit, and errors are told to
whom they are of.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from freedompay_async.errors import JournalError
from tests.journal.raw import Held, insert, names, raw

WRITER = """
import asyncio, sys
from pathlib import Path
from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.writer import Writer

async def main():
    async with Writer(Database(Path(sys.argv[1]), create=True)) as journal:
        for number in range(100_000):
            await journal.call(lambda c: c.execute("INSERT INTO meta VALUES (?, '')", (f"{number:06}",)))
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_what_call_returned_from_survives_kill_9(tmp_path, after):
    path = tmp_path / "run.db"
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WRITER, path], stdout=subprocess.PIPE, text=True
    ) as writer:
        said = [int(writer.stdout.readline()) for _ in range(after)]
        os.kill(writer.pid, signal.SIGKILL)
    with closing(sqlite3.connect(path)) as reader:
        found = names(reader)

    assert found[:after] == [f"{number:06}" for number in said]


async def test_each_commit_waits_for_the_disk(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        modes = await journal.call(
            lambda c: (
                c.execute("PRAGMA journal_mode").fetchone()[0],
                c.execute("PRAGMA synchronous").fetchone()[0],
            )
        )

    assert modes == ("wal", 2)


async def test_calls_that_wait_together_share_one_commit(tmp_path):
    said = []
    async with raw(tmp_path / "run.db") as journal:
        await journal.call(lambda c: c.set_trace_callback(said.append))
        async with Held(journal):
            said.clear()
            calls = [
                asyncio.create_task(journal.call(insert(f"{number:03}"))) for number in range(300)
            ]
        await asyncio.gather(*calls)

        assert said.count("COMMIT") == 2
        assert len(await journal.call(names)) == 300


async def limit(journal, pages):
    return await journal.call(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])


async def test_a_full_disk_is_told_in_one_message(tmp_path):
    path = tmp_path / "run.db"
    async with raw(path) as journal:
        await limit(journal, 1)
        with pytest.raises(JournalError) as caught:
            await journal.call(insert("a", "x" * 100_000))

    assert str(caught.value) == (
        f"{path} can't be written (database or disk is full): the run has stopped, and nothing "
        "was sent that is not in it. "
        "Make room or mend the disk, then resume."
    )


async def test_what_a_full_disk_did_not_take_is_not_half_there(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        await journal.call(insert("before"))
        await limit(journal, 1)

        def two(connection):
            insert("first")(connection)
            insert("second", "x" * 100_000)(connection)

        with pytest.raises(JournalError):
            await journal.call(two)
        await limit(journal, 10_000)

        assert await journal.call(names) == ["before"]


async def test_a_full_disk_that_has_room_again_is_written_again(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        with pytest.raises(JournalError):
            await journal.call(insert("a", "x" * 100_000))
        await limit(journal, 10_000)
        await journal.call(insert("a", "x" * 100_000))

        assert await journal.call(names) == ["a"]


async def test_everybody_in_a_group_that_was_not_written_is_told(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        async with Held(journal):
            calls = [
                asyncio.create_task(journal.call(insert(name, "x" * size)))
                for name, size in (("a", 1), ("b", 100_000), ("c", 1))
            ]
        told = await asyncio.gather(*calls, return_exceptions=True)

        assert [type(each) for each in told] == [JournalError] * 3
        assert await journal.call(names) == []


async def test_an_error_that_is_kept_does_not_keep_a_closed_journal_locked(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        async with Held(journal):
            journal.note(lambda connection: connection.execute("PRAGMA max_page_count"))
            call = asyncio.create_task(journal.call(insert("a", "x" * 100_000)))
        with pytest.raises(JournalError) as kept:
            await call
    async with raw(tmp_path / "run.db") as journal:
        found = await journal.call(names)

    assert (found, type(kept.value.__cause__)) == ([], sqlite3.OperationalError)


async def test_a_job_that_raises_is_told_to_its_own_caller_only(tmp_path):
    def bad(connection):
        insert("bad")(connection)
        raise KeyError("mine")

    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            calls = [
                asyncio.create_task(journal.call(work)) for work in (insert("a"), bad, insert("b"))
            ]
        told = await asyncio.gather(*calls, return_exceptions=True)

        assert [type(each).__name__ for each in told] == ["Cursor", "KeyError", "Cursor"]
        assert await journal.call(names) == ["a", "b"]


async def test_a_cancelled_caller_does_not_take_its_write_back(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            call = asyncio.create_task(journal.call(insert("a")))
            await asyncio.sleep(0)
            call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert await journal.call(names) == ["a"]


async def test_a_note_is_written_with_the_next_call(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        journal.note(insert("noted"))

        assert await journal.call(names) == ["noted"]


async def test_a_note_that_fails_disturbs_nobody(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            journal.note(lambda _: {}["absent"])
            call = asyncio.create_task(journal.call(insert("a")))
        await call

        assert await journal.call(names) == ["a"]


class Keeper:
    """A writer of names, and how many came each time."""

    def __init__(self):
        self.came = []

    def __call__(self, connection, each):
        self.came.append(len(each))
        connection.executemany("INSERT INTO meta VALUES (?, '')", each)


async def test_the_values_of_all_that_wait_are_written_at_once(tmp_path):
    keeper, other = Keeper(), Keeper()
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            writes = [journal.write(keeper, (f"{number:03}",)) for number in range(300)]
            writes.append(journal.write(other, ("other",)))
            journal.note_values(keeper, ("noted",))
        told = await asyncio.gather(*writes)

        assert (told, keeper.came, other.came) == ([None] * 301, [301], [1])
        assert len(await journal.call(names)) == 302


async def test_values_that_can_not_be_written_are_told_to_their_own_caller_only(tmp_path):
    keeper = Keeper()
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            # Half of a pair of UTF-16: text of Python that no database takes.
            writes = [journal.write(keeper, (name,)) for name in ("a", "\ud83d", "b")]
        told = await asyncio.gather(*writes, return_exceptions=True)

        assert [type(each).__name__ for each in told] == [
            "NoneType",
            "UnicodeEncodeError",
            "NoneType",
        ]
        assert await journal.call(names) == ["a", "b"]


async def test_noted_values_that_can_not_be_written_disturb_nobody(tmp_path):
    keeper = Keeper()
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            journal.note_values(keeper, ("\ud83d",))
            write = journal.write(keeper, ("a",))
        await write

        assert await journal.call(names) == ["a"]


async def test_values_are_written_after_the_call_before_them_and_before_the_call_after_them(
    tmp_path,
):
    keeper, seen = Keeper(), []
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            journal.note(lambda connection: seen.append(names(connection)))
            write = journal.write(keeper, ("a",))
            journal.note(lambda connection: seen.append(names(connection)))
        await write

    assert seen == [[], ["a"]]


async def test_everybody_whose_values_were_not_written_is_told(tmp_path):
    keeper = Keeper()
    async with raw(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        async with Held(journal):
            writes = [
                journal.write(keeper, (name * size,))
                for name, size in (("a", 1), ("b", 100_000), ("c", 1))
            ]
        told = await asyncio.gather(*writes, return_exceptions=True)

        assert [type(each) for each in told] == [JournalError] * 3
        assert await journal.call(names) == []


@pytest.mark.parametrize(("count", "pauses"), [(1, 0), (3, 0), (4, 1), (100, 1)])
async def test_where_much_is_written_more_is_gathered_and_where_little_is_nobody_waits(
    tmp_path, monkeypatch, count, pauses
):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal):
            writes = [journal.write(Keeper(), (f"{number:03}",)) for number in range(count)]
        await asyncio.gather(*writes)
        # The pause comes after the answer, and before the next.
        await journal.call(names)

    assert slept == [0.005] * pauses


async def test_what_was_asked_for_before_the_end_is_written(tmp_path):
    async with raw(tmp_path / "run.db") as journal:
        async with Held(journal) as held:
            call = asyncio.create_task(journal.call(insert("a")))
            await asyncio.sleep(0)
            journal.note(insert("b"))
            closing_ = asyncio.create_task(journal.__aexit__(None, None, None))
            await asyncio.sleep(0)
            assert not held.first.done()
        await call
        await closing_
    with closing(sqlite3.connect(tmp_path / "run.db")) as reader:
        found = names(reader)

    assert found == ["a", "b"]


async def test_a_closed_journal_says_so(tmp_path):
    path = tmp_path / "run.db"
    async with raw(path) as journal:
        pass
    with pytest.raises(JournalError) as caught:
        await journal.call(names)

    assert str(caught.value) == f"{path} is closed; nothing was written."


def test_a_thread_that_outlives_its_event_loop_ends_in_peace(tmp_path):
    go, started = threading.Event(), threading.Event()
    journal = raw(tmp_path / "run.db")

    def hold(connection):
        started.set()
        go.wait(10)
        return insert("a")(connection)

    async def leave():
        await journal.__aenter__()
        journal.note(hold)
        await asyncio.to_thread(started.wait, 10)

    asyncio.run(leave())
    (thread,) = [each for each in threading.enumerate() if each.name == "journal run.db"]
    go.set()
    asyncio.run(journal.__aexit__(None, None, None))
    with closing(sqlite3.connect(tmp_path / "run.db")) as reader:
        found = names(reader)

    assert not thread.is_alive()
    assert found == ["a"]
