"""A batch goes on from a journal that is older than the truth: a copy, or a restored backup."""

from __future__ import annotations

import shutil
import time

import pytest

from freedompay_async.batch import Journal, Limits, State

HOUR = 3600.0


@pytest.fixture
def restored(office):
    """Goes on from a journal that was taken at this time; its report."""

    async def go_on(journal, taken, **options):
        async with Journal.open(office.folder / journal) as opened:
            await opened.may_have_been_sent_since(taken)
        return await office.resume(journal, **options)

    return go_on


@pytest.fixture
async def copied(office, people):
    """The plan of 20 rows, and a copy of its journal, in which nothing was sent."""
    file = office.file(people(20))
    async with office.batch() as batch:
        await office.plan(batch, file)
    shutil.copy(office.folder / "run.db", office.folder / "copy.db")


@pytest.mark.parametrize("age", [5.0, 2 * HOUR])
async def test_what_was_done_since_the_copy_is_found_and_nothing_is_made_twice(
    office, copied, restored, one_each, age
):
    assert (await office.resume()).complete
    effects = len(office.effects())
    report = await restored("copy.db", time.time() - age)

    assert report.complete
    assert (report.found, len(office.effects())) == (0, effects)
    assert office.cards() == one_each(20)


async def test_what_was_not_sent_is_sent_while_the_issuer_surely_remembers_ids(
    office, copied, restored, one_each
):
    report = await restored("copy.db", time.time() - 5.0)

    assert report.complete
    assert office.cards() == one_each(20)


async def test_what_is_not_known_after_that_is_for_a_person(office, copied, restored):
    report = await restored("copy.db", time.time() - 2 * HOUR)

    assert (report.unknown, office.effects()) == (20, [])
    assert {problem.state for problem in report.problems} == {State.UNKNOWN}


async def test_a_batch_that_was_half_done_is_finished_with_what_was_made(
    office, copied, restored, one_each
):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        ended = 0
        async for _ in batch.run():
            ended += 1
            if ended == 7:
                batch.stop()
    before = dict(office.cards())
    report = await restored("copy.db", time.time() - 5.0)

    assert report.complete
    assert 7 <= len(before) < 20
    assert office.cards() == one_each(20)


async def test_activations_are_asked_about_too(office, people, restored, one_each):
    async with office.batch(activate=True) as batch:
        await office.plan(batch, office.file(people(5)))
    shutil.copy(office.folder / "run.db", office.folder / "copy.db")
    assert (await office.resume()).complete
    effects = len(office.effects())
    report = await restored("copy.db", time.time() - 2 * HOUR)

    assert report.complete
    assert len(office.effects()) == effects
