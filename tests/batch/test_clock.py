"""The age of what an earlier run sent, on a clock that may have been set."""

from __future__ import annotations

from math import inf

import pytest

from freedompay_async.batch import clock as module
from freedompay_async.batch.clock import Clock
from freedompay_async.batch.entries import Earlier


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
    ("newest", "set_back", "expected"),
    [
        (999_500.0, 0.0, 999_000.0),
        (999_500.0, 7200.0, 991_800.0),
        (1_000_000.0, 0.0, 999_000.0),
        # The clock is behind what the journal has seen: in the future, so that nobody takes it for
        # young.
        (1_000_001.0, 0.0, inf),
        (1_000_001.0, 7200.0, inf),
    ],
)
def test_when_an_earlier_run_sent_it(time, newest, set_back, expected):
    assert Clock(newest=newest, set_back=set_back).sent_at(999_000.0) == expected


@pytest.mark.parametrize(
    ("jump", "age"), [(0.0, 1010.0), (-500.0, 1010.0), (-7200.0, 1010.0), (7200.0, 8210.0)]
)
def test_whatever_happens_to_the_clock_in_a_run_an_intent_does_not_grow_younger(time, jump, age):
    clock = Clock()
    time.goes_on(10.0)
    time.wall += jump

    assert time.wall - clock.sent_at(999_000.0) == age


@pytest.mark.parametrize(
    ("jump", "expected"), [(0.0, 0.0), (-0.5, 0.0), (-7200.0, 7200.0), (7200.0, 0.0)]
)
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


def test_a_clock_that_is_set_back_little_by_little_is_seen_too(time):
    clock = Clock()
    told = 0.0
    for _ in range(1000):
        time.goes_on(10.0)
        time.wall -= 0.9
        told += clock.now()[1]

    assert told == pytest.approx(900.0, abs=1.0)


@pytest.mark.parametrize(
    ("jump", "age"), [(0.0, 13.0), (600.0, 13.0), (7200.0, 13.0), (-600.0, -587.0)]
)
def test_whatever_happens_to_the_clock_in_a_run_others_are_not_quiet_for_longer(time, jump, age):
    clock = Clock()
    written = Earlier(999_000.0, accepted=False, body_sha256=b"", quiet_since=time.wall - 3.0)
    time.goes_on(10.0)
    time.wall += jump

    assert time.wall - clock.sends_of(written).quiet_since == age
