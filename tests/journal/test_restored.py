"""A journal that may be older than the truth: every step that has not ended may have been sent."""

from __future__ import annotations

import time

import pytest

from freedompay_async.batch import State
from freedompay_async.batch.entries import Refusal
from freedompay_async.contract.request_ids import derive_request_id
from tests.journal.conftest import SETTINGS
from tests.journal.life import DIGEST, intend, issue

TAKEN = 1_000_000.0


@pytest.fixture
async def journal(journals, planned):
    async with journals.open() as journal:
        await planned(journal, 4, activate="yes")
        yield journal


async def begun(journal):
    """One row issued, one whose client was sent, one that was refused, one planned."""
    owner = journal.new_owner()
    issued, sent, refused, _ = await journal.take(4, owner)
    await issue(journal, issued)
    await intend(journal, sent, sent_at=999_000.0)
    await intend(journal, refused, sent_at=999_000.0)
    await journal.refuse(refused, "client", Refusal.OWN, state=State.REFUSED, reason="no")
    await journal.end(refused, State.REFUSED, "no")
    journal.release(owner)


async def taken(journal):
    return await journal.take(4, journal.new_owner())


async def test_each_step_without_an_intent_may_have_been_sent_since_then(journal):
    await begun(journal)
    before = time.time()
    rows = await journal.may_have_been_sent_since(TAKEN)
    sent, _, planned = await taken(journal)

    assert rows == 3
    assert set(planned.sent) == {"client", "card", "activate"}
    for step, earlier in planned.sent.items():
        assert (earlier.accepted, earlier.body_sha256) == (False, b"")
        assert earlier.sent_at == pytest.approx(TAKEN, abs=5.0)
        assert before - 5.0 <= earlier.quiet_since <= time.time()
        assert planned.request_id(step, SETTINGS) == derive_request_id(
            SETTINGS["merchant"], SETTINGS["batch"], planned.key, step
        )
    assert set(sent.sent) == {"client", "card", "activate"}


async def test_what_was_written_of_an_intent_stays_and_it_may_have_been_sent_again_until_now(
    journal,
):
    await begun(journal)
    before = time.time()
    await journal.may_have_been_sent_since(TAKEN)
    sent, refused, _ = await taken(journal)

    for row, refusal in ((sent, Refusal.NONE), (refused, Refusal.OWN)):
        assert row.sent["client"].body_sha256 == DIGEST
        assert row.sent["client"].refused is refusal
        assert row.sent["client"].quiet_since >= before - 5.0


async def test_rows_that_have_ended_stay_as_they_are(journal):
    await begun(journal)
    (before,) = await journal.rows(after=0, limit=1)
    times = await journal.step_times(after=0, limit=1)
    await journal.may_have_been_sent_since(TAKEN)

    assert await journal.rows(after=0, limit=1) == [before]
    assert await journal.step_times(after=0, limit=1) == times


async def test_a_planned_row_has_begun_then(journal):
    await journal.may_have_been_sent_since(TAKEN)

    assert (await journal.summary()).counts == {State.STARTED: 4}
    assert (await journal.earlier_runs()).begun


async def test_the_bytes_of_such_an_intent_are_known_when_it_is_sent_and_its_time_stays(journal):
    await journal.may_have_been_sent_since(TAKEN)
    owner = journal.new_owner()
    row, *_ = await journal.take(4, owner)
    was = row.sent["client"]
    await journal.record_intent(
        row,
        "client",
        request_id=row.request_id("client", SETTINGS),
        body_sha256=DIGEST,
        sent_at=time.time(),
    )
    journal.release(owner)
    again, *_ = await taken(journal)

    assert again.sent["client"].body_sha256 == DIGEST
    assert again.sent["client"].sent_at == pytest.approx(was.sent_at, abs=5.0)


async def test_to_say_it_twice_changes_no_time_of_the_first(journal):
    await journal.may_have_been_sent_since(TAKEN)
    await journal.may_have_been_sent_since(TAKEN + 500.0)
    row, *_ = await taken(journal)

    assert row.sent["card"].sent_at == pytest.approx(TAKEN, abs=5.0)
