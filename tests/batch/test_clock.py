"""The age of what an earlier run sent, on a clock that may have been set."""

from __future__ import annotations

import pytest

from freedompay_async.batch import clock as module
from freedompay_async.batch.clock import Clock


class Time:
    """A wall clock and a steady one."""

    def __init__(self):
        self.wall, self.steady = 1_000_000.0, 50.0

    def time(self):
        return self.wall

    def monotonic(self):
        return self.steady

    def goes_on(self, seconds):
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def time(monkeypatch):
    time = Time()
    monkeypatch.setattr(module, "time", time)
    return time


@pytest.mark.parametrize(
    ("now", "set_back", "expected"),
    [
        (1_000_000.0, 0.0, 999_000.0),
        (1_000_000.0, 7200.0, 991_800.0),
        (999_500.0, 0.0, 999_500.0),
        # Behind the newest intent: in the future, so that nobody takes it for young.
        (999_499.0, 0.0, 999_500.0),
        (999_499.0, 7200.0, 999_500.0),
    ],
)
def test_when_an_earlier_run_sent_it(time, now, set_back, expected):
    time.wall = now
    sent_at = Clock(newest=999_500.0, set_back=set_back).sent_at(999_500.0 if expected == 999_500.0 else 999_000.0)

    assert sent_at == expected


@pytest.mark.parametrize(("jump", "expected"), [(0.0, 0.0), (-0.5, 0.0), (-7200.0, 7200.0), (7200.0, 0.0)])
def test_a_clock_that_is_set_back_is_seen(time, jump, expected):
    clock = Clock()
    time.goes_on(10.0)
    time.wall += jump

    assert clock.now() == (1_000_010.0 + jump, expected)


def test_a_clock_that_was_set_back_is_told_once(time):
    clock = Clock()
    time.wall -= 7200.0
    clock.now()
    time.goes_on(10.0)

    assert clock.now() == (1_000_000.0 - 7190.0, 0.0)
