"""The file of a journal when it is opened: whose it is, who else has it, and what it is."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from freedompay_async.batch import Journal
from freedompay_async.calls.record import Record
from freedompay_async.contract.models import GiftIssue
from freedompay_async.contract.table import GIFT_CARDS_ISSUE
from freedompay_async.errors import ConfigurationError
from tests.journal.raw import insert, names, raw

HOLDER = """
import asyncio, sys
from freedompay_async.batch import Journal

async def main():
    async with Journal.open(sys.argv[1]):
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def refused(path, **options):
    """What opening this path says."""

    async def work():
        async with Journal.open(path, **options):
            pass

    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(work())
    return str(caught.value)


async def test_the_file_and_its_log_are_for_the_owner_only(tmp_path):
    before = os.umask(0)
    try:
        async with raw(tmp_path / "run.db") as journal:
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
    async with raw(tmp_path / "run.db") as journal:
        await journal.call(insert("a"))
    async with raw(tmp_path / "run.db", create=False) as journal:
        found = await journal.call(names)

    assert found == ["a"]


async def test_the_name_of_memory_is_a_file_like_any_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with raw(":memory:") as journal:
        await journal.call(insert("a"))
    async with raw(":memory:") as journal:
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
    async with raw(tmp_path / name) as journal:
        await journal.call(insert("a"))
    async with raw(tmp_path / name, create=False) as journal:
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
    async with raw(path) as journal:
        await journal.call(lambda c: c.execute("PRAGMA user_version = 7"))
    with pytest.raises(ConfigurationError) as caught:
        async with raw(path):
            pass

    assert str(caught.value) == (
        f"{path} was written by a newer version (journal version 7, this program reads 4): update "
        "the program. Nothing was sent."
    )


@contextmanager
def held(path):
    """A process that has the journal open."""
    command = [sys.executable, "-W", "error", "-c", HOLDER, path]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        yield holder


def test_a_journal_in_use_by_another_process(tmp_path):
    path = tmp_path / "run.db"
    with held(path) as holder:
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
    async with raw(path) as journal:
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
    with held(path) as holder:
        os.kill(holder.pid, signal.SIGKILL)

    async def work():
        async with raw(path, create=False) as journal:
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
