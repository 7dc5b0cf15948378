"""How the journal in a SQLite file writes: many rows by one statement and one sync."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch import Journal, State
from freedompay_async.batch.journal import sqlite_rows
from tests.journal.life import intend
from tests.journal.raw import Held


@pytest.fixture
async def journal(tmp_path):
    async with Journal.open(tmp_path / "run.db") as journal:
        yield journal


@pytest.fixture
def said(journal):
    """Every statement from now on."""
    statements = []
    journal.writer.note(lambda connection: connection.set_trace_callback(statements.append))
    return statements


def begun(said, start):
    return [each for each in said if each.startswith(start)]


async def test_what_is_written_while_the_disk_syncs_shares_a_statement_and_a_commit(
    journal, planned, said
):
    await planned(journal, 90)
    owner = journal.new_owner()
    rows = await journal.take(90, owner)
    async with Held(journal.writer):
        said.clear()
        writes = [asyncio.ensure_future(intend(journal, row)) for row in rows]
        for row in rows:
            journal.accepted(row, "client")
    await asyncio.gather(*writes)

    # One commit is that of what has held them up.
    assert len(begun(said, "COMMIT")) == 2
    assert len(begun(said, "INSERT OR IGNORE INTO intents")) == 1
    assert len(begun(said, "WITH known")) == 1
    assert len(begun(said, "UPDATE intents SET accepted")) == 90
    assert len(await journal.step_times(after=0, limit=90)) == 90


async def test_the_times_of_a_row_cost_no_statement(journal, planned, said):
    await planned(journal, 1)
    (row,) = await journal.take(1, journal.new_owner())
    said.clear()
    await intend(journal, row)
    journal.accepted(row, "client")
    journal.step_ended(row, "client")
    await journal.end(row, State.ISSUED, None)

    assert len(begun(said, "INSERT")) + len(begun(said, "UPDATE")) + len(begun(said, "WITH")) == 4


async def test_a_run_and_an_outage_are_in_commits_of_their_own_and_nobody_fails_with_them(
    journal, planned
):
    await planned(journal, 3)
    owner = journal.new_owner()
    rows = await journal.take(3, owner)
    journal.writer.note(lambda connection: connection.execute("DROP TABLE outages"))
    async with Held(journal.writer):
        journal.outage_began(owner, 1.0)
        journal.begin_run(owner, {})
        writes = [asyncio.ensure_future(intend(journal, row)) for row in rows]
        await asyncio.sleep(0)
    await asyncio.gather(*writes)

    assert len(await journal.step_times(after=0, limit=3)) == 3
    assert [each.owner for each in await journal.runs()] == [owner.name]


@pytest.mark.parametrize("as_one", [sqlite_rows._FROM, False], ids=["this SQLite", "an old SQLite"])
async def test_how_many_rows_stand_is_written_to_each_of_them(
    journal, planned, monkeypatch, as_one
):
    monkeypatch.setattr(sqlite_rows, "_FROM", as_one)
    await planned(journal, 250)
    rows = await journal.take(249, journal.new_owner())
    async with Held(journal.writer):
        for row in rows:
            row.client_id, row.card_id = f"client {row.number}", f"card {row.number}"
            row.found = bool(row.number % 2)
        writes = [
            asyncio.ensure_future(
                journal.end(
                    row,
                    State.REFUSED,
                    f"reason {row.number}",
                    proved=bool(row.number % 3 % 2),
                )
            )
            for row in rows
        ]
    await asyncio.gather(*writes)
    kept = await journal.rows(after=0, limit=250)

    assert [
        (
            each.number,
            each.state,
            each.client_id,
            each.card_id,
            each.found,
            each.reason,
            each.proved,
        )
        for each in kept
    ] == [
        *(
            (
                number,
                State.REFUSED,
                f"client {number}",
                f"card {number}",
                bool(number % 2),
                f"reason {number}",
                bool(number % 3 % 2),
            )
            for number in range(1, 250)
        ),
        (250, State.PLANNED, None, None, False, None, False),
    ]


async def test_one_statement_finds_what_many_rows_share(journal, planned, said):
    await planned(journal, 250)
    rows = await journal.take(250, journal.new_owner())
    for row in rows:
        row.client_id, row.card_id = f"c{row.number}", f"d{row.number % 249}"
    async with Held(journal.writer):
        writes = [asyncio.ensure_future(journal.end(row, State.ISSUED, None)) for row in rows]
    reasons = await asyncio.gather(*writes)
    asked = [each for each in said if "AS other FROM mine" in each]
    plan = await journal.writer.call(
        lambda connection: connection.execute(
            f"EXPLAIN QUERY PLAN {sqlite_rows._SHARE.format('(1, ?)')}", ("d1",)
        ).fetchall()
    )

    assert {number: text for number, text in enumerate(reasons, 1) if text} == {
        1: "card d1 is that of line 251 too",
        250: "card d1 is that of line 2 too",
    }
    assert len(asked) == 3
    assert any("rows_of_card" in step[-1] for step in plan)
    assert not any("SCAN rows" in step[-1] or "SCAN more_cards" in step[-1] for step in plan)
