"""A run that is cancelled at each place where it, or any task of it, waits; and then resumed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from freedompay_async.batch import Batch, Journal, Limits
from freedompay_async.sandbox import Fault
from tests.leaks.everywhere import Story

ROWS = 2


@pytest.fixture
def everywhere(office, people, one_each):
    """Cancels a story of a batch at its first wait, its second, and so on; what was wrong afterwards, and how many places there were."""

    async def run(story_of, *, late, faults=()):
        wrong, stop = [], 0
        while True:
            office.issuer._plan._scripts.clear()
            for call in faults:
                office.issuer.script(call, Fault.CLOSED)
            error = await one(story_of, stop, late=late, wrong=wrong)
            if error is None:
                return wrong, stop
            stop += 1

    async def one(story_of, stop, *, late, wrong):
        journal = f"run-{stop}.db"
        # A name of its own gives each run cards of its own.
        name = f"{stop}-{late}"
        async with office.client() as fp, Journal.open(office.folder / journal) as opened:
            batch = Batch(fp, opened, name=name, activate=True, limits=Limits(concurrency=2))
            await office.plan(batch, office.file(people(ROWS)))
            story = Story(stop, late=late)
            task = await story.run(story_of(batch))
            if not story.reached:
                task.result()
                return None
            await asyncio.sleep(0)
            wrong += [(stop, "not cancelled", task)] if not task.cancelled() else []
            wrong += [(stop, "left", each) for each in story.left()]
            wrong += [(stop, "runs", opened)] if opened.running else []
            wrong += [(stop, "progress", batch.progress)] if batch.progress.in_progress or batch.progress.waiting else []
            wrong += [(stop, "pool", fp)] if fp._transport._pool and fp._transport._pool.session.connector._acquired else []
            kept = {each for (each,) in await opened.call(lambda c: c.execute("SELECT request_id FROM intents").fetchall())}
            wrong += [(stop, "sent and not written", each) for each in sent(office) - kept - seen]
            report = await office.finish(batch)
        wrong += [(stop, "not complete", report)] if not report.complete else []
        made = [card for card in office.issuer.ledger() if card["request_id"] not in seen]
        wrong += [(stop, "cards", made)] if len(made) != ROWS else []
        seen.update(sent(office))
        return task

    seen: set[str] = set()
    return run


def sent(office):
    return {body["request_id"] for body in office.effects()}


async def to_the_end(batch):
    async for _ in batch.run():
        pass


async def left_early(batch):
    async with aclosing(batch.run()) as landing:
        async for _ in landing:
            break


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_run_cancelled_anywhere_is_resumed_to_one_card_a_row(everywhere, late):
    wrong, places = await everywhere(to_the_end, late=late)

    assert wrong == []
    assert places > 20


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_run_left_early_and_cancelled_anywhere_is_resumed_to_one_card_a_row(everywhere, late):
    wrong, places = await everywhere(left_early, late=late)

    assert wrong == []
    assert places > 20


@pytest.mark.parametrize("call", ["client/add", "card/issue", "card/activate"])
async def test_run_cancelled_anywhere_while_an_answer_is_lost_is_resumed_to_one_card_a_row(everywhere, call):
    wrong, places = await everywhere(to_the_end, late=False, faults=[call])

    assert wrong == []
    assert places > 20
