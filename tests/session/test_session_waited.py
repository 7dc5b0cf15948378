"""What a call has waited for its turn is added to the sum that its caller hands down."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.traffic.lane import Lane
from freedompay_async.traffic.waited import Waited

STATUS = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


class Patient(Lane):
    patient = True


lanes = pytest.mark.parametrize("lane", [Lane, Patient])


@pytest.fixture
def session_of(over, memory, say):
    """A session in whose lane one call at a time is on the way, and takes two seconds."""

    def build(lane):
        return over(memory(request__status=[say.after(2.0, say.success)]), lane=lane(concurrency=1))

    return build


@lanes
def test_of_each_call_by_itself(play, session_of, lane):
    sums = [Waited(), Waited(), Waited()]

    async def story():
        session = session_of(lane)
        await asyncio.gather(*(session.look_up(STATUS, waited=each) for each in sums))

    play(story())

    assert sums == [Waited(0.0), Waited(2.0), Waited(4.0)]


@lanes
def test_of_calls_with_one_sum_it_is_added_up(play, session_of, lane):
    waited = Waited(7.0)

    async def story():
        session = session_of(lane)
        for _ in range(2):
            other = asyncio.create_task(session.look_up(STATUS))
            await asyncio.sleep(0)
            await session.look_up(STATUS, waited=waited)
            await other

    play(story())

    assert waited == Waited(11.0)


@lanes
def test_of_a_call_whose_turn_does_not_come_too(play, session_of, lane):
    waited = Waited()

    async def story():
        session = session_of(lane)
        other = asyncio.create_task(session.look_up(STATUS))
        await asyncio.sleep(0)
        asked = asyncio.create_task(session.look_up(STATUS, waited=waited))
        await asyncio.sleep(1.5)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await other

    play(story())

    assert waited == Waited(1.5)
