"""What a transport tells of its connections."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.events import ConnectionClosed, ConnectionOpened
from freedompay_async.transport.base import CountsIdle
from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import (
    GOOD,
    answering,
    answering_with_marks,
    refused_port,
    serving,
    some,
    turns,
    whole,
)
from tests.transport.kinds import both_loops, message

pytestmark = both_loops

CLOSING = whole(b"{}", b"200 OK", b"Connection: close")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_a_connection_is_told_once_however_often_it_is_used(reach, kind, tmp_path, tls):
    async with serving(answering_with_marks, tls=server_context(tmp_path) if tls else None) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        for _ in range(3):
            await there.send()

        assert there.told == (1, 0)
        await there.close()
        await turns()

    assert there.told == (1, int(kind.owns))


async def test_each_of_several_is_told(reach):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        await asyncio.gather(*(there.send(message(b"%d" % number)) for number in range(5)))

        assert there.told == (host.connections, 0)


async def test_nothing_is_told_of_one_that_could_not_be_opened(reach):
    with refused_port() as port:
        there = await reach(f"http://127.0.0.1:{port}")
        told = await there.send()

    assert not told.sent
    assert there.events == []


@pytest.mark.kinds(owns=True)
@pytest.mark.parametrize(
    "answer", [CLOSING, b"", b"no HTTP\r\n\r\n"], ids=["closing", "none", "odd"]
)
async def test_one_that_ends_with_its_answer_is_closed(reach, answer):
    async def script(peer):
        await peer.request()
        peer.say(answer)
        await peer.fin()

    async with serving(script) as host:
        there = await reach(host)
        await there.send()
        await some(lambda: there.told == (1, 1))
        await there.send()

        assert there.told[0] == host.connections == 2


@pytest.mark.kinds(owns=True)
async def test_an_idle_one_that_the_host_ends_is_closed(reach):
    async def script(peer):
        await peer.request()
        peer.say(GOOD)
        await turns()
        await peer.fin()

    async with serving(script) as host:
        there = await reach(host)
        await there.send()
        await some(lambda: there.told == (1, 1))

    assert there.counts == (0, 0)


@pytest.mark.kinds(owns=True)
async def test_one_whose_call_was_cancelled_is_closed(reach):
    async def script(peer):
        await peer.request()
        await peer.reader.read(-1)

    async with serving(script) as host:
        there = await reach(host)
        task = asyncio.create_task(there.send())
        await host.reached(requests=1)
        task.cancel()
        await asyncio.wait([task])
        await some(lambda: there.told == (1, 1))


@pytest.mark.kinds(owns=True)
async def test_those_of_a_warm_up_are_told(reach):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        await there.warm_up(3)

        assert there.told == (3, 0)
        assert there.transport.idle_connections() == 3


async def test_how_many_are_idle(reach, kind):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        before = there.transport.idle_connections()
        await there.send()

        assert isinstance(there.transport, CountsIdle)
        assert (before, there.transport.idle_connections()) == (
            (0, 1) if kind.owns else (None, None)
        )


async def test_listeners_of_a_client_are_told(connect, kind):
    told = []
    async with serving(answering(GOOD)) as host:
        fp = await connect(host, events=told.append)
        await fp.cards.block("c-1", description="lost")
        await fp.aclose()
        await turns()

    kinds = [type(each) for each in told]
    assert kinds.count(ConnectionOpened) == 1
    assert kinds.count(ConnectionClosed) == int(kind.owns)
