"""How long an effect may be sent again: by the loop's clock and by the wall clock, asked with the
connection in hand.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from freedompay_async import OutcomeUnknown
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import BulkIssue
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from freedompay_async.traffic.lane import Lane

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def wall(monkeypatch):
    """Sets the wall clock forward by so many seconds, while the loop's clock stands still."""
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])

    def forward(seconds):
        ahead[0] += seconds

    return forward


@pytest.fixture
def submit(play, over):
    def run(wire, **options):
        async def story():
            sent_at = time.time() - options.pop("age") if "age" in options else None
            session = over(
                wire, **{"timeout": 1000.0, "grace": 5.0, "resend_within": 60.0} | options
            )
            return await session.submit(
                CARDS_BULK_ISSUE,
                BulkIssue(product_id=2000, count=1),
                {"request_id": OWN},
                sent_before=None if sent_at is None else SentBefore(sent_at),
            )

        return play(story())

    return run


def connected_after(seconds, step):
    async def run(attempt, sent):
        await asyncio.sleep(seconds)
        return await step(attempt, sent)

    return run


def test_a_repeat_whose_connection_comes_too_late_is_not_written(submit, memory, say):
    written = []

    async def late(attempt, sent):
        await asyncio.sleep(55.0)
        attempt.connected()
        written.append(sent)
        return await say.process(attempt, sent)

    wire = memory(card__bulk_issue=[say.lost, late], request__status=[say.unknown])

    with pytest.raises(
        OutcomeUnknown, match="it is not sent again: its first send is more than 60 s ago"
    ) as caught:
        submit(wire)

    assert (written, caught.value.request_id) == ([], OWN)
    assert wire.calls.count("card/bulk_issue") == 2


def test_a_repeat_whose_connection_comes_in_time_is_written(submit, memory, say):
    wire = memory(
        card__bulk_issue=[say.lost, connected_after(50.0, say.process)],
        request__status=[say.unknown],
    )

    assert submit(wire).request_id == OWN


def test_a_first_send_may_wait_for_its_connection_for_any_time(submit, memory, say):
    assert submit(memory(card__bulk_issue=[connected_after(500.0, say.process)])).request_id == OWN


def test_a_machine_that_slept_does_not_send_again_what_is_too_old(submit, memory, say, wall):
    async def sleeps(attempt, sent):
        wall(7200.0)
        return await say.unknown(attempt, sent)

    wire = memory(card__bulk_issue=[say.lost], request__status=[sleeps, say.unknown])

    with pytest.raises(OutcomeUnknown, match="it is not sent again"):
        submit(wire)

    assert wire.calls.count("card/bulk_issue") == 1


def test_a_machine_that_slept_while_it_waited_for_a_connection_does_not_write(
    submit, memory, say, wall
):
    written = []

    async def sleeps(attempt, sent):
        wall(7200.0)
        attempt.connected()
        written.append(sent)

    wire = memory(card__bulk_issue=[say.lost, sleeps], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown):
        submit(wire)

    assert written == []


def test_a_wall_clock_that_is_set_forward_does_not_shorten_the_grace(submit, memory, say, wall):
    async def jumps(attempt, sent):
        wall(30.0)
        return await say.unknown(attempt, sent)

    wire = memory(card__bulk_issue=[say.lost, say.process], request__status=[jumps, say.unknown])
    submit(wire)
    first, second = (each.at for each in wire.of("card/bulk_issue"))

    assert second - first >= 5.0


def test_a_clock_behind_the_first_send_is_named(submit, memory, say):
    with pytest.raises(
        OutcomeUnknown,
        match="it is not sent again: the clock of this machine is behind its first send",
    ):
        submit(memory(request__status=[say.unknown]), age=-100.0)


def test_an_effect_of_an_earlier_process_counts_from_its_first_send(submit, memory, say):
    wire = memory(
        card__bulk_issue=[connected_after(30.0, say.process)], request__status=[say.unknown]
    )

    with pytest.raises(OutcomeUnknown, match="its first send is more than 60 s ago"):
        submit(wire, age=40.0)


def test_waiting_for_a_turn_is_no_part_of_its_age(play, over, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.process], request__status=[say.unknown])

    async def story():
        lane = Lane(concurrency=1)
        await lane.acquire()
        asyncio.get_running_loop().call_later(100.0, lane.release)
        session = over(wire, timeout=1000.0, grace=5.0, resend_within=60.0).in_lane(lane)
        return await session.submit(CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1))

    play(story())

    assert wire.calls.count("card/bulk_issue") == 2
