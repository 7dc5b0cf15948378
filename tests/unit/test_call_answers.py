"""What is kept of the answers to one call, for its end."""

from __future__ import annotations

import pytest

from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.codec.messages import Evidence, Verdict
from freedompay_async.contract.models import CardRef, RequestState

LOST = Verdict(Evidence.NO_ANSWER, "lost", retry_after=3.0)
DONE = RequestState(status="ok", request_status="success")
NAMED = RequestState(status="ok", request_status="process", cards=[CardRef(card_id="A")])
PROCESS = RequestState(status="ok", request_status="process")
NOT_SENT = Verdict(Evidence.NOT_SENT, "not sent")


@pytest.fixture
def answers():
    return CallAnswers(NOT_SENT)


def test_the_last_attempt_and_the_last_look_up_are_kept_apart(answers):
    answers.after_send(LOST)
    asked = Verdict(Evidence.NOT_KNOWN, retry_after=5.0)
    answers.after_ask(asked)

    assert (answers.verdict, answers.look_up, answers.retry_after) == (LOST, asked, 5.0)


@pytest.mark.parametrize("evidence", [Evidence.KNOWN, Evidence.FAILED])
def test_a_look_up_that_knows_the_request_speaks_of_the_call(answers, evidence):
    answers.after_send(LOST)
    asked = Verdict(evidence)
    answers.after_ask(asked)

    assert answers.verdict is asked


def test_a_look_up_speaks_of_a_call_that_this_process_did_not_send(answers):
    asked = Verdict(Evidence.NO_ANSWER)
    answers.after_ask(asked)

    assert answers.verdict is asked


@pytest.mark.parametrize(
    ("evidence", "answer", "kept"),
    [
        (Evidence.OK, DONE, False),
        (Evidence.TAKEN, DONE, True),
        (Evidence.UNCLEAR, NAMED, True),
        (Evidence.OK, PROCESS, False),
        (Evidence.FAILED, NAMED, False),
        (Evidence.NO_ANSWER, None, False),
    ],
)
def test_the_first_answer_keeps_a_success_that_is_more_than_a_word(answers, evidence, answer, kept):
    answers.after_send(Verdict(evidence, answer=answer))

    assert (answers.success is not None) == kept


@pytest.mark.parametrize(
    ("evidence", "answer", "kept"),
    [
        (Evidence.KNOWN, DONE, True),
        (Evidence.KNOWN, NAMED, True),
        (Evidence.KNOWN, PROCESS, False),
        (Evidence.FAILED, NAMED, False),
    ],
)
def test_a_look_up_keeps_a_success(answers, evidence, answer, kept):
    answers.after_ask(Verdict(evidence, answer=answer))

    assert (answers.success is not None) == kept


def test_a_success_stays_after_an_answer_that_says_the_opposite(answers):
    answers.after_ask(Verdict(Evidence.KNOWN, answer=DONE))
    answers.after_ask(Verdict(Evidence.FAILED, answer=PROCESS))

    assert answers.success is DONE
