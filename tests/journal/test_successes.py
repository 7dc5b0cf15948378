"""What was made for a row is kept, whoever has heard of it, and in whatever order it comes."""

from __future__ import annotations

import pytest

from freedompay_async.batch import State
from freedompay_async.batch.lease import Overtaken
from tests.journal.life import intend, issue


@pytest.fixture
async def journal(journals, planned):
    async with journals.open() as journal:
        await planned(journal, 2)
        yield journal


@pytest.fixture
async def lost(journal):
    """A row that its owner has lost, with what it has heard: the client and the card."""
    owner = journal.new_owner()
    row, _ = await journal.take(2, owner)
    await intend(journal, row, "client")
    row.client_id = "c1"
    await intend(journal, row, "card")
    journal.release(owner)
    row.card_id = "d1"
    return row


async def next_owner(journal):
    row, _ = await journal.take(2, journal.new_owner())
    return row


async def stands(journal):
    row, _ = await journal.rows(after=0, limit=2)
    return row.state, row.client_id, row.card_id, row.reason


async def test_the_next_owner_gets_it_with_the_row(journal, lost):
    await journal.keep_success(lost)
    row = await next_owner(journal)

    assert (row.client_id, row.card_id) == ("c1", "d1")
    await journal.end(row, State.ISSUED, None)
    assert await stands(journal) == (State.ISSUED, "c1", "d1", None)


async def test_a_client_alone_is_kept_too(journal, lost):
    lost.card_id = None
    await journal.keep_success(lost)
    row = await next_owner(journal)

    assert (row.client_id, row.card_id) == ("c1", None)


@pytest.mark.parametrize("state", [State.REFUSED, State.UNKNOWN])
async def test_nothing_negative_ends_a_row_before_its_owner_has_got_it(journal, lost, state):
    owner = journal.new_owner()
    row, _ = await journal.take(2, owner)
    await journal.keep_success(lost)
    with pytest.raises(Overtaken):
        await journal.end(row, state, "the issuer does not know it", proved=True)
    journal.release(owner)
    again = await next_owner(journal)

    assert (again.client_id, again.card_id) == ("c1", "d1")
    assert not again.refused


@pytest.mark.parametrize("state", [State.REFUSED, State.UNKNOWN])
async def test_a_row_that_has_ended_without_it_is_open_again(journal, lost, state):
    owner = journal.new_owner()
    row, _ = await journal.take(2, owner)
    await journal.end(row, state, "the issuer does not know it", proved=True)
    journal.release(owner)
    await journal.keep_success(lost)

    assert (await stands(journal))[0] is State.STARTED
    again = await next_owner(journal)
    assert (again.client_id, again.card_id) == ("c1", "d1")


async def test_one_that_names_the_card_of_the_row_changes_nothing(journal, lost):
    owner = journal.new_owner()
    row, _ = await journal.take(2, owner)
    await issue(journal, row, "d1")
    before = await journal.rows(after=0, limit=2)
    await journal.keep_success(lost)

    assert await journal.rows(after=0, limit=2) == before


@pytest.mark.parametrize("state", [State.ISSUED, State.FOUND])
async def test_one_that_names_another_card_makes_the_row_doubtful_and_both_are_told(
    journal, lost, state
):
    row = await next_owner(journal)
    row.client_id, row.card_id = "c1", "d9"
    await journal.end(row, state, None)
    await journal.keep_success(lost)

    assert await stands(journal) == (
        State.DOUBTFUL,
        "c1",
        "d9",
        "card d1 was made for this row too, beside d9",
    )


async def test_it_is_kept_once_however_often_it_is_heard(journal, lost):
    row = await next_owner(journal)
    row.client_id, row.card_id = "c1", "d9"
    await journal.end(row, State.ISSUED, None)
    for _ in range(3):
        await journal.keep_success(lost)
    state, _, _, reason = await stands(journal)

    assert (state, reason.count("d1")) == (State.DOUBTFUL, 1)


async def test_the_other_rows_of_the_same_moment_end_as_they_are(journal, lost):
    owner = journal.new_owner()
    first, second = await journal.take(2, owner)
    await journal.keep_success(lost)
    with pytest.raises(Overtaken):
        await journal.end(first, State.UNKNOWN, "who knows")
    await journal.end(second, State.REFUSED, "no", proved=True)
    rows = await journal.rows(after=0, limit=2)

    assert [row.state for row in rows] == [State.STARTED, State.REFUSED]
