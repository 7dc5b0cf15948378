"""When a call may first have been sent, by its options and by what the library knows itself."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from math import inf

import pytest

from freedompay_async.calls.first_send import FirstSend, SentBefore, own_id
from freedompay_async.calls.reuse import Bodies
from freedompay_async.calls.states import CallRules, State
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.request_ids import is_uuid
from freedompay_async.errors import ConfigurationError
from freedompay_async.settings.policy import Policy

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def sent():
    """What a client has sent under the id already."""
    bodies = Bodies()
    bodies.before_attempt(OWN, "/path", b"{}")
    return bodies


@pytest.mark.parametrize(
    ("options", "sent_before", "at", "used_before", "stored"),
    [
        ({}, None, None, False, False),
        ({"request_id": OWN}, None, None, True, False),
        ({}, SentBefore(5.0), 5.0, False, False),
        ({"request_id": OWN}, SentBefore(5.0), 5.0, True, False),
        ({"first_sent": None}, None, None, False, False),
        ({"request_id": OWN, "first_sent": None}, None, None, False, True),
        ({"request_id": OWN, "first_sent": MOMENT}, None, MOMENT.timestamp(), True, False),
    ],
)
def test_what_the_options_say(options, sent_before, at, used_before, stored):
    first = FirstSend.of(options, Bodies(), sent_before=sent_before)

    assert (first.at, first.used_before, first.stored) == (at, used_before, stored)


def test_a_client_that_has_sent_the_id_knows_it_better(sent):
    first = FirstSend.of({"request_id": OWN, "first_sent": None}, sent, sent_before=None)

    assert first.used_before


def test_an_id_that_is_made_now_has_no_time():
    with pytest.raises(ConfigurationError, match="the call has no request_id"):
        FirstSend.of({"first_sent": MOMENT}, Bodies(), sent_before=None)


def test_the_age_goes_by_the_wall_clock(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 100.0)

    ages = [FirstSend(at, used_before=True).age for at in (None, 40.0, 130.0)]

    assert ages == [0.0, 60.0, -30.0]


def test_the_id_of_a_call_is_its_callers_or_a_new_one():
    new = own_id({}), own_id({"request_id": None})

    assert own_id({"request_id": OWN}) == OWN
    assert all(map(is_uuid, new))
    assert new[0] != new[1]


@pytest.mark.parametrize(
    ("first", "age", "state", "since"),
    [
        (FirstSend(None, used_before=True), 0.0, State.NEVER_SENT, None),
        (FirstSend(None, used_before=False, stored=True), 0.0, State.NEVER_SENT, 0.0),
        (FirstSend(5.0, used_before=True), 0.5, State.LOST, 0.5),
        (FirstSend(5.0, used_before=True), 60.0, State.LOST, 60.0),
        (FirstSend(5.0, used_before=True), -30.0, State.LOST, 0.0),
    ],
)
async def test_the_state_in_which_a_call_begins(monkeypatch, first, age, state, since):
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: 1000.0)

    begun = first.begin(CallRules(Policy(), Retry.ASKABLE), age=age)

    monkeypatch.undo()
    assert begun.state is state
    assert begun.first_sent == (inf if since is None else 1000.0 - since)


@pytest.mark.parametrize(
    ("quiet_since", "since"),
    [(None, 60.0), (990.0, 10.0), (930.0, 60.0), (1_010.0, 0.0), (inf, 0.0)],
)
async def test_the_grace_of_what_another_process_sent_begins_when_it_surely_sends_no_more(
    monkeypatch, quiet_since, since
):
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: 5_000.0)
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    before = SentBefore(940.0, quiet_since)
    first = FirstSend.of({"request_id": OWN}, Bodies(), sent_before=before)

    begun = first.begin(CallRules(Policy(), Retry.ASKABLE), age=first.age)

    monkeypatch.undo()
    assert (begun.first_sent, begun.last_sent) == (4_940.0, 5_000.0 - since)
