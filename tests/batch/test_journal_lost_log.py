"""A journal whose log is gone after a kill: the plan is in the file itself, what was sent is found,
and what can't be resumed says how to go on.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from freedompay_async.batch import Limits, State, outcomes
from freedompay_async.batch.journal import writer
from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.writer import Writer
from freedompay_async.errors import ConfigurationError, JournalError

ROWS = 8
CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"
PAGE = 4096


@pytest.fixture
def without_log(office):
    """What a kill at this moment leaves, once the log is lost."""

    def copied():
        shutil.copy(office.folder / "run.db", office.folder / "cut.db")
        return "cut.db"

    return copied


def to_go_on(path, name="--batch default"):
    return (
        f"put its log, {path}-wal, back beside it, or a copy of both. Without them, issue the "
        f"same file with a new journal and {name}: "
        "no key gets a second card while the issuer remembers the request ids, and rows that were "
        "made before end as found."
    )


async def test_a_plan_is_in_the_file_itself_as_soon_as_it_is_made(
    office, people, one_each, without_log
):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(ROWS)))
        log = (office.folder / "run.db-wal").stat().st_size
        cut = without_log()
    report = await office.resume(cut)

    assert log == 0
    assert (report.rows, report.complete) == (ROWS, True)
    assert office.cards() == one_each(ROWS)


async def test_a_plan_is_brought_into_the_file_once(office, people):
    said = []
    file = office.file(people(2))
    async with office.batch() as batch:
        batch.journal.writer.note(lambda c: c.set_trace_callback(said.append))
        await office.plan(batch, file)
        made = said.count(CHECKPOINT)
        await office.plan(batch, file)

    assert (made, said.count(CHECKPOINT)) == (1, 1)


async def test_a_plan_with_problems_is_not_brought_into_it(office, person):
    said = []
    async with office.batch() as batch:
        batch.journal.writer.note(lambda c: c.set_trace_callback(said.append))
        await office.plan(batch, office.file([person(1, phone="1")]))

    assert said.count(CHECKPOINT) == 0


async def test_what_was_written_before_is_brought_into_the_file_with_it(office):
    async with Writer(Database(office.folder / "run.db", create=True)) as writing:
        for number in range(20):
            writing.note(
                lambda c, number=number: c.execute(
                    "INSERT INTO meta VALUES (?, '')", (f"{number:02}",)
                )
            )
        await writing.fold()
        shutil.copy(office.folder / "run.db", office.folder / "cut.db")
    with closing(sqlite3.connect(office.folder / "cut.db")) as cut:
        found = cut.execute("SELECT count(*) FROM meta").fetchone()[0]

    assert found == 20


async def test_a_plan_that_does_not_fit_into_the_file_is_refused_and_can_be_made_again(
    office, people, one_each, monkeypatch
):
    def full(connection):
        raise sqlite3.OperationalError("database or disk is full")

    file = office.file(people(3))
    async with office.batch() as batch:
        with monkeypatch.context() as patched:
            patched.setattr(writer, "_fold", full)
            with pytest.raises(ConfigurationError) as caught:
                await office.plan(batch, file)
        again = await office.plan(batch, file)
        report = await office.finish(batch)

    assert str(caught.value) == (
        f"{office.folder / 'run.db'} can't be written (database or disk is full): make room, or "
        "name another place. Nothing was sent."
    )
    assert (again.rows, again.resumed, report.complete) == (3, True, True)
    assert office.cards() == one_each(3)


async def run_until(office, people, ended, act):
    """A run that is stopped when so many rows have ended."""
    count = 0
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(ROWS)))

        def at_each():
            nonlocal count
            count += 1
            if count == ended:
                act()
                batch.stop()

        await office.finish(batch, at_each)


@pytest.mark.parametrize("ended", [1, 3])
async def test_rows_that_were_sent_look_unsent_and_are_found_before_anything_is_sent_for_them(
    office, people, one_each, without_log, ended
):
    await run_until(office, people, ended, without_log)
    cards, effects = office.cards(), len(office.effects())
    async with office.batch("cut.db") as batch:
        before = [each.state async for each in outcomes(batch.journal)]
        report = await office.finish(batch)
        told = {each.key: each async for each in outcomes(batch.journal)}
    rows_sent = {f"k{phone - 77010000000}" for phone in cards}

    assert before == [State.PLANNED] * ROWS
    assert cards.total() >= ended
    assert {
        key for key, each in told.items() if each.card_id and each.state is State.FOUND
    } == rows_sent
    assert all(
        each.reason.startswith("used before") for each in told.values() if each.state is State.FOUND
    )
    assert (report.issued + report.found, report.complete) == (ROWS, False)
    # Two for each row that was issued, and none for those that are found.
    assert len(office.effects()) - effects == 2 * report.issued


async def test_rows_that_are_found_so_end_with_their_cards_when_they_are_accepted(
    office, people, one_each, without_log
):
    await run_until(office, people, 2, without_log)
    await office.resume("cut.db")
    report = await office.resume("cut.db", accept_found="all")

    assert report.complete
    assert office.cards() == one_each(ROWS)


@pytest.mark.parametrize(
    ("lost", "there"), [("number = 3", "4 of 5"), ("number < 5", "1 of 5"), ("1", "0 of 0")]
)
async def test_a_journal_that_lost_rows_of_its_plan_says_how_to_go_on(office, people, lost, there):
    await office.issue(office.file(people(5)), name="june, again")
    path = office.folder / "run.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"DELETE FROM rows WHERE {lost}")
    sent = len(office.effects())
    with pytest.raises(ConfigurationError) as caught:
        await office.resume()

    assert str(caught.value) == (
        f"{path} has lost rows of its plan ({there} are there): "
        f"{to_go_on(path, f'--batch {chr(39)}june, again{chr(39)}')} Nothing was sent."
    )
    assert len(office.effects()) == sent


NO_NAME = "the batch name that it had (--batch; `default` where none was given)"


@pytest.mark.parametrize(("table", "name"), [("rows", "--batch default"), ("meta", NO_NAME)])
async def test_a_journal_that_turns_out_to_be_damaged_says_how_to_go_on(
    office, people, table, name
):
    await office.issue(office.file(people(5)))
    path = office.folder / "run.db"
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(b"\xff" * PAGE)
    sent = len(office.effects())
    with pytest.raises(JournalError) as caught:
        await office.resume()

    assert str(caught.value) == (
        f"{path} is damaged (database disk image is malformed): {to_go_on(path, name)} Nothing "
        "more was sent."
    )
    assert len(office.effects()) == sent
