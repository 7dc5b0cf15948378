"""Whose turn it is: one governor for all calls of a client, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import Busy, ConfigurationError, NotSent, RateLimited
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.traffic.governor import Governor, Rank
from freedompay_async.traffic.lane import Lane

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
LIMITED = Verdict(Evidence.LIMITED, "HTTP 429", None, Reply(429, {}, b""))


def now() -> float:
    return asyncio.get_running_loop().time()


async def through(governor, rank, seconds, told, name):
    await governor.acquire(rank)
    told.append((name, now()))
    await asyncio.sleep(seconds)
    governor.release()


# -- two ranks


async def turns(governor, *, seconds):
    """When each of three rows has its turn, and a block that comes after them; each takes so many
    seconds.
    """
    told = []
    work = [
        through(governor, Rank.BACKGROUND, seconds, told, f"row {number}") for number in range(3)
    ]
    work.append(through(governor, Rank.INTERACTIVE, seconds, told, "block"))
    await asyncio.gather(*work)
    return told


def test_what_is_interactive_passes_what_waits_in_the_background(play):
    told = play(turns(Governor(concurrency=1), seconds=1.0))

    assert told == [("row 0", 0.0), ("block", 1.0), ("row 1", 2.0), ("row 2", 3.0)]


def test_it_passes_in_the_line_for_turns_too(play):
    told = play(turns(Governor(concurrency=10, rate=2.0), seconds=0.0))

    assert told == [("row 0", 0.0), ("block", 0.5), ("row 1", 1.0), ("row 2", 1.5)]


def test_a_lane_takes_no_more_than_its_share(play):
    async def story():
        governor, told = Governor(concurrency=10), []
        lane = Lane(concurrency=2, within=governor)

        async def row():
            async with lane:
                told.append((now(), governor.busy))
                await asyncio.sleep(1.0)

        await asyncio.gather(*(row() for _ in range(6)))
        return told, governor.busy, governor.waiting

    told, *left = play(story())
    assert [at for at, _ in told] == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    assert max(busy for _, busy in told) == 2
    assert left == [0, 0]


def test_a_row_that_waits_for_the_whole_and_leaves_gives_its_share_back(play):
    async def story():
        governor = Governor(concurrency=1)
        lane = Lane(concurrency=1, within=governor)
        await governor.acquire()
        row = asyncio.create_task(lane.acquire())
        await asyncio.sleep(1.0)
        row.cancel()
        await asyncio.wait([row])
        governor.release()
        async with asyncio.timeout(1.0), lane:
            return governor.busy

    assert play(story()) == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_call_that_leaves_while_it_waits_takes_nothing(play, late):
    async def story():
        governor = Governor(concurrency=1)
        await governor.acquire()
        waiting = asyncio.create_task(governor.acquire())
        await asyncio.sleep(1.0)
        if late:
            # Its turn comes in the very moment in which it leaves.
            governor.release()
        waiting.cancel()
        await asyncio.wait([waiting])
        if not late:
            governor.release()
        return governor.busy, governor.waiting, governor.take()

    assert play(story()) == (0, 0, True)


def test_a_lane_that_waits_for_the_whole_does_not_save_turns_up(play):
    async def story():
        governor, told = Governor(concurrency=50), []
        lane = Lane(concurrency=50, rate=10.0, within=governor)
        held = governor.hold(50)

        async def look():
            async with lane:
                told.append(now())

        async def free():
            await asyncio.sleep(2.5)
            for _ in range(held):
                governor.release()

        await asyncio.gather(free(), *(look() for _ in range(40)))
        return told

    told = play(story())
    assert max(sum(at <= each < at + 1.0 for each in told) for at in told) <= 11


def test_a_waiter_that_is_closed_takes_no_place(play):
    async def story():
        governor = Governor(concurrency=1)
        await governor.acquire()
        waiting = governor.acquire()
        waiting.send(None)
        waiting.close()
        governor.release()
        return governor.busy, governor.take()

    assert play(story()) == (0, True)


def test_places_that_come_back_are_given_at_once(play):
    async def story():
        governor = Governor(concurrency=20)
        overloaded = Verdict(Evidence.NO_ANSWER, "HTTP 503", None, Reply(503, {}, b""))
        for _ in range(10):
            await asyncio.sleep(1.0)
            governor.observe(overloaded, began=now() - 0.1, now=now(), kind="overloaded")
        await governor.acquire()
        assert not governor.ready()
        waiting = [asyncio.create_task(governor.acquire()) for _ in range(5)]
        await asyncio.sleep(1.0)
        answered = Verdict(Evidence.OK, "HTTP 200", None, Reply(200, {}, b"{}"))
        for second in range(4):
            await asyncio.sleep(1.0)
            governor.observe(answered, began=now() - 0.1, now=now(), kind=str(second))
        await asyncio.sleep(0)
        return governor.busy, sum(each.done() for each in waiting)

    assert play(story()) == (6, 5)


# -- what all calls of a client share


def test_no_more_calls_than_the_client_may_have_are_on_the_way(play, memory, say, client_of):
    wire = memory(card__info=[say.after(1.0, say.ok())])
    fp = client_of(wire, max_connections=3)

    async def story():
        await asyncio.gather(*(fp.cards.info("card") for _ in range(10)))
        return now()

    assert play(story()) == 4.0
    assert wire.busiest == 3


def test_the_rate_is_of_the_client_whoever_calls(play, memory, say, client_of):
    wire = memory(card__info=[say.ok()], request__status=[say.success])
    fp = client_of(wire, rate=4.0)

    async def poll():
        operations = [fp.requests.attach(OWN[:-1] + str(number)) for number in range(8)]
        return [each async for each in fp.requests.as_completed(operations)]

    async def story():
        await asyncio.gather(poll(), *(fp.cards.info("card") for _ in range(8)))

    play(story())
    times = sorted(each.at for each in wire.sent)
    assert len(times) == 16
    assert [
        second for second in range(4) if sum(second <= each < second + 1 for each in times) > 4
    ] == []


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(client_of, memory, rate):
    with pytest.raises(ConfigurationError, match="rate="):
        client_of(memory(), rate=rate)


def test_a_429_slows_every_call_of_the_client(play, memory, say, client_of):
    wire = memory(card__info=[say.error(429), say.ok()], card__balance=[say.ok()])
    fp = client_of(wire)

    async def story():
        await fp.cards.info("card")
        began = now()
        await asyncio.gather(*(fp.cards.balance("card") for _ in range(5)))
        return [each.at - began for each in wire.of("card/balance")]

    # From five a second on it doubles each second.
    assert play(story())[-1] > 0.3


# -- without waiting


def test_without_waiting_a_call_without_a_place_is_busy_at_once_and_nothing_is_sent(
    play, memory, say, client_of
):
    wire = memory(card__bulk_issue=[say.after(1.0, say.process)], card__block=[say.process])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
        await asyncio.sleep(0.1)
        with pytest.raises(Busy, match=r"nothing was sent|not sent") as caught:
            await fp.cards.block("card", description="lost", request_id=OWN, queue=False)
        at = now()
        await first
        return caught.value, at

    error, at = play(story())
    assert isinstance(error, NotSent)
    assert (error.request_id, error.call, at) == (OWN, "cards.block", 0.1)
    assert wire.calls == ["card/bulk_issue"]


def test_without_waiting_a_call_without_a_turn_is_busy_at_once(play, memory, say, client_of):
    fp = client_of(memory(card__info=[say.ok()]), rate=1.0)

    async def story():
        await fp.cards.info("card", queue=False)
        with pytest.raises(Busy):
            await fp.cards.info("card", queue=False)
        await asyncio.sleep(1.0)
        await fp.cards.info("card", queue=False)
        return now()

    assert play(story()) == 1.0


def test_without_waiting_a_call_with_a_place_is_made(play, memory, say, client_of):
    fp = client_of(memory(card__block=[say.process]))

    async def story():
        return await fp.cards.block("card", description="lost", queue=False)

    assert play(story()).answer.request_status == "process"


@pytest.mark.parametrize("call", ["info", "block", "set_pin"])
def test_without_waiting_a_429_is_told_and_not_waited_out(play, memory, say, client_of, call):
    wire = memory(card__info=[say.limited], card__block=[say.limited], card__set_pin=[say.limited])
    fp = client_of(wire, scheme="KG")
    calls = {
        "info": lambda: fp.cards.info("card", queue=False),
        "block": lambda: fp.cards.block("card", description="lost", queue=False),
        "set_pin": lambda: fp.cards.set_pin("card", queue=False),
    }

    async def story():
        with pytest.raises(RateLimited) as caught:
            await calls[call]()
        return caught.value, now()

    error, at = play(story())
    assert (error.retry_after, at) == (7.0, 0.0)
    assert len(wire.sent) == 1


def test_without_waiting_a_lost_answer_is_still_settled(play, memory, say, client_of):
    wire = memory(card__block=[say.lost], request__status=[say.success])
    fp = client_of(wire)

    async def story():
        return await fp.cards.block("card", description="lost", queue=False)

    assert play(story()).done
    assert wire.calls == ["card/block", "request/status"]
