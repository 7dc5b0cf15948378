from __future__ import annotations

from dataclasses import replace

import pytest

from freedompay_async.calls.call_state import Doubt, Step
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy

READ, ASKABLE, UNASKABLE = Retry.READ, Retry.ASKABLE, Retry.UNASKABLE
NONE, POSSIBLE, CERTAIN = Doubt.NONE, Doubt.POSSIBLE, Doubt.CERTAIN
EFFECTS = (ASKABLE, UNASKABLE)
POLICY = Policy(attempts=3, grace=5.0)
LATE = 6.0  # More than the grace.
CONFLICT = (Evidence.ERROR, {"conflict": True})


class TestFirstSend:
    """What follows the answer to the first send, by class of call and by doubt."""

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.NOT_SENT, Step.SEND),
            (Evidence.NO_ANSWER, Step.SEND),
            (Evidence.UNCLEAR, Step.UNCLEAR),
            (Evidence.TAKEN, Step.UNCLEAR),
            (Evidence.LIMITED, Step.SEND),
            (Evidence.DENIED, Step.DENIED),
            (Evidence.BLOCKED, Step.BLOCKED),
            (Evidence.OK, Step.ANSWERED),
            (Evidence.ERROR, Step.REFUSED),
        ],
    )
    def test_of_a_read(self, life, after_sends, seen, expected):
        assert after_sends(life(READ), seen).step == expected

    @pytest.mark.parametrize(
        ("doubt", "seen", "expected"),
        [
            (NONE, Evidence.NOT_SENT, Step.SEND),
            (NONE, Evidence.NO_ANSWER, Step.ASK),
            (NONE, Evidence.UNCLEAR, Step.ASK),
            (NONE, Evidence.LIMITED, Step.SEND),
            (NONE, Evidence.DENIED, Step.ASK),
            (NONE, Evidence.BLOCKED, Step.ASK),
            (NONE, Evidence.OK, Step.ANSWERED),
            (NONE, Evidence.ERROR, Step.ASK),
            (POSSIBLE, Evidence.BLOCKED, Step.ASK),
            (CERTAIN, Evidence.BLOCKED, Step.ASK),
            (POSSIBLE, Evidence.NOT_SENT, Step.SEND),
            (POSSIBLE, Evidence.NO_ANSWER, Step.ASK),
            (POSSIBLE, Evidence.UNCLEAR, Step.ASK),
            (POSSIBLE, Evidence.LIMITED, Step.SEND),
            (POSSIBLE, Evidence.DENIED, Step.ASK),
            (POSSIBLE, Evidence.OK, Step.ANSWERED),
            (POSSIBLE, Evidence.ERROR, Step.ASK),
            (CERTAIN, Evidence.NOT_SENT, Step.ASK),
            (CERTAIN, Evidence.NO_ANSWER, Step.ASK),
            (CERTAIN, Evidence.UNCLEAR, Step.ASK),
            (CERTAIN, Evidence.LIMITED, Step.ASK),
            (CERTAIN, Evidence.DENIED, Step.UNKNOWN),
            (CERTAIN, Evidence.OK, Step.ANSWERED),
            (CERTAIN, Evidence.ERROR, Step.ASK),
        ],
    )
    def test_of_an_effect_that_can_be_asked_about(self, life, after_sends, doubt, seen, expected):
        assert after_sends(life(doubt=doubt), seen).step == expected

    @pytest.mark.parametrize(
        ("header_id", "doubt", "seen", "expected"),
        [
            (True, NONE, Evidence.NOT_SENT, Step.SEND),
            (True, NONE, Evidence.NO_ANSWER, Step.SEND),
            (True, NONE, Evidence.UNCLEAR, Step.SEND),
            (True, NONE, Evidence.LIMITED, Step.SEND),
            (True, NONE, Evidence.DENIED, Step.DENIED),
            (True, NONE, Evidence.BLOCKED, Step.BLOCKED),
            (True, POSSIBLE, Evidence.BLOCKED, Step.BLOCKED),
            (False, NONE, Evidence.BLOCKED, Step.BLOCKED),
            (False, POSSIBLE, Evidence.BLOCKED, Step.BLOCKED),
            (True, NONE, Evidence.OK, Step.ANSWERED),
            (True, NONE, Evidence.ERROR, Step.REFUSED),
            (True, POSSIBLE, Evidence.NOT_SENT, Step.SEND),
            (True, POSSIBLE, Evidence.NO_ANSWER, Step.SEND),
            (True, POSSIBLE, Evidence.UNCLEAR, Step.SEND),
            (True, POSSIBLE, Evidence.LIMITED, Step.SEND),
            (True, POSSIBLE, Evidence.DENIED, Step.DENIED),
            (True, POSSIBLE, Evidence.OK, Step.ANSWERED),
            (True, POSSIBLE, Evidence.ERROR, Step.UNKNOWN),
            (False, NONE, Evidence.NOT_SENT, Step.SEND),
            (False, NONE, Evidence.NO_ANSWER, Step.UNKNOWN),
            (False, NONE, Evidence.UNCLEAR, Step.UNKNOWN),
            (False, NONE, Evidence.LIMITED, Step.LIMITED),
            (False, NONE, Evidence.DENIED, Step.DENIED),
            (False, NONE, Evidence.OK, Step.ANSWERED),
            (False, NONE, Evidence.ERROR, Step.REFUSED),
            (False, POSSIBLE, Evidence.NO_ANSWER, Step.UNKNOWN),
            (False, POSSIBLE, Evidence.ERROR, Step.UNKNOWN),
        ],
    )
    def test_of_an_effect_that_cannot_be_asked_about(
        self, life, after_sends, header_id, doubt, seen, expected
    ):
        assert after_sends(life(UNASKABLE, header_id=header_id, doubt=doubt), seen).step == expected

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.NOT_SENT, Step.SEND),
            (Evidence.NO_ANSWER, Step.UNKNOWN),
            (Evidence.UNCLEAR, Step.UNKNOWN),
            (Evidence.LIMITED, Step.LIMITED),
            (Evidence.DENIED, Step.DENIED),
            (Evidence.BLOCKED, Step.BLOCKED),
            (Evidence.TAKEN, Step.TAKEN),
            (Evidence.OK, Step.ANSWERED),
            (Evidence.ERROR, Step.REFUSED),
        ],
    )
    def test_of_an_effect_that_pays_is_never_that_it_is_sent_again(
        self, life, after_sends, seen, expected
    ):
        assert after_sends(life(UNASKABLE, header_id=True, pays=True), seen).step == expected

    @pytest.mark.parametrize(
        "seen",
        [
            seen
            for seen in Evidence
            if seen
            not in (Evidence.KNOWN, Evidence.FAILED, Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE)
        ],
    )
    def test_of_an_effect_that_pays_is_that_of_another_where_the_policy_says_so(
        self, life, after_sends, seen
    ):
        allowed = replace(POLICY, resend_payments=True)
        pays, other = (
            life(UNASKABLE, header_id=True, pays=pays, policy=allowed) for pays in (True, False)
        )

        assert after_sends(pays, seen) == after_sends(other, seen)

    def test_of_an_effect_that_pays_is_not_that_it_is_sent_again_without_an_id_in_a_header(
        self, life, after_sends
    ):
        allowed = replace(POLICY, resend_payments=True)

        assert (
            after_sends(life(UNASKABLE, pays=True, policy=allowed), Evidence.NO_ANSWER).step
            is Step.UNKNOWN
        )

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.NOT_SENT, Step.SEND),
            (Evidence.NO_ANSWER, Step.SEND),
            (Evidence.UNCLEAR, Step.SEND),
            (Evidence.LIMITED, Step.SEND),
            (Evidence.DENIED, Step.DENIED),
            (Evidence.BLOCKED, Step.BLOCKED),
            (Evidence.TAKEN, Step.TAKEN),
            (Evidence.OK, Step.ANSWERED),
            (Evidence.ERROR, Step.REFUSED),
        ],
    )
    def test_of_an_effect_that_may_be_repeated(self, life, after_sends, seen, expected):
        assert after_sends(life(Retry.REPEATABLE), seen).step == expected


class TestSecondSend:
    """What follows the answer to an effect that was sent again after its answer was lost."""

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.NOT_SENT, Step.ASK),
            (Evidence.NO_ANSWER, Step.ASK),
            (Evidence.UNCLEAR, Step.ASK),
            (Evidence.LIMITED, Step.ASK),
            (Evidence.DENIED, Step.UNKNOWN),
            (Evidence.BLOCKED, Step.ASK),
            (Evidence.OK, Step.ANSWERED),
            (Evidence.ERROR, Step.ASK),
        ],
    )
    def test_of_an_effect_that_can_be_asked_about(self, life, after_sends, seen, expected):
        assert after_sends(life(), Evidence.NO_ANSWER, seen).step == expected

    @pytest.mark.parametrize("seen", [Evidence.ERROR, Evidence.DENIED, Evidence.BLOCKED])
    def test_of_an_effect_that_may_be_repeated_is_never_a_refusal(self, life, after_sends, seen):
        assert after_sends(life(Retry.REPEATABLE), Evidence.NO_ANSWER, seen).step == Step.UNKNOWN

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.NOT_SENT, Step.UNKNOWN),
            (Evidence.NO_ANSWER, Step.UNKNOWN),
            (Evidence.UNCLEAR, Step.UNKNOWN),
            (Evidence.LIMITED, Step.UNKNOWN),
            (Evidence.DENIED, Step.UNKNOWN),
            (Evidence.BLOCKED, Step.BLOCKED),
            (Evidence.OK, Step.ANSWERED),
            (Evidence.ERROR, Step.UNKNOWN),
        ],
    )
    def test_of_an_effect_that_cannot_be_asked_about(self, life, after_sends, seen, expected):
        assert (
            after_sends(life(UNASKABLE, header_id=True), Evidence.NO_ANSWER, seen).step == expected
        )


class TestLookUp:
    @pytest.mark.parametrize("doubt", Doubt)
    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (Evidence.KNOWN, Step.ANSWERED),
            (Evidence.FAILED, Step.FAILED),
            (Evidence.DENIED, Step.UNKNOWN),
            (Evidence.BLOCKED, Step.ASK),
            (Evidence.NOT_SENT, Step.ASK),
            (Evidence.NO_ANSWER, Step.ASK),
            (Evidence.UNCLEAR, Step.ASK),
            (Evidence.LIMITED, Step.ASK),
        ],
    )
    def test_what_it_shows_decides(self, life, doubt, seen, expected):
        subject = life(doubt=doubt, first_sent=0.0, last_sent=0.0)

        assert subject.after_ask(seen, LATE).step == expected

    @pytest.mark.parametrize(
        ("doubt", "said_no"),
        [(doubt, said_no) for doubt in Doubt for said_no in (False, True) if doubt or not said_no],
    )
    @pytest.mark.parametrize("may_resend", [False, True])
    @pytest.mark.parametrize("seen", [Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE])
    def test_of_an_unknown_id_is_repeated_through_the_grace(
        self, life, doubt, said_no, may_resend, seen
    ):
        subject = life(
            doubt=doubt, first_sent=0.0, last_sent=0.0, said_no=said_no, may_resend=may_resend
        )

        assert subject.after_ask(seen, 4.999).step == Step.ASK

    @pytest.mark.parametrize(
        ("doubt", "said_no", "conflict", "may_resend", "expected"),
        [
            (CERTAIN, False, False, True, Step.SEND),
            (CERTAIN, False, False, False, Step.UNKNOWN),
            (CERTAIN, True, False, True, Step.ASK),
            (POSSIBLE, True, False, True, Step.UNKNOWN),
            (POSSIBLE, True, True, True, Step.UNKNOWN),
        ],
    )
    def test_that_is_silent_through_the_grace_forbids_a_refusal_and_not_a_second_send(
        self, life, doubt, said_no, conflict, may_resend, expected
    ):
        subject = life(
            doubt=doubt,
            first_sent=0.0,
            last_sent=0.0,
            said_no=said_no,
            conflict=conflict,
            may_resend=may_resend,
        )

        assert subject.after_ask(Evidence.UNINFORMATIVE, 5.0).step == expected

    @pytest.mark.parametrize(
        ("doubt", "said_no", "conflict", "may_resend", "expected"),
        [
            (CERTAIN, False, False, True, Step.SEND),
            (CERTAIN, False, False, False, Step.UNKNOWN),
            (CERTAIN, True, False, True, Step.ASK),
            (CERTAIN, True, True, True, Step.ASK),
            (CERTAIN, True, False, False, Step.ASK),
            (POSSIBLE, True, False, True, Step.REFUSED),
            (POSSIBLE, True, True, True, Step.DUPLICATE),
            (POSSIBLE, True, False, False, Step.REFUSED),
        ],
    )
    def test_of_an_id_that_stays_unknown_through_the_grace(
        self, life, doubt, said_no, conflict, may_resend, expected
    ):
        subject = life(
            doubt=doubt,
            first_sent=0.0,
            last_sent=0.0,
            said_no=said_no,
            conflict=conflict,
            may_resend=may_resend,
        )

        assert subject.after_ask(Evidence.NOT_KNOWN, 5.0).step == expected

    @pytest.mark.parametrize(
        ("now", "expected"), [(99.0, Step.SEND), (100.0, Step.UNKNOWN), (101.0, Step.UNKNOWN)]
    )
    def test_of_an_unknown_id_sends_again_only_within_resend_within_of_the_first_send(
        self, life, now, expected
    ):
        subject = life(doubt=CERTAIN, first_sent=0.0, last_sent=50.0)

        assert subject.after_ask(Evidence.NOT_KNOWN, now).step == expected

    def test_counts_the_grace_from_the_last_send(self, life):
        subject = life(doubt=CERTAIN, first_sent=0.0, last_sent=10.0)

        assert subject.after_ask(Evidence.NOT_KNOWN, 14.0).step == Step.ASK

    def test_of_a_resumed_effect_counts_the_grace_from_its_first_send(self, resumed):
        assert resumed(first_sent=0.0).after_ask(Evidence.NOT_KNOWN, 5.0).step == Step.SEND

    def test_of_what_was_never_sent_is_only_repeated(self, life):
        assert life().after_ask(Evidence.NOT_KNOWN, LATE).step == Step.ASK


class TestOutOfTime:
    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            ((), Step.NOT_SENT),
            ((Evidence.NOT_SENT,), Step.NOT_SENT),
            ((Evidence.LIMITED,), Step.LIMITED),
            ((Evidence.NO_ANSWER,), Step.UNKNOWN),
            ((Evidence.LIMITED, Evidence.NO_ANSWER), Step.UNKNOWN),
        ],
    )
    def test_of_a_read(self, life, play, seen, expected):
        subject = life(READ)
        play(subject, *seen)

        assert subject.out_of_time() == expected

    @pytest.mark.parametrize("retry", EFFECTS)
    @pytest.mark.parametrize(
        ("doubt", "seen", "expected"),
        [
            (NONE, (), Step.NOT_SENT),
            (NONE, (Evidence.NOT_SENT,), Step.NOT_SENT),
            (NONE, (Evidence.LIMITED,), Step.LIMITED),
            (NONE, (Evidence.LIMITED, Evidence.NOT_SENT), Step.LIMITED),
            (NONE, (Evidence.LIMITED, Evidence.ERROR), Step.UNKNOWN),
            (NONE, (Evidence.NO_ANSWER,), Step.UNKNOWN),
            (NONE, (Evidence.UNCLEAR,), Step.UNKNOWN),
            (NONE, (Evidence.NOT_SENT, Evidence.NO_ANSWER), Step.UNKNOWN),
            (POSSIBLE, (), Step.NOT_SENT),
            (POSSIBLE, (Evidence.LIMITED,), Step.LIMITED),
            (POSSIBLE, (Evidence.ERROR,), Step.UNKNOWN),
            (CERTAIN, (), Step.UNKNOWN),
        ],
    )
    def test_of_an_effect(self, life, play, retry, doubt, seen, expected):
        subject = life(retry, doubt=doubt, header_id=True)
        play(subject, *seen)

        assert subject.out_of_time() == expected

    def test_while_an_id_is_looked_up_after_an_error(self, life, play):
        subject = life(doubt=POSSIBLE)
        play(subject, Evidence.ERROR, Evidence.NOT_KNOWN)

        assert subject.out_of_time() == Step.UNKNOWN


class TestGiveUp:
    @pytest.mark.parametrize("retry", Retry)
    def test_ends_a_call_that_was_not_sent(self, life, retry):
        subject = life(retry)
        subject.sent(0.0)
        subject.give_up()

        assert subject.after_send(Evidence.NOT_SENT, 0.0).step == Step.NOT_SENT

    def test_ends_an_effect_that_was_limited_before(self, life, play):
        subject = life()
        play(subject, Evidence.LIMITED)
        subject.give_up()

        assert subject.after_send(Evidence.NOT_SENT, 0.0).step == Step.LIMITED

    @pytest.mark.parametrize("retry", EFFECTS)
    @pytest.mark.parametrize("seen", [Evidence.NO_ANSWER, Evidence.UNCLEAR])
    def test_leaves_an_effect_unknown_whose_answer_was_lost(self, life, retry, seen):
        subject = life(retry, header_id=True)
        subject.sent(0.0)
        subject.give_up()

        assert subject.after_send(seen, 0.0).step == Step.UNKNOWN

    @pytest.mark.parametrize(
        "seen",
        [
            Evidence.NOT_SENT,
            Evidence.NO_ANSWER,
            Evidence.UNCLEAR,
            Evidence.LIMITED,
            Evidence.NOT_KNOWN,
            Evidence.DENIED,
        ],
    )
    @pytest.mark.parametrize("now", [1.0, LATE])
    def test_ends_the_look_ups_of_an_effect_in_doubt(self, resumed, seen, now):
        subject = resumed()
        subject.give_up()

        assert subject.after_ask(seen, now).step == Step.UNKNOWN

    @pytest.mark.parametrize(
        ("seen", "expected"), [(Evidence.KNOWN, Step.ANSWERED), (Evidence.FAILED, Step.FAILED)]
    )
    def test_does_not_throw_an_answer_away(self, resumed, seen, expected):
        subject = resumed()
        subject.give_up()

        assert subject.after_ask(seen, 1.0).step == expected


class TestRecord:
    def test_the_first_send_is_remembered(self, life):
        subject = life()
        subject.sent(1.0)
        subject.sent(2.0)

        assert subject.first_sent == 1.0

    def test_every_send_is_counted(self, life):
        subject = life()
        subject.sent(1.0)
        subject.sent(2.0)

        assert subject.sends == 2

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [(seen, None if seen is Evidence.NOT_SENT else 3.0) for seen in Evidence],
    )
    def test_the_last_send_is_that_of_what_left(self, life, seen, expected):
        subject = life()
        subject.sent(3.0)
        subject.after_send(seen, 3.0)

        assert subject.last_sent == expected

    @pytest.mark.parametrize(("answer", "expected"), [(Evidence.ERROR, False), (CONFLICT, True)])
    def test_a_conflict_is_remembered(self, life, play, answer, expected):
        subject = life(doubt=POSSIBLE)
        play(subject, answer)

        assert subject.conflict == expected

    @pytest.mark.parametrize(
        ("doubt", "seen", "expected"),
        [
            (NONE, (Evidence.OK,), False),
            (NONE, (Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (NONE, (Evidence.LIMITED, Evidence.ERROR, Evidence.KNOWN), False),
            (POSSIBLE, (Evidence.OK,), False),
            (POSSIBLE, (Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (POSSIBLE, (Evidence.ERROR, Evidence.KNOWN), True),
            (POSSIBLE, (Evidence.NOT_SENT, Evidence.ERROR, Evidence.KNOWN), True),
            (POSSIBLE, (Evidence.LIMITED, Evidence.ERROR, Evidence.KNOWN), True),
            (POSSIBLE, (Evidence.LIMITED, Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (CERTAIN, (Evidence.ERROR, Evidence.KNOWN), False),
        ],
    )
    def test_an_effect_is_found_where_its_given_id_may_have_been_used_before(
        self, life, play, doubt, seen, expected
    ):
        subject = life(doubt=doubt, given=doubt is not NONE)
        play(subject, *seen)

        assert subject.found == expected


class TestTaken:
    """An answer that says that the call was done, and can't be read beyond that."""

    @pytest.mark.parametrize("retry", [UNASKABLE, Retry.REPEATABLE])
    @pytest.mark.parametrize("doubt", [NONE, POSSIBLE, CERTAIN])
    @pytest.mark.parametrize("before", [[], [Evidence.NO_ANSWER]])
    def test_ends_what_cannot_be_asked_about(self, life, after_sends, retry, doubt, before):
        assert (
            after_sends(life(retry, header_id=True, doubt=doubt), *before, Evidence.TAKEN).step
            == Step.TAKEN
        )

    @pytest.mark.parametrize("doubt", [NONE, POSSIBLE, CERTAIN])
    def test_is_looked_up_where_it_can_be(self, life, after_sends, doubt):
        made = life(doubt=doubt)

        assert (after_sends(made, Evidence.TAKEN).step, made.doubt) == (Step.ASK, CERTAIN)

    def test_of_a_look_up_proves_nothing(self, life, play):
        assert play(life(), Evidence.NO_ANSWER, Evidence.TAKEN) == [Step.SEND, Step.ASK, Step.ASK]


class TestNoSuchPath:
    """The path is a guess, and the answer was a 404."""

    @pytest.mark.parametrize(
        ("no_such_path", "expected"), [(False, Step.SEND), (True, Step.UNKNOWN)]
    )
    def test_is_not_sent_to_again_after_the_grace(self, life, play, no_such_path, expected):
        made = life(no_such_path=no_such_path)

        assert play(made, Evidence.UNCLEAR, LATE, Evidence.NOT_KNOWN) == [
            Step.SEND,
            Step.ASK,
            expected,
        ]

    def test_is_looked_up_through_the_grace(self, life, play):
        assert play(
            life(no_such_path=True), Evidence.UNCLEAR, Evidence.NOT_KNOWN, Evidence.KNOWN
        ) == [
            Step.SEND,
            Step.ASK,
            Step.ASK,
            Step.ANSWERED,
        ]


class TestItsTurn:
    def test_begins_the_age_of_what_was_never_sent(self, life):
        subject = life()
        subject.sent(1.0)
        subject.turn_came(100.0)

        assert subject.first_sent == 100.0

    @pytest.mark.parametrize("fields", [{"doubt": CERTAIN}, {"last_sent": 2.0}])
    def test_makes_nothing_younger_that_may_have_been_sent(self, life, fields):
        subject = life(first_sent=1.0, **fields)
        subject.turn_came(100.0)

        assert subject.first_sent == 1.0
