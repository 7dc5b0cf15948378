"""Schedules of faults, in so many parts that xdist spreads them."""

from __future__ import annotations

import pytest

from tests.model.running import Runner

PARTS = 8
MOST = 10_000
"""Schedules of one part: more of them are more parts."""


def pytest_generate_tests(metafunc):
    if "part" in metafunc.fixturenames:
        schedules = metafunc.config.getoption("--schedules")
        parts = max(PARTS, -(-schedules // MOST))
        share = -(-schedules // parts)
        # Ten minutes are enough for a part, and for making a failure short.
        metafunc.parametrize(
            "part",
            [
                pytest.param((number, share), marks=pytest.mark.timeout(600))
                for number in range(parts)
            ],
            ids=str,
        )


@pytest.fixture(scope="module")
def runner():
    return Runner()
