"""Connections that a run opens while the first questions are asked."""

from __future__ import annotations

import pytest

from freedompay_async.batch import Limits
from freedompay_async.transport.base import TransportError


@pytest.mark.parametrize(
    ("rows", "limits", "opened"),
    [
        (80, Limits(concurrency=64), [14]),
        (60, Limits(concurrency=64), [10]),
        (80, Limits(concurrency=50), []),
        (80, Limits(concurrency=64, rate=1000.0), []),
    ],
    ids=["as many as calls at once", "as many as rows", "enough for the questions", "under a rate"],
)
async def test_what_the_first_rows_need_is_opened(
    office, people, one_each, monkeypatch, rows, limits, opened
):
    told = []

    async def warm_up(count, attempt):
        told.append(count)
        # The run goes on without them.
        raise TransportError("no connection in time")

    async with office.batch(limits=limits, client={"max_connections": 64}) as batch:
        monkeypatch.setattr(office.road(batch), "warm_up", warm_up)
        await office.plan(batch, office.file(people(rows)))
        report = await office.finish(batch)

    assert told == opened
    assert report.complete
    assert office.cards() == one_each(rows)
