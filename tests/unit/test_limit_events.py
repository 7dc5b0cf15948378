"""What listeners are told of the limits that a client learns, and what it says of itself."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.events import (
    LimitKind,
    LimitLearnt,
    LimitLifted,
    RateSource,
    Stats,
)
from freedompay_async.events.hub import Hub
from freedompay_async.traffic.governor import Governor, Rank
from freedompay_async.traffic.lane import Lane

CONCURRENCY, RATE = LimitKind.CONCURRENCY, LimitKind.RATE


def verdict(status: int) -> Verdict:
    evidence = {200: Evidence.OK, 429: Evidence.LIMITED}.get(status, Evidence.NO_ANSWER)
    return Verdict(evidence, reply=Reply(status, {}, b"{}"))


def hears(governor, *statuses: int, at: float, count: int = 1) -> None:
    for status in statuses * count:
        governor.observe(verdict(status), began=at, now=at, kind="card")


@pytest.fixture
def told():
    return []


@pytest.fixture
def hub(told):
    hub = Hub()
    hub.on_event(told.append)
    return hub


def test_fewer_calls_at_once_and_the_whole_again(hub, told):
    governor = Governor(concurrency=10, hub=hub)
    hears(governor, 503, at=0.0, count=20)
    for second in range(1, 8):
        hears(governor, 200, at=float(second))

    assert told == [
        LimitLearnt(limit=CONCURRENCY, value=7),
        LimitLifted(limit=CONCURRENCY),
    ]


def test_each_cut_is_told(hub, told):
    governor = Governor(concurrency=10, hub=hub)
    for second in range(4):
        hears(governor, 503, at=float(second), count=5)

    values = [each.value for each in told]
    assert {type(each) for each in told} == {LimitLearnt}
    assert values == sorted(values, reverse=True)
    assert values[-1] == governor.stats(4.0, idle=None).places


def test_a_rate_is_learnt_of_a_429(hub, told):
    governor = Governor(concurrency=10, hub=hub)
    hears(governor, 200, at=1.0, count=20)
    hears(governor, 429, at=2.0)
    # The same second says nothing new.
    hears(governor, 429, at=2.1)
    (learnt,) = told
    stats = governor.stats(2.0, idle=None)

    assert (learnt.limit, learnt.value) == (RATE, stats.rate)
    assert stats.rate_source is RateSource.LEARNT
    assert 5.0 <= learnt.value <= 21.0


def test_a_learnt_rate_is_lifted_where_it_has_come_back_to_that_of_the_caller(hub, told):
    governor = Governor(concurrency=10, rate=40.0, hub=hub)
    hears(governor, 429, at=0.0)
    hears(governor, 200, at=1.0)
    hears(governor, 200, at=60.0, count=3)

    assert [(type(each), each.limit) for each in told] == [(LimitLearnt, RATE), (LimitLifted, RATE)]
    assert governor.stats(60.0, idle=None).rate_source is RateSource.YOURS


@pytest.mark.parametrize("rate", [0.5, 2.0, 5.0])
def test_a_rate_that_is_as_low_as_what_would_be_learnt_is_not_told(hub, told, rate):
    governor = Governor(concurrency=10, rate=rate, hub=hub)
    hears(governor, 429, at=0.0)
    stats = governor.stats(0.0, idle=None)
    hears(governor, 200, at=1.0)

    assert (told, stats.rate, stats.rate_source) == ([], rate, RateSource.YOURS)


def test_a_rate_that_was_learnt_before_anybody_listened_is_lifted_all_the_same(told):
    hub = Hub()
    governor = Governor(concurrency=10, rate=40.0, hub=hub)
    hears(governor, 429, at=0.0)
    hub.on_event(told.append)
    hears(governor, 200, at=60.0)

    assert told == [LimitLifted(limit=RATE)]


def test_what_was_lifted_while_nobody_listened_is_not_told_later(told):
    hub = Hub()
    governor = Governor(concurrency=10, rate=40.0, hub=hub)
    hears(governor, 429, at=0.0)
    hears(governor, 200, at=60.0)
    hub.on_event(told.append)
    hears(governor, 200, at=61.0)

    assert told == []


def test_a_lane_teaches_its_client_and_tells_whoever_listens_to_either(told):
    client, batch = Hub(), Hub("batch")
    batch.on_event(told.append)
    governor = Governor(concurrency=10, hub=client)
    lane = Lane(concurrency=2, within=governor, hub=batch)
    with client.joined(batch):
        hears(lane, 429, at=0.0)

    assert [type(each) for each in told] == [LimitLearnt]


def test_a_lane_without_listeners_of_its_own_has_those_of_its_client():
    governor = Governor(concurrency=1)

    assert Lane(concurrency=1, within=governor).hub is governor.hub


def test_no_event_of_a_limit_is_made_where_nobody_listens(monkeypatch):
    def made(*_, **__):
        raise AssertionError

    for name in ("LimitLearnt", "LimitLifted"):
        monkeypatch.setattr(f"freedompay_async.traffic.governor.{name}", made)
    governor = Governor(concurrency=10, rate=40.0)
    for second in range(3):
        hears(governor, 503, 429, at=float(second), count=5)
    hears(governor, 200, at=60.0)

    assert governor.stats(60.0, idle=None).places < 10


# -- stats


def test_a_governor_at_rest():
    assert Governor(concurrency=7).stats(0.0, idle=3) == Stats(
        places=7,
        max_places=7,
        in_flight=0,
        waiting_interactive=0,
        waiting_background=0,
        rate=None,
        rate_source=RateSource.NONE,
        idle=3,
    )


def test_a_rate_of_the_callers_own():
    stats = Governor(concurrency=7, rate=2.5).stats(0.0, idle=None)

    assert (stats.rate, stats.rate_source, stats.idle) == (2.5, RateSource.YOURS, None)


def test_who_waits_and_who_is_on_the_way(run_virtual):
    async def story():
        governor = Governor(concurrency=1)
        await governor.acquire()
        waiting = [
            asyncio.create_task(governor.acquire(rank))
            for rank in (Rank.INTERACTIVE, Rank.BACKGROUND, Rank.BACKGROUND)
        ]
        await asyncio.sleep(0)
        full = governor.stats(0.0, idle=None)
        waiting[1].cancel()
        await asyncio.wait(waiting[1:2])
        governor.release()
        await asyncio.sleep(0)
        later = governor.stats(0.0, idle=None)
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
        return [
            (each.in_flight, each.waiting_interactive, each.waiting_background)
            for each in (full, later)
        ]

    assert run_virtual(story()) == [(1, 1, 2), (1, 0, 1)]
