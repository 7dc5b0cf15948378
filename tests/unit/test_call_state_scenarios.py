from __future__ import annotations

import pytest

from freedompay_async.calls.call_state import CallState
from freedompay_async.calls.states import Action, CallRules, End, Next
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy
from tests.unit.call_state_examples import CALLERS_ID, NEW_ID

READ, UNASKABLE = Retry.READ, Retry.UNASKABLE
SEND, ASK = Next.SEND, Next.ASK
NO_ANSWER, NOT_KNOWN = Evidence.NO_ANSWER, Evidence.NOT_KNOWN
KNOWN, ERROR = Evidence.KNOWN, Evidence.ERROR
EFFECTS = (Retry.ASKABLE, UNASKABLE)
LATE = 6.0  # More than the grace.
LOST = (NO_ANSWER, LATE, NOT_KNOWN)
CONFLICT = (Evidence.ERROR, {"http_status": 409})
# How a call begins, what its attempts show, and the steps that it takes.
SCENARIOS = {
    "an answer at once": (NEW_ID, (Evidence.OK,), (SEND, End.ANSWERED)),
    "a lost answer is looked up and found": (NEW_ID, (NO_ANSWER, KNOWN), (SEND, ASK, End.ANSWERED)),
    "a lost answer to a request that failed": (
        NEW_ID,
        (NO_ANSWER, Evidence.FAILED),
        (SEND, ASK, End.FAILED),
    ),
    "a lost answer is looked up until it shows within the grace": (
        NEW_ID,
        (NO_ANSWER, 1.0, NOT_KNOWN, 1.0, NOT_KNOWN, 1.0, KNOWN),
        (SEND, ASK, ASK, ASK, End.ANSWERED),
    ),
    "an id unknown through the grace is sent again": (
        NEW_ID,
        (NO_ANSWER, 1.0, NOT_KNOWN, 4.0, NOT_KNOWN, Evidence.OK),
        (SEND, ASK, ASK, SEND, End.ANSWERED),
    ),
    "an error to the second send is looked up and found": (
        NEW_ID,
        (*LOST, ERROR, KNOWN),
        (SEND, ASK, SEND, ASK, End.ANSWERED),
    ),
    "an error to the second send is never taken for a refusal": (
        NEW_ID,
        (*LOST, ERROR, LATE, NOT_KNOWN, 1000.0, NOT_KNOWN),
        (SEND, ASK, SEND, ASK, ASK, ASK),
    ),
    "a second lost answer has a grace of its own": (
        NEW_ID,
        (*LOST, NO_ANSWER, 4.0, NOT_KNOWN, 1.0, NOT_KNOWN),
        (SEND, ASK, SEND, ASK, ASK, SEND),
    ),
    "lost answers are sent again until resend within has passed": (
        NEW_ID,
        (NO_ANSWER, 50.0, NOT_KNOWN, NO_ANSWER, 50.0, NOT_KNOWN),
        (SEND, ASK, SEND, ASK, End.UNKNOWN),
    ),
    "a second send that did not leave is looked up and tried again": (
        NEW_ID,
        (*LOST, Evidence.NOT_SENT, NOT_KNOWN),
        (SEND, ASK, SEND, ASK, SEND),
    ),
    "a second send that was limited has a grace of its own": (
        NEW_ID,
        (*LOST, Evidence.LIMITED, 1.0, NOT_KNOWN),
        (SEND, ASK, SEND, ASK, ASK),
    ),
    "a denied second send ends unknown": (
        NEW_ID,
        (*LOST, Evidence.DENIED),
        (SEND, ASK, SEND, End.UNKNOWN),
    ),
    "a denied look up ends unknown": (
        NEW_ID,
        (NO_ANSWER, Evidence.DENIED),
        (SEND, ASK, End.UNKNOWN),
    ),
    "failed look ups never lead to a second send": (
        NEW_ID,
        (NO_ANSWER, 50.0, Evidence.NOT_SENT, NO_ANSWER, Evidence.UNCLEAR, Evidence.LIMITED),
        (SEND, *[ASK] * 5),
    ),
    "a page of html is looked up like a lost answer": (
        NEW_ID,
        (Evidence.UNCLEAR, LATE, NOT_KNOWN),
        (SEND, ASK, SEND),
    ),
    "an error to a callers id that is known": (
        CALLERS_ID,
        (ERROR, KNOWN),
        (SEND, ASK, End.ANSWERED),
    ),
    "an error to a callers id whose request failed": (
        CALLERS_ID,
        (ERROR, Evidence.FAILED),
        (SEND, ASK, End.FAILED),
    ),
    "an error to a callers id that stays unknown is a refusal": (
        CALLERS_ID,
        (ERROR, 1.0, NOT_KNOWN, 4.0, NOT_KNOWN),
        (SEND, ASK, ASK, End.REFUSED),
    ),
    "a conflict for a callers id that stays unknown is a duplicate": (
        CALLERS_ID,
        (CONFLICT, 1.0, NOT_KNOWN, 4.0, NOT_KNOWN),
        (SEND, ASK, ASK, End.DUPLICATE),
    ),
    "a conflict for an id made for this call is looked up once and is a refusal": (
        NEW_ID,
        (CONFLICT, NOT_KNOWN),
        (SEND, ASK, End.REFUSED),
    ),
    "a refusal of what a proxy has sent twice is answered by the look up": (
        NEW_ID,
        (ERROR, KNOWN),
        (SEND, ASK, End.ANSWERED),
    ),
    "a refusal whose look up only a gateway answers is none": (
        NEW_ID,
        (ERROR, Evidence.UNINFORMATIVE),
        (SEND, ASK, End.UNKNOWN),
    ),
    "a refusal of a callers id whose look ups only a gateway answers is none": (
        CALLERS_ID,
        (ERROR, 1.0, Evidence.UNINFORMATIVE, 4.0, Evidence.UNINFORMATIVE),
        (SEND, ASK, ASK, End.UNKNOWN),
    ),
    "a lost answer whose look ups only a gateway answers is sent again after the grace": (
        NEW_ID,
        (NO_ANSWER, 1.0, Evidence.UNINFORMATIVE, 4.0, Evidence.UNINFORMATIVE, Evidence.OK),
        (SEND, ASK, ASK, SEND, End.ANSWERED),
    ),
    "a firewall that comes up between two calls ends at once": (
        NEW_ID,
        (Evidence.BLOCKED, Evidence.BLOCKED),
        (SEND, ASK, End.BLOCKED),
    ),
    "a firewall that refuses only the answer is looked through": (
        NEW_ID,
        (Evidence.BLOCKED, KNOWN),
        (SEND, ASK, End.ANSWERED),
    ),
    "a success with a status of a failure is looked up": (
        NEW_ID,
        (Evidence.TAKEN, KNOWN),
        (SEND, ASK, End.ANSWERED),
    ),
    "an error after a limited attempt may be the duplicate error": (
        NEW_ID,
        (Evidence.LIMITED, ERROR, LATE, NOT_KNOWN),
        (SEND, SEND, ASK, End.REFUSED),
    ),
    "an error after an attempt that did not leave is looked up once and is a refusal": (
        NEW_ID,
        (Evidence.NOT_SENT, ERROR, NOT_KNOWN),
        (SEND, SEND, ASK, End.REFUSED),
    ),
    "limited is the end where nothing tells a repeat from a new call": (
        {"retry": UNASKABLE},
        (Evidence.LIMITED,),
        (SEND, End.LIMITED),
    ),
    "limited after an attempt that did not leave is the same end": (
        {"retry": UNASKABLE},
        (Evidence.NOT_SENT, Evidence.LIMITED),
        (SEND, SEND, End.LIMITED),
    ),
    "a read without an answer to any attempt": (
        {"retry": READ},
        (NO_ANSWER, NO_ANSWER, NO_ANSWER),
        (SEND, SEND, SEND, End.UNKNOWN),
    ),
    "a read is answered at the last attempt": (
        {"retry": READ},
        (NO_ANSWER, Evidence.LIMITED, Evidence.OK),
        (SEND, SEND, SEND, End.ANSWERED),
    ),
    "an effect that pays is not sent again": (
        {"retry": UNASKABLE, "header_id": True, "pays": True},
        (NO_ANSWER,),
        (SEND, End.UNKNOWN),
    ),
    "an effect that pays is not sent again after a 429 either": (
        {"retry": UNASKABLE, "header_id": True, "pays": True},
        (Evidence.LIMITED,),
        (SEND, End.LIMITED),
    ),
    "an effect that cannot be asked about ends unknown without an id in a header": (
        {"retry": UNASKABLE},
        (NO_ANSWER,),
        (SEND, End.UNKNOWN),
    ),
}


class TestScenario:
    """Whole calls, from the first step to the last."""

    @pytest.mark.parametrize(("beginning", "script", "steps"), SCENARIOS.values(), ids=SCENARIOS)
    def test_takes_these_steps(self, call_state, play, beginning, script, steps):
        assert play(call_state(**beginning), *script) == list(steps)

    def test_an_error_to_the_second_send_ends_unknown_when_time_is_up(self, call_state, play):
        subject = call_state()
        play(subject, *LOST, ERROR, LATE, NOT_KNOWN)

        assert subject.out_of_time() == End.UNKNOWN

    @pytest.mark.parametrize("retry", Retry)
    def test_limited_to_every_attempt(self, call_state, play, retry):
        assert play(call_state(retry, header_id=True), *[Evidence.LIMITED] * 3) == [
            SEND,
            SEND,
            SEND,
            End.LIMITED,
        ]

    @pytest.mark.parametrize("retry", Retry)
    def test_not_sent_at_every_attempt(self, call_state, play, retry):
        assert play(call_state(retry), *[Evidence.NOT_SENT] * 3) == [SEND, SEND, SEND, End.NOT_SENT]

    @pytest.mark.parametrize("retry", EFFECTS)
    def test_limited_once_and_then_not_sent_is_limited(self, call_state, play, retry):
        script = (Evidence.LIMITED, Evidence.NOT_SENT, Evidence.NOT_SENT)

        assert play(call_state(retry, header_id=True), *script) == [SEND, SEND, SEND, End.LIMITED]

    def test_the_only_attempt_of_a_policy_with_one(self, play):
        subject = CallState(CallRules(Policy(attempts=1), READ))

        assert play(subject, NO_ANSWER) == [SEND, End.UNKNOWN]

    def test_lost_answers_do_not_use_attempts_up(self, call_state, play):
        assert play(call_state(), *LOST * 5)[-1] == SEND

    def test_a_resumed_effect_is_asked_about_first(self, resumed, play):
        assert play(resumed(), KNOWN) == [ASK, End.ANSWERED]

    def test_a_resumed_effect_is_sent_again_when_its_id_is_unknown(self, resumed, play):
        assert play(resumed(), NOT_KNOWN, Evidence.OK, now=LATE) == [ASK, SEND, End.ANSWERED]

    def test_a_resumed_effect_is_not_sent_again_after_resend_within(self, resumed, play):
        assert play(resumed(first_sent=-100.0), NOT_KNOWN) == [ASK, End.UNKNOWN]

    def test_a_resumed_effect_of_unknown_age_is_asked_about_through_the_grace_and_never_sent(
        self, resumed, play
    ):
        script = (NOT_KNOWN, LATE, NOT_KNOWN)

        assert play(resumed(age_known=False), *script) == [ASK, ASK, End.UNKNOWN]

    def test_a_resumed_effect_whose_request_failed(self, resumed, play):
        assert play(resumed(), Evidence.FAILED) == [ASK, End.FAILED]

    def test_a_resumed_effect_keeps_the_time_of_its_first_send(self, resumed, play):
        subject = resumed(first_sent=-90.0)
        play(subject, NOT_KNOWN, NO_ANSWER)

        assert subject.first_sent == -90.0

    def test_an_effect_that_cannot_be_asked_about_is_sent_once_more_where_a_header_has_its_id(
        self, call_state, play
    ):
        subject = call_state(UNASKABLE, header_id=True)

        assert play(subject, NO_ANSWER, NO_ANSWER) == [SEND, SEND, End.UNKNOWN]

    def test_an_effect_that_pays_is_sent_once_more_where_the_policy_says_so(self, call_state, play):
        subject = call_state(
            UNASKABLE, header_id=True, pays=True, policy=Policy(resend_payments=True)
        )

        assert play(subject, NO_ANSWER, Evidence.OK) == [SEND, SEND, End.ANSWERED]

    @pytest.mark.parametrize("header_id", [False, True])
    def test_a_resumed_effect_that_cannot_be_asked_about_ends_unknown_at_once(
        self, resumed, header_id
    ):
        assert resumed(UNASKABLE, header_id=header_id).start() == Action(End.UNKNOWN, repeat=False)
