from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from freedompay_async.calls.states import End, Next, State
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy
from tests.unit.call_state_examples import CALLERS_ID, NEW_ID, SENT_EARLIER, shown

READ, ASKABLE, UNASKABLE = Retry.READ, Retry.ASKABLE, Retry.UNASKABLE
EFFECTS = (ASKABLE, UNASKABLE)
POLICY = Policy(attempts=3, grace=5.0)
LATE = 6.0  # More than the grace.
ASKED_THROUGH_THE_GRACE = [
    State.LOST,
    State.NO_SUCH_PATH,
    State.USED_ID_REFUSED,
    State.CONFLICT,
    State.REFUSED_AFTER_LOSS,
]
NO_PATH = (Evidence.UNCLEAR, {"http_status": 404})
CONFLICT = (Evidence.ERROR, {"http_status": 409})


class TestFirstSend:
    """What follows the answer to the first send, by class of call and by how it began."""

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.NOT_SENT, Next.SEND),
            (Evidence.NO_ANSWER, Next.SEND),
            (Evidence.UNCLEAR, End.UNCLEAR),
            (Evidence.TAKEN, End.UNCLEAR),
            (Evidence.LIMITED, Next.SEND),
            (Evidence.DENIED, End.DENIED),
            (Evidence.BLOCKED, End.BLOCKED),
            (Evidence.OK, End.ANSWERED),
            (Evidence.ERROR, End.REFUSED),
        ],
    )
    def test_of_a_read(self, call_state, after_sends, evidence, expected):
        assert after_sends(call_state(READ), evidence).step == expected

    @pytest.mark.parametrize(
        ("begin", "evidence", "expected"),
        [
            (NEW_ID, Evidence.NOT_SENT, Next.SEND),
            (NEW_ID, Evidence.NO_ANSWER, Next.ASK),
            (NEW_ID, Evidence.UNCLEAR, Next.ASK),
            (NEW_ID, Evidence.LIMITED, Next.SEND),
            (NEW_ID, Evidence.DENIED, Next.ASK),
            (NEW_ID, Evidence.BLOCKED, Next.ASK),
            (NEW_ID, Evidence.OK, End.ANSWERED),
            (NEW_ID, Evidence.ERROR, Next.ASK),
            (CALLERS_ID, Evidence.BLOCKED, Next.ASK),
            (SENT_EARLIER, Evidence.BLOCKED, Next.ASK),
            (CALLERS_ID, Evidence.NOT_SENT, Next.SEND),
            (CALLERS_ID, Evidence.NO_ANSWER, Next.ASK),
            (CALLERS_ID, Evidence.UNCLEAR, Next.ASK),
            (CALLERS_ID, Evidence.LIMITED, Next.SEND),
            (CALLERS_ID, Evidence.DENIED, Next.ASK),
            (CALLERS_ID, Evidence.OK, End.ANSWERED),
            (CALLERS_ID, Evidence.ERROR, Next.ASK),
            (SENT_EARLIER, Evidence.NOT_SENT, Next.ASK),
            (SENT_EARLIER, Evidence.NO_ANSWER, Next.ASK),
            (SENT_EARLIER, Evidence.UNCLEAR, Next.ASK),
            (SENT_EARLIER, Evidence.LIMITED, Next.ASK),
            (SENT_EARLIER, Evidence.DENIED, End.UNKNOWN),
            (SENT_EARLIER, Evidence.OK, End.ANSWERED),
            (SENT_EARLIER, Evidence.ERROR, Next.ASK),
        ],
    )
    def test_of_an_effect_that_can_be_asked_about(
        self, call_state, after_sends, begin, evidence, expected
    ):
        assert after_sends(call_state(**begin), evidence).step == expected

    @pytest.mark.parametrize(
        ("header_id", "begin", "evidence", "expected"),
        [
            (True, NEW_ID, Evidence.NOT_SENT, Next.SEND),
            (True, NEW_ID, Evidence.NO_ANSWER, Next.SEND),
            (True, NEW_ID, Evidence.UNCLEAR, Next.SEND),
            (True, NEW_ID, Evidence.LIMITED, Next.SEND),
            (True, NEW_ID, Evidence.DENIED, End.DENIED),
            (True, NEW_ID, Evidence.BLOCKED, End.BLOCKED),
            (True, CALLERS_ID, Evidence.BLOCKED, End.BLOCKED),
            (False, NEW_ID, Evidence.BLOCKED, End.BLOCKED),
            (False, CALLERS_ID, Evidence.BLOCKED, End.BLOCKED),
            (True, NEW_ID, Evidence.OK, End.ANSWERED),
            (True, NEW_ID, Evidence.ERROR, End.REFUSED),
            (True, CALLERS_ID, Evidence.NOT_SENT, Next.SEND),
            (True, CALLERS_ID, Evidence.NO_ANSWER, Next.SEND),
            (True, CALLERS_ID, Evidence.UNCLEAR, Next.SEND),
            (True, CALLERS_ID, Evidence.LIMITED, Next.SEND),
            (True, CALLERS_ID, Evidence.DENIED, End.DENIED),
            (True, CALLERS_ID, Evidence.OK, End.ANSWERED),
            (True, CALLERS_ID, Evidence.ERROR, End.UNKNOWN),
            (False, NEW_ID, Evidence.NOT_SENT, Next.SEND),
            (False, NEW_ID, Evidence.NO_ANSWER, End.UNKNOWN),
            (False, NEW_ID, Evidence.UNCLEAR, End.UNKNOWN),
            (False, NEW_ID, Evidence.LIMITED, End.LIMITED),
            (False, NEW_ID, Evidence.DENIED, End.DENIED),
            (False, NEW_ID, Evidence.OK, End.ANSWERED),
            (False, NEW_ID, Evidence.ERROR, End.REFUSED),
            (False, CALLERS_ID, Evidence.NO_ANSWER, End.UNKNOWN),
            (False, CALLERS_ID, Evidence.ERROR, End.UNKNOWN),
        ],
    )
    def test_of_an_effect_that_cannot_be_asked_about(
        self, call_state, after_sends, header_id, begin, evidence, expected
    ):
        assert (
            after_sends(call_state(UNASKABLE, header_id=header_id, **begin), evidence).step
            == expected
        )

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.NOT_SENT, Next.SEND),
            (Evidence.NO_ANSWER, End.UNKNOWN),
            (Evidence.UNCLEAR, End.UNKNOWN),
            (Evidence.LIMITED, End.LIMITED),
            (Evidence.DENIED, End.DENIED),
            (Evidence.BLOCKED, End.BLOCKED),
            (Evidence.TAKEN, End.TAKEN),
            (Evidence.OK, End.ANSWERED),
            (Evidence.ERROR, End.REFUSED),
        ],
    )
    def test_of_an_effect_that_pays_is_never_that_it_is_sent_again(
        self, call_state, after_sends, evidence, expected
    ):
        assert (
            after_sends(call_state(UNASKABLE, header_id=True, pays=True), evidence).step == expected
        )

    @pytest.mark.parametrize(
        "evidence",
        [
            evidence
            for evidence in Evidence
            if evidence
            not in (Evidence.KNOWN, Evidence.FAILED, Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE)
        ],
    )
    def test_of_an_effect_that_pays_is_that_of_another_where_the_policy_says_so(
        self, call_state, after_sends, evidence
    ):
        allowed = replace(POLICY, resend_payments=True)
        pays, other = (
            call_state(UNASKABLE, header_id=True, pays=pays, policy=allowed)
            for pays in (True, False)
        )

        assert after_sends(pays, evidence) == after_sends(other, evidence)

    def test_of_an_effect_that_pays_is_not_that_it_is_sent_again_without_an_id_in_a_header(
        self, call_state, after_sends
    ):
        allowed = replace(POLICY, resend_payments=True)

        assert (
            after_sends(call_state(UNASKABLE, pays=True, policy=allowed), Evidence.NO_ANSWER).step
            is End.UNKNOWN
        )

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.NOT_SENT, Next.SEND),
            (Evidence.NO_ANSWER, Next.SEND),
            (Evidence.UNCLEAR, Next.SEND),
            (Evidence.LIMITED, Next.SEND),
            (Evidence.DENIED, End.DENIED),
            (Evidence.BLOCKED, End.BLOCKED),
            (Evidence.TAKEN, End.TAKEN),
            (Evidence.OK, End.ANSWERED),
            (Evidence.ERROR, End.REFUSED),
        ],
    )
    def test_of_an_effect_that_may_be_repeated(self, call_state, after_sends, evidence, expected):
        assert after_sends(call_state(Retry.REPEATABLE), evidence).step == expected


class TestSecondSend:
    """What follows the answer to an effect that was sent again after its answer was lost."""

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.NOT_SENT, Next.ASK),
            (Evidence.NO_ANSWER, Next.ASK),
            (Evidence.UNCLEAR, Next.ASK),
            (Evidence.LIMITED, Next.ASK),
            (Evidence.DENIED, End.UNKNOWN),
            (Evidence.BLOCKED, Next.ASK),
            (Evidence.OK, End.ANSWERED),
            (Evidence.ERROR, Next.ASK),
        ],
    )
    def test_of_an_effect_that_can_be_asked_about(
        self, call_state, after_sends, evidence, expected
    ):
        assert after_sends(call_state(), Evidence.NO_ANSWER, evidence).step == expected

    @pytest.mark.parametrize("evidence", [Evidence.ERROR, Evidence.DENIED, Evidence.BLOCKED])
    def test_of_an_effect_that_may_be_repeated_is_never_a_refusal(
        self, call_state, after_sends, evidence
    ):
        assert (
            after_sends(call_state(Retry.REPEATABLE), Evidence.NO_ANSWER, evidence).step
            == End.UNKNOWN
        )

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.NOT_SENT, End.UNKNOWN),
            (Evidence.NO_ANSWER, End.UNKNOWN),
            (Evidence.UNCLEAR, End.UNKNOWN),
            (Evidence.LIMITED, End.UNKNOWN),
            (Evidence.DENIED, End.UNKNOWN),
            (Evidence.BLOCKED, End.BLOCKED),
            (Evidence.OK, End.ANSWERED),
            (Evidence.ERROR, End.UNKNOWN),
        ],
    )
    def test_of_an_effect_that_cannot_be_asked_about(
        self, call_state, after_sends, evidence, expected
    ):
        assert (
            after_sends(call_state(UNASKABLE, header_id=True), Evidence.NO_ANSWER, evidence).step
            == expected
        )


class TestLookUp:
    @pytest.mark.parametrize("state", ASKED_THROUGH_THE_GRACE)
    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            (Evidence.KNOWN, End.ANSWERED),
            (Evidence.FAILED, End.FAILED),
            (Evidence.DENIED, End.UNKNOWN),
            (Evidence.BLOCKED, Next.ASK),
            (Evidence.NOT_SENT, Next.ASK),
            (Evidence.NO_ANSWER, Next.ASK),
            (Evidence.UNCLEAR, Next.ASK),
            (Evidence.LIMITED, Next.ASK),
        ],
    )
    def test_what_it_shows_decides(self, call_state, state, evidence, expected):
        subject = call_state(state=state, first_sent=0.0, last_sent=0.0)

        assert subject.after_ask(shown(evidence), LATE).step == expected

    @pytest.mark.parametrize("state", ASKED_THROUGH_THE_GRACE)
    @pytest.mark.parametrize("age_known", [False, True])
    @pytest.mark.parametrize("evidence", [Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE])
    def test_of_an_unknown_id_is_repeated_through_the_grace(
        self, call_state, state, age_known, evidence
    ):
        subject = call_state(state=state, first_sent=0.0, last_sent=0.0, age_known=age_known)

        assert subject.after_ask(shown(evidence), 4.999).step == Next.ASK

    @pytest.mark.parametrize(
        ("evidence", "state", "age_known", "expected"),
        [
            # Silence forbids a refusal, and not a second send.
            (Evidence.UNINFORMATIVE, State.LOST, True, Next.SEND),
            (Evidence.UNINFORMATIVE, State.LOST, False, End.UNKNOWN),
            (Evidence.UNINFORMATIVE, State.REFUSED_AFTER_LOSS, True, Next.ASK),
            (Evidence.UNINFORMATIVE, State.USED_ID_REFUSED, True, End.UNKNOWN),
            (Evidence.UNINFORMATIVE, State.CONFLICT, True, End.UNKNOWN),
            (Evidence.NOT_KNOWN, State.LOST, True, Next.SEND),
            (Evidence.NOT_KNOWN, State.LOST, False, End.UNKNOWN),
            (Evidence.NOT_KNOWN, State.REFUSED_AFTER_LOSS, True, Next.ASK),
            (Evidence.NOT_KNOWN, State.REFUSED_AFTER_LOSS, False, Next.ASK),
            (Evidence.NOT_KNOWN, State.USED_ID_REFUSED, True, End.REFUSED),
            (Evidence.NOT_KNOWN, State.CONFLICT, True, End.DUPLICATE),
            (Evidence.NOT_KNOWN, State.USED_ID_REFUSED, False, End.REFUSED),
        ],
    )
    def test_that_is_the_same_through_the_grace(
        self, call_state, evidence, state, age_known, expected
    ):
        subject = call_state(state=state, first_sent=0.0, last_sent=0.0, age_known=age_known)

        assert subject.after_ask(shown(evidence), 5.0).step == expected

    @pytest.mark.parametrize(
        ("now", "expected"), [(99.0, Next.SEND), (100.0, End.UNKNOWN), (101.0, End.UNKNOWN)]
    )
    def test_of_an_unknown_id_sends_again_only_within_resend_within_of_the_first_send(
        self, call_state, now, expected
    ):
        subject = call_state(state=State.LOST, first_sent=0.0, last_sent=50.0)

        assert subject.after_ask(shown(Evidence.NOT_KNOWN), now).step == expected

    def test_counts_the_grace_from_the_last_send(self, call_state):
        subject = call_state(state=State.LOST, first_sent=0.0, last_sent=10.0)

        assert subject.after_ask(shown(Evidence.NOT_KNOWN), 14.0).step == Next.ASK

    def test_of_a_resumed_effect_counts_the_grace_from_its_first_send(self, resumed):
        assert resumed(first_sent=0.0).after_ask(shown(Evidence.NOT_KNOWN), 5.0).step == Next.SEND

    @pytest.mark.parametrize(("now", "expected"), [(14.0, Next.ASK), (15.0, Next.SEND)])
    def test_of_a_resumed_effect_may_count_it_from_later(self, resumed, now, expected):
        subject = resumed(first_sent=0.0, last_sent=10.0)

        assert subject.after_ask(shown(Evidence.NOT_KNOWN), now).step == expected

    def test_of_what_was_never_sent_is_only_repeated(self, call_state):
        assert call_state().after_ask(shown(Evidence.NOT_KNOWN), LATE).step == Next.ASK


class TestOutOfTime:
    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [
            ((), End.NOT_SENT),
            ((Evidence.NOT_SENT,), End.NOT_SENT),
            ((Evidence.LIMITED,), End.LIMITED),
            ((Evidence.NO_ANSWER,), End.UNKNOWN),
            ((Evidence.LIMITED, Evidence.NO_ANSWER), End.UNKNOWN),
            ((Evidence.LIMITED, Evidence.NOT_SENT), End.UNKNOWN),
            ((Evidence.NO_ANSWER, Evidence.LIMITED), End.LIMITED),
        ],
    )
    def test_of_a_read(self, call_state, play, evidence, expected):
        subject = call_state(READ)
        play(subject, *evidence)

        assert subject.out_of_time() == expected

    @pytest.mark.parametrize("retry", EFFECTS)
    @pytest.mark.parametrize(
        ("begin", "evidence", "expected"),
        [
            (NEW_ID, (), End.NOT_SENT),
            (NEW_ID, (Evidence.NOT_SENT,), End.NOT_SENT),
            (NEW_ID, (Evidence.LIMITED,), End.LIMITED),
            (NEW_ID, (Evidence.LIMITED, Evidence.NOT_SENT), End.LIMITED),
            (NEW_ID, (Evidence.LIMITED, Evidence.ERROR), End.UNKNOWN),
            (NEW_ID, (Evidence.NO_ANSWER,), End.UNKNOWN),
            (NEW_ID, (Evidence.UNCLEAR,), End.UNKNOWN),
            (NEW_ID, (Evidence.NOT_SENT, Evidence.NO_ANSWER), End.UNKNOWN),
            (CALLERS_ID, (), End.NOT_SENT),
            (CALLERS_ID, (Evidence.LIMITED,), End.LIMITED),
            (CALLERS_ID, (Evidence.ERROR,), End.UNKNOWN),
            (SENT_EARLIER, (), End.UNKNOWN),
        ],
    )
    def test_of_an_effect(self, call_state, play, retry, begin, evidence, expected):
        subject = call_state(retry, **begin, header_id=True)
        play(subject, *evidence)

        assert subject.out_of_time() == expected

    def test_while_an_id_is_looked_up_after_an_error(self, call_state, play):
        subject = call_state(callers_id=True)
        play(subject, Evidence.ERROR, Evidence.NOT_KNOWN)

        assert subject.out_of_time() == End.UNKNOWN


class TestGiveUp:
    @pytest.mark.parametrize("retry", Retry)
    def test_ends_a_call_that_was_not_sent(self, call_state, retry):
        subject = call_state(retry)
        subject.sending(0.0)

        assert subject.after_send(shown(Evidence.NOT_SENT, final=True), 0.0).step == End.NOT_SENT

    def test_ends_an_effect_that_was_limited_before(self, call_state, play):
        subject = call_state()
        play(subject, Evidence.LIMITED)

        assert subject.after_send(shown(Evidence.NOT_SENT, final=True), 0.0).step == End.LIMITED

    @pytest.mark.parametrize("retry", EFFECTS)
    @pytest.mark.parametrize("evidence", [Evidence.NO_ANSWER, Evidence.UNCLEAR])
    def test_leaves_an_effect_unknown_whose_answer_was_lost(self, call_state, retry, evidence):
        subject = call_state(retry, header_id=True)
        subject.sending(0.0)

        assert subject.after_send(shown(evidence, final=True), 0.0).step == End.UNKNOWN

    @pytest.mark.parametrize(
        "evidence",
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
    def test_ends_the_look_ups_of_an_effect_in_doubt(self, resumed, evidence, now):
        subject = resumed()

        assert subject.after_ask(shown(evidence, final=True), now).step == End.UNKNOWN

    @pytest.mark.parametrize(
        ("evidence", "expected"), [(Evidence.KNOWN, End.ANSWERED), (Evidence.FAILED, End.FAILED)]
    )
    def test_does_not_throw_an_answer_away(self, resumed, evidence, expected):
        subject = resumed()

        assert subject.after_ask(shown(evidence, final=True), 1.0).step == expected


class TestRecord:
    def test_the_first_send_is_remembered(self, call_state):
        subject = call_state()
        subject.sending(1.0)
        subject.sending(2.0)

        assert subject.first_sent == 1.0

    def test_every_send_is_counted(self, call_state):
        subject = call_state()
        subject.sending(1.0)
        subject.sending(2.0)

        assert subject.sends == 2

    @pytest.mark.parametrize(
        ("evidence", "expected"),
        [(evidence, inf if evidence is Evidence.NOT_SENT else 3.0) for evidence in Evidence],
    )
    def test_the_last_send_is_that_of_what_left(self, call_state, evidence, expected):
        subject = call_state()
        subject.sending(3.0)
        subject.after_send(shown(evidence), 3.0)

        assert subject.last_sent == expected

    @pytest.mark.parametrize(
        ("retry", "evidence", "expected"),
        [(READ, Evidence.NO_ANSWER, State.LOST), (UNASKABLE, Evidence.BLOCKED, State.BLOCKED)],
    )
    def test_what_cannot_be_asked_about_may_have_been_done(
        self, call_state, after_sends, retry, evidence, expected
    ):
        subject = call_state(retry)
        after_sends(subject, evidence)

        assert subject.state is expected

    @pytest.mark.parametrize(("answer", "expected"), [(Evidence.ERROR, False), (CONFLICT, True)])
    def test_a_conflict_is_remembered(self, call_state, play, answer, expected):
        subject = call_state(callers_id=True)
        play(subject, answer)

        assert (subject.state is State.CONFLICT) == expected

    @pytest.mark.parametrize(
        ("begin", "evidence", "expected"),
        [
            (NEW_ID, (Evidence.OK,), False),
            (NEW_ID, (Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (NEW_ID, (Evidence.LIMITED, Evidence.ERROR, Evidence.KNOWN), False),
            (CALLERS_ID, (Evidence.OK,), False),
            (CALLERS_ID, (Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (CALLERS_ID, (Evidence.ERROR, Evidence.KNOWN), True),
            (CALLERS_ID, (Evidence.NOT_SENT, Evidence.ERROR, Evidence.KNOWN), True),
            (CALLERS_ID, (Evidence.LIMITED, Evidence.ERROR, Evidence.KNOWN), True),
            (CALLERS_ID, (Evidence.LIMITED, Evidence.NO_ANSWER, Evidence.KNOWN), False),
            (SENT_EARLIER, (Evidence.ERROR, Evidence.KNOWN), False),
        ],
    )
    def test_an_effect_is_found_where_its_callers_id_may_have_been_used_before(
        self, call_state, play, begin, evidence, expected
    ):
        subject = call_state(**begin)
        play(subject, *evidence)

        assert subject.found == expected


class TestTaken:
    """An answer that says that the call was done, and can't be read beyond that."""

    @pytest.mark.parametrize("retry", [UNASKABLE, Retry.REPEATABLE])
    @pytest.mark.parametrize("begin", [NEW_ID, CALLERS_ID, SENT_EARLIER])
    @pytest.mark.parametrize("before", [[], [Evidence.NO_ANSWER]])
    def test_ends_what_cannot_be_asked_about(self, call_state, after_sends, retry, begin, before):
        assert (
            after_sends(call_state(retry, header_id=True, **begin), *before, Evidence.TAKEN).step
            == End.TAKEN
        )

    @pytest.mark.parametrize("begin", [NEW_ID, CALLERS_ID, SENT_EARLIER])
    def test_is_looked_up_where_it_can_be(self, call_state, after_sends, begin):
        made = call_state(**begin)

        assert (after_sends(made, Evidence.TAKEN).step, made.state) == (Next.ASK, State.LOST)

    def test_of_a_look_up_proves_nothing(self, call_state, play):
        assert play(call_state(), Evidence.NO_ANSWER, Evidence.TAKEN) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
        ]


class TestNoSuchPath:
    """The path is a guess, and the answer was a 404."""

    @pytest.mark.parametrize(("path_unsure", "expected"), [(False, Next.SEND), (True, End.UNKNOWN)])
    def test_is_not_sent_to_again_after_the_grace(self, call_state, play, path_unsure, expected):
        made = call_state(path_unsure=path_unsure)

        assert play(made, NO_PATH, LATE, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.ASK,
            expected,
        ]

    def test_is_looked_up_through_the_grace(self, call_state, play):
        assert play(call_state(path_unsure=True), NO_PATH, Evidence.NOT_KNOWN, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            End.ANSWERED,
        ]


class TestItsTurn:
    def test_begins_the_age_of_what_was_never_sent(self, call_state):
        subject = call_state()
        subject.sending(1.0)
        subject.got_slot(100.0)

        assert subject.first_sent == 100.0

    @pytest.mark.parametrize("state", [State.LOST, State.LIMITED])
    def test_makes_nothing_younger_that_may_have_been_sent(self, call_state, state):
        subject = call_state(state=state, first_sent=1.0)
        subject.got_slot(100.0)

        assert subject.first_sent == 1.0


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((), False),
        ((Evidence.LIMITED,), False),
        ((Evidence.NO_ANSWER,), False),
        ((Evidence.ERROR,), True),
        ((Evidence.DENIED,), True),
        ((Evidence.LIMITED, Evidence.ERROR), True),
        ((Evidence.LIMITED, Evidence.DENIED), True),
        ((Evidence.NO_ANSWER, Evidence.ERROR), True),
        ((Evidence.NO_ANSWER, Evidence.NO_ANSWER), False),
    ],
)
def test_an_effect_is_refused_where_the_issuer_has_refused_it(
    call_state, after_sends, evidence, expected
):
    subject = call_state()
    if evidence:
        after_sends(subject, *evidence)

    assert subject.refused is expected
