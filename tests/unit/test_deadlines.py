"""One timer for many deadlines: each ends in its time, and few timers are made."""

from __future__ import annotations

import pytest

from freedompay_async.transport.deadlines import Deadlines


class Timer:
    def __init__(self, when, callback) -> None:
        self.when, self.callback = when, callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A clock that a test sets, and the timers that were made."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when, callback, *, context):
        self.timers.append(Timer(when, callback))
        return self.timers[-1]

    def run_until(self, when: float) -> None:
        while due := [each for each in self.timers if not each.cancelled and each.when <= when]:
            timer = min(due, key=lambda each: each.when)
            self.timers.remove(timer)
            self.now = timer.when
            timer.callback()
        self.now = when


class Item:
    ends = 0.0

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.expired: list[float] = []

    def expire(self) -> None:
        self.expired.append(self.loop.now)


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def deadlines(loop):
    return Deadlines(loop)


def test_each_ends_in_its_time(loop, deadlines):
    items = [Item(loop) for _ in range(3)]
    for item, ends in zip(items, (5.0, 1.0, 3.0), strict=True):
        deadlines.set(item, ends)
    loop.run_until(10.0)

    assert [item.expired for item in items] == [[5.0], [1.0], [3.0]]


def test_what_gets_a_later_time_does_not_end_at_the_first_one(loop, deadlines):
    item = Item(loop)
    deadlines.set(item, 1.0)
    deadlines.set(item, 4.0)
    loop.run_until(3.0)
    before = list(item.expired)
    loop.run_until(10.0)

    assert (before, item.expired) == ([], [4.0])


def test_what_gets_a_sooner_time_ends_then(loop, deadlines):
    item = Item(loop)
    deadlines.set(item, 9.0)
    deadlines.set(item, 2.0)
    loop.run_until(20.0)

    assert item.expired == [2.0]


def test_what_was_removed_never_ends(loop, deadlines):
    item, other = Item(loop), Item(loop)
    deadlines.set(item, 1.0)
    deadlines.set(other, 2.0)
    deadlines.remove(item)
    loop.run_until(10.0)

    assert (item.expired, other.expired) == ([], [2.0])


def test_many_that_end_by_themselves_take_one_timer(loop, deadlines):
    made = 0
    for number in range(1_000):
        loop.now = number / 1_000
        item = Item(loop)
        before = len(loop.timers)
        deadlines.set(item, loop.now + 10.0)
        made += len(loop.timers) - before
        deadlines.remove(item)

    assert made == 1


def test_a_timer_that_the_loop_calls_a_little_too_early_ends_what_is_due(loop, deadlines):
    item = Item(loop)
    deadlines.set(item, 1.0)
    (timer,) = loop.timers
    loop.now = 1.0 - 1e-9
    timer.callback()

    assert item.expired == [1.0 - 1e-9]


def test_what_ends_may_set_a_new_time(loop, deadlines):
    class Again(Item):
        def expire(self) -> None:
            super().expire()
            if len(self.expired) < 3:
                deadlines.set(self, self.loop.now + 1.0)

    item = Again(loop)
    deadlines.set(item, 1.0)
    loop.run_until(10.0)

    assert item.expired == [1.0, 2.0, 3.0]


def test_one_that_removes_another_in_its_end_keeps_that_from_a_later_one(loop, deadlines):
    later = Item(loop)

    class First(Item):
        def expire(self) -> None:
            super().expire()
            deadlines.remove(later)

    first = First(loop)
    deadlines.set(first, 1.0)
    deadlines.set(later, 2.0)
    loop.run_until(10.0)

    assert (first.expired, later.expired) == ([1.0], [])


def test_nothing_ends_after_the_stop(loop, deadlines):
    item = Item(loop)
    deadlines.set(item, 1.0)
    deadlines.stop()
    loop.run_until(10.0)

    assert item.expired == []
