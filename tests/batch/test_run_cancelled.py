"""A run that is cancelled at each place where it, or any task of it, waits; and then resumed.

More of it is in `proofs`.
"""

from __future__ import annotations

import pytest


async def to_the_end(batch):
    async for _ in batch.run():
        pass


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_run_cancelled_anywhere_is_resumed_to_one_card_a_row(everywhere, late):
    wrong, places = await everywhere(to_the_end, late=late)

    assert wrong == []
    assert places > 20
