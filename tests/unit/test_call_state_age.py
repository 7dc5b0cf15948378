"""How old an effect may be when its bytes leave again, and what a call state says of one that is too old."""

from __future__ import annotations

import pytest

from freedompay_async.calls.states import Action, End, Next, State
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from tests.unit.call_state_examples import CALLERS_ID, NEW_ID, shown


def test_what_was_never_sent_may_always_leave(call_state):
    assert call_state().may_leave(1e9)


def test_what_waited_long_for_its_first_turn_may_leave(call_state):
    subject = call_state()
    subject.sending(0.0)

    assert subject.may_leave(1e9)


@pytest.mark.parametrize("begin", [NEW_ID, CALLERS_ID])
def test_what_an_earlier_run_did_not_send_may_leave_at_any_age(call_state, begin):
    assert call_state(**begin, first_sent=0.0).may_leave(1e9)


@pytest.mark.parametrize(("now", "may"), [(0.0, True), (99.9, True), (100.0, False), (1e9, False)])
@pytest.mark.parametrize("earlier", [False, True])
def test_what_was_sent_may_leave_again_within_its_time(call_state, resumed, earlier, now, may):
    subject = resumed() if earlier else call_state()
    if not earlier:
        subject.sending(0.0)
        subject.after_send(shown(Evidence.NO_ANSWER), 0.0)

    assert subject.may_leave(now) is may


def test_what_was_answered_with_429_may_leave_again_within_its_time_only(call_state):
    subject = call_state()
    subject.sending(0.0)
    subject.after_send(shown(Evidence.LIMITED), 0.0)

    assert (subject.may_leave(99.9), subject.may_leave(100.0)) == (True, False)


def test_what_was_not_sent_at_its_first_attempt_may_leave_at_any_age(call_state):
    subject = call_state()
    subject.sending(0.0)
    subject.after_send(shown(Evidence.NOT_SENT), 0.0)

    assert subject.may_leave(1e9)


def test_what_has_an_age_that_is_not_known_does_not_leave_again(resumed):
    assert not resumed(age_known=False).may_leave(0.0)


@pytest.mark.parametrize(
    ("age_known", "why"),
    [
        (True, "its first send is more than 100 s ago"),
        (False, "the clock of this machine is behind its first send, so its age is not known"),
    ],
)
def test_what_is_too_old_to_be_sent_says_why(resumed, age_known, why):
    subject = resumed(age_known=age_known)

    assert subject.after_ask(shown(Evidence.NOT_KNOWN), 200.0) == Action(End.UNKNOWN, not_again=why)


def test_what_is_sent_again_has_no_reason_not_to_be(resumed):
    subject = resumed()

    assert subject.after_ask(shown(Evidence.NOT_KNOWN), 50.0) == Action(Next.SEND, not_again=None)


# -- the grace time


@pytest.mark.parametrize(
    ("asked_at", "step"), [(4.9, Next.ASK), (5.0, Next.SEND), (None, Next.SEND)]
)
def test_a_look_up_tells_how_things_stood_when_it_was_asked(call_state, asked_at, step):
    subject = call_state()
    subject.sending(0.0)
    subject.after_send(shown(Evidence.NO_ANSWER), 0.0)

    assert subject.after_ask(shown(Evidence.NOT_KNOWN), 30.0, asked_at=asked_at).step is step


def test_of_what_has_no_send_that_is_known_the_whole_grace_is_still_to_come(call_state):
    subject = call_state(state=State.LOST, rng=lambda: 4.0)

    assert subject.after_ask(shown(Evidence.NOT_KNOWN), 30.0) == Action(Next.ASK, 4.0)


# -- nothing more can be sent, and a 429 that is not waited out


@pytest.mark.parametrize("retry", [Retry.ASKABLE, Retry.UNASKABLE])
def test_a_denied_call_of_a_closed_client_is_not_asked_about(call_state, retry):
    subject = call_state(retry)
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.DENIED, final=True), 0.0).step is (
        End.UNKNOWN if retry is Retry.ASKABLE else End.DENIED
    )


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), End.DENIED),
        ((Evidence.NOT_SENT,), End.DENIED),
        ((Evidence.LIMITED,), End.BLOCKED),
        ((Evidence.LIMITED, Evidence.NOT_SENT), End.BLOCKED),
    ],
)
def test_a_repeatable_call_that_is_denied_after_a_429_leaves_open_what_the_first_came_to(
    call_state, after_sends, before, step
):
    assert after_sends(call_state(Retry.REPEATABLE), *before, Evidence.DENIED).step is step


@pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.ASKABLE])
def test_only_a_429_ends_at_once_where_it_is_not_waited_out(call_state, after_sends, retry):
    assert after_sends(call_state(retry, queue=False), Evidence.NOT_SENT).step is Next.SEND
    assert after_sends(call_state(retry, queue=False), Evidence.LIMITED).step is End.LIMITED


@pytest.mark.parametrize(
    ("left", "steps"),
    [
        (0.0, [End.LIMITED]),
        (6.99, [End.LIMITED]),
        (7.0, [Next.SEND, End.LIMITED]),
        (14.0, [Next.SEND, Next.SEND]),
    ],
)
def test_a_pause_after_a_429_is_taken_from_the_seconds_in_the_line(call_state, left, steps):
    subject, told = call_state(Retry.ASKABLE, rng=lambda: 0.0), []
    subject.queue_left = left
    for _ in steps:
        subject.sending(0.0)
        action = subject.after_send(shown(Evidence.LIMITED, retry_after=7.0), 0.0)
        told.append(action.step)

    assert told == steps


def test_no_other_pause_is_taken_from_them(call_state):
    subject = call_state(Retry.ASKABLE)
    subject.queue_left = 0.0
    subject.sending(0.0)

    assert subject.after_send(shown(Evidence.NOT_SENT), 0.0).step is Next.SEND
    assert subject.queue_left == 0.0


@pytest.mark.parametrize(("facts", "found"), [({}, False), ({"callers_id": True}, True)])
def test_only_an_id_that_the_caller_gave_is_found_after_a_429(
    call_state, after_sends, facts, found
):
    subject = call_state(**facts)
    after_sends(subject, Evidence.LIMITED, Evidence.ERROR)

    assert subject.found is found


@pytest.mark.parametrize(("now", "may"), [(0.0, True), (99.9, True), (100.0, False), (1e9, False)])
@pytest.mark.parametrize("waits", [False, True], ids=["at once", "after a wait for its slot"])
def test_what_another_process_may_send_too_leaves_within_its_time_only(call_state, waits, now, may):
    """What that process has sent, the issuer may have forgotten after that."""
    subject = call_state(aged_from_its_begin=True, first_sent=0.0)
    subject.sending(0.0)
    if waits:
        subject.got_slot(50.0)

    assert subject.may_leave(now) is may


def test_what_another_process_may_send_too_and_was_not_sent_keeps_its_age(call_state):
    subject = call_state(aged_from_its_begin=True, first_sent=0.0)
    subject.sending(90.0)
    action = subject.after_send(shown(Evidence.NOT_SENT), 90.0)

    assert action.step is Next.SEND
    assert (subject.may_leave(99.9), subject.may_leave(100.0)) == (True, False)
    assert subject.out_of_time() is End.NOT_SENT
