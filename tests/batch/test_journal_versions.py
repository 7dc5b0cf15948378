"""Journals of older versions become those of this one when they are opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from freedompay_async.batch import Journal, Limits, outcomes
from freedompay_async.batch.journal import schema
from freedompay_async.batch.report import make_report
from tests.batch.runs import FAILED, answering

INTENTS = (
    "INSERT INTO intents (number, step, request_id, body_sha256, sent_at, accepted) VALUES (?, ?, "
    "?, x'00', ?, ?)"
)


def first_version(path):
    """A journal as version 1 made it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(schema._FIRST)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.execute("PRAGMA user_version = 1")


def layout(path):
    with closing(sqlite3.connect(path)) as connection:
        tables = {
            name: connection.execute(f"PRAGMA table_info({name})").fetchall()
            for name in ("meta", "rows", "intents", "more_cards", "runs", "outages")
        }
        indexes = {
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        }
        return tables, indexes, connection.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
async def aged(office):
    """Makes the journal of a batch one of version 1, as if it had been written by that."""

    def age(name="run.db"):
        path, old = office.folder / name, office.folder / "old.db"
        first_version(old)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS new", (str(path),))
            connection.execute(
                "INSERT INTO meta SELECT * FROM new.meta WHERE name <> 'check_first'"
            )
            connection.execute(
                "INSERT INTO rows SELECT number, key, line, data, CASE state WHEN 'found' THEN "
                "'issued' ELSE state END, client_id, card_id, "
                "CASE state WHEN 'found' THEN NULL ELSE reason END, found FROM new.rows"
            )
            connection.execute(
                "INSERT INTO intents SELECT number, step, request_id, body_sha256, sent_at, "
                "accepted FROM new.intents"
            )
        path.unlink()
        old.rename(path)

    return age


def second_version(path):
    """A journal as version 2 made it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(f"{schema._FIRST};{schema._ROWS}")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.execute("PRAGMA user_version = 2")


@pytest.mark.parametrize("old", [first_version, second_version])
async def test_a_migrated_journal_is_laid_out_as_a_new_one(tmp_path, old):
    old(tmp_path / "old.db")
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


@pytest.fixture
def of_version_2(office):
    """Makes the journal of a batch one of version 2, as if it had been written by that."""

    def age():
        path, old = office.folder / "run.db", office.folder / "old.db"
        second_version(old)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS new", (str(path),))
            for table in ("meta", "rows", "intents", "more_cards"):
                names = [each[1] for each in connection.execute(f"PRAGMA main.table_info({table})")]
                columns = ", ".join(names)
                connection.execute(
                    f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"
                )
        path.unlink()
        old.rename(path)

    return age


@pytest.mark.parametrize("held", [False, True])
async def test_a_batch_of_version_2_goes_on_and_its_times_are_known_from_then_on(
    office, people, one_each, of_version_2, held
):
    office.issuer.hold = held
    first = await office.issue(office.file(people(4)), limits=Limits(wait=0.02))
    of_version_2()
    office.issuer.hold = False
    async with office.batch() as batch:
        before = await batch.journal.step_times(after=0, limit=10)
        told = await batch.report()
        report = await office.finish(batch)
        after = await batch.journal.step_times(after=0, limit=10)
        runs = await batch.journal.runs()

    assert told == first
    assert report.complete
    assert office.cards() == one_each(4)
    assert {(each.accepted_at, each.ended_at) for each in before} == {(None, None)}
    assert [each.sent_at for each in after][:1] == [each.sent_at for each in before][:1]
    assert {each.ended_at is None for each in after} == {not held}
    assert len(runs) == 1


async def test_a_batch_that_version_1_began_is_finished(office, people, one_each, aged):
    office.issuer.hold = True
    await office.issue(office.file(people(4)), limits=Limits(wait=0.02))
    aged()
    office.issuer.hold = False
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(4)


async def test_a_row_that_version_1_called_issued_though_it_was_used_before_is_found(
    office, people, aged
):
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
    with pytest.raises(Exception, match="has to be upgraded, which failed"):
        async with Journal.open(tmp_path / "run.db"):
            pass

    assert layout(tmp_path / "run.db") == before


@pytest.fixture
def rows_of_version_1(tmp_path):
    """The rows, by key, of a journal of version 1 in which they stood so: state, client_id,
    card_id, and as they are told now.
    """

    async def rows(*given):
        first_version(tmp_path / "old.db")
        with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as connection:
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", {"merchant": "10001", "batch": "default"}.items()
            )
            connection.executemany(
                (
                    "INSERT INTO rows (number, key, line, data, state, client_id, card_id) VALUES "
                    "(?1, 'k' || ?1, ?1 + 1, x'', ?2, ?3, ?4)"
                ),
                [(number, *each) for number, each in enumerate(given, 1)],
            )
        async with Journal.open(tmp_path / "old.db") as journal:
            return [each async for each in outcomes(journal)], await make_report(journal)

    return rows


@pytest.mark.parametrize("other", ["d1", " d1\u00a0"])
async def test_a_card_that_version_1_called_that_of_two_rows_is_doubtful(rows_of_version_1, other):
    told, report = await rows_of_version_1(
        ("issued", "c1", "d1"), ("issued", "c2", "d2"), ("issued", "c3", other)
    )

    assert (report.issued, report.doubtful, report.complete) == (1, 2, False)
    assert [each.reason for each in told] == [
        "card d1 is that of line 4 too",
        None,
        "card d1 is that of line 2 too",
    ]
    assert [each.card_id for each in told] == ["d1", "d2", "d1"]


@pytest.mark.parametrize("blank", ["", " \n"])
@pytest.mark.parametrize("what", ["client", "card"])
async def test_an_empty_id_that_version_1_called_issued_is_doubtful(rows_of_version_1, what, blank):
    row = ("issued", blank, "d1") if what == "client" else ("issued", "c1", blank)
    told, report = await rows_of_version_1(row, ("issued", "c2", "d2"))

    assert (report.issued, report.doubtful, report.complete) == (1, 1, False)
    assert told[0].reason == (
        f"an earlier version of this program called the row issued, and the id of its {what} "
        "is empty"
    )
    assert getattr(told[0], f"{what}_id") is None


async def test_an_empty_client_of_version_1_is_no_client_to_go_on_with(rows_of_version_1):
    told, report = await rows_of_version_1(("started", " ", None))

    assert (report.left, told[0].client_id) == (1, None)


@pytest.mark.parametrize("card", [False, True])
async def test_what_version_1_called_refused_and_the_issuer_knows_later_was_perhaps_used_by_others(
    office, people, person, aged, between, said, card
):
    """Version 1 took a gateway's 404 for "not known" and did not ask before it sent."""
    rows = people(2) if card else people(2, {1: "NOCARD", 2: "NOCARD"})
    await office.issue(office.file(rows), "lost.db")
    async with office.batch(check_first="none") as batch:
        await office.plan(
            batch, office.file([person(number, first_name="Olga") for number in (1, 2)], "june.csv")
        )
        between(batch, answering("request/status", said(FAILED)))
        refused = await office.finish(batch)
    aged()
    made = len(office.effects())
    report = await office.resume()

    assert refused.refused == 2
    assert (report.found, report.issued) == (2, 0)
    assert len(office.effects()) == made


async def test_the_ids_of_a_report_are_those_that_were_sent(office, people, aged):
    """Version 1 read names otherwise."""
    await office.issue(office.file(people(1)))
    aged()
    office.alter("UPDATE intents SET request_id = 'sent-' || step")
    office.alter("DELETE FROM intents WHERE step = 'card'")
    async with office.batch() as batch:
        (told,) = [each async for each in outcomes(batch.journal)]

    assert (told.client_request_id, told.card_request_id) == (
        "sent-client",
        office.request_id("k1", "card"),
    )


@pytest.mark.parametrize("name", ["x" * 300, "may\x01", " "])
async def test_a_name_that_can_not_form_an_id_keeps_no_report_back(office, people, aged, name):
    await office.issue(office.file(people(1)))
    aged()
    office.alter("UPDATE meta SET value = ? WHERE name = 'batch'", (name,))
    office.alter("DELETE FROM intents WHERE step = 'card'")
    async with office.batch() as batch:
        (told,) = [each async for each in outcomes(batch.journal)]
        report = await batch.report()

    assert (told.client_request_id, told.card_request_id) == (office.request_id("k1", "client"), "")
    assert (report.issued, report.batch) == (1, name)
