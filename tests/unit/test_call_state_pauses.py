from __future__ import annotations

import pytest

from freedompay_async.calls.states import Action, Next, State
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from tests.unit.call_state_examples import shown

LATE = 6.0  # More than the grace.


def test_the_pause_between_attempts_grows(call_state, after_sends):
    subject = call_state(Retry.READ, rng=lambda: 1.0)

    assert [after_sends(subject, Evidence.NOT_SENT).pause for _ in range(2)] == [1.0, 2.0]


def test_the_pause_starts_again_after_news(call_state, after_sends):
    subject = call_state(rng=lambda: 1.0)
    after_sends(subject, Evidence.NOT_SENT, Evidence.LIMITED)

    assert after_sends(subject, Evidence.NO_ANSWER).pause == 1.0


@pytest.mark.parametrize("retry", [Retry.READ, Retry.ASKABLE])
def test_the_pause_after_a_limited_attempt_is_as_long_as_the_issuer_asked_and_the_jitter(
    call_state, retry
):
    subject = call_state(retry, rng=lambda: 1.0)
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.LIMITED, retry_after=30.0), 0.0) == Action(
        Next.SEND, 31.0
    )


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence.LIMITED,
        Evidence.NO_ANSWER,
        Evidence.UNCLEAR,
        Evidence.TAKEN,
        Evidence.BLOCKED,
        Evidence.ERROR,
    ],
)
def test_the_pause_before_a_look_up_is_as_long_as_the_issuer_asked(resumed, evidence):
    subject = resumed()
    subject.sending(0.0)

    assert subject.after_send(shown(evidence, retry_after=30.0), 0.0) == Action(Next.ASK, 30.0)


@pytest.mark.parametrize(
    ("evidence", "expected", "repeat"),
    [
        (Evidence.BLOCKED, 30.0, True),
        (Evidence.ERROR, 0.0, False),
        (Evidence.DENIED, 0.0, False),
    ],
)
def test_a_refusal_is_looked_up_at_once_whatever_the_issuer_asks_for_and_a_gateways_when_it_has_asked_for(
    call_state, evidence, expected, repeat
):
    def after(retry_after):
        subject = call_state(rng=lambda: 1.0)
        subject.sending(0.0)
        return subject.after_send(shown(evidence, retry_after=retry_after), 0.0)

    assert (after(0.0), after(30.0)) == (
        Action(Next.ASK, 0.0, repeat=repeat),
        Action(Next.ASK, expected, repeat=repeat),
    )


def test_there_is_no_pause_before_a_refused_id_of_the_callers_is_looked_up_once(call_state):
    subject = call_state(rng=lambda: 1.0, callers_id=True, ask_once=True)
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.ERROR), 0.0) == Action(Next.ASK, repeat=False)


def test_the_pause_before_a_refused_id_of_the_callers_is_looked_up_through_the_grace_has_jitter(
    call_state,
):
    subject = call_state(rng=lambda: 1.0, callers_id=True)
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.ERROR), 0.0) == Action(Next.ASK, 1.0)


def test_the_pause_between_look_ups_starts_again_after_a_gateways_refusal(call_state, after_sends):
    subject = call_state(rng=lambda: 1.0)
    after_sends(subject, Evidence.NOT_SENT, Evidence.BLOCKED)

    assert subject.after_ask(shown(Evidence.NO_ANSWER), 0.0) == Action(Next.ASK, 1.0)


@pytest.mark.parametrize(("retry_after", "expected"), [(0.0, [1.0, 2.0]), (30.0, [31.0, 32.0])])
def test_the_pause_between_the_questions_about_a_refusal_that_got_no_answer_grows(
    call_state, play, retry_after, expected
):
    subject = call_state(rng=lambda: 1.0)
    play(subject, Evidence.ERROR)

    assert [
        subject.after_ask(shown(Evidence.NO_ANSWER, retry_after=retry_after), 0.0).pause
        for _ in range(2)
    ] == expected


@pytest.mark.parametrize("evidence", [Evidence.NO_ANSWER, Evidence.UNCLEAR])
@pytest.mark.parametrize(("retry_after", "expected"), [(0.0, 5.0), (2.0, 5.0), (30.0, 31.0)])
def test_the_pause_before_the_one_repeat_of_what_cannot_be_asked_about_is_the_grace_at_least(
    call_state, evidence, retry_after, expected
):
    subject = call_state(Retry.UNASKABLE, header_id=True, rng=lambda: 1.0)
    subject.sending(0.0)

    assert subject.after_send(shown(evidence, retry_after=retry_after), 0.0) == Action(
        Next.SEND, expected
    )


def test_the_pause_before_the_one_repeat_of_what_cannot_be_asked_about_is_as_long_as_the_issuer_asked(
    call_state,
):
    subject = call_state(Retry.UNASKABLE, header_id=True)
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.NO_ANSWER, retry_after=30.0), 0.0) == Action(
        Next.SEND, 30.0
    )


def test_the_pause_between_look_ups_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(shown(Evidence.LIMITED, retry_after=30.0), 0.0) == Action(
        Next.ASK, 30.0
    )


@pytest.mark.parametrize(
    "evidence", [Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.UNCLEAR, Evidence.LIMITED]
)
def test_the_pause_between_look_ups_is_jitter_where_the_issuer_asked_for_none(resumed, evidence):
    assert resumed(rng=lambda: 1.0).after_ask(shown(evidence), 0.0) == Action(Next.ASK, 1.0)


def test_the_pause_between_look_ups_of_an_unknown_id_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(shown(Evidence.NOT_KNOWN, retry_after=2.0), 0.0) == Action(
        Next.ASK, 2.0
    )


def test_the_pause_between_look_ups_of_an_unknown_id_may_outlast_the_grace_where_the_issuer_asked_for_it(
    resumed,
):
    assert resumed().after_ask(shown(Evidence.NOT_KNOWN, retry_after=2.0), 4.5) == Action(
        Next.ASK, 2.0
    )


def test_the_pause_before_what_is_sent_again_is_as_long_as_the_issuer_asked(resumed):
    assert resumed().after_ask(shown(Evidence.NOT_KNOWN, retry_after=2.0), LATE) == Action(
        Next.SEND, 2.0
    )


def test_the_pause_between_look_ups_after_an_error_is_as_long_as_the_issuer_asked(call_state):
    assert call_state(state=State.REFUSED_AFTER_LOSS, last_sent=0.0).after_ask(
        shown(Evidence.NOT_KNOWN, retry_after=2.0), LATE
    ) == Action(Next.ASK, 2.0)


def test_the_pause_between_look_ups_of_an_unknown_id_ends_with_the_grace(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(shown(Evidence.NOT_KNOWN), 4.5) == Action(
        Next.ASK, 0.5
    )


def test_the_pause_between_look_ups_of_an_unknown_id_is_jittered_before_the_grace_ends(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(shown(Evidence.NOT_KNOWN), 1.0) == Action(
        Next.ASK, 1.0
    )


def test_there_is_no_pause_before_what_is_sent_after_the_grace(resumed):
    assert resumed(rng=lambda: 1.0).after_ask(shown(Evidence.NOT_KNOWN), LATE) == Action(
        Next.SEND, 0.0
    )


def test_there_is_no_pause_before_the_first_step(call_state):
    assert call_state(rng=lambda: 1.0).start() == Action(Next.SEND, 0.0, repeat=False)


def test_the_pause_between_look_ups_after_an_error_that_followed_a_loss_grows(call_state):
    subject = call_state(state=State.REFUSED_AFTER_LOSS, last_sent=0.0, rng=lambda: 1.0)

    assert [subject.after_ask(shown(Evidence.NOT_KNOWN), LATE).pause for _ in range(3)] == [
        1.0,
        2.0,
        4.0,
    ]
