from __future__ import annotations

import pytest

from freedompay_async.calls.retry_budget import RetryBudget
from freedompay_async.settings.policy import Policy


class TestRetryBudget:
    """Two repeats a second, ten in hand, and half a repeat for each first attempt."""

    @pytest.fixture
    def budget(self):
        return RetryBudget(Policy(retries_per_second=2.0, retry_ratio=0.5))

    def test_has_five_seconds_of_repeats_in_hand(self, budget):
        assert [budget.repeat(0.0) for _ in range(11)] == [0.0] * 10 + [0.5]

    def test_lets_each_repeat_beyond_it_wait_for_its_turn(self, budget):
        waits = [budget.repeat(0.0) for _ in range(13)]

        assert waits[10:] == [0.5, 1.0, 1.5]

    def test_grows_with_time(self, budget):
        for _ in range(10):
            budget.repeat(0.0)

        assert [budget.repeat(1.0) for _ in range(3)] == [0.0, 0.0, 0.5]

    def test_grows_with_first_attempts(self, budget):
        for _ in range(10):
            budget.repeat(0.0)
        budget.first()
        budget.first()

        assert [budget.repeat(0.0) for _ in range(2)] == [0.0, 0.5]

    def test_is_not_saved_up_by_first_attempts(self, budget):
        for _ in range(100):
            budget.first()

        assert [budget.repeat(0.0) for _ in range(11)][-1] == 0.5

    def test_is_not_saved_up_by_time(self, budget):
        budget.repeat(0.0)

        assert [budget.repeat(1000.0) for _ in range(11)][-1] == 0.5

    def test_takes_a_turn_back_that_was_not_used(self, budget):
        for _ in range(11):
            budget.repeat(0.0)
        budget.give_back()

        assert [budget.repeat(0.0) for _ in range(2)] == [0.5, 1.0]

    def test_is_not_saved_up_by_turns_that_are_given_back(self, budget):
        budget.give_back()

        assert [budget.repeat(0.0) for _ in range(11)][-1] == 0.5

    def test_does_not_count_the_time_before_its_first_repeat(self, budget):
        assert [budget.repeat(1000.0) for _ in range(11)][-1] == 0.5
