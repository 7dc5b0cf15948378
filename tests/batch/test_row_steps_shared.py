"""A row whose journal other machines share, or is older than the truth: what was perhaps sent by
others, and what this machine can't send.
"""

from __future__ import annotations

import pytest

from freedompay_async.batch import row_flow
from freedompay_async.batch.entries import Earlier
from freedompay_async.batch.input.documents import DocumentProblem
from freedompay_async.batch.stopping import Stopped, Unreadable
from freedompay_async.calls.first_send import SentBefore
from tests.batch.desk import BEFORE, CLIENT, ISSUED, PROCESS, STEPS, ends_of, sent_before


@pytest.fixture
def ends(play):
    return ends_of(play)


def perhaps_sent(step, *, at=700.0, quiet_since=None):
    """An intent whose bytes nobody knows, such as the journal of a restored backup has."""
    return {step: Earlier(at, accepted=False, body_sha256=b"", quiet_since=quiet_since)}


@pytest.mark.parametrize("step", STEPS)
def test_what_was_perhaps_sent_is_sent_as_if_it_had_been_and_its_bytes_are_written_first(
    ends, step
):
    end = ends({"activate": "yes"}, **BEFORE[step], sent=perhaps_sent(step))

    assert end == ISSUED
    told = [each for each in ends.desk.told if f" {step}" in each]
    assert told == [f"guarded {step}", f"written {step}", f"sent {step}", f"accepted {step}"]
    options = ends.desk.options[0]
    assert (options["sent_before"], options["ask_once"]) == (SentBefore(705.0), True)


def test_the_end_of_a_lost_lease_goes_with_the_send(ends):
    ends({}, **BEFORE["card"], sent=perhaps_sent("card", quiet_since=900.0))

    assert ends.desk.options[0]["sent_before"] == SentBefore(705.0, 900.0)


@pytest.mark.parametrize("sent", [perhaps_sent("card"), {}], ids=["perhaps sent", "never sent"])
def test_only_an_intent_of_this_run_is_taken_back(ends, sent):
    """It could not be sent, and the run stops."""

    def prepare(desk):
        desk.unsendable = Stopped()

    with pytest.raises(Stopped):
        ends({}, prepare, **BEFORE["card"], sent=sent)

    assert ("taken back card" in ends.desk.told) is (not sent)


def test_a_card_that_was_perhaps_activated_is_claimed_first(ends):
    def prepare(desk):
        desk.shares_card = True

    end = ends({"activate": "yes"}, prepare, **BEFORE["activate"], sent=perhaps_sent("activate"))

    assert end == ISSUED
    assert ends.desk.effects() == []
    assert "claimed" in ends.desk.told


def no_document(monkeypatch):
    async def missing(planned, place):
        raise DocumentProblem("/scans/7.jpg can't be read")

    monkeypatch.setattr(row_flow, "creation", missing)


@pytest.mark.parametrize("sent", [{}, sent_before("client")], ids=["never sent", "perhaps sent"])
def test_a_machine_that_can_not_read_a_document_leaves_the_row_to_others(ends, monkeypatch, sent):
    no_document(monkeypatch)

    def prepare(desk):
        desk.journal_shared = True
        desk.looks["client"] = [None]

    with pytest.raises(Unreadable) as caught:
        ends({}, prepare, sent=sent)

    assert caught.value.reason == (
        "handed back, because this machine can't send it: /scans/7.jpg can't be read"
    )
    assert caught.value.pause > 0
    assert "ended" not in ends.desk.told
    assert ends.desk.effects() == []


@pytest.mark.parametrize("said", [CLIENT, PROCESS])
def test_what_the_issuer_knows_needs_no_document(ends, monkeypatch, said):
    no_document(monkeypatch)

    def prepare(desk):
        desk.journal_shared = True
        desk.looks["client"] = [said, CLIENT]

    assert ends({}, prepare, sent=sent_before("client")) == ISSUED
    assert ends.desk.effects() == ["card"]
