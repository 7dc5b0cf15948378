"""Two machines with one file, and an issuer that fails in every way at once: one card for each row."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.sandbox import Faults, Sandbox


@pytest.mark.parametrize(
    "chances",
    [
        {},
        {"lost": 0.1, "reset": 0.1, "error_500": 0.1, "html_502": 0.1, "late": 0.1, "dropped": 0.1},
    ],
)
async def test_two_machines_with_one_file_make_one_card_each(people, one_each, office, chances):
    async with Sandbox(
        processing=(0.0, 0.03), faults=Faults(seed=5, stall=0.02, late_by=0.05, **chances)
    ) as issuer:
        office.issuer = issuer
        file = office.file(people(40))
        first = await asyncio.gather(office.issue(file, "one.db"), office.issue(file, "two.db"))
        cards = office.cards()
        # What is left by the faults of one run is done by the next.
        reports = [
            [await office.resume(name, accept_found="all") for _ in range(4)][-1]
            for name in ("one.db", "two.db")
        ]
        later = office.cards()

    assert cards == one_each(40)
    assert [report.refused + report.doubtful for report in first] == [0, 0]
    assert [report.complete for report in reports] == [True, True]
    assert later == one_each(40)
