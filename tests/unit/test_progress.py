"""The progress of a batch: its counts, its rate, and what is left of its time."""

from __future__ import annotations

import pytest

from freedompay_async.batch import Progress, State


class Hours:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def begun(**counts):
    clock = Hours()
    progress = Progress(clock=clock)
    progress.begin()
    for name, value in counts.items():
        setattr(progress, name, value)
    return progress, clock


def goes_on(progress, clock, *, seconds, rows, step=1.0):
    """So many rows end in each step."""
    for _ in range(round(seconds / step)):
        clock.now += step
        for _ in range(rows):
            progress.count(State.ISSUED)


def test_before_a_run_there_is_no_pace():
    progress = Progress()

    assert (progress.rate, progress.time_left, progress.seconds) == (0.0, None, 0.0)
    assert not progress.running


def test_a_run_of_which_no_row_has_ended_yet():
    progress, clock = begun(rows=10)
    clock.now += 5

    assert (progress.rate, progress.time_left, progress.seconds) == (0.0, None, 5.0)
    assert progress.running


def test_before_any_time_has_passed():
    progress, _ = begun(rows=10)
    progress.count(State.ISSUED)

    assert (progress.rate, progress.time_left) == (0.0, None)


def test_the_rows_of_a_second_and_the_seconds_that_are_left():
    progress, clock = begun(rows=2_000, earlier=500)
    goes_on(progress, clock, seconds=10, rows=10)

    assert (progress.done, progress.rate, progress.time_left) == (100, 10.0, 140.0)


def test_rows_that_are_left_take_no_time():
    progress, clock = begun(rows=200)
    goes_on(progress, clock, seconds=10, rows=10)
    progress.left = 50

    assert progress.time_left == 5.0


@pytest.mark.parametrize(
    "counts",
    [{"earlier": 10}, {"issued": 10}, {"issued": 4, "refused": 3, "left": 3}],
    ids=["earlier", "issued", "left"],
)
def test_a_run_that_has_no_row_to_end(counts):
    progress, clock = begun(rows=10, **counts)
    clock.now += 1

    assert progress.time_left == 0.0


def test_the_rate_is_that_of_the_last_half_minute():
    progress, clock = begun(rows=100_000)
    goes_on(progress, clock, seconds=60, rows=10, step=0.125)
    fast = progress.rate
    goes_on(progress, clock, seconds=15, rows=1, step=0.125)
    between = progress.rate
    goes_on(progress, clock, seconds=16, rows=1, step=0.125)

    assert fast == pytest.approx(80.0, rel=0.01)
    assert between == pytest.approx(44.0, rel=0.01)
    assert progress.rate == pytest.approx(8.0, rel=0.01)


def test_many_rows_between_two_samples_are_all_counted():
    progress, clock = begun(rows=100_000)
    goes_on(progress, clock, seconds=4, rows=7, step=0.125)

    assert progress.rate == 56.0


def test_a_run_that_stands_still_has_no_rate_after_half_a_minute():
    progress, clock = begun(rows=100_000)
    goes_on(progress, clock, seconds=10, rows=100)
    clock.now += 10
    slower = progress.rate
    clock.now += 20.5

    assert (slower, progress.rate, progress.time_left) == (50.0, 0.0, None)


def test_a_long_stand_is_no_part_of_the_rate_after_it():
    """As after an outage: the rows of the last half-minute, and no earlier ones, over its length."""
    progress, clock = begun(rows=1_000)
    goes_on(progress, clock, seconds=10, rows=10)
    clock.now += 600
    goes_on(progress, clock, seconds=15, rows=10)

    assert (progress.rate, progress.time_left) == (5.0, 150.0)

    goes_on(progress, clock, seconds=20, rows=10)
    assert progress.rate == pytest.approx(10.0, rel=0.05)


def test_so_is_a_long_wait_for_the_first_row():
    progress, clock = begun(rows=10)
    clock.now += 600
    progress.count(State.ISSUED)
    clock.now += 15

    assert progress.rate == pytest.approx(1 / 30)


def test_after_its_end_the_rate_is_that_of_the_whole_run():
    progress, clock = begun(rows=1_000)
    goes_on(progress, clock, seconds=90, rows=10)
    clock.now += 10
    progress.end()
    clock.now += 500

    assert (progress.rate, progress.seconds, progress.running) == (9.0, 100.0, False)
    # It has left 100 rows, and nothing says when they will end.
    assert progress.time_left is None


def test_nothing_says_when_rows_end_that_a_run_has_left():
    progress, clock = begun(rows=10, issued=7, left=3)
    clock.now += 1
    progress.end()

    assert progress.time_left is None


def test_a_run_that_has_ended_all_rows_has_no_time_left():
    progress, clock = begun(rows=10, issued=10)
    clock.now += 1
    progress.end()

    assert progress.time_left == 0.0


def test_a_run_that_ends_at_once_has_no_rate():
    progress, _ = begun(rows=10)
    progress.end()

    assert (progress.rate, progress.seconds) == (0.0, 0.0)


def test_another_run_begins_anew_in_the_same_object():
    progress, clock = begun(rows=10)
    goes_on(progress, clock, seconds=2, rows=5)
    progress.trouble = progress.left_because = "asked to wait"
    progress.left = 1
    progress.end()
    clock.now += 100
    progress.begin()

    assert progress == Progress()
    assert (progress.rate, progress.seconds, progress.running) == (0.0, 0.0, True)
    clock.now += 2
    progress.count(State.REFUSED)
    assert (progress.refused, progress.rate) == (1, 0.5)


@pytest.mark.parametrize("state", State)
def test_each_state_has_a_count(state):
    progress, _ = begun()
    progress.count(state)
    left = state in (State.PLANNED, State.STARTED)

    assert getattr(progress, "left" if left else state.value) == 1
    assert progress.done == (0 if left else 1)


def test_rows_that_wait_take_a_place_and_have_no_calls_to_make():
    progress = Progress(in_progress=5, waiting=2, asking_again=1)

    assert (progress.rows_at_work, progress.rows_active) == (4, 2)


def test_a_trouble_that_is_over_leaves_the_reason_of_rows_that_were_left():
    progress = Progress(trouble="no connection", left_because="asked to wait")
    progress.over()

    assert progress.trouble == "asked to wait"
