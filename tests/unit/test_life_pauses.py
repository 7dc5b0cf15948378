from __future__ import annotations

import pytest

from freedompay_async.calls.call_state import Action, Doubt, Step
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry

LATE = 6.0  # More than the grace.


def test_the_pause_between_attempts_grows(life, after_sends):
    subject = life(Retry.READ, rng=lambda: 1.0)

    assert [after_sends(subject, Evidence.NOT_SENT).pause for _ in range(2)] == [1.0, 2.0]


def test_the_pause_starts_again_after_news(life, after_sends):
    subject = life(rng=lambda: 1.0)
    after_sends(subject, Evidence.NOT_SENT, Evidence.LIMITED)

    assert after_sends(subject, Evidence.NO_ANSWER).pause == 1.0


@pytest.mark.parametrize("retry", [Retry.READ, Retry.ASKABLE])
def test_the_pause_after_a_limited_attempt_is_as_long_as_the_issuer_asked_and_the_jitter(
    life, retry
):
    subject = life(retry, rng=lambda: 1.0)
    subject.sent(0.0)

    assert subject.after_send(Evidence.LIMITED, 0.0, retry_after=30.0) == Action(Step.SEND, 31.0)


@pytest.mark.parametrize(
    "seen",
    [
        Evidence.LIMITED,
        Evidence.NO_ANSWER,
        Evidence.UNCLEAR,
        Evidence.TAKEN,
        Evidence.BLOCKED,
        Evidence.ERROR,
    ],
)
def test_the_pause_before_a_look_up_is_as_long_as_the_issuer_asked(resumed, seen):
    subject = resumed()
    subject.sent(0.0)

    assert subject.after_send(seen, 0.0, retry_after=30.0) == Action(Step.ASK, 30.0)


@pytest.mark.parametrize(
    ("seen", "expected"), [(Evidence.BLOCKED, 30.0), (Evidence.ERROR, 0.0), (Evidence.DENIED, 0.0)]
)
def test_a_refusal_is_looked_up_at_once_whatever_the_issuer_asks_for_and_a_gateways_when_it_has_asked_for(
    life, seen, expected
):
    def after(retry_after):
        subject = life(rng=lambda: 1.0)
        subject.sent(0.0)
        return subject.after_send(seen, 0.0, retry_after=retry_after)

    assert (after(0.0), after(30.0)) == (Action(Step.ASK, 0.0), Action(Step.ASK, expected))


def test_there_is_no_pause_before_a_refused_id_of_the_callers_is_looked_up_once(life):
    subject = life(rng=lambda: 1.0, doubt=Doubt.POSSIBLE, ask_once=True)
    subject.sent(0.0)

    assert subject.after_send(Evidence.ERROR, 0.0) == Action(Step.ASK)


def test_the_pause_before_a_refused_id_of_the_callers_is_looked_up_through_the_grace_has_jitter(
    life,
):
    subject = life(rng=lambda: 1.0, doubt=Doubt.POSSIBLE)
    subject.sent(0.0)

    assert subject.after_send(Evidence.ERROR, 0.0) == Action(Step.ASK, 1.0)


@pytest.mark.parametrize(("retry_after", "expected"), [(0.0, [1.0, 2.0]), (30.0, [31.0, 32.0])])
def test_the_pause_between_the_questions_about_a_refusal_that_got_no_answer_grows(
    life, play, retry_after, expected
):
    subject = life(rng=lambda: 1.0)
    play(subject, Evidence.ERROR)

    assert [
        subject.after_ask(Evidence.NO_ANSWER, 0.0, retry_after=retry_after).pause for _ in range(2)
    ] == expected


@pytest.mark.parametrize("seen", [Evidence.NO_ANSWER, Evidence.UNCLEAR])
@pytest.mark.parametrize(("retry_after", "expected"), [(0.0, 5.0), (2.0, 5.0), (30.0, 31.0)])
def test_the_pause_before_the_one_repeat_of_what_cannot_be_asked_about_is_the_grace_at_least(
    life, seen, retry_after, expected
):
    subject = life(Retry.UNASKABLE, header_id=True, rng=lambda: 1.0)
    subject.sent(0.0)

    assert subject.after_send(seen, 0.0, retry_after=retry_after) == Action(Step.SEND, expected)


def test_the_pause_before_the_one_repeat_of_what_cannot_be_asked_about_is_as_long_as_the_issuer_asked(
    life,
):
    subject = life(Retry.UNASKABLE, header_id=True)
    subject.sent(0.0)

    assert subject.after_send(Evidence.NO_ANSWER, 0.0, retry_after=30.0) == Action(Step.SEND, 30.0)


def test_the_pause_between_look_ups_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(Evidence.LIMITED, 0.0, retry_after=30.0) == Action(Step.ASK, 30.0)


@pytest.mark.parametrize(
    "seen", [Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.UNCLEAR, Evidence.LIMITED]
)
def test_the_pause_between_look_ups_is_jitter_where_the_issuer_asked_for_none(resumed, seen):
    assert resumed(rng=lambda: 1.0).after_ask(seen, 0.0) == Action(Step.ASK, 1.0)


def test_the_pause_between_look_ups_of_an_unknown_id_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(Evidence.NOT_KNOWN, 0.0, retry_after=2.0) == Action(Step.ASK, 2.0)


def test_the_pause_between_look_ups_of_an_unknown_id_may_outlast_the_grace_where_the_issuer_asked_for_it(
    resumed,
):
    assert resumed().after_ask(Evidence.NOT_KNOWN, 4.5, retry_after=2.0) == Action(Step.ASK, 2.0)


def test_the_pause_before_what_is_sent_again_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(Evidence.NOT_KNOWN, LATE, retry_after=2.0) == Action(Step.SEND, 2.0)


def test_the_pause_between_look_ups_after_an_error_is_as_long_as_the_issuer_asked(resumed):
    assert resumed(said_no=True).after_ask(Evidence.NOT_KNOWN, LATE, retry_after=2.0) == Action(
        Step.ASK, 2.0
    )


def test_the_pause_between_look_ups_of_an_unknown_id_ends_with_the_grace(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(Evidence.NOT_KNOWN, 4.5) == Action(Step.ASK, 0.5)


def test_the_pause_between_look_ups_of_an_unknown_id_is_jittered_before_the_grace_ends(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(Evidence.NOT_KNOWN, 1.0) == Action(Step.ASK, 1.0)


def test_there_is_no_pause_before_what_is_sent_after_the_grace(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(Evidence.NOT_KNOWN, LATE) == Action(Step.SEND, 0.0)


def test_there_is_no_pause_before_the_first_step(life):
    assert life(rng=lambda: 1.0).start() == Action(Step.SEND, 0.0)


def test_the_pause_between_look_ups_after_an_error_in_certain_doubt_grows(resumed):
    subject = resumed(rng=lambda: 1.0, said_no=True)

    assert [subject.after_ask(Evidence.NOT_KNOWN, LATE).pause for _ in range(3)] == [1.0, 2.0, 4.0]
