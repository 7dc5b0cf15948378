"""Refusals: what is looked up once, and what is not said in the contract's own JSON."""

from __future__ import annotations

import pytest

from freedompay_async.calls.call_state import Doubt, Step
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry

NONE, POSSIBLE = Doubt.NONE, Doubt.POSSIBLE
LATE = 6.0  # More than the grace.
CONFLICT = (Evidence.ERROR, {"conflict": True})
LOOKED_UP_ONCE = {
    "an id of the library's": {},
    "an id of a caller who asks again": {"doubt": POSSIBLE, "ask_once": True},
}


class TestOneLook:
    """A refusal of an id that was made for this very call, or of one whose caller asks again later,
    is looked up once.
    """

    @pytest.mark.parametrize("made", LOOKED_UP_ONCE.values(), ids=LOOKED_UP_ONCE)
    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.KNOWN, Step.ANSWERED),
            (Evidence.FAILED, Step.FAILED),
            (Evidence.NOT_KNOWN, Step.REFUSED),
            (Evidence.UNINFORMATIVE, Step.UNKNOWN),
            (Evidence.UNCLEAR, Step.UNKNOWN),
            (Evidence.TAKEN, Step.UNKNOWN),
            (Evidence.DENIED, Step.UNKNOWN),
            (Evidence.BLOCKED, Step.UNKNOWN),
            (Evidence.NOT_SENT, Step.ASK),
            (Evidence.NO_ANSWER, Step.ASK),
            (Evidence.LIMITED, Step.ASK),
        ],
    )
    def test_decides(self, life, play, made, seen, expected):
        assert play(life(**made), Evidence.ERROR, seen) == [Step.SEND, Step.ASK, expected]

    @pytest.mark.parametrize("seen", [Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED])
    def test_that_got_no_answer_is_tried_as_often_as_the_policy_has_attempts(
        self, life, play, seen
    ):
        assert play(life(), Evidence.ERROR, seen, seen, seen) == [
            Step.SEND,
            Step.ASK,
            Step.ASK,
            Step.ASK,
            Step.UNKNOWN,
        ]

    @pytest.mark.parametrize(
        ("seen", "expected"), [(Evidence.NOT_KNOWN, Step.REFUSED), (Evidence.KNOWN, Step.ANSWERED)]
    )
    def test_may_be_the_last_of_them_that_decides(self, life, play, seen, expected):
        assert (
            play(life(), Evidence.ERROR, Evidence.NO_ANSWER, Evidence.LIMITED, seen)[-1] == expected
        )

    @pytest.mark.parametrize(
        ("doubt", "expected"), [(NONE, Step.REFUSED), (POSSIBLE, Step.DUPLICATE)]
    )
    def test_of_a_conflict_is_a_duplicate_only_where_the_id_may_have_been_used_before(
        self, life, play, doubt, expected
    ):
        assert play(life(doubt=doubt, ask_once=True), CONFLICT, Evidence.NOT_KNOWN) == [
            Step.SEND,
            Step.ASK,
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
            == Step.ASK
        )

    def test_ends_unknown_where_nothing_more_can_be_sent(self, life):
        subject = life()
        subject.sent(0.0)
        subject.give_up()

        assert subject.after_send(Evidence.ERROR, 0.0).step == Step.UNKNOWN

    @pytest.mark.parametrize("made", LOOKED_UP_ONCE.values(), ids=LOOKED_UP_ONCE)
    def test_that_there_is_no_time_for_leaves_the_outcome_unknown(self, life, play, made):
        subject = life(**made)
        play(subject, Evidence.ERROR)

        assert subject.out_of_time() == Step.UNKNOWN


class TestBlocked:
    """A 401 or 403 that is not in the contract's own JSON, to an effect."""

    @pytest.mark.parametrize("doubt", Doubt)
    @pytest.mark.parametrize("refusal", [Evidence.DENIED, Evidence.BLOCKED])
    def test_ends_at_once_where_the_question_is_refused_too(self, life, play, doubt, refusal):
        assert play(life(doubt=doubt), Evidence.BLOCKED, refusal) == [
            Step.SEND,
            Step.ASK,
            Step.BLOCKED,
        ]

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.KNOWN, Step.ANSWERED),
            (Evidence.FAILED, Step.FAILED),
            (Evidence.NOT_KNOWN, Step.ASK),
            (Evidence.UNINFORMATIVE, Step.ASK),
            (Evidence.UNCLEAR, Step.ASK),
            (Evidence.NO_ANSWER, Step.ASK),
            (Evidence.LIMITED, Step.ASK),
            (Evidence.NOT_SENT, Step.ASK),
        ],
    )
    def test_goes_on_as_for_a_lost_answer_where_it_is_not(self, life, play, seen, expected):
        assert play(life(), Evidence.BLOCKED, seen) == [Step.SEND, Step.ASK, expected]

    def test_is_sent_again_after_the_grace_where_the_id_stays_unknown(self, life, play):
        assert play(life(), Evidence.BLOCKED, LATE, Evidence.NOT_KNOWN) == [
            Step.SEND,
            Step.ASK,
            Step.SEND,
        ]

    def test_is_forgotten_with_the_next_answer(self, life, play):
        script = (Evidence.BLOCKED, LATE, Evidence.NOT_KNOWN, Evidence.NO_ANSWER, Evidence.DENIED)

        assert play(life(), *script) == [Step.SEND, Step.ASK, Step.SEND, Step.ASK, Step.UNKNOWN]

    def test_leaves_the_outcome_unknown_when_time_is_up(self, life, play):
        subject = life()
        play(subject, Evidence.BLOCKED)

        assert subject.out_of_time() == Step.UNKNOWN

    def test_leaves_the_outcome_unknown_where_nothing_more_can_be_sent(self, life):
        subject = life()
        subject.sent(0.0)
        subject.give_up()

        assert subject.after_send(Evidence.BLOCKED, 0.0).step == Step.UNKNOWN

    def test_ends_what_may_be_repeated(self, life, play):
        assert play(life(Retry.REPEATABLE), Evidence.BLOCKED) == [Step.SEND, Step.BLOCKED]
