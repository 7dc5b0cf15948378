"""Refusals: what is looked up once, and what is not said in the contract's own JSON."""

from __future__ import annotations

import pytest

from freedompay_async.calls.states import End, Next
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from tests.unit.call_state_examples import CALLERS_ID, NEW_ID, shown

LATE = 6.0  # More than the grace.
CONFLICT = (Evidence.ERROR, {"http_status": 409})
LOOKED_UP_ONCE = {
    "an id of the library's": {},
    "an id of a caller who asks again": {"callers_id": True, "ask_once": True},
}


class TestOneLookUp:
    """A refusal of an id that was made for this very call, or of one whose caller asks again later,
    is looked up once.
    """

    @pytest.mark.parametrize("made", LOOKED_UP_ONCE.values(), ids=LOOKED_UP_ONCE)
    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.KNOWN, End.ANSWERED),
            (Evidence.FAILED, End.FAILED),
            (Evidence.NOT_KNOWN, End.REFUSED),
            (Evidence.UNINFORMATIVE, End.UNKNOWN),
            (Evidence.UNCLEAR, End.UNKNOWN),
            (Evidence.TAKEN, End.UNKNOWN),
            (Evidence.DENIED, End.UNKNOWN),
            (Evidence.BLOCKED, End.UNKNOWN),
            (Evidence.NOT_SENT, Next.ASK),
            (Evidence.NO_ANSWER, Next.ASK),
            (Evidence.LIMITED, Next.ASK),
        ],
    )
    def test_decides(self, call_state, play, made, evidence, expected):
        assert play(call_state(**made), Evidence.ERROR, evidence) == [Next.SEND, Next.ASK, expected]

    @pytest.mark.parametrize("evidence", [Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED])
    def test_that_got_no_answer_is_tried_as_often_as_the_policy_has_attempts(
        self, call_state, play, evidence
    ):
        assert play(call_state(), Evidence.ERROR, evidence, evidence, evidence) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.ASK,
            End.UNKNOWN,
        ]

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [(Evidence.NOT_KNOWN, End.REFUSED), (Evidence.KNOWN, End.ANSWERED)],
    )
    def test_may_be_the_last_of_them_that_decides(self, call_state, play, evidence, expected):
        assert (
            play(call_state(), Evidence.ERROR, Evidence.NO_ANSWER, Evidence.LIMITED, evidence)[-1]
            == expected
        )

    @pytest.mark.parametrize(
        ("begin", "expected"), [(NEW_ID, End.REFUSED), (CALLERS_ID, End.DUPLICATE)]
    )
    def test_of_a_conflict_is_a_duplicate_only_where_the_id_may_have_been_used_before(
        self, call_state, play, begin, expected
    ):
        assert play(call_state(**begin, ask_once=True), CONFLICT, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.ASK,
            expected,
        ]

    def test_is_not_enough_where_an_answer_was_lost(self, resumed, play):
        assert (
            play(
                resumed(ask_once=True),
                LATE,
                Evidence.NOT_KNOWN,
                Evidence.ERROR,
                LATE,
                Evidence.NOT_KNOWN,
            )[-1]
            == Next.ASK
        )

    def test_ends_unknown_where_nothing_more_can_be_sent(self, call_state):
        subject = call_state()
        subject.sending(0.0)

        assert subject.after_send(shown(Evidence.ERROR, final=True), 0.0).step == End.UNKNOWN

    @pytest.mark.parametrize("made", LOOKED_UP_ONCE.values(), ids=LOOKED_UP_ONCE)
    def test_that_there_is_no_time_for_leaves_the_outcome_unknown(self, call_state, play, made):
        subject = call_state(**made)
        play(subject, Evidence.ERROR)

        assert subject.out_of_time() == End.UNKNOWN


class TestBlocked:
    """A 401 or 403 that is not in the contract's own JSON, to an effect."""

    @pytest.mark.parametrize("begin", [NEW_ID, CALLERS_ID])
    @pytest.mark.parametrize("refusal", [Evidence.DENIED, Evidence.BLOCKED])
    def test_ends_at_once_where_the_question_is_refused_too(self, call_state, play, begin, refusal):
        assert play(call_state(**begin), Evidence.BLOCKED, refusal) == [
            Next.SEND,
            Next.ASK,
            End.BLOCKED,
        ]

    @pytest.mark.parametrize("refusal", [Evidence.DENIED, Evidence.BLOCKED])
    def test_ends_a_resumed_effect_at_once_too(self, resumed, play, refusal):
        script = (LATE, Evidence.NOT_KNOWN, Evidence.BLOCKED, refusal)

        assert play(resumed(), *script) == [Next.ASK, Next.SEND, Next.ASK, End.BLOCKED]

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.KNOWN, End.ANSWERED),
            (Evidence.FAILED, End.FAILED),
            (Evidence.NOT_KNOWN, Next.ASK),
            (Evidence.UNINFORMATIVE, Next.ASK),
            (Evidence.UNCLEAR, Next.ASK),
            (Evidence.NO_ANSWER, Next.ASK),
            (Evidence.LIMITED, Next.ASK),
            (Evidence.NOT_SENT, Next.ASK),
        ],
    )
    def test_goes_on_as_for_a_lost_answer_where_it_is_not(
        self, call_state, play, evidence, expected
    ):
        assert play(call_state(), Evidence.BLOCKED, evidence) == [Next.SEND, Next.ASK, expected]

    def test_is_sent_again_after_the_grace_where_the_id_stays_unknown(self, call_state, play):
        assert play(call_state(), Evidence.BLOCKED, LATE, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
        ]

    def test_is_forgotten_with_the_next_answer(self, call_state, play):
        script = (Evidence.BLOCKED, LATE, Evidence.NOT_KNOWN, Evidence.NO_ANSWER, Evidence.DENIED)

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
            Next.ASK,
            End.UNKNOWN,
        ]

    def test_leaves_the_outcome_unknown_when_time_is_up(self, call_state, play):
        subject = call_state()
        play(subject, Evidence.BLOCKED)

        assert subject.out_of_time() == End.UNKNOWN

    def test_leaves_the_outcome_unknown_where_nothing_more_can_be_sent(self, call_state):
        subject = call_state()
        subject.sending(0.0)

        assert subject.after_send(shown(Evidence.BLOCKED, final=True), 0.0).step == End.UNKNOWN

    def test_ends_what_may_be_repeated(self, call_state, play):
        assert play(call_state(Retry.REPEATABLE), Evidence.BLOCKED) == [Next.SEND, End.BLOCKED]
