from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from base64 import b64encode
from contextlib import closing

import pytest

from freedompay_async.batch import Journal, entries, writes
from freedompay_async.calls.record import Record
from freedompay_async.contract.models import GiftIssue
from freedompay_async.contract.table import GIFT_CARDS_ISSUE
from freedompay_async.errors import ConfigurationError, JournalError

WRITER = """
import asyncio, sys
from freedompay_async.batch import Journal

async def main():
    async with Journal.open(sys.argv[1]) as journal:
        for number in range(100_000):
            await journal.call(lambda c: c.execute("INSERT INTO meta VALUES (?, '')", (f"{number:06}",)))
            print(number, flush=True)

asyncio.run(main())
"""
HOLDER = """
import asyncio, sys
from freedompay_async.batch import Journal

async def main():
    async with Journal.open(sys.argv[1]):
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def insert(name, value=""):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, ?)", (name, value))


def names(connection):
    return [name for (name,) in connection.execute("SELECT name FROM meta ORDER BY name")]


def refused(path, **options):
    """What opening this path says."""

    async def work():
        async with Journal.open(path, **options):
            pass

    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(work())
    return str(caught.value)


class Held:
    """The writer thread, held up: what is asked for meanwhile makes one group."""

    def __init__(self, journal):
        self.journal = journal
        self.go = threading.Event()
        self.started = threading.Event()

    async def __aenter__(self):
        def hold(connection):
            self.started.set()
            self.go.wait(10)

        self.first = asyncio.create_task(self.journal.call(hold))
        await asyncio.to_thread(self.started.wait, 10)
        return self

    async def __aexit__(self, *_):
        # Whoever was started calls before the thread goes on.
        await asyncio.sleep(0)
        self.go.set()
        await self.first


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
    async with Journal.open(tmp_path / "run.db") as journal:
        modes = await journal.call(
            lambda c: (
                c.execute("PRAGMA journal_mode").fetchone()[0],
                c.execute("PRAGMA synchronous").fetchone()[0],
            )
        )

    assert modes == ("wal", 2)


async def test_calls_that_wait_together_share_one_commit(tmp_path):
    said = []
    async with Journal.open(tmp_path / "run.db") as journal:
        await journal.call(lambda c: c.set_trace_callback(said.append))
        async with Held(journal):
            said.clear()
            calls = [
                asyncio.create_task(journal.call(insert(f"{number:03}"))) for number in range(300)
            ]
        await asyncio.gather(*calls)

        assert said.count("COMMIT") == 2
        assert len(await journal.call(names)) == 300


async def test_the_file_and_its_log_are_for_the_owner_only(tmp_path):
    before = os.umask(0)
    try:
        async with Journal.open(tmp_path / "run.db") as journal:
            await journal.call(insert("a"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert modes == {"run.db": 0o600, "run.db-wal": 0o600}


async def test_an_empty_file_that_others_can_read_does_not_become_a_journal_that_they_can_read(
    tmp_path,
):
    path = tmp_path / "run.db"
    path.touch()
    path.chmod(0o644)
    async with Journal.open(path):
        pass

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_file_says_whose_it_is(tmp_path):
    async with Journal.open(tmp_path / "run.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "run.db")) as reader:
        application = reader.execute("PRAGMA application_id").fetchone()[0]

    assert application == int.from_bytes(b"FPJ1")


async def test_a_second_opening_finds_what_the_first_wrote(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
        await journal.call(insert("a"))
    async with Journal.open(tmp_path / "run.db", create=False) as journal:
        found = await journal.call(names)

    assert found == ["a"]


async def test_the_name_of_memory_is_a_file_like_any_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with Journal.open(":memory:") as journal:
        await journal.call(insert("a"))
    async with Journal.open(":memory:") as journal:
        found = await journal.call(names)

    assert found == ["a"]


@pytest.mark.parametrize(
    "name",
    ["run?mode=memory.db", "50%41.db", "a#b&c=d.db", "июнь 1.db", " ", "\udcff.db"],
    ids=ascii,
)
async def test_no_sign_in_a_name_has_a_meaning_of_its_own(tmp_path, name):
    try:
        (tmp_path / name).touch()
        (tmp_path / name).unlink()
    except (OSError, UnicodeError):
        pytest.skip("no name of a file here")
    async with Journal.open(tmp_path / name) as journal:
        await journal.call(insert("a"))
    async with Journal.open(tmp_path / name, create=False) as journal:
        found = await journal.call(names)

    assert found == ["a"]
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "run.db"
    path.write_bytes(b"key,phone,first_name,last_name\n" * 100)

    assert (
        refused(path)
        == f"{path} is not a journal of this program: name another file. Nothing was sent."
    )


def foreign(path, *, application=0):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
        connection.execute(f"PRAGMA application_id = {application}")
        connection.commit()


@pytest.mark.parametrize("application", [0, 1234])
def test_the_database_of_another_program(tmp_path, application):
    path = tmp_path / "accounts.db"
    foreign(path, application=application)

    assert (
        refused(path)
        == f"{path} is not a journal of this program: name another file. Nothing was sent."
    )


def test_the_database_of_another_program_is_left_as_it_was(tmp_path):
    path = tmp_path / "accounts.db"
    foreign(path)
    before = path.read_bytes()
    refused(path)

    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["accounts.db"]


async def test_a_journal_of_a_newer_version(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:
        await journal.call(lambda c: c.execute("PRAGMA user_version = 7"))
    with pytest.raises(ConfigurationError) as caught:
        async with Journal.open(path):
            pass

    assert str(caught.value) == (
        f"{path} was written by a newer version (journal version 7, this program reads 2): update "
        "the program. Nothing was sent."
    )


def test_a_journal_in_use_by_another_process(tmp_path):
    path = tmp_path / "run.db"
    command = [sys.executable, "-W", "error", "-c", HOLDER, path]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        said = refused(path)
        holder.stdin.close()

    assert (
        said == f"{path} is in use by another process: wait for it, or stop it. Nothing was sent."
    )


async def opened_again(path):
    with pytest.raises(ConfigurationError, match="in use by another process"):
        async with Journal.open(path):
            pass


async def taken_for_a_record(path):
    body = GiftIssue(cardholder_name="A", phone=7, product_code=1)
    with pytest.raises(ConfigurationError, match="its first line is not that of a record"):
        await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", body, {}, body)


@pytest.mark.parametrize("disturb", [opened_again, taken_for_a_record])
async def test_an_open_journal_stays_closed_to_other_processes_whatever_its_own_does_with_the_file(
    tmp_path, disturb
):
    # To close any descriptor of a file gives up all locks that the process has on it.
    path = tmp_path / "run.db"
    command = [sys.executable, "-W", "error", "-c", HOLDER, path]
    async with Journal.open(path) as journal:
        await disturb(path)
        await disturb(path)
        other = await asyncio.to_thread(
            subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        await journal.call(insert("a"))
    again = await asyncio.to_thread(
        subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )

    assert other.stdout == ""
    assert f"{path} is in use by another process" in other.stderr
    assert again.stdout == "open\n"


async def test_a_journal_that_is_closed_or_refused_leaves_no_descriptor(tmp_path):
    def descriptors():
        return sorted(each for each in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{each}"))

    path = tmp_path / "run.db"
    (tmp_path / "notes").write_text("my notes")
    before = descriptors()
    async with Journal.open(path):
        await opened_again(path)
        await taken_for_a_record(path)
    await asyncio.to_thread(lambda: None)
    with pytest.raises(ConfigurationError):
        async with Journal.open(tmp_path / "notes"):
            pass

    assert descriptors() == before


def test_a_journal_is_free_again_after_its_process_was_killed(tmp_path):
    path = tmp_path / "run.db"
    command = [sys.executable, "-W", "error", "-c", HOLDER, path]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGKILL)

    async def work():
        async with Journal.open(path, create=False) as journal:
            return await journal.call(names)

    assert asyncio.run(work()) == []


def test_a_journal_that_is_not_there_and_is_not_to_be_made(tmp_path):
    path = tmp_path / "run.db"

    assert (
        refused(path, create=False)
        == f"{path} does not exist: a journal is made by `batch issue`. Nothing was sent."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    path = tmp_path / "runs" / "run.db"
    said = refused(path)

    assert (
        said == f"{path} can't be opened for writing (No such file or directory). Nothing was sent."
    )


def test_a_folder_in_place_of_a_file(tmp_path):
    said = refused(tmp_path)

    assert said == f"{tmp_path} can't be opened for writing (Is a directory). Nothing was sent."


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a place that nobody can write in")
def test_a_place_where_nothing_can_be_written():
    said = refused("/proc/run.db")

    assert said.startswith("/proc/run.db can't be opened for writing (")
    assert said.endswith("). Nothing was sent.")


async def limit(journal, pages):
    return await journal.call(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])


async def test_a_full_disk_is_told_in_one_message(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:
        await limit(journal, 1)
        with pytest.raises(JournalError) as caught:
            await journal.call(insert("a", "x" * 100_000))

    assert str(caught.value) == (
        f"{path} can't be written (database or disk is full): the run has stopped, and nothing "
        "was sent that is not in it. "
        "Make room or mend the disk, then resume."
    )


async def test_what_a_full_disk_did_not_take_is_not_half_there(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        with pytest.raises(JournalError):
            await journal.call(insert("a", "x" * 100_000))
        await limit(journal, 10_000)
        await journal.call(insert("a", "x" * 100_000))

        assert await journal.call(names) == ["a"]


async def test_everybody_in_a_group_that_was_not_written_is_told(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(tmp_path / "run.db") as journal:
        await limit(journal, 1)
        async with Held(journal):
            journal.note(lambda connection: connection.execute("PRAGMA max_page_count"))
            call = asyncio.create_task(journal.call(insert("a", "x" * 100_000)))
        with pytest.raises(JournalError) as kept:
            await call
    async with Journal.open(tmp_path / "run.db") as journal:
        found = await journal.call(names)

    assert (found, type(kept.value.__cause__)) == ([], sqlite3.OperationalError)


async def test_a_job_that_raises_is_told_to_its_own_caller_only(tmp_path):
    def bad(connection):
        insert("bad")(connection)
        raise KeyError("mine")

    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            calls = [
                asyncio.create_task(journal.call(work)) for work in (insert("a"), bad, insert("b"))
            ]
        told = await asyncio.gather(*calls, return_exceptions=True)

        assert [type(each).__name__ for each in told] == ["Cursor", "KeyError", "Cursor"]
        assert await journal.call(names) == ["a", "b"]


async def test_a_cancelled_caller_does_not_take_its_write_back(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            call = asyncio.create_task(journal.call(insert("a")))
            await asyncio.sleep(0)
            call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert await journal.call(names) == ["a"]


async def test_a_note_is_written_with_the_next_call(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
        journal.note(insert("noted"))

        assert await journal.call(names) == ["noted"]


async def test_a_note_that_fails_disturbs_nobody(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            writes = [journal.write(keeper, (f"{number:03}",)) for number in range(300)]
            writes.append(journal.write(other, ("other",)))
            journal.note_values(keeper, ("noted",))
        told = await asyncio.gather(*writes)

        assert (told, keeper.came, other.came) == ([None] * 301, [301], [1])
        assert len(await journal.call(names)) == 302


async def test_values_that_can_not_be_written_are_told_to_their_own_caller_only(tmp_path):
    keeper = Keeper()
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            journal.note_values(keeper, ("\ud83d",))
            write = journal.write(keeper, ("a",))
        await write

        assert await journal.call(names) == ["a"]


async def test_values_are_written_after_the_call_before_them_and_before_the_call_after_them(
    tmp_path,
):
    keeper, seen = Keeper(), []
    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            journal.note(lambda connection: seen.append(names(connection)))
            write = journal.write(keeper, ("a",))
            journal.note(lambda connection: seen.append(names(connection)))
        await write

    assert seen == [[], ["a"]]


async def test_everybody_whose_values_were_not_written_is_told(tmp_path):
    keeper = Keeper()
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(tmp_path / "run.db") as journal:
        async with Held(journal):
            writes = [journal.write(Keeper(), (f"{number:03}",)) for number in range(count)]
        await asyncio.gather(*writes)
        # The pause comes after the answer, and before the next.
        await journal.call(names)

    assert slept == [0.005] * pauses


@pytest.mark.parametrize("as_one", [writes._FROM, False], ids=["this SQLite", "an old SQLite"])
async def test_how_many_rows_stand_is_written_to_each_of_them(office, people, monkeypatch, as_one):
    monkeypatch.setattr(writes, "_FROM", as_one)
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(250)))
        async with Held(batch._journal):
            rows = [
                (
                    number,
                    "issued",
                    f"client {number}",
                    f"card {number}",
                    number % 2,
                    f"reason {number}",
                    number % 3 % 2,
                )
                for number in range(1, 250)
            ]
            written = [batch._journal.write(writes._know, values) for values in rows]
        await asyncio.gather(*written)
        kept = await batch._journal.call(
            lambda connection: connection.execute(
                "SELECT number, state, client_id, card_id, found, reason, proved FROM rows ORDER "
                "BY number"
            ).fetchall()
        )

    assert kept == [*rows, (250, "planned", None, None, 0, None, 0)]


async def test_what_was_asked_for_before_the_end_is_written(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
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
    async with Journal.open(path) as journal:
        pass
    with pytest.raises(JournalError) as caught:
        await journal.call(names)

    assert str(caught.value) == f"{path} is closed; nothing was written."


async def test_no_key_and_no_document_is_in_the_file(office, people):
    content = b"%PDF-1.4 " + bytes(range(256)) * 8
    office.document(content=content)
    file = office.file(
        [office.with_document(1), office.with_document(2, last_name="REFUSED"), *people(6)[2:]]
    )
    report = await office.issue(file)
    held = office.folder / "held"
    async with office.batch() as batch:
        await batch.report()
        with office.on_disk():
            held.mkdir()
            (office.folder / "image" / "run.db").rename(held / "run.db")
    kept = b"".join(path.read_bytes() for path in [*office.folder.glob("run.db*"), held / "run.db"])
    hidden = {
        "key": office.issuer.secret_key.encode(),
        "raw": content[9:265],
        "base64": b64encode(content)[12:100],
        "hex": content.hex().encode()[:200],
    }

    assert report.issued == 5
    assert b"77010000001" in kept
    assert {name for name, text in hidden.items() if text in kept} == set()


async def test_no_key_and_no_document_is_in_the_log_of_a_run_that_is_on(office, people):
    content = b"%PDF-1.4 " + bytes(range(256)) * 8
    office.document(content=content)
    file = office.file([office.with_document(1), *people(6)[1:]])
    async with office.batch() as batch:
        await office.plan(batch, file)
        await office.finish(batch)
        log = (office.folder / "run.db-wal").read_bytes()

    assert b"77010000001" in log
    assert [
        text
        for text in (office.issuer.secret_key.encode(), content[9:265], b64encode(content)[12:100])
        if text in log
    ] == []


def test_a_thread_that_outlives_its_event_loop_ends_in_peace(tmp_path):
    go, started = threading.Event(), threading.Event()
    journal = Journal.open(tmp_path / "run.db")

    def hold(connection):
        started.set()
        go.wait(10)
        return insert("a")(connection)

    async def leave():
        await journal.__aenter__()
        journal.note(hold)
        await asyncio.to_thread(started.wait, 10)

    asyncio.run(leave())
    thread = journal._thread
    go.set()
    journal._jobs.put(None)
    thread.join(10)
    with closing(sqlite3.connect(tmp_path / "run.db")) as reader:
        found = names(reader)

    assert not thread.is_alive()
    assert found == ["a"]


async def test_each_time_that_the_clock_was_set_back_counts(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
        writes.clock_was_set_back(journal, 7200.0)
        writes.clock_was_set_back(journal, 30.5)
        writes.clock_was_set_back(journal, 0.0)
        standing = await entries.standing(journal)

    assert standing.clock._set_back == 7230.5
