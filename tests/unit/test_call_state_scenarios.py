from __future__ import annotations

import pytest

from freedompay_async.calls.call_state import CallState
from freedompay_async.calls.states import Action, CallRules, End, Next
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy

READ, UNASKABLE = Retry.READ, Retry.UNASKABLE
EFFECTS = (Retry.ASKABLE, UNASKABLE)
LATE = 6.0  # More than the grace.
CONFLICT = (Evidence.ERROR, {"http_status": 409})


class TestScenario:
    """Whole calls, from the first step to the last."""

    def test_an_answer_at_once(self, call_state, play):
        assert play(call_state(), Evidence.OK) == [Next.SEND, End.ANSWERED]

    def test_a_lost_answer_is_looked_up_and_found(self, call_state, play):
        assert play(call_state(), Evidence.NO_ANSWER, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_a_lost_answer_to_a_request_that_failed(self, call_state, play):
        assert play(call_state(), Evidence.NO_ANSWER, Evidence.FAILED) == [
            Next.SEND,
            Next.ASK,
            End.FAILED,
        ]

    def test_a_lost_answer_is_looked_up_until_it_shows_within_the_grace(self, call_state, play):
        script = (
            Evidence.NO_ANSWER,
            1.0,
            Evidence.NOT_KNOWN,
            1.0,
            Evidence.NOT_KNOWN,
            1.0,
            Evidence.KNOWN,
        )

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_an_id_unknown_through_the_grace_is_sent_again(self, call_state, play):
        script = (Evidence.NO_ANSWER, 1.0, Evidence.NOT_KNOWN, 4.0, Evidence.NOT_KNOWN, Evidence.OK)

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.SEND,
            End.ANSWERED,
        ]

    def test_an_error_to_the_second_send_is_looked_up_and_found(self, call_state, play):
        script = (Evidence.NO_ANSWER, LATE, Evidence.NOT_KNOWN, Evidence.ERROR, Evidence.KNOWN)

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_an_error_to_the_second_send_is_never_taken_for_a_refusal(self, call_state, play):
        script = (
            Evidence.NO_ANSWER,
            LATE,
            Evidence.NOT_KNOWN,
            Evidence.ERROR,
            LATE,
            Evidence.NOT_KNOWN,
            1000.0,
            Evidence.NOT_KNOWN,
        )

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.ASK,
        ]

    def test_an_error_to_the_second_send_ends_unknown_when_time_is_up(self, call_state, play):
        subject = call_state()
        play(
            subject,
            Evidence.NO_ANSWER,
            LATE,
            Evidence.NOT_KNOWN,
            Evidence.ERROR,
            LATE,
            Evidence.NOT_KNOWN,
        )

        assert subject.out_of_time() == End.UNKNOWN

    def test_a_second_lost_answer_has_a_grace_of_its_own(self, call_state, play):
        script = (
            Evidence.NO_ANSWER,
            LATE,
            Evidence.NOT_KNOWN,
            Evidence.NO_ANSWER,
            4.0,
            Evidence.NOT_KNOWN,
            1.0,
            Evidence.NOT_KNOWN,
        )

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.SEND,
        ]

    def test_lost_answers_are_sent_again_until_resend_within_has_passed(self, call_state, play):
        lost = (Evidence.NO_ANSWER, 50.0, Evidence.NOT_KNOWN)

        assert play(call_state(), *lost, *lost) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
            Next.ASK,
            End.UNKNOWN,
        ]

    def test_a_second_send_that_did_not_leave_is_looked_up_and_tried_again(self, call_state, play):
        script = (
            Evidence.NO_ANSWER,
            LATE,
            Evidence.NOT_KNOWN,
            Evidence.NOT_SENT,
            Evidence.NOT_KNOWN,
        )

        assert play(call_state(), *script) == [Next.SEND, Next.ASK, Next.SEND, Next.ASK, Next.SEND]

    def test_a_second_send_that_was_limited_has_a_grace_of_its_own(self, call_state, play):
        script = (
            Evidence.NO_ANSWER,
            LATE,
            Evidence.NOT_KNOWN,
            Evidence.LIMITED,
            1.0,
            Evidence.NOT_KNOWN,
        )

        assert play(call_state(), *script) == [Next.SEND, Next.ASK, Next.SEND, Next.ASK, Next.ASK]

    def test_a_denied_second_send_ends_unknown(self, call_state, play):
        script = (Evidence.NO_ANSWER, LATE, Evidence.NOT_KNOWN, Evidence.DENIED)

        assert play(call_state(), *script) == [Next.SEND, Next.ASK, Next.SEND, End.UNKNOWN]

    def test_a_denied_look_up_ends_unknown(self, call_state, play):
        assert play(call_state(), Evidence.NO_ANSWER, Evidence.DENIED) == [
            Next.SEND,
            Next.ASK,
            End.UNKNOWN,
        ]

    def test_failed_look_ups_never_lead_to_a_second_send(self, call_state, play):
        troubles = (Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.UNCLEAR, Evidence.LIMITED)

        assert play(call_state(), Evidence.NO_ANSWER, 50.0, *troubles) == [
            Next.SEND,
            *[Next.ASK] * 5,
        ]

    def test_a_page_of_html_is_looked_up_like_a_lost_answer(self, call_state, play):
        assert play(call_state(), Evidence.UNCLEAR, LATE, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.ASK,
            Next.SEND,
        ]

    def test_an_error_to_a_callers_id_that_is_known(self, call_state, play):
        assert play(call_state(callers_id=True), Evidence.ERROR, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_an_error_to_a_callers_id_whose_request_failed(self, call_state, play):
        assert play(call_state(callers_id=True), Evidence.ERROR, Evidence.FAILED) == [
            Next.SEND,
            Next.ASK,
            End.FAILED,
        ]

    def test_an_error_to_a_callers_id_that_stays_unknown_is_a_refusal(self, call_state, play):
        script = (Evidence.ERROR, 1.0, Evidence.NOT_KNOWN, 4.0, Evidence.NOT_KNOWN)

        assert play(call_state(callers_id=True), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            End.REFUSED,
        ]

    def test_a_conflict_for_a_callers_id_that_stays_unknown_is_a_duplicate(self, call_state, play):
        script = (CONFLICT, 1.0, Evidence.NOT_KNOWN, 4.0, Evidence.NOT_KNOWN)

        assert play(call_state(callers_id=True), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            End.DUPLICATE,
        ]

    def test_a_conflict_for_an_id_made_for_this_call_is_looked_up_once_and_is_a_refusal(
        self, call_state, play
    ):
        assert play(call_state(), CONFLICT, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.REFUSED,
        ]

    def test_a_refusal_of_what_a_proxy_has_sent_twice_is_answered_by_the_look_up(
        self, call_state, play
    ):
        assert play(call_state(), Evidence.ERROR, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_a_refusal_whose_look_up_only_a_gateway_answers_is_none(self, call_state, play):
        assert play(call_state(), Evidence.ERROR, Evidence.UNINFORMATIVE) == [
            Next.SEND,
            Next.ASK,
            End.UNKNOWN,
        ]

    def test_a_refusal_of_a_callers_id_whose_look_ups_only_a_gateway_answers_is_none(
        self, call_state, play
    ):
        script = (Evidence.ERROR, 1.0, Evidence.UNINFORMATIVE, 4.0, Evidence.UNINFORMATIVE)

        assert play(call_state(callers_id=True), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            End.UNKNOWN,
        ]

    def test_a_lost_answer_whose_look_ups_only_a_gateway_answers_is_sent_again_after_the_grace(
        self, call_state, play
    ):
        script = (
            Evidence.NO_ANSWER,
            1.0,
            Evidence.UNINFORMATIVE,
            4.0,
            Evidence.UNINFORMATIVE,
            Evidence.OK,
        )

        assert play(call_state(), *script) == [
            Next.SEND,
            Next.ASK,
            Next.ASK,
            Next.SEND,
            End.ANSWERED,
        ]

    def test_a_firewall_that_comes_up_between_two_calls_ends_at_once(self, call_state, play):
        assert play(call_state(), Evidence.BLOCKED, Evidence.BLOCKED) == [
            Next.SEND,
            Next.ASK,
            End.BLOCKED,
        ]

    def test_a_firewall_that_refuses_only_the_answer_is_looked_through(self, call_state, play):
        assert play(call_state(), Evidence.BLOCKED, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_a_success_with_a_status_of_a_failure_is_looked_up(self, call_state, play):
        assert play(call_state(), Evidence.TAKEN, Evidence.KNOWN) == [
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_an_error_after_a_limited_attempt_may_be_the_duplicate_error(self, call_state, play):
        script = (Evidence.LIMITED, Evidence.ERROR, LATE, Evidence.NOT_KNOWN)

        assert play(call_state(), *script) == [Next.SEND, Next.SEND, Next.ASK, End.REFUSED]

    def test_an_error_after_an_attempt_that_did_not_leave_is_looked_up_once_and_is_a_refusal(
        self, call_state, play
    ):
        assert play(call_state(), Evidence.NOT_SENT, Evidence.ERROR, Evidence.NOT_KNOWN) == [
            Next.SEND,
            Next.SEND,
            Next.ASK,
            End.REFUSED,
        ]

    @pytest.mark.parametrize("retry", Retry)
    def test_limited_to_every_attempt(self, call_state, play, retry):
        assert play(call_state(retry, header_id=True), *[Evidence.LIMITED] * 3) == [
            Next.SEND,
            Next.SEND,
            Next.SEND,
            End.LIMITED,
        ]

    def test_limited_is_the_end_where_nothing_tells_a_repeat_from_a_new_call(
        self, call_state, play
    ):
        assert play(call_state(UNASKABLE), Evidence.LIMITED) == [Next.SEND, End.LIMITED]

    def test_limited_after_an_attempt_that_did_not_leave_is_the_same_end(self, call_state, play):
        assert play(call_state(UNASKABLE), Evidence.NOT_SENT, Evidence.LIMITED) == [
            Next.SEND,
            Next.SEND,
            End.LIMITED,
        ]

    @pytest.mark.parametrize("retry", Retry)
    def test_not_sent_at_every_attempt(self, call_state, play, retry):
        assert play(call_state(retry), *[Evidence.NOT_SENT] * 3) == [
            Next.SEND,
            Next.SEND,
            Next.SEND,
            End.NOT_SENT,
        ]

    @pytest.mark.parametrize("retry", EFFECTS)
    def test_limited_once_and_then_not_sent_is_limited(self, call_state, play, retry):
        script = (Evidence.LIMITED, Evidence.NOT_SENT, Evidence.NOT_SENT)

        assert play(call_state(retry, header_id=True), *script) == [
            Next.SEND,
            Next.SEND,
            Next.SEND,
            End.LIMITED,
        ]

    def test_a_read_without_an_answer_to_any_attempt(self, call_state, play):
        assert play(call_state(READ), *[Evidence.NO_ANSWER] * 3) == [
            Next.SEND,
            Next.SEND,
            Next.SEND,
            End.UNKNOWN,
        ]

    def test_a_read_is_answered_at_the_last_attempt(self, call_state, play):
        assert play(call_state(READ), Evidence.NO_ANSWER, Evidence.LIMITED, Evidence.OK) == [
            Next.SEND,
            Next.SEND,
            Next.SEND,
            End.ANSWERED,
        ]

    def test_the_only_attempt_of_a_policy_with_one(self, play):
        subject = CallState(CallRules(Policy(attempts=1), READ))

        assert play(subject, Evidence.NO_ANSWER) == [Next.SEND, End.UNKNOWN]

    def test_lost_answers_do_not_use_attempts_up(self, call_state, play):
        lost = (Evidence.NO_ANSWER, LATE, Evidence.NOT_KNOWN)

        assert play(call_state(), *lost * 5)[-1] == Next.SEND

    def test_a_resumed_effect_is_asked_about_first(self, resumed, play):
        assert play(resumed(), Evidence.KNOWN) == [Next.ASK, End.ANSWERED]

    def test_a_resumed_effect_is_sent_again_when_its_id_is_unknown(self, resumed, play):
        assert play(resumed(), Evidence.NOT_KNOWN, Evidence.OK, now=LATE) == [
            Next.ASK,
            Next.SEND,
            End.ANSWERED,
        ]

    def test_a_resumed_effect_is_not_sent_again_after_resend_within(self, resumed, play):
        assert play(resumed(first_sent=-100.0), Evidence.NOT_KNOWN) == [Next.ASK, End.UNKNOWN]

    def test_a_resumed_effect_of_unknown_age_is_asked_about_through_the_grace_and_never_sent(
        self, resumed, play
    ):
        script = (Evidence.NOT_KNOWN, LATE, Evidence.NOT_KNOWN)

        assert play(resumed(age_known=False), *script) == [Next.ASK, Next.ASK, End.UNKNOWN]

    def test_a_resumed_effect_whose_request_failed(self, resumed, play):
        assert play(resumed(), Evidence.FAILED) == [Next.ASK, End.FAILED]

    def test_a_resumed_effect_keeps_the_time_of_its_first_send(self, resumed, play):
        subject = resumed(first_sent=-90.0)
        play(subject, Evidence.NOT_KNOWN, Evidence.NO_ANSWER)

        assert subject.first_sent == -90.0

    def test_an_effect_that_cannot_be_asked_about_is_sent_once_more_where_a_header_has_its_id(
        self, call_state, play
    ):
        subject = call_state(UNASKABLE, header_id=True)

        assert play(subject, Evidence.NO_ANSWER, Evidence.NO_ANSWER) == [
            Next.SEND,
            Next.SEND,
            End.UNKNOWN,
        ]

    def test_an_effect_that_pays_is_not_sent_again(self, call_state, play):
        assert play(call_state(UNASKABLE, header_id=True, pays=True), Evidence.NO_ANSWER) == [
            Next.SEND,
            End.UNKNOWN,
        ]

    def test_an_effect_that_pays_is_not_sent_again_after_a_429_either(self, call_state, play):
        assert play(call_state(UNASKABLE, header_id=True, pays=True), Evidence.LIMITED) == [
            Next.SEND,
            End.LIMITED,
        ]

    def test_an_effect_that_pays_is_sent_once_more_where_the_policy_says_so(self, call_state, play):
        subject = call_state(
            UNASKABLE, header_id=True, pays=True, policy=Policy(resend_payments=True)
        )

        assert play(subject, Evidence.NO_ANSWER, Evidence.OK) == [
            Next.SEND,
            Next.SEND,
            End.ANSWERED,
        ]

    def test_an_effect_that_cannot_be_asked_about_ends_unknown_without_an_id_in_a_header(
        self, call_state, play
    ):
        assert play(call_state(UNASKABLE), Evidence.NO_ANSWER) == [Next.SEND, End.UNKNOWN]

    @pytest.mark.parametrize("header_id", [False, True])
    def test_a_resumed_effect_that_cannot_be_asked_about_ends_unknown_at_once(
        self, resumed, header_id
    ):
        assert resumed(UNASKABLE, header_id=header_id).start() == Action(End.UNKNOWN, repeat=False)
