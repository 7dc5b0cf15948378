"""How old an effect may be when its bytes leave again, and what a life says of one that is too old."""

from __future__ import annotations

import math

import pytest

from freedompay_async.calls.call_state import Action, Doubt, Step, full_jitter
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry


def test_what_was_never_sent_may_always_leave(life):
    assert life().may_leave(1e9)


def test_what_waited_long_for_its_first_turn_may_leave(life):
    subject = life()
    subject.sent(0.0)

    assert subject.may_leave(1e9)


@pytest.mark.parametrize("doubt", [Doubt.NONE, Doubt.POSSIBLE])
def test_what_an_earlier_run_did_not_send_may_leave_at_any_age(life, doubt):
    assert life(doubt=doubt, first_sent=0.0).may_leave(1e9)


@pytest.mark.parametrize(
    ("now", "uncounted", "may"),
    [
        (99.9, 0.0, True),
        (100.0, 0.0, False),
        (1e9, 0.0, False),
        (0.0, 99.9, True),
        (0.0, 100.0, False),
        (60.0, 40.0, False),
        (60.0, 39.9, True),
    ],
)
@pytest.mark.parametrize("earlier", [False, True])
def test_what_was_sent_may_leave_again_within_its_time_by_both_clocks(
    life, resumed, earlier, now, uncounted, may
):
    subject = resumed(uncounted=uncounted) if earlier else life(uncounted=uncounted)
    if not earlier:
        subject.sent(0.0)
        subject.after_send(Evidence.NO_ANSWER, 0.0)

    assert subject.may_leave(now) is may


def test_what_was_answered_with_429_may_leave_again_within_its_time_only(life):
    subject = life()
    subject.sent(0.0)
    subject.after_send(Evidence.LIMITED, 0.0)

    assert (subject.may_leave(99.9), subject.may_leave(100.0)) == (True, False)


def test_what_was_not_sent_at_its_first_attempt_may_leave_at_any_age(life):
    subject = life()
    subject.sent(0.0)
    subject.after_send(Evidence.NOT_SENT, 0.0)

    assert subject.may_leave(1e9)


def test_what_has_an_age_that_is_not_known_does_not_leave_again(resumed):
    assert not resumed(may_resend=False).may_leave(0.0)


@pytest.mark.parametrize(
    ("may_resend", "why"),
    [
        (True, "its first send is more than 100 s ago"),
        (False, "the clock of this machine is behind its first send, so its age is not known"),
    ],
)
def test_what_is_too_old_to_be_sent_says_why(resumed, may_resend, why):
    subject = resumed(may_resend=may_resend)

    assert subject.after_ask(Evidence.NOT_KNOWN, 200.0) == Action(Step.UNKNOWN)
    assert subject.not_again == why


def test_what_is_sent_again_has_no_reason_not_to_be(resumed):
    subject = resumed()

    assert (subject.after_ask(Evidence.NOT_KNOWN, 50.0), subject.not_again) == (
        Action(Step.SEND),
        None,
    )


# -- the grace time


@pytest.mark.parametrize(
    ("asked_at", "step"), [(4.9, Step.ASK), (5.0, Step.SEND), (None, Step.SEND)]
)
def test_a_look_up_tells_how_things_stood_when_it_was_asked(life, asked_at, step):
    subject = life()
    subject.sent(0.0)
    subject.after_send(Evidence.NO_ANSWER, 0.0)

    assert subject.after_ask(Evidence.NOT_KNOWN, 30.0, asked_at=asked_at).step is step


def test_of_what_has_no_send_that_is_known_the_whole_grace_is_still_to_come(life):
    subject = life(doubt=Doubt.CERTAIN, rng=lambda: 1e9)

    assert subject.after_ask(Evidence.NOT_KNOWN, 30.0) == Action(Step.ASK, 5.0)


# -- nothing more can be sent, and a 429 that is not waited out


@pytest.mark.parametrize("retry", [Retry.ASKABLE, Retry.UNASKABLE])
def test_a_denied_call_of_a_closed_client_is_not_asked_about(life, retry):
    subject = life(retry)
    subject.sent(0.0)
    subject.give_up()

    assert subject.after_send(Evidence.DENIED, 0.0).step is (
        Step.UNKNOWN if retry is Retry.ASKABLE else Step.DENIED
    )


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), Step.DENIED),
        ((Evidence.NOT_SENT,), Step.DENIED),
        ((Evidence.LIMITED,), Step.BLOCKED),
        ((Evidence.LIMITED, Evidence.NOT_SENT), Step.BLOCKED),
    ],
)
def test_a_repeatable_call_that_is_denied_after_a_429_leaves_open_what_the_first_came_to(
    life, after_sends, before, step
):
    assert after_sends(life(Retry.REPEATABLE), *before, Evidence.DENIED).step is step


@pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.ASKABLE])
def test_only_a_429_is_told_at_once_where_it_is_not_waited_out(life, after_sends, retry):
    assert after_sends(life(retry, queue=False), Evidence.NOT_SENT).step is Step.SEND
    assert after_sends(life(retry, queue=False), Evidence.LIMITED).step is Step.LIMITED


@pytest.mark.parametrize(("facts", "found"), [({}, False), ({"given": True}, True)])
def test_whose_use_is_known_after_a_429_is_told_only_of_an_id_that_the_caller_gave(
    life, after_sends, facts, found
):
    subject = life(**facts)
    after_sends(subject, Evidence.LIMITED, Evidence.ERROR)

    assert subject.found is found


def test_a_pause_that_has_doubled_for_long_is_still_a_number():
    assert full_jitter(1.0, math.inf, 10_000, lambda: 1.0) == 2.0**30
