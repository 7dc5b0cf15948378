"""A run that is cancelled at each place where it waits, after more has gone wrong; and then
resumed.
"""

from __future__ import annotations

from contextlib import aclosing

import pytest


async def to_the_end(batch):
    async for _ in batch.run():
        pass


async def left_early(batch):
    async with aclosing(batch.run()) as landing:
        async for _ in landing:
            break


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_run_left_early_and_cancelled_anywhere_is_resumed_to_one_card_a_row(everywhere, late):
    wrong, places = await everywhere(left_early, late=late)

    assert wrong == []
    assert places > 20


@pytest.mark.parametrize("call", ["client/add", "card/issue", "card/activate"])
async def test_run_cancelled_anywhere_while_an_answer_is_lost_is_resumed_to_one_card_a_row(
    everywhere, call
):
    wrong, places = await everywhere(to_the_end, late=False, faults=[call])

    assert wrong == []
    assert places > 20
