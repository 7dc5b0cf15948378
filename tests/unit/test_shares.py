"""How a rate that processes share is split, and what a 429 makes of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.postgres.rate.shares import (
    CUT,
    DEAF,
    Holder,
    Shared,
    Use,
    next_want,
    split,
)

RATES = st.floats(0.0, 1e4)


@pytest.mark.parametrize(
    ("wants", "shares"),
    [
        ([], []),
        ([500.0], [200.0]),
        ([50.0], [50.0]),
        ([200.0] * 4, [50.0] * 4),
        ([10.0, 200.0, 200.0], [10.0, 95.0, 95.0]),
        ([200.0, 0.0, 60.0], [140.0, 0.0, 60.0]),
    ],
)
def test_who_wants_less_gets_it_and_the_others_split_the_rest(wants, shares):
    assert split(200.0, wants) == pytest.approx(shares)


@given(total=RATES, wants=st.lists(RATES, max_size=12))
def test_no_split_is_over_the_whole_and_nobody_gets_more_than_it_wants(total, wants):
    shares = split(total, wants)

    assert sum(shares) <= total * (1 + 1e-9) + 1e-9
    assert all(share <= want for share, want in zip(shares, wants, strict=True))
    assert sum(shares) == pytest.approx(min(total, sum(wants)))


def test_a_new_one_is_given_its_part_and_not_more_than_is_free():
    others = [Holder(120.0, 200.0), Holder(70.0, 70.0)]
    shared = Shared(200.0)

    assert shared.fair(200.0, others) == pytest.approx(200.0 / 3)
    assert shared.left(others) == pytest.approx(10.0)


def test_nothing_is_free_where_others_still_have_more_than_there_is():
    assert Shared(100.0).left([Holder(80.0, 80.0), Holder(40.0, 40.0)]) == 0.0


def test_without_a_429_all_of_it_is_allowed():
    assert Shared(200.0).allowed(1_000.0) == 200.0


def test_a_429_lowers_it_and_it_comes_back_and_never_over_the_number():
    refused = Shared(200.0).refused(0.2)
    allowed = [refused.allowed(second) for second in range(40)]

    assert allowed[0] == pytest.approx(200.0 * CUT)
    assert all(before <= after for before, after in pairwise(allowed))
    assert allowed[10] == pytest.approx(200.0)
    assert max(allowed) == 200.0


def test_a_429_for_a_call_that_left_before_everybody_knew_says_nothing_new():
    refused = Shared(200.0, 150.0, since=2.0)

    assert refused.refused(2.0 - DEAF) is refused
    assert refused.refused(0.5).refused_at == pytest.approx(refused.allowed())


@pytest.mark.parametrize(
    ("before", "use", "want", "used"),
    [
        # Of a new one nothing is known.
        (0.0, Use(0.0, 0, 0.5, waited=False), 5.0, 0.0),
        # It has used all, and calls waited.
        (0.0, Use(50.0, 25, 0.5, waited=True), 200.0, 50.0),
        # It has used all, and none waited.
        (0.0, Use(50.0, 25, 0.5, waited=False), 75.0, 50.0),
        # Calls waited for something else.
        (0.0, Use(50.0, 5, 0.5, waited=True), 15.0, 10.0),
        # What it used fades.
        (100.0, Use(50.0, 0, 1.0, waited=False), 90.0, 60.0),
        # Nobody wants more than there is.
        (180.0, Use(200.0, 180, 1.0, waited=False), 200.0, 180.0),
        # No time has passed.
        (0.0, Use(0.0, 0, 0.0, waited=True), 5.0, 0.0),
    ],
)
def test_what_a_process_wants_next(before, use, want, used):
    assert next_want(before, use, 200.0) == (pytest.approx(want), pytest.approx(used))
