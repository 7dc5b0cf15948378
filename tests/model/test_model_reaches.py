"""A model that never comes near a branch proves nothing of it: what a few hundred schedules must have been through."""

from __future__ import annotations

import pytest

from tests.model.faults import FAULTS

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
}
ENDS = {
    "submit": [
        "an answer process",
        "an answer success",
        "an answer in_some_queue",
        "RequestFailed",
        "DuplicateRequest",
        "OutcomeUnknown",
        "NotSent",
        "RateLimited",
        "AuthenticationError",
        "CancelledError, may have been done",
        "CancelledError, did nothing",
    ],
    "change": [
        "an answer ",
        "GiftCardError",
        "OutcomeUnknown",
        "NotSent",
        "RateLimited",
        "ProtocolError",
        "CancelledError, may have been done",
    ],
    "result": ["an answer success", "RequestFailed", "StillProcessing", "CancelledError, did nothing"],
    "refresh": ["an answer ", "an answer success", "ProtocolError"],
    "read": ["an answer", "ProtocolError", "NotSent", "CancelledError, did nothing"],
}
SCHEDULES = 800


@pytest.fixture(scope="module")
def reached(runner):
    return runner.walk(SCHEDULES, first=0, judged=False)


def test_each_step_and_each_deed_of_the_issuer_happens(reached):
    assert {name: reached[name] for name, least in LEAST.items() if reached[name] < least} == {}


def test_each_fault_meets_a_call(reached):
    assert {fault.name for fault in FAULTS if reached[f"call: {fault.name}"] < 4} == set()


def test_each_fault_meets_a_question(reached):
    assert {fault.name for fault in FAULTS if reached[f"question: {fault.name}"] < 2} == set()


@pytest.mark.parametrize("what", ENDS)
def test_each_end_is_told(what, reached):
    assert {end for end in ENDS[what] if not reached[f"{what}: {end}"]} == set()
