"""A journal that fails during a run, or is not one's own: what is said, what was sent, and what is
safe next.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from freedompay_async.batch import Journal, Limits
from freedompay_async.errors import ConfigurationError, JournalError

ROWS = 60
GONE = (
    "was moved or removed while in use: the run has stopped, and nothing was sent that was not in "
    "it. "
    "Put it back with its -wal file and resume. Issuing the same file with a new journal gives no "
    "key a second card only while the issuer "
    "remembers the request ids."
)
CLIENT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
try:
    for statement in sys.argv[2:]:
        connection.execute(statement).fetchall()
    print("done", flush=True)
except sqlite3.OperationalError as error:
    print(error, flush=True)
sys.stdin.read()
"""


class Other:
    """Another program that has the file open, in a process of its own, because locks are a
    process's.
    """

    def __init__(self, path, *statements):
        command = [sys.executable, "-W", "error", "-c", CLIENT, str(path), *statements]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        self.said = self.process.stdout.readline().rstrip()
        return self

    def __exit__(self, *_):
        self.process.communicate()


def asked_for(path):
    """The ids of the cards that a journal knows of."""
    with closing(sqlite3.connect(path)) as journal:
        return {
            each
            for (each,) in journal.execute("SELECT request_id FROM intents WHERE step = 'card'")
        }


def sent(office):
    return {card["request_id"] for card in office.issuer.ledger()}


async def stopped(office, people, trouble, *, after=3, journal="run.db"):
    """What a run says that meets trouble when a few rows have ended."""
    ended = 0

    def at_each():
        nonlocal ended
        ended += 1
        if ended == after:
            trouble(batch)

    async with office.batch(journal, limits=Limits(concurrency=4)) as batch:
        await office.plan(batch, office.file(people(ROWS)))
        with pytest.raises(JournalError) as caught:
            await office.finish(batch, at_each)
    return str(caught.value)


@pytest.mark.parametrize("after", [1, 10, 25])
@pytest.mark.parametrize(
    ("pragma", "words"),
    [
        ("max_page_count = 1", "database or disk is full"),
        ("query_only = ON", "attempt to write a readonly database"),
    ],
    ids=["full", "read-only"],
)
async def test_a_disk_that_is_full_or_read_only_all_at_once_stops_the_run_and_no_card_is_lost_or_made_twice(
    office, people, one_each, trouble, pragma, words, after
):
    # What has to fit needs pages: each row's text grows.
    said = await stopped(
        office, people, lambda batch: trouble.begins(batch.journal, pragma), after=after
    )
    unknown = sent(office) - asked_for(office.folder / "run.db")
    report = await office.resume()

    assert said == (
        f"{office.folder / 'run.db'} can't be written ({words}): the run has stopped, and nothing "
        "was sent that is not in it. "
        "Make room or mend the disk, then resume."
    )
    assert unknown == set()
    assert report.complete
    assert office.cards() == one_each(ROWS)


def run_in(folder):
    folder.mkdir()
    return f"{folder.name}/run.db"


async def test_a_folder_that_is_moved_away_during_a_run_stops_it(office, people):
    name = run_in(office.folder / "runs")
    said = await stopped(
        office,
        people,
        lambda _: (office.folder / "runs").rename(office.folder / "away"),
        journal=name,
    )

    assert said == f"{office.folder / name} {GONE}"
    assert sent(office) - asked_for(office.folder / "away" / "run.db") == set()
    assert len(office.cards()) < ROWS


async def test_a_folder_that_is_put_back_is_resumed(office, people, one_each):
    name = run_in(office.folder / "runs")
    await stopped(
        office,
        people,
        lambda _: (office.folder / "runs").rename(office.folder / "away"),
        journal=name,
    )
    (office.folder / "away").rename(office.folder / "runs")
    report = await office.resume(name)

    assert report.complete
    assert office.cards() == one_each(ROWS)


async def test_a_folder_that_is_removed_during_a_run_stops_it_and_a_new_journal_makes_no_second_card(
    office, people, one_each
):
    name = run_in(office.folder / "runs")
    said = await stopped(
        office, people, lambda _: shutil.rmtree(office.folder / "runs"), journal=name
    )
    before = len(office.cards())
    found = await office.issue(office.folder / "clients.csv", "new.db")
    report = await office.resume("new.db", accept_found="all")

    assert said == f"{office.folder / name} {GONE}"
    assert 0 < before < ROWS
    assert (found.complete, found.found >= before) == (False, True)
    assert report.complete
    assert office.cards() == one_each(ROWS)


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_a_journal_that_another_file_takes_the_place_of_stops_the_run(office, people, suffix):
    path = office.folder / f"run.db{suffix}"

    def replace(_):
        shutil.copy(path, office.folder / "copy")
        (office.folder / "copy").replace(path)

    said = await stopped(office, people, replace)

    assert said == f"{office.folder / 'run.db'} {GONE}"


async def test_after_a_journal_is_gone_what_became_of_its_rows_can_still_be_read(office, people):
    async with office.batch(limits=Limits(concurrency=4)) as batch:
        await office.plan(batch, office.file(people(ROWS)))
        with pytest.raises(JournalError):
            await office.finish(batch, lambda: (office.folder / "run.db").unlink(missing_ok=True))
        report = await batch.report()

    assert report.rows == ROWS
    assert 0 < report.issued < ROWS


@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT * FROM meta",),
        ("BEGIN IMMEDIATE",),
        ("PRAGMA journal_mode = DELETE",),
        ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"),
    ],
    ids=["reads", "writes", "changes the mode", "checkpoints"],
)
async def test_another_program_that_comes_during_a_run_gets_nothing_and_disturbs_nothing(
    office, people, one_each, statements
):
    said = []

    def come():
        if not said:
            with Other(office.folder / "run.db", *statements) as other:
                said.append(other.said)

    async with office.batch() as batch:
        await office.plan(batch, office.file(people(8)))
        report = await office.finish(batch, come)

    assert said == ["database is locked"]
    assert report.complete
    assert office.cards() == one_each(8)


@pytest.mark.parametrize(
    "statements",
    [("BEGIN IMMEDIATE",), ("BEGIN", "SELECT * FROM meta"), ("SELECT * FROM meta",)],
    ids=["writes", "reads", "has read and stays"],
)
async def test_a_journal_that_another_program_has_open(office, people, statements):
    await office.issue(office.file(people(2)))
    with (
        Other(office.folder / "run.db", *statements) as other,
        pytest.raises(ConfigurationError) as caught,
    ):
        await office.resume()
    again = await office.resume()

    assert other.said == "done"
    assert str(caught.value) == (
        f"{office.folder / 'run.db'} is in use by another process: wait for it, or stop it. "
        "Nothing was sent."
    )
    assert again.complete


async def test_a_journal_that_its_owner_made_read_only_stays_so(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path):
        pass
    path.chmod(0o444)
    # It is refused, but for who may write to it all the same, such as root.
    with suppress(ConfigurationError):
        async with Journal.open(path):
            pass

    assert path.stat().st_mode & 0o777 == 0o400


async def test_a_journal_of_another_loop_says_so(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:

        async def elsewhere():
            async with asyncio.timeout(10):
                await journal.summary()

        with pytest.raises(JournalError) as caught:
            await asyncio.to_thread(asyncio.run, elsewhere())

    assert (
        str(caught.value)
        == f"{path} was opened on another event loop, or before a fork; nothing was written."
    )


FORKED = """
import asyncio, os, sys
from freedompay_async.batch import Journal
from freedompay_async.errors import JournalError

async def use(journal):
    try:
        await asyncio.wait_for(journal.summary(), 10)
    except JournalError as error:
        print(error, flush=True)

async def main():
    async with Journal.open(sys.argv[1]) as journal:
        child = os.fork()
        if child == 0:
            asyncio.run(use(journal))
            os._exit(0)
        os.waitpid(child, 0)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_journal_in_a_forked_child_says_so(tmp_path):
    path = tmp_path / "run.db"
    # A process with a thread is forked: newer versions of Python warn of just that.
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )

    assert (
        done.stdout
        == f"{path} was opened on another event loop, or before a fork; nothing was written.\n"
    )
