from __future__ import annotations

import asyncio
import math

import pytest

from freedompay_async.errors import ConfigurationError, WaitReason
from freedompay_async.traffic.hindrance import BRIEF, Hindrance
from freedompay_async.traffic.lane import Lane


def now() -> float:
    return asyncio.get_running_loop().time() - 1000.0


async def starts(lane: Lane, count: int, *, spent: float = 0.0) -> list[float]:
    """When each of so many calls starts, if all want to at once and each takes so long."""
    found = []

    async def call():
        async with lane:
            found.append(now())
            await asyncio.sleep(spent)

    await asyncio.gather(*(call() for _ in range(count)))
    return found


class Boom(Exception):
    pass


@pytest.mark.parametrize(
    ("concurrency", "rate", "spent", "expected"),
    [
        (10, None, 1.0, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (2, None, 1.0, [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]),
        (1, None, 1.0, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (10, 2.0, 1.0, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
        (1, 2.0, 1.0, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (2, 2.0, 2.0, [0.0, 0.5, 2.0, 2.5, 4.0, 4.5]),
        (10, 0.5, 0.0, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
    ],
)
def test_calls_start_as_concurrency_and_rate_let_them(
    run_virtual, concurrency, rate, spent, expected
):
    async def work():
        return await starts(Lane(concurrency=concurrency, rate=rate), 6, spent=spent)

    assert run_virtual(work()) == expected


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_lane_without_a_place_is_refused(concurrency):
    with pytest.raises(ConfigurationError) as caught:
        Lane(concurrency=concurrency)

    assert (
        caught.value.text
        == f"concurrency={concurrency!r}: it must be at least 1. Nothing was sent."
    )


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan])
def test_a_lane_without_a_turn_is_refused(rate):
    with pytest.raises(ConfigurationError) as caught:
        Lane(concurrency=1, rate=rate)

    assert caught.value.text == f"rate={rate!r}: calls a second, more than 0. Nothing was sent."


def test_an_idle_time_saves_no_turns_up(run_virtual):
    async def work():
        lane = Lane(concurrency=10, rate=2.0)
        await starts(lane, 1)
        await asyncio.sleep(100.0)
        return await starts(lane, 3)

    assert run_virtual(work()) == [100.0, 100.5, 101.0]


def test_entering_gives_the_lane(run_virtual):
    async def work():
        lane = Lane(concurrency=1)
        async with lane as entered:
            return entered is lane

    assert run_virtual(work()) is True


def test_a_call_that_fails_gives_its_place_back(run_virtual):
    async def work():
        lane = Lane(concurrency=1)
        with pytest.raises(Boom):
            async with lane:
                raise Boom
        return await starts(lane, 1)

    assert run_virtual(work()) == [0.0]


def test_a_place_taken_by_hand_is_given_back_by_hand(run_virtual):
    async def work():
        lane = Lane(concurrency=1)
        await lane.acquire()
        asyncio.get_running_loop().call_later(3.0, lane.release)
        return await starts(lane, 1)

    assert run_virtual(work()) == [3.0]


def test_a_place_taken_by_hand_takes_a_turn(run_virtual):
    async def work():
        lane = Lane(concurrency=10, rate=2.0)
        await lane.acquire()
        return await starts(lane, 2)

    assert run_virtual(work()) == [0.5, 1.0]


def test_a_call_cancelled_while_it_waits_for_its_turn_gives_its_place_and_its_turn_back(
    run_virtual,
):
    async def work():
        lane = Lane(concurrency=1, rate=0.125)
        await starts(lane, 1)
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(1.0)
        waiting.cancel()
        await asyncio.wait([waiting])
        return await starts(lane, 1)

    assert run_virtual(work()) == [8.0]


def test_a_call_cancelled_while_it_waits_for_a_place_takes_none(run_virtual):
    async def work():
        lane = Lane(concurrency=1)
        async with lane:
            waiting = asyncio.create_task(lane.acquire())
            await asyncio.sleep(1.0)
            waiting.cancel()
            await asyncio.wait([waiting])
        return await starts(lane, 2, spent=1.0)

    assert run_virtual(work()) == [1.0, 2.0]


def test_all_who_wait_for_a_slot_are_counted_until_they_leave(run_virtual):
    async def work():
        lane = Lane(concurrency=10, rate=1.0)
        calls = [asyncio.create_task(lane.acquire()) for _ in range(6)]
        await asyncio.sleep(0)
        seen = [(lane.busy, lane.waiting)]
        for each in (calls[3], calls[1], calls[5]):
            each.cancel()
        await asyncio.sleep(0)
        seen.append((lane.busy, lane.waiting))
        await asyncio.wait(calls)
        return [*seen, (lane.busy, lane.waiting)]

    assert run_virtual(work()) == [(1, 5), (1, 2), (3, 0)]


@pytest.mark.parametrize(
    ("reason", "seconds", "for_slot", "brief"),
    [
        (WaitReason.RATE, 0.0, False, True),
        (WaitReason.RATE, BRIEF, False, True),
        (WaitReason.LEARNT_LIMIT, BRIEF, False, True),
        (WaitReason.RATE, BRIEF + 0.01, False, False),
        (WaitReason.PLACE, 0.0, True, False),
    ],
)
def test_only_a_turn_that_comes_soon_is_no_queue(reason, seconds, for_slot, brief):
    assert Hindrance(reason, seconds, for_slot=for_slot).brief is brief
