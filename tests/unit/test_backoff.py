from __future__ import annotations

from math import inf

import pytest

from freedompay_async.calls.backoff import full_jitter


class TestFullJitter:
    @pytest.mark.parametrize(
        ("count", "expected"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 8.0), (10_000, 8.0)]
    )
    def test_doubles_up_to_the_most(self, count, expected):
        assert full_jitter(1.0, 8.0, count, lambda: 1.0) == expected

    def test_is_still_a_number_after_many_repeats(self):
        assert full_jitter(1.0, inf, 10_000, lambda: 1.0) == 2.0**30

    @pytest.mark.parametrize(("drawn", "expected"), [(0.0, 0.0), (0.25, 1.0), (0.5, 2.0)])
    def test_is_a_random_share_of_the_whole(self, drawn, expected):
        assert full_jitter(1.0, 8.0, 2, lambda: drawn) == expected
