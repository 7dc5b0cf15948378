"""What a journal keeps of its rows: a plan, intents, ends, and cards that several rows have."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.entries import Earlier, Refusal
from freedompay_async.batch.journal.base import BatchJournal
from freedompay_async.batch.journal.records import (
    EarlierRuns,
    Fact,
    FoundKeys,
    PlannedRecord,
    RowRecord,
)
from freedompay_async.errors import ConfigurationError
from tests.journal.conftest import SETTINGS, person
from tests.journal.life import DIGEST, intend, issue, picture


@pytest.fixture
async def journal(journals):
    async with journals.open() as journal:
        yield journal


@pytest.fixture
async def rows(journal, planned):
    await planned(journal)
    return await journal.take(5, journal.new_owner())


async def test_it_is_a_journal(journals):
    assert isinstance(journals.open(), BatchJournal)


class Wrong(Exception):
    pass


# -- the plan


async def test_a_plan_is_kept_with_its_settings_and_its_facts(journal, journals, planned):
    plan = await planned(journal, 3)
    await journal.keep({Fact.CONFIRMED_AT: "now", Fact.OUT_FORM: "comma"})
    kept, facts = await journal.kept_plan(), await journal.facts()

    assert (plan.rows, kept.rows, kept.settings) == (3, 3, plan.settings)
    assert SETTINGS.items() <= kept.settings.items()
    assert facts == {Fact.CONFIRMED_AT: "now", Fact.OUT_FORM: "comma"}
    assert await journal.settings() == kept.settings
    assert await journal.keys([3, 1]) == ["k3", "k1"]
    assert journal.name == journals.name


async def test_a_fact_takes_the_place_of_the_one_before(journal, planned):
    await planned(journal)
    await journal.keep({Fact.OUT_FORM: "comma"})
    await journal.keep({Fact.OUT_FORM: "tab", Fact.CHECK_FIRST: "all"})
    await journal.keep({})

    assert await journal.facts() == {Fact.OUT_FORM: "tab", Fact.CHECK_FIRST: "all"}


@pytest.mark.parametrize("after", ["rows", "settings", "facts"])
async def test_a_plan_that_fails_leaves_no_trace(journal, after):
    def work(writer):
        writer.add([PlannedRecord(1, "k1", 2, b"{}"), PlannedRecord(2, "k2", 3, b"{}")])
        if after != "rows":
            writer.begin(SETTINGS)
        if after == "facts":
            writer.keep({Fact.CONTRACT: "{}"})
        assert writer.count() == 2
        raise Wrong

    before = await picture(journal)
    with pytest.raises(Wrong):
        await journal.plan(work)

    assert await picture(journal) == before
    with pytest.raises(ConfigurationError, match="has no batch in it"):
        await journal.kept_plan()


async def test_within_a_plan_what_was_written_is_there(journal):
    def work(writer):
        empty = writer.settings(), writer.facts(), writer.count()
        writer.add([PlannedRecord(1, "k1", 2, b"{}")])
        writer.begin(SETTINGS)
        writer.keep({Fact.CONTRACT: "{}"})
        return empty, (writer.settings(), writer.facts(), writer.count())

    assert await journal.plan(work) == (
        ({}, {}, 0),
        (SETTINGS, {Fact.CONTRACT: "{}"}, 1),
    )


async def test_a_plan_that_fails_leaves_the_one_before_as_it_was(journal, planned):
    await planned(journal, 3)
    before = await picture(journal)

    def work(writer):
        writer.keep({Fact.CONTRACT_CHANGED: "{}"})
        raise Wrong

    with pytest.raises(Wrong):
        await journal.plan(work)

    assert await picture(journal) == before


async def test_the_plan_that_is_there_is_compared(journal, planned):
    await planned(journal, 3)
    again = await planned(journal, 3)
    with pytest.raises(ConfigurationError, match="its 3 rows are not these 4"):
        await planned(journal, 4)
    with pytest.raises(ConfigurationError, match="activate 'no', not 'yes'"):
        await planned(journal, 3, activate="yes")

    assert (again.resumed, again.rows) == (True, 3)
    assert (await journal.kept_plan()).rows == 3


# -- rows


async def test_a_row_comes_as_it_was_planned(journal, planned):
    await planned(journal, 2)
    (row, _) = await journal.take(2, journal.new_owner())

    assert msgspec.to_builtins(row.planned.row) == msgspec.to_builtins(person(1))
    assert (row.number, row.line, row.key, row.sent) == (1, 2, "k1", {})
    assert (row.client_id, row.card_id, row.reason) == (None, None, None)
    assert (row.found, row.accepted_found, row.refused) == (False, False, False)


def timeless(sent):
    """What was sent, without the times, which are those of another clock in another journal."""
    return {step: each._replace(sent_at=0.0, quiet_since=None) for step, each in sent.items()}


async def test_what_was_sent_comes_with_the_row(journal, rows):
    first, second, third, *_ = rows
    await intend(journal, first)
    journal.accepted(first, "client")
    first.client_id, first.found = "c1", True
    await intend(journal, first, "card", sent_at=1_500.0)
    await intend(journal, second)
    await journal.refuse(
        second, "client", Refusal.PERHAPS_USED, state=State.REFUSED, reason="refused"
    )
    await intend(journal, third)
    journal.take_back(third, "client")
    journal.release(third.lease.owner)
    first, second, third, *_ = await journal.take(5, journal.new_owner())

    assert timeless(first.sent) == {
        "client": Earlier(0.0, True, DIGEST),
        "card": Earlier(0.0, False, DIGEST),
    }
    assert (first.client_id, first.found) == ("c1", True)
    # Whatever the id of a row would be now.
    assert [first.request_id(step, {}) for step in ("client", "card")] == ["client-1", "card-1"]
    assert timeless(second.sent) == {"client": Earlier(0.0, False, DIGEST, Refusal.PERHAPS_USED)}
    assert (second.refused, second.reason) == (True, "refused")
    assert third.sent == {}


async def test_when_a_step_was_sent_comes_with_the_row(journal, rows, only):
    only("sqlite", "a server takes the time from its own clock")
    await intend(journal, rows[0])
    await intend(journal, rows[0], "card", sent_at=1_500.0)
    journal.release(rows[0].lease.owner)
    first, *_ = await journal.take(5, journal.new_owner())

    assert first.sent == {
        "client": Earlier(1_000.0, False, DIGEST),
        "card": Earlier(1_500.0, False, DIGEST),
    }


@pytest.mark.parametrize(
    ("steps", "state"), [(["client"], "planned"), (["card", "client"], "started")]
)
async def test_a_row_of_which_nothing_was_sent_is_planned_again(journal, rows, steps, state):
    for step in steps:
        await intend(journal, rows[0], step)
    journal.take_back(rows[0], "client")
    (row, *_) = await journal.rows(after=0, limit=1)

    assert row.state == State(state)


async def test_an_intent_is_written_once(journal, rows):
    await intend(journal, rows[0])
    before = await journal.step_times(after=0, limit=1)
    await intend(journal, rows[0], sent_at=9_000.0)

    assert await journal.step_times(after=0, limit=1) == before
    assert before[0].sent_at != 9_000.0


@pytest.mark.parametrize(
    ("state", "proved", "again"),
    [
        (State.ISSUED, False, False),
        (State.REFUSED, True, False),
        (State.REFUSED, False, True),
        (State.UNKNOWN, False, True),
        (State.FOUND, False, False),
        (State.DOUBTFUL, False, False),
        (State.PLANNED, False, True),
    ],
)
async def test_what_a_later_run_takes_up(journal, rows, state, proved, again):
    await journal.end(rows[1], state, "why", proved=proved)
    journal.release(rows[0].lease.owner)
    ended = (await journal.earlier_runs()).ended
    numbers = [row.number for row in await journal.take(10, journal.new_owner())]

    assert (2 in numbers, ended) == (again, 0 if again else 1)


async def test_how_a_row_ended_is_kept(journal, rows):
    row = rows[2]
    row.client_id, row.card_id, row.found = "c3", "d3", True
    await intend(journal, row, "client")
    assert await journal.end(row, State.REFUSED, "no", proved=True) is None
    kept = await journal.rows(after=2, limit=1)
    summary = await journal.summary()

    record = RowRecord(
        *(3, 4, "k3", State.REFUSED, "c3", "d3", "no"),
        found=True,
        proved=True,
        client_request_id="client-3",
        card_request_id=None,
    )
    assert kept == [record]
    assert summary.problems == (record,)
    assert (summary.counts, summary.accepted) == ({State.PLANNED: 4, State.REFUSED: 1}, 0)
    assert summary.settings == await journal.settings()


async def test_rows_are_read_in_parts(journal, rows):
    assert [each.number for each in await journal.rows(after=0, limit=2)] == [1, 2]
    assert [each.number for each in await journal.rows(after=2, limit=10)] == [3, 4, 5]
    assert await journal.rows(after=5, limit=10) == []


async def test_what_earlier_runs_have_left(journal, rows):
    nothing = await journal.earlier_runs()
    await issue(journal, rows[0])
    await intend(journal, rows[1])
    later = await journal.earlier_runs()

    assert nothing == EarlierRuns(0, 0, 0, 0, begun=False, witness=None)
    assert later == EarlierRuns(1, 1, later.newest, 0, begun=True, witness=later.witness)
    assert later.witness in {"client-1", "card-1"}


async def test_what_the_clock_of_earlier_runs_has_done(journal, rows, only):
    only("sqlite", "a server says itself how old an intent is")
    await intend(journal, rows[1], sent_at=2_000.0, set_back=7_200.0)
    journal.clock_set_back(rows[0].lease.owner, 30.5)
    journal.clock_set_back(rows[0].lease.owner, 0.0)
    later = await journal.earlier_runs()

    assert (later.newest, later.set_back) == (2_000.0, 7_230.5)


async def test_found_rows_are_accepted(journal, rows):
    for row, state in zip(rows, [State.FOUND, State.FOUND, State.ISSUED], strict=False):
        row.found = True
        await journal.end(row, state, "used before")
    some = await journal.accept_found(["k1", "k3", "k4"])
    wrong = await journal.accept_found(["k2", "k9"])
    rest = await journal.accept_found(None)
    journal.release(rows[0].lease.owner)
    again = await journal.take(5, journal.new_owner())

    assert some == FoundKeys(accepted=1, not_found=("k3", "k4"))
    assert wrong == FoundKeys(strange=("k9",))
    assert rest == FoundKeys(accepted=1)
    assert [(row.number, row.found, row.accepted_found) for row in again] == [
        *((1, True, True), (2, True, True)),
        *((4, False, False), (5, False, False)),
    ]
    assert (await journal.summary()).accepted == 2


# -- cards that several rows have


async def test_rows_that_claim_a_card_at_the_same_time_are_told_so(journal, rows):
    for row in rows[:4]:
        row.client_id, row.card_id = "c1", f"d{row.number // 2}"
    claims = await asyncio.gather(*(journal.claim_card(row) for row in rows[:4]))

    assert claims == [False, True, True, False]


async def test_rows_that_end_with_one_card_are_doubtful_and_name_each_other(journal, rows):
    for row in rows:
        row.card_id = "d1" if row.number in {2, 4} else f"e{row.number}"
    reasons = await asyncio.gather(*(journal.end(row, State.ISSUED, None) for row in rows))
    kept = await journal.rows(after=0, limit=10)

    assert reasons == [
        None,
        "card d1 is that of line 5 too",
        None,
        "card d1 is that of line 3 too",
        None,
    ]
    assert [each.reason for each in kept] == reasons
    assert [each.state for each in kept].count(State.DOUBTFUL) == 2


@pytest.mark.parametrize("together", [False, True])
async def test_a_further_card_of_a_row_is_a_card_of_it_too(journal, rows, together):
    first, second, *_ = rows
    first.card_id, first.card_ids = "d1", ("d1", "d2")
    second.card_id = "d2"
    ends = [journal.end(first, State.DOUBTFUL, "two"), journal.end(second, State.ISSUED, None)]
    if together:
        reasons = await asyncio.gather(*ends)
    else:
        reasons = [await each for each in ends]

    assert reasons[1] == "card d2 is that of line 2 too"
    assert [each.reason for each in await journal.rows(after=0, limit=2)] == [
        "card d2 is that of line 3 too; two",
        "card d2 is that of line 2 too",
    ]


async def test_a_card_of_a_thousand_rows_costs_no_row_a_thousand_reasons(journal, planned):
    await planned(journal, 1_000)
    owner = journal.new_owner()
    while rows := await journal.take(50, owner):
        for row in rows:
            row.client_id, row.card_id = "c", "d1"
        await asyncio.gather(*(journal.end(row, State.ISSUED, None) for row in rows))
    kept = await journal.rows(after=0, limit=1_000)

    assert {row.state for row in kept} == {State.DOUBTFUL}
    assert max(len(row.reason) for row in kept) < 40
