"""When to look at an accepted request, learnt from those that have ended."""

from __future__ import annotations

from math import exp, inf
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.settings.policy import Policy
from freedompay_async.traffic.poll_schedule import PollSchedule, PollSchedules

POLICY = Policy(poll_first=0.25, poll_growth=1.5, poll_most=10.0)
AGES = st.floats(0, 1e6)


def waited(looks, looked, jitter=0.5, **options):
    """The age at the next look; what waits is asked again whenever its pause has ended, and nothing
    is learnt meanwhile.
    """
    age = looked
    while (pause := looks.pause(age, looked, jitter, **options)) > 0:
        age += pause
    return age


def follow(looks, takes, jitter=0.5, *, until=inf):
    """Looks at one request until its end has been seen; the ages of the looks."""
    ages, looked = [], 0.0
    while (age := waited(looks, looked, jitter)) < until:
        ages.append(age)
        looks.learn(looked, age, ended=age >= takes)
        if age >= takes:
            break
        looked = age
    return ages


def taught(*takes, policy=POLICY, seed=1):
    """What was learnt from requests that took so long, one after another."""
    looks, rng = PollSchedule(policy), Random(seed)
    for each in takes:
        follow(looks, each, rng.random())
    return looks


# -- before anything is known


def test_lone_request_is_looked_at_as_the_policy_says():
    ages = follow(PollSchedule(POLICY), inf, until=40.0)

    gaps = [after - before for before, after in zip([0.0, *ages], ages, strict=False)]
    assert gaps[:4] == pytest.approx([0.25, 0.375, 0.5625, 0.84375])
    assert gaps[-1] == pytest.approx(10.0)


@pytest.mark.parametrize(("jitter", "first"), [(0.0, 0.225), (1.0, 0.275)])
def test_looks_at_many_are_spread_by_a_tenth_to_either_side(jitter, first):
    assert waited(PollSchedule(POLICY), 0.0, jitter) == pytest.approx(first)


def test_growth_of_less_than_1_does_not_hurry():
    ages = follow(PollSchedule(Policy(poll_first=1.0, poll_growth=0.5)), inf, until=5.0)

    assert ages == pytest.approx([1.0, 2.0, 3.0, 4.0])


def test_a_look_that_has_shown_nothing_is_followed_as_the_policy_says():
    looks = taught(*[0.01] * 100)

    assert waited(looks, 0.02, trouble=True) == pytest.approx(0.02 + 0.25 + 0.01)


def test_of_thousands_at_once_a_few_find_out():
    looks = PollSchedule(POLICY)

    now = [looks.pause(0.3, 0.0, 0.5) for _ in range(10_000)]

    assert sum(pause == 0 for pause in now) == 32
    assert min(pause for pause in now if pause > 0) > 0.01


def test_what_a_few_have_found_puts_the_others_off():
    looks = PollSchedule(POLICY)
    for _ in range(32):
        looks.learn(0.0, 0.3, ended=False)

    assert looks.pause(0.3, 0.0, 0.5) > 0


def test_those_that_wait_for_a_few_do_not_wait_for_ever():
    looks = PollSchedule(POLICY)
    for _ in range(32):
        looks.pause(0.3, 0.0, 0.5)

    assert waited(looks, 0.0) <= 2.0


# -- what it learns


@pytest.mark.parametrize("takes", [0.05, 0.4, 2.0, 7.0])
def test_requests_that_take_the_same_time_need_about_one_look(takes):
    looks = taught(*[takes] * 300)

    counts = [len(follow(looks, takes, (number + 0.5) / 100)) for number in range(100)]
    assert sum(counts) / 100 <= 1.4
    assert follow(looks, takes)[-1] <= takes * 1.4


def test_first_look_is_when_half_have_ended_and_a_quarter_later():
    rng = Random(7)
    looks = taught(*(2.0 * exp(0.5 * rng.gauss(0, 1)) for _ in range(2000)))

    assert waited(looks, 0.0) == pytest.approx(2.0 * 1.25, rel=0.15)


def test_from_then_on_it_looks_when_the_age_has_grown_by_a_quarter():
    looks = taught(*[2.0] * 100)

    assert waited(looks, 4.0) == pytest.approx(5.0)


def test_a_few_are_looked_at_early():
    looks = taught(*[2.0] * 100)

    assert waited(looks, 0.0, 0.0) < waited(looks, 0.0, 0.04) < waited(looks, 0.0, 0.08) < 3.0
    assert waited(looks, 0.0, 0.0) < 1.0


def test_those_that_end_after_the_last_step_are_counted_as_slow():
    # The scale of these ages ends at 160 s.
    looks = taught(*[0.01, 300.0, 300.0, 300.0, 300.0] * 40)

    assert waited(looks, 0.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("jitter", "share"), [(0.0, 0.3), (0.04, 0.65), (0.08, 0.916), (0.5, 1.0), (1.0, 1.1)]
)
def test_first_looks_are_spread_and_a_few_of_them_far_forward(jitter, share):
    looks = taught(*[2.0] * 100)

    assert waited(looks, 0.0, jitter) == pytest.approx(waited(looks, 0.0, 0.5) * share)


def test_where_a_quarter_are_far_quicker_they_do_not_wait_for_the_slow_rest():
    looks = taught(*[0.3, 8.0, 8.0] * 200)

    assert waited(looks, 0.0) <= 0.3 * 4 * 1.5


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        ([(16, 0.0, 0.1, False)], 0.46803),
        ([(16, 0.0, 1.0, False)], 2.15893),
        ([(20, 0.0, 0.5, False), (20, 0.5, 2.0, True)], 0.93340),
        ([(40, 0.0, 0.02, True)], 0.020783),
    ],
)
def test_what_is_supposed_where_little_was_seen_weighs_as_much_as_two_looks(seen, first):
    looks = PollSchedule(POLICY)
    for count, pending, age, ended in seen:
        for _ in range(count):
            looks.learn(pending, age, ended=ended)

    assert waited(looks, 0.0) == pytest.approx(first, rel=1e-4)


@pytest.mark.parametrize("after", [0.5, 6.0])
def test_it_follows_a_change(after):
    looks = taught(*[2.0] * 500, *[after] * 1500)

    assert follow(looks, after)[-1] <= after * 1.6


def test_it_plans_with_the_sixteenth_look_and_anew_after_sixteen_more():
    looks = PollSchedule(POLICY)
    firsts = []
    for count, age, ended in ((15, 8.0, False), (1, 8.0, False), (15, 0.1, True), (1, 0.1, True)):
        for _ in range(count):
            looks.learn(0.0, age, ended=ended)
        firsts.append(waited(looks, 0.0))

    # Until then as the policy says; in between as it was planned before.
    assert firsts[0] == pytest.approx(0.25)
    assert firsts[1] > 2.0
    assert firsts[2] == firsts[1]
    assert firsts[3] < firsts[2] / 2


def test_what_ends_at_once_is_looked_at_as_early_as_ages_are_told_apart():
    looks = PollSchedule(POLICY)
    for _ in range(300):
        looks.learn(0.0, 1e-5, ended=True)

    assert waited(looks, 0.0) == pytest.approx(1.2 * POLICY.poll_first / 16, rel=0.01)


def test_a_look_before_ages_are_told_apart_shows_no_request_that_lasted():
    looks = PollSchedule(POLICY)
    for _ in range(300):
        looks.learn(0.0, 1e-6, ended=False)
        looks.learn(1e-6, 1e-5, ended=True)

    assert waited(looks, 0.0) == pytest.approx(1.2 * POLICY.poll_first / 16, rel=0.01)


@pytest.mark.parametrize(("age", "first"), [(2.0, 2.436), (2.1, 2.624)])
def test_an_end_between_two_looks_of_one_step_is_counted_in_that_step(age, first):
    looks = PollSchedule(POLICY)
    for _ in range(300):
        looks.learn(0.0, age, ended=False)
        looks.learn(age, age * 1.001, ended=True)

    assert waited(looks, 0.0) == pytest.approx(first, rel=0.005)


def test_once_enough_have_ended_all_that_are_due_are_looked_at_at_once():
    looks = PollSchedule(POLICY)
    for _ in range(32):
        looks.learn(0.0, 0.25, ended=True)

    due = waited(looks, 0.0)

    # And a later look is by what was learnt, no more by the policy.
    assert waited(looks, 4.0) == pytest.approx(5.0)
    assert [looks.pause(due + 0.01, 0.0, 0.5) for _ in range(100)] == [0.0] * 100


@pytest.mark.parametrize(("age", "looks_now"), [(1.4, False), (1.5, True), (1.6, True)])
def test_those_that_wait_for_a_few_look_when_those_are_late(age, looks_now):
    looks = PollSchedule(POLICY)
    for _ in range(32):
        looks.pause(0.3, 0.0, 0.5)

    assert (looks.pause(age, 0.0, 0.5) == 0) is looks_now


@pytest.mark.parametrize(
    ("age", "jitter", "pause"),
    [(1.0, 0.5, 0.25), (1.0, 1.0, 0.275), (4.0, 0.5, 0.5), (4.0, 1.0, 0.55)],
)
def test_it_is_asked_again_soon_whether_a_look_is_due(age, jitter, pause):
    looks = taught(*[9.0] * 200)

    assert looks.pause(age, 0.0, jitter) == pytest.approx(pause)


def test_requests_that_never_end_put_no_first_look_off_for_ever():
    looks = taught(*[2.0] * 200)
    for number in range(200):
        follow(looks, inf, number / 200, until=100.0)

    assert waited(looks, 0.0) <= 11.0


def test_some_that_never_end_change_little():
    looks, rng = PollSchedule(POLICY), Random(3)
    for number in range(600):
        follow(looks, inf if number % 5 == 0 else 2.0, rng.random(), until=100.0)

    assert waited(looks, 0.0) <= 2.0 * 1.6


def test_where_half_are_far_quicker_they_do_not_wait_for_the_slow_half():
    looks = taught(*[0.3, 8.0] * 300)

    assert waited(looks, 0.0) <= 0.3 * 4 * 1.5


def test_a_look_that_came_late_teaches_nothing_wrong():
    looks = taught(*[2.0] * 200)
    before = waited(looks, 0.0)
    for _ in range(200):
        looks.learn(0.0, 30.0, ended=True)

    assert waited(looks, 0.0) == pytest.approx(before, rel=0.25)


def test_longest_pause_holds_whatever_was_learnt():
    looks = taught(*[600.0] * 20, policy=Policy(poll_most=20.0))

    assert waited(looks, 0.0, 1.0) == pytest.approx(22.0)
    assert waited(looks, 300.0, 0.0) == pytest.approx(318.0)


def test_what_is_learnt_meanwhile_brings_a_look_forward():
    looks = taught(*[8.0] * 200)

    assert looks.pause(1.0, 0.0, 0.5) <= 0.25
    assert looks.pause(4.0, 0.0, 0.5) <= 0.5


def test_10_000_that_take_a_random_time_are_looked_at_twice_and_late_by_a_quarter():
    looks, rng, count, lags = PollSchedule(POLICY), Random(5), 0, []
    for _ in range(10_000):
        takes = 2.0 * exp(0.5 * rng.gauss(0, 1))
        ages = follow(looks, takes, rng.random())
        count += len(ages)
        lags.append(ages[-1] / takes - 1)

    assert count / 10_000 <= 1.15 * 1.7
    assert median(lags) <= 0.27


# -- whatever happens


@given(
    seen=st.lists(st.tuples(AGES, AGES, st.booleans()), max_size=200),
    looked=AGES,
    jitter=st.floats(0, 1),
    trouble=st.booleans(),
)
def test_pause_is_bounded_and_ends(seen, looked, jitter, trouble):
    looks = PollSchedule(POLICY)
    for one, other, ended in seen:
        looks.learn(min(one, other), max(one, other), ended=ended)

    at = waited(looks, looked, jitter, trouble=trouble)

    assert looked < at <= looked + 11.0 + 1e-6


@given(
    first=st.floats(1e-3, 1e3),
    growth=st.floats(1e-3, 10),
    most=st.floats(1e-3, 1e4),
    takes=st.floats(1e-6, 1e5),
)
def test_any_policy_will_do(first, growth, most, takes):
    looks = PollSchedule(Policy(poll_first=first, poll_growth=growth, poll_most=most))
    for _ in range(40):
        looks.learn(0.0, takes, ended=True)

    assert 0 < waited(looks, 0.0) <= most * 1.1 + 1e-6


@given(st.lists(st.floats(1e-3, 100), min_size=40, max_size=100))
def test_longer_times_bring_no_earlier_look(takes):
    # What is supposed of ages that nothing was seen at comes to a few of a hundred requests, so a
    # few more are quick, or slow.
    few = len(takes) // 10
    shorter, longer = PollSchedule(POLICY), PollSchedule(POLICY)
    for looks, times, more in ((shorter, 1.0, min(takes)), (longer, 10.0, max(takes))):
        for each in [more] * few + takes:
            looks.learn(0.0, each * times * 0.9, ended=False)
            looks.learn(each * times * 0.9, each * times, ended=True)

    # To within a step of the scale that ages are counted on.
    assert waited(shorter, 0.0) <= waited(longer, 0.0) * 1.25 ** (1 / 3)


def test_kinds_are_learnt_apart():
    polls = PollSchedules(POLICY, rng=lambda: 0.5)

    assert polls.of("cards.issue") is polls.of("cards.issue")
    assert polls.of("cards.issue") is not polls.of("clients.create")
    assert polls.jitter() == 0.5


# -- what was looked at elsewhere


@pytest.mark.parametrize("jitter", [0.05, 0.5, 0.99])
@pytest.mark.parametrize("takes", [(), (8.0,) * 200, (200.0,) * 200], ids=["new", "8 s", "200 s"])
@pytest.mark.parametrize(
    "policy",
    [POLICY, Policy(poll_most=1_000.0), Policy(poll_growth=1.0), Policy(poll_first=60.0)],
    ids=["usual", "long pauses", "equal pauses", "late"],
)
def test_the_last_look_that_was_due_is_the_one_of_whoever_looks_when_it_is_due(
    policy, takes, jitter
):
    looks = taught(*takes, policy=policy)
    looked, due = 0.0, []
    # Not as many as are scouts, after which a look waits for what those show.
    while len(due) < 30:
        looked = waited(looks, looked, jitter)
        due.append(looked)

    for before, after in zip([0.0, *due], due, strict=False):
        assert looks.last_due((before + after) / 2, jitter) == pytest.approx(before, abs=1e-3)


def test_before_the_first_look_none_was_due():
    looks = taught(*[8.0] * 200)

    assert looks.last_due(0.0, 0.5) == 0
    assert looks.last_due(waited(looks, 0.0) - 0.1, 0.5) == 0


@given(age=AGES, jitter=st.floats(0, 1))
def test_the_next_look_after_the_last_that_was_due_is_yet_to_come(age, jitter):
    looks = PollSchedule(POLICY)
    looked = looks.last_due(age, jitter)

    assert 0 <= looked <= age
    assert age - looked <= 1.1 * POLICY.poll_most
