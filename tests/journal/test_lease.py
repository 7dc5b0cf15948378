"""Two owners of the rows of one journal: who has lost a row writes nothing of it."""

from __future__ import annotations

import asyncio
from math import inf

import pytest

from freedompay_async.batch import State
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.stopping import Stopped
from freedompay_async.errors import ConfigurationError
from tests.journal.life import intend, issue, picture

AWAITED = {
    "an intent": lambda journal, row: intend(journal, row, "card", sent_at=2_000.0),
    "that it goes on": lambda journal, row: journal.go_on(row),
    "a claim": lambda journal, row: journal.claim_card(row),
    "a refusal": lambda journal, row: journal.refuse(
        row, "client", Refusal.OWN, state=State.REFUSED, reason="no"
    ),
    "an end": lambda journal, row: journal.end(row, State.ISSUED, None),
    "an end with further cards": lambda journal, row: journal.end(row, State.DOUBTFUL, "two"),
}
NOTED = {
    "that it was accepted": lambda journal, row: journal.accepted(row, "client"),
    "that it was not sent": lambda journal, row: journal.take_back(row, "client"),
}
OF_THE_RUN = {
    "its begin": lambda journal, owner: journal.begin_run(owner, {"concurrency": 1}),
    "an outage": lambda journal, owner: journal.outage_began(owner, 5.0),
    "the end of an outage": lambda journal, owner: journal.outage_ended(owner, 9.0),
    "that the clock was set back": lambda journal, owner: journal.clock_set_back(owner, 60.0),
    "its end": lambda journal, owner: journal.release(owner),
}


async def released(journal, owner, rows):
    journal.release(owner)


async def handed_back(journal, owner, rows):
    await journal.hand_back(rows)


async def taken(journal, owner, rows):
    journal.release(owner)
    again = await journal.take(10, journal.new_owner())
    assert [row.number for row in again] == [1, 2, 3, 4, 5]


@pytest.fixture
async def journal(journals, planned):
    async with journals.open() as journal:
        await planned(journal)
        yield journal


@pytest.fixture
async def begun(journal):
    """An owner with three rows whose first step was sent, and which are known by their cards."""
    owner = journal.new_owner()
    journal.begin_run(owner, {"concurrency": 2})
    rows = await journal.take(3, owner)
    for row in rows:
        await intend(journal, row)
        row.client_id, row.card_id, row.card_ids = "c", "d", ("d", "e")
    return owner, rows


@pytest.fixture(params=[released, handed_back, taken])
async def lost(request, journal, begun):
    """A row that its owner has lost."""
    owner, rows = begun
    await request.param(journal, owner, rows)
    return rows[1]


@pytest.mark.parametrize("write", AWAITED)
async def test_who_has_lost_a_row_writes_nothing_and_is_told(journal, lost, write):
    before = await picture(journal)
    with pytest.raises(LeaseLost):
        await AWAITED[write](journal, lost)

    assert await picture(journal) == before


@pytest.mark.parametrize("write", NOTED)
async def test_who_has_lost_a_row_notes_nothing_of_it(journal, lost, write):
    before = await picture(journal)
    NOTED[write](journal, lost)

    assert await picture(journal) == before


@pytest.mark.parametrize("lose", [released, taken])
@pytest.mark.parametrize("write", OF_THE_RUN)
async def test_a_run_that_was_released_notes_nothing_more(journal, begun, lose, write):
    owner, rows = begun
    await lose(journal, owner, rows)
    before = await picture(journal)
    OF_THE_RUN[write](journal, owner)

    assert await picture(journal) == before


@pytest.mark.parametrize("lose", [released, taken])
async def test_a_run_that_was_released_gets_no_rows(journal, begun, lose):
    owner, rows = begun
    await lose(journal, owner, rows)
    with pytest.raises(LeaseLost):
        await journal.take(1, owner)
    with pytest.raises(LeaseLost):
        await journal.renew(owner)


async def test_a_row_that_has_ended_is_not_written_any_more(journal, begun):
    _, rows = begun
    await journal.end(rows[0], State.ISSUED, None)
    before = await picture(journal)
    with pytest.raises(LeaseLost):
        await journal.go_on(rows[0])

    assert await picture(journal) == before


async def test_a_row_that_no_journal_has_given_is_not_written(journal, begun):
    _, (row, *_) = begun
    row.lease = None
    with pytest.raises(LeaseLost):
        await journal.go_on(row)


async def test_a_token_of_the_journal_that_was_closed_is_none_of_the_next(journals, planned):
    async with journals.open() as journal:
        await planned(journal)
        owner = journal.new_owner()
        (row, *_) = await journal.take(5, owner)
    async with journals.open() as journal:
        await journal.take(5, journal.new_owner())
        with pytest.raises(LeaseLost):
            await intend(journal, row)
        with pytest.raises(LeaseLost):
            await journal.take(1, owner)
        report = await journal.summary()

    assert report.counts == {State.PLANNED: 5}


async def test_a_journal_that_is_opened_again_belongs_to_nobody(journals, planned):
    journal = journals.open()
    async with journal:
        await planned(journal)
        (row, *_) = await journal.take(5, journal.new_owner())
    async with journal:
        with pytest.raises(LeaseLost):
            await intend(journal, row)
        again = await journal.take(5, journal.new_owner())

    assert [each.number for each in again] == [1, 2, 3, 4, 5]


async def test_the_next_owner_writes_the_same_rows(journal, begun):
    owner, _ = begun
    journal.release(owner)
    again = await journal.take(5, journal.new_owner())
    for row in again:
        await issue(journal, row)

    assert [row.sent.keys() for row in again] == [{"client"}] * 3 + [set()] * 2
    assert (await journal.summary()).counts == {State.ISSUED: 5}


async def test_the_rest_of_the_rows_stays_with_who_has_handed_some_back(journal, begun):
    _, rows = begun
    await journal.hand_back(rows[:1])
    await journal.hand_back(rows[:1])
    for row in rows[1:]:
        await issue(journal, row)

    assert (await journal.summary()).counts == {
        State.PLANNED: 2,
        State.STARTED: 1,
        State.ISSUED: 2,
    }


async def test_what_is_handed_back_is_for_others(journal, begun):
    owner, rows = begun
    await journal.hand_back(rows)
    mine = await journal.take(5, owner)
    journal.release(owner)
    others = await journal.take(5, journal.new_owner())

    assert [row.number for row in mine] == [4, 5]
    assert [row.number for row in others] == [1, 2, 3, 4, 5]


async def test_an_owner_gets_each_row_once_whatever_became_of_it(journal, begun):
    owner, rows = begun
    await journal.end(rows[0], State.UNKNOWN, "who knows")
    assert [row.number for row in await journal.take(1, owner)] == [4]
    assert [row.number for row in await journal.take(5, owner)] == [5]
    assert await journal.take(5, owner) == []
    journal.release(owner)
    again = await journal.take(5, journal.new_owner())

    assert [row.number for row in again] == [1, 2, 3, 4, 5]


async def test_an_owner_that_takes_several_times_at_once_gets_no_row_twice(journal):
    owner = journal.new_owner()
    taken = await asyncio.gather(*(journal.take(2, owner) for _ in range(4)))

    assert sorted(row.number for rows in taken for row in rows) == [1, 2, 3, 4, 5]


async def test_rows_that_come_after_their_owner_was_released_are_nobodys(journal):
    owner = journal.new_owner()
    taking = asyncio.ensure_future(journal.take(2, owner))
    await asyncio.sleep(0)
    journal.release(owner)
    with pytest.raises(LeaseLost):
        await taking
    again = await journal.take(2, journal.new_owner())

    assert [row.number for row in again] == [1, 2]


async def test_a_lease_lasts_for_as_long_as_it_is_told(journal, begun):
    owner, rows = begun

    assert 0 < (await journal.renew(owner)).seconds <= inf
    await intend(journal, rows[0], "card")


async def test_one_run_at_a_time(journal, journals, begun):
    with pytest.raises(ConfigurationError) as caught:
        journal.new_owner()

    assert str(caught.value) == f"{journals.name} is being run already. Nothing more was sent."


def test_a_row_that_is_lost_is_left_as_a_run_that_stops_leaves_it():
    assert issubclass(LeaseLost, Stopped)


async def test_a_second_opening_is_refused_and_takes_no_row_away(journal, begun):
    _, rows = begun
    with pytest.raises(ConfigurationError, match="is open already: use the journal that was"):
        await journal.__aenter__()

    assert all(journal.holds(row) for row in rows)
    await intend(journal, rows[0], "card")


async def test_an_opening_that_has_failed_may_be_tried_again(journals, planned, only):
    only("sqlite", "any number of processes may open it")
    async with journals.open() as first:
        await planned(first, 2)
        second = journals.open()
        with pytest.raises(ConfigurationError, match="in use by another process"):
            await second.__aenter__()
    async with second:
        kept = await second.kept_plan()

    assert kept.rows == 2
