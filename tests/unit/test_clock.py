"""The clock of a call, on a machine that may sleep."""

from __future__ import annotations

import time

import pytest

from freedompay_async.calls.clock import Clock


class Loop:
    """A loop of which only the clock is asked for."""

    now = 50.0

    def time(self):
        return self.now


@pytest.fixture
def passes(monkeypatch):
    """Lets seconds pass on the loop and on the wall; gives both times of the clock."""
    loop, wall = Loop(), [1000.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    clock = Clock(loop, 30.0)

    def step(on_the_loop, on_the_wall):
        loop.now += on_the_loop
        wall[0] += on_the_wall
        return clock.now(), clock.now_with_sleep()

    step.clock = clock
    return step


def test_the_deadline_is_so_many_seconds_from_the_beginning(passes):
    assert passes.clock.deadline == 80.0


def test_both_times_are_the_same_while_the_machine_is_awake(passes):
    assert passes(7.0, 7.0) == (57.0, 57.0)


def test_the_wall_clock_counts_the_sleep(passes):
    assert passes(7.0, 3607.0) == (57.0, 3657.0)


def test_a_wall_clock_that_is_set_back_takes_no_sleep_away(passes):
    passes(1.0, 101.0)

    assert passes(1.0, -500.0) == (52.0, 152.0)


def test_a_wall_clock_that_is_set_back_makes_nothing_younger(passes):
    assert passes(7.0, -500.0) == (57.0, 57.0)
