"""How many calls at once the issuer bears, learnt from 503 and from growing latency."""

from __future__ import annotations

import pytest

from freedompay_async.traffic.concurrency_limit import ConcurrencyLimit


def seconds(concurrency, *each, count=20, busy=100, unavailable=0, began=0.0):
    """Seconds of answers that each take so long; the limit after each of them."""
    limits = []
    for number, took in enumerate(each):
        for one in range(count):
            at = began + number + one / count
            concurrency.answered(at, took, "card", busy=busy, unavailable=one < unavailable)
        concurrency.answered(began + number + 1.0, took, "card", busy=busy)
        limits.append(concurrency.limit)
    return limits


@pytest.mark.parametrize("took", [0.001, 0.1, 20.0])
def test_an_issuer_that_is_as_quick_as_ever_is_given_all_that_is_allowed(took):
    assert seconds(ConcurrencyLimit(100), *[took] * 20) == [100] * 20


def test_answers_that_take_more_than_twice_as_long_cut_it_once_a_second():
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5)

    assert seconds(concurrency, 1.0, 1.0, 1.0, began=5.0) == [70, 49, 34]


@pytest.mark.parametrize(("usual", "later"), [(0.1, 0.19), (0.001, 0.2), (1.0, 1.9), (0.1, 0.34)])
def test_what_is_not_twice_as_long_or_not_long_is_no_growth(usual, later):
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[usual] * 5)

    assert set(seconds(concurrency, *[later] * 5, began=5.0)) == {100}


def test_a_client_that_uses_little_of_what_it_may_is_not_the_cause():
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5, busy=10)

    assert set(seconds(concurrency, *[2.0] * 5, busy=10, began=5.0)) == {100}


@pytest.mark.parametrize(("busy", "limit"), [(50, 70), (49, 100)])
def test_it_is_the_cause_where_half_of_the_places_are_in_use(busy, limit):
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5, busy=busy)

    assert seconds(concurrency, 2.0, busy=busy, began=5.0) == [limit]


@pytest.mark.parametrize(
    ("usual", "later", "limit"),
    [
        (0.1, 0.36, 70),
        (0.1, 0.34, 100),
        (0.125, 0.376, 70),
        (0.125, 0.375, 100),
        (1.0, 2.01, 70),
        (1.0, 2.0, 100),
    ],
)
@pytest.mark.parametrize("before", [5, 200])
def test_one_answer_a_second_is_enough_to_tell_growth(usual, later, limit, before):
    concurrency = ConcurrencyLimit(100)
    for now in range(before):
        concurrency.answered(float(now), usual, "card", busy=100)
    concurrency.answered(float(before), later, "card", busy=100)
    concurrency.answered(before + 1.0, later, "card", busy=100)

    assert concurrency.limit == limit


def test_a_slow_kind_of_call_is_no_slow_issuer():
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5)
    for number in range(40):
        concurrency.answered(5.0 + number / 10, 3.0, "statement", busy=100)

    assert concurrency.limit == 100


def test_it_comes_back_in_about_ten_seconds():
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5)
    seconds(concurrency, *[1.0] * 3, began=5.0)
    limits = seconds(concurrency, *[0.1] * 12, began=8.0)

    assert limits[0] < 70
    assert limits[:6] == [44, 54, 64, 74, 84, 94]
    assert limits == sorted(limits)
    assert limits[-1] == 100


def test_a_few_places_come_back_one_by_one():
    concurrency = ConcurrencyLimit(4)
    seconds(concurrency, *[0.1] * 20, unavailable=20)

    assert seconds(concurrency, *[0.1] * 5, began=20.0) == [2, 3, 4, 4, 4]


def test_what_lasts_for_about_half_a_minute_is_no_growth_any_more():
    concurrency, limits = ConcurrencyLimit(10**9), []
    for now in range(80):
        concurrency.answered(float(now), 0.1 if now < 5 else 1.0, "card", busy=10**9)
        limits.append(concurrency.limit)

    # Half of the way from a tenth of a second to a whole one: 60 ln 1.8 seconds.
    assert next(now for now in range(8, 80) if limits[now] > limits[now - 1]) == 5 + 35 + 1


def test_what_lasts_becomes_usual():
    concurrency = ConcurrencyLimit(100)
    seconds(concurrency, *[0.1] * 5)

    assert seconds(concurrency, *[1.0] * 120, began=5.0)[-1] == 100


@pytest.mark.parametrize(
    ("unavailable", "cut"), [(0, False), (1, False), (2, False), (3, True), (5, True), (20, True)]
)
def test_more_than_a_tenth_of_503_cuts_it(unavailable, cut):
    assert (seconds(ConcurrencyLimit(100), 0.1, 0.1, unavailable=unavailable)[-1] < 100) is cut


def test_there_is_always_one_place():
    assert seconds(ConcurrencyLimit(4), *[0.1] * 20, unavailable=20)[-1] == 1


def test_an_answer_says_whether_it_has_changed_the_limit():
    concurrency, told = ConcurrencyLimit(100), []
    for now, unavailable in ((0.0, False), (0.1, True), (1.2, False), (2.3, False), (2.4, False)):
        changed = concurrency.answered(now, 0.1, "card", busy=1, unavailable=unavailable)
        told.append((changed, concurrency.limit))

    assert told == [(False, 100), (False, 100), (True, 70), (True, 80), (False, 80)]
