"""Journals of older versions become those of this one when they are opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from freedompay_async.batch import Journal, schema

INTENTS = "INSERT INTO intents (number, step, request_id, body_sha256, sent_at, accepted) VALUES (?, ?, ?, x'00', ?, ?)"


def first_version(path):
    """A journal as version 1 made it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(schema._FIRST)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.execute("PRAGMA user_version = 1")


def layout(path):
    with closing(sqlite3.connect(path)) as connection:
        tables = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in ("meta", "rows", "intents")}
        indexes = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        return tables, indexes, connection.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
async def aged(office):
    """Makes the journal of a batch one of version 1, as if it had been written by that."""

    def age(name="run.db"):
        path, old = office.folder / name, office.folder / "old.db"
        first_version(old)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS new", (str(path),))
            connection.execute("INSERT INTO meta SELECT * FROM new.meta WHERE name <> 'check_first'")
            connection.execute(
                "INSERT INTO rows SELECT number, key, line, data, CASE state WHEN 'found' THEN 'issued' ELSE state END, client_id, card_id, "
                "CASE state WHEN 'found' THEN NULL ELSE reason END, found FROM new.rows"
            )
            connection.execute("INSERT INTO intents SELECT number, step, request_id, body_sha256, sent_at, accepted FROM new.intents")
        path.unlink()
        old.rename(path)

    return age


async def test_a_migrated_journal_is_laid_out_as_a_new_one(tmp_path):
    first_version(tmp_path / "old.db")
    for name in ("old.db", "new.db"):
        async with Journal.open(tmp_path / name):
            pass

    assert layout(tmp_path / "old.db") == layout(tmp_path / "new.db")


async def test_a_finished_batch_of_version_1_is_finished(office, people, aged):
    first = await office.issue(office.file(people(4)))
    aged()
    before = len(office.issuer.received)
    report = await office.resume()

    assert report == first
    assert len(office.issuer.received) == before


async def test_a_batch_that_version_1_began_is_finished(office, people, one_each, aged):
    office.issuer.hold = True
    from freedompay_async.batch import Limits

    await office.issue(office.file(people(4)), limits=Limits(wait=0.02))
    aged()
    office.issuer.hold = False
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(4)


async def test_a_row_that_version_1_called_issued_though_it_was_used_before_is_found(office, people, aged):
    await office.issue(office.file(people(3)), "lost.db")
    await office.issue(office.file(people(3)))
    aged()
    async with office.batch() as batch:
        found = await batch.report()
    report = await office.resume(accept_found="all")

    assert (found.found, found.issued, found.complete) == (3, 0, False)
    assert found.problems[0].reason.startswith("used before: check whose card it is.")
    assert (report.issued, report.complete) == (3, True)


async def test_what_version_1_called_refused_is_asked_about_once_more(office, people, aged):
    await office.issue(office.file(people(3, {2: "DECLINED"})))
    aged()
    async with office.batch() as batch:
        told = await batch.report()
    report = await office.resume()

    assert (told.refused, told.unproved) == (1, 1)
    assert (report.refused, report.unproved) == (1, 0)


async def test_a_journal_that_can_not_be_migrated_stays_as_it_was(tmp_path, monkeypatch):
    first_version(tmp_path / "run.db")
    before = layout(tmp_path / "run.db")
    monkeypatch.setattr(schema, "_FOUND", "UPDATE nothing SET state = 1")
    with pytest.raises(Exception, match="can't be opened for writing"):
        async with Journal.open(tmp_path / "run.db"):
            pass

    assert layout(tmp_path / "run.db") == before
