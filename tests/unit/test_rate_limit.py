"""How many calls a second the issuer takes, learnt from its 429."""

from __future__ import annotations

import pickle
from math import inf

import pytest

from freedompay_async.traffic.rate_limit import RateLimit


def limited_at(limit, now, *, taken=0, began=None):
    """A second in which so many calls were taken, and then a 429."""
    for _ in range(taken):
        limit.accepted(now - 0.5)
    limit.limited(now, now if began is None else began)
    return limit


@pytest.fixture
def found():
    """The limit after two 429: the limit of 100 a second is known."""
    return limited_at(limited_at(RateLimit(), 1.0, taken=100), 3.0, taken=100)


@pytest.mark.parametrize(("most", "expected"), [(None, inf), (5.0, 5.0)])
def test_without_a_429_it_is_what_the_caller_allows(most, expected):
    assert RateLimit(most).rate(0.0) == expected


@pytest.mark.parametrize(("taken", "expected"), [(0, 5.0), (6, 5.0), (100, 52.5)])
def test_the_first_429_starts_it_at_half_of_what_was_taken_and_not_below_five(taken, expected):
    assert limited_at(RateLimit(), 1.5, taken=taken).rate(1.5) == expected


def test_from_there_it_doubles_each_second():
    limit = limited_at(RateLimit(), 1.5)

    assert [limit.rate(now) for now in (1.5, 2.5, 3.5, 11.5)] == [5.0, 10.0, 20.0, 5120.0]


def test_after_a_minute_it_has_doubled_enough():
    limit = limited_at(RateLimit(), 1.5)

    assert limit.rate(61.5) == limit.rate(1e9) < inf


def test_it_never_passes_what_the_caller_allows():
    limit = limited_at(RateLimit(20.0), 1.5)

    assert limit.rate(1e9) == 20.0


def test_the_second_429_tells_the_limit_and_it_goes_below(found):
    assert found.rate(3.0) == pytest.approx(0.85 * 105.0)


def test_it_comes_back_to_the_limit_in_ten_seconds_the_slower_the_closer(found):
    rates = [found.rate(now) / 105.0 for now in (3.0, 5.0, 8.0, 12.0, 13.0)]

    assert rates == pytest.approx([0.85, 0.9232, 0.98125, 0.99985, 1.0])


def test_where_nothing_is_refused_it_looks_beyond_the_limit(found):
    assert [found.rate(now) / 105.0 for now in (13.0, 23.0, 33.0)] == pytest.approx(
        [1.0, 1.15, 2.2]
    )


def test_a_429_of_a_call_that_began_before_it_slowed_down_is_no_news(found):
    before = found.rate(3.5)
    found.limited(3.5, 2.9)

    assert found.rate(3.5) == before


@pytest.mark.parametrize("began", [3.9, 4.0])
def test_a_429_in_the_second_after_it_slowed_down_is_no_news(found, began):
    before = found.rate(4.5)
    found.limited(4.5, began)

    assert found.rate(4.5) == before


def test_a_429_of_a_call_that_began_later_is_news(found):
    before = found.rate(4.5)
    found.limited(4.5, 4.01)

    assert found.rate(4.5) < before


def test_what_was_taken_bounds_it_where_it_was_far_too_fast(found):
    for _ in range(30):
        found.accepted(39.5)
    found.limited(40.0, 40.0)

    assert found.rate(50.0) == pytest.approx(30 * 1.05)


@pytest.mark.parametrize(("now", "rate"), [(45.99, 31.5), (46.0, 1.05), (46.5, 1.05)])
def test_the_best_of_the_last_six_seconds_counts(found, now, rate):
    for _ in range(30):
        found.accepted(40.5)
    found.accepted(45.9)
    found.limited(now, now)

    # Ten seconds later it is back at the limit that was found.
    assert found.rate(now + 10.0) == pytest.approx(rate)


def test_what_was_taken_long_ago_does_not_count(found):
    found.limited(40.0, 40.0)

    assert found.rate(50.0) == pytest.approx(1.0)


def test_it_never_stands_still(found):
    for now in range(100, 200, 2):
        found.limited(float(now), float(now))

    assert found.rate(198.0) == 0.1


def test_it_keeps_six_seconds_only():
    limit, sizes = RateLimit(), []
    for now in range(1000, 2000):
        limit.accepted(float(now))
        sizes.append(len(pickle.dumps(limit)))

    assert sizes[4] < sizes[5]
    assert set(sizes[5:]) == {sizes[5]}


@pytest.mark.parametrize(("most", "free"), [(None, True), (inf, True), (5.0, False)])
def test_it_is_free_where_neither_the_caller_nor_the_issuer_has_set_a_limit(most, free):
    limit = RateLimit(most)
    before = limit.free
    limited_at(limit, 1.5)

    assert (before, limit.free) == (free, False)


def test_it_is_learnt_as_long_as_it_is_lower_than_the_caller_allows():
    limit = RateLimit(20.0)
    told = [limit.learnt(1.0)]
    limited_at(limit, 1.5)

    # From 5 on it doubles each second, so that it is 20 after two.
    assert [*told, limit.learnt(1.5), limit.learnt(3.4), limit.learnt(3.5)] == [
        False,
        True,
        True,
        False,
    ]


def test_it_stays_learnt_where_the_caller_allows_all():
    assert (RateLimit().learnt(1.0), limited_at(RateLimit(), 1.5).learnt(60.0)) == (False, True)
