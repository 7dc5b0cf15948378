"""Which clock ends an attempt: before a connection is there, and after."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.transport.base import Attempt
from tests.leaks.certificate import client_context
from tests.transport.hosts import GOOD, answering, ended, full_port, serving, turns
from tests.transport.kinds import message


@pytest.fixture
def clocked(monkeypatch):
    """Attempts keep the moments in which they got a connection, and what the clock said then."""
    moments = []
    before = Attempt.connected

    def connected(self):
        before(self)
        moments.append(asyncio.get_running_loop().time())

    monkeypatch.setattr(Attempt, "connected", connected)
    return moments


@pytest.mark.parametrize("clock", ["connect", "call"])
async def test_connection_that_is_not_made_in_time_was_not_sent(reach, clock):
    connect_timeout, deadline = (0.1, 20.0) if clock == "connect" else (20.0, 0.1)
    with full_port() as port:
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=connect_timeout)
        told = await there.send(deadline=deadline)

        assert told.told.startswith("no connection in time")
        assert (told.sent, told.final, there.counts) == (False, False, (0, 0))


@pytest.mark.parametrize("clock", ["connect", "call"])
async def test_handshake_of_tls_is_a_part_of_connecting(reach, clock):
    async def silent(peer):
        await peer.reader.read(-1)

    connect_timeout, deadline = (0.1, 20.0) if clock == "connect" else (20.0, 0.1)
    async with serving(silent) as host:
        there = await reach(
            host.base_url.replace("http", "https"),
            ssl_context=client_context(),
            connect_timeout=connect_timeout,
        )
        told = await there.send(deadline=deadline)
        await host.all_over()

    assert told.told.startswith("no connection in time")
    assert (told.sent, told.final, there.counts) == (False, False, (0, 0))


async def test_deadline_ends_the_wait_for_a_name(reach, hanging_names):
    hanging_names()
    there = await reach("http://host.example.com:8080")
    told = await there.send(deadline=0.1)

    assert told.told.startswith("no connection in time")
    assert (told.sent, there.counts) == (False, (0, 0))


async def test_attempt_has_its_own_time_from_its_connection_on(reach, monkeypatch):
    """Its seconds are fewer than it takes to connect, and enough for the answer."""
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    resolve = loop.getaddrinfo

    async def slow(*args, **kwargs):
        await asyncio.sleep(0.5)
        go_on.set()
        return await resolve(*args, **kwargs)

    async with serving(answering(GOOD)) as host:
        monkeypatch.setattr(loop, "getaddrinfo", slow)
        there = await reach(host.base_url.replace("127.0.0.1", "localhost"))
        told = await there.send(seconds=0.45)

    assert go_on.is_set()
    assert told.reply.status == 200


@pytest.mark.parametrize(
    ("deadline", "seconds"), [(20.0, 0.1), (0.1, 20.0)], ids=["attempt", "call"]
)
async def test_the_sooner_of_the_two_clocks_ends_it(reach, deadline, seconds):
    async with serving(answering(ended(b"", "nothing"))) as host:
        there = await reach(host)
        told = await there.send(deadline=deadline, seconds=seconds)
        await host.all_over()

    assert told.told == "no answer in time"
    assert told.sent


async def test_clocks_of_many_attempts_are_their_own(reach):
    """Whatever order they were begun in."""
    async with serving(answering(ended(b"", "nothing"))) as host:
        there = await reach(host)
        order = []

        async def one(seconds):
            told = await there.send(seconds=seconds)
            order.append(seconds)
            return told

        told = await asyncio.gather(one(0.9), one(0.1), one(0.5))
        await host.all_over()

    assert order == [0.1, 0.5, 0.9]
    assert {each.told for each in told} == {"no answer in time"}
    assert there.counts == (0, 0)


async def test_time_of_an_attempt_before_is_not_the_time_of_the_next(reach):
    """A connection that is kept is not ended by the clock of a call that is over."""
    hold = asyncio.Event()

    async def later(peer):
        await hold.wait()
        peer.say(GOOD)

    async with serving(answering(GOOD, later)) as host:
        there = await reach(host)
        first = await there.send(seconds=0.1)
        task = asyncio.create_task(there.send(seconds=20.0))
        await host.reached(requests=2)
        await asyncio.sleep(0.3)
        waiting = not task.done()
        hold.set()
        told = await task

    assert waiting
    assert first.reply.status == told.reply.status == 200
    assert host.connections == 1


async def test_repeat_that_may_not_leave_is_not_sent_and_the_connection_stays(reach, kind):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        await there.send()
        told = await there.send(message(b"late"), may_leave=lambda _: False)
        await turns()
        counts = there.counts
        after = await there.send(message(b"in time"), may_leave=lambda _: True)

    assert told.told == "it began too long ago, so its bytes do not leave"
    assert (told.sent, told.final, counts) == (False, False, (0, int(kind.owns)))
    assert after.reply.status == 200
    assert (len(host.requests), host.connections) == (2, 1)
    assert not any(b"late" in each for each in host.requests)


async def test_whether_it_may_leave_is_asked_with_the_connection_in_hand(reach):
    """It may when the attempt begins, and may not when the connection is there at last."""
    asked = []

    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        told = await there.send(
            may_leave=lambda after: asked.append((after, host.connections)) or False
        )
        await turns()

    assert (told.reply, told.sent) == (None, False)
    assert asked
    assert host.requests == []


@pytest.mark.kinds(owns=True)
async def test_attempt_is_told_of_its_connection_once(reach, clocked):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        for _ in range(3):
            await there.send()

    assert len(clocked) == 3
    assert clocked == sorted(clocked)
