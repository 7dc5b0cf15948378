"""A model that never comes near a branch proves nothing of it: what a part of the schedules must
have been through.
"""

from __future__ import annotations

import pytest

from tests.model.faults import FAULTS, GATEWAYS, ODD

LEAST = {
    "sent again": 50,
    "sent again after a question": 50,
    "gone on with: its first send": 20,
    "gone on with: its id": 20,
    "killed": 50,
    "the machine slept": 50,
    "wall clock: ahead": 20,
    "wall clock: set back a little": 10,
    "wall clock: set to 1970": 10,
    "cancelled": 20,
    "cancelled, racing": 20,
    "forgotten": 10,
    "the issuer takes it": 100,
    "the issuer takes it, and it will fail": 20,
    "the issuer refuses it": 100,
    "the issuer calls it a duplicate": 50,
    "the issuer has no money for another one": 1,
    "a proxy's copy comes": 50,
    "RequestFailed leaves it open, and the card is there": 1,
    "GiftCardError leaves it open, and the card is there": 1,
    "RateLimited leaves it open, and the card is there": 5,
    "AuthenticationError leaves it open, and the card is there": 20,
    "OutcomeUnknown leaves it open, and the card is there": 50,
}
ENDS = {
    "submit": [
        "an answer process",
        "an answer success",
        "an answer in_some_queue",
        "RequestFailed, done False, proved",
        "RequestFailed, done None, proved",
        "RequestFailed, done None",
        "DuplicateRequest, done None",
        "OutcomeUnknown, done None",
        "NotSent, done False",
        "RateLimited, done None",
        "AuthenticationError, done False",
        "AuthenticationError, done None",
        "CancelledError, may have been done",
        "CancelledError, did nothing",
    ],
    "change": [
        "an answer ",
        "GiftCardError, done False",
        "GiftCardError, done None",
        "OutcomeUnknown, done None",
        "NotSent, done False",
        "RateLimited, done None",
        "AuthenticationError, done False",
        "AuthenticationError, done None",
        "ResultUnknown, done True",
        "CancelledError, may have been done",
        "CancelledError, did nothing",
    ],
    "result": [
        "an answer success",
        "RequestFailed, done False, proved",
        "RequestFailed, done None, proved",
        "StillProcessing, done None",
        "StillProcessing, done True",
        "NotKnown, done None",
        "AuthenticationError, done None",
        "AuthenticationError, done True",
        "CancelledError, did nothing",
    ],
    "refresh": [
        "an answer ",
        "an answer success",
        "an answer error",
        "ProtocolError, done False",
        "AuthenticationError, done False",
    ],
    "read": [
        "an answer",
        "ProtocolError, done False",
        "NotSent, done False",
        "AuthenticationError, done False",
        "RequestFailed, done False",
        "OutcomeUnknown, done False",
        "CancelledError, did nothing",
    ],
}
SCHEDULES = 1_600


@pytest.fixture(scope="module")
def reached(runner):
    return runner.walk(SCHEDULES, first=0, judged=False)


def test_each_step_and_each_deed_of_the_issuer_happens(reached):
    assert {name: reached[name] for name, least in LEAST.items() if reached[name] < least} == {}


def test_each_fault_meets_a_call(reached):
    assert {fault.name for fault in FAULTS + ODD if reached[f"call: {fault.name}"] < 4} == set()


def test_each_fault_meets_a_question(reached):
    assert {fault.name for fault in FAULTS + ODD if reached[f"question: {fault.name}"] < 2} == set()


@pytest.mark.parametrize("what", ["call", "question"])
def test_each_answer_of_a_gateway_meets_a_message(what, reached):
    assert {fault.name for fault in GATEWAYS if not reached[f"{what}: {fault.name}"]} == set()


@pytest.mark.parametrize("what", ENDS)
def test_each_end_is_told(what, reached):
    assert {end for end in ENDS[what] if not reached[f"{what}: {end}"]} == set()
