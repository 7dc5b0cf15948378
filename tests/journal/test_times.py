"""The times of steps, the runs with their limits, and outages."""

from __future__ import annotations

import time

import pytest

from freedompay_async.batch import State
from freedompay_async.batch.journal.records import OutageRecord, RunRecord, StepTimes
from tests.journal.life import intend

LIMITS = {"concurrency": 64, "rate": None, "settle": 120.0}


@pytest.fixture
def clock(monkeypatch, only):
    """The time, which the test sets."""
    only("sqlite", "a server takes times from its own clock")

    class Clock:
        now = 5_000.0

    monkeypatch.setattr(time, "time", lambda: Clock.now)
    return Clock


@pytest.fixture
async def journal(journals, planned):
    async with journals.open() as journal:
        await planned(journal)
        yield journal


async def step(journal, clock, row, name, *, sent, accepted, ended):
    await intend(journal, row, name, sent_at=sent)
    clock.now = accepted
    journal.accepted(row, name)
    clock.now = ended
    journal.step_ended(row, name)


async def test_each_step_has_the_times_of_its_send_its_acceptance_and_its_end(journal, clock):
    row, *_ = await journal.take(1, journal.new_owner())
    await step(journal, clock, row, "client", sent=1.0, accepted=2.0, ended=3.0)
    await step(journal, clock, row, "card", sent=4.0, accepted=5.0, ended=6.0)
    await step(journal, clock, row, "activate", sent=7.0, accepted=8.0, ended=9.0)
    between = await journal.step_times(after=0, limit=1)
    clock.now = 9.5
    await journal.end(row, State.ISSUED, None)

    # An end comes with the next write of its row.
    assert [each.ended_at for each in between] == [3.0, 6.0, None]
    assert await journal.step_times(after=0, limit=5) == [
        StepTimes(1, "client", 1.0, 2.0, 3.0),
        StepTimes(1, "card", 4.0, 5.0, 6.0),
        StepTimes(1, "activate", 7.0, 8.0, 9.5),
    ]


async def test_a_step_that_ends_its_row_ends_with_it(journal, clock):
    row, *_ = await journal.take(1, journal.new_owner())
    await step(journal, clock, row, "client", sent=1.0, accepted=2.0, ended=3.0)
    await intend(journal, row, "card", sent_at=4.0)
    clock.now = 8.0
    await journal.end(row, State.REFUSED, "no", proved=True)

    assert await journal.step_times(after=0, limit=5) == [
        StepTimes(1, "client", 1.0, 2.0, 3.0),
        StepTimes(1, "card", 4.0, None, 8.0),
    ]


async def test_a_row_that_goes_on_after_its_end_has_not_ended(journal, clock):
    row, *_ = await journal.take(1, journal.new_owner())
    await intend(journal, row, sent_at=1.0)
    clock.now = 2.0
    await journal.end(row, State.UNKNOWN, "who knows")
    ended = await journal.step_times(after=0, limit=1)
    journal.release(row.lease.owner)
    row, *_ = await journal.take(1, journal.new_owner())
    await journal.go_on(row)
    again = await journal.step_times(after=0, limit=1)

    assert (ended[0].ended_at, again[0].ended_at) == (2.0, None)


async def test_what_an_earlier_run_has_written_stays(journal, clock):
    row, *_ = await journal.take(1, journal.new_owner())
    await step(journal, clock, row, "client", sent=1.0, accepted=2.0, ended=3.0)
    row.client_id = "c1"
    await intend(journal, row, "card", sent_at=4.0)
    journal.release(row.lease.owner)
    row, *_ = await journal.take(1, journal.new_owner())
    clock.now = 90.0
    journal.accepted(row, "client")
    journal.accepted(row, "card")
    await journal.end(row, State.ISSUED, None)

    assert await journal.step_times(after=0, limit=1) == [
        StepTimes(1, "client", 1.0, 2.0, 3.0),
        StepTimes(1, "card", 4.0, 90.0, 90.0),
    ]


async def test_times_are_read_in_parts(journal):
    rows = await journal.take(5, journal.new_owner())
    for row in rows:
        await intend(journal, row)

    assert [each.number for each in await journal.step_times(after=1, limit=2)] == [2, 3]


async def test_each_run_has_its_limits_its_begin_and_its_end(journal, clock):
    first = journal.new_owner()
    journal.begin_run(first, LIMITS)
    clock.now = 5_100.0
    journal.release(first)
    clock.now = 6_000.0
    second = journal.new_owner()
    journal.begin_run(second, LIMITS | {"concurrency": 1})

    assert await journal.runs() == [
        RunRecord(first.name, LIMITS, 5_000.0, 5_100.0),
        RunRecord(second.name, LIMITS | {"concurrency": 1}, 6_000.0, None),
    ]


async def test_each_outage_of_a_run_has_its_begin_and_its_end(journal):
    first, second = journal.new_owner(), None
    journal.outage_began(first, 10.0)
    journal.outage_ended(first, 20.0)
    journal.outage_began(first, 30.0)
    journal.release(first)
    second = journal.new_owner()
    journal.outage_began(second, 40.0)
    journal.outage_ended(second, 50.0)
    outages = await journal.outages()

    assert [each.owner for each in outages] == [first.name, first.name, second.name]
    assert [each.began_at for each in outages] == pytest.approx([10.0, 30.0, 40.0], abs=5.0)
    assert outages[1].ended_at is None
    assert [outages[0].ended_at, outages[2].ended_at] == pytest.approx([20.0, 50.0], abs=5.0)


async def test_runs_and_outages_are_there_when_the_journal_is_opened_again(journals, planned):
    async with journals.open() as journal:
        await planned(journal)
        owner = journal.new_owner()
        journal.begin_run(owner, LIMITS)
        journal.outage_began(owner, 10.0)
    async with journals.open() as journal:
        runs, outages = await journal.runs(), await journal.outages()

    assert [(each.owner, each.limits) for each in runs] == [(owner.name, LIMITS)]
    assert outages == [OutageRecord(owner.name, outages[0].began_at, None)]
    assert outages[0].began_at == pytest.approx(10.0, abs=5.0)
