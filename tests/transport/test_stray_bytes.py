"""What comes on a connection when nobody has asked is nobody's answer."""

from __future__ import annotations

import asyncio

import pytest

from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import answering, serving, turns, whole
from tests.transport.kinds import both_loops, message

pytestmark = both_loops

FORGED = whole(b"forged")
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
STRAYS = {
    "an answer": FORGED,
    "an answer to nobody": TIMED_OUT,
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n",
    "a line end": b"\r\n",
    "a byte": b"H",
    "no HTTP": b"\x00",
    "a 100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a chunk": b"6\r\nforged\r\n0\r\n\r\n",
}


def speaking(stray: bytes, *, when: str):
    """Marks its answers with their requests. On its first connection it says a stray after the
    first answer, when the test says `now`.
    """
    now, said = asyncio.Event(), asyncio.Event()

    async def script(peer):
        while True:
            came = await peer.request()
            answer = whole(came.partition(b"\r\n\r\n")[2])
            if peer.number > 1 or len(peer.host.requests) > 1:
                peer.say(answer)
            elif when == "with the answer":
                peer.say(answer + stray)
            else:
                peer.say(answer)
                await now.wait()
                peer.say(stray)
                await peer.writer.drain()
                said.set()

    return script, now, said


@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("when", ["with the answer", "read by the loop"])
@pytest.mark.kinds(owns=True)
async def test_stray_bytes_are_never_the_answer_of_the_next(reach, kind, name, when):
    script, now, said = speaking(STRAYS[name], when=when)
    async with serving(script) as host:
        there = await reach(host)
        first = await there.send(message(b"first"))
        if when != "with the answer":
            now.set()
            await said.wait()
            await turns()
        told = [await there.send(message(body)) for body in (b"second", b"third")]

    assert first.told == (200, b"first") or (when == "with the answer" and first.reply is None)
    assert [each.told for each in told] == [(200, b"second"), (200, b"third")]
    assert len(host.requests) == 3
    unseen = {"a line end"} | (set() if kind.sees_half_a_head else {"half a head", "a byte"})
    if when != "with the answer" or name not in unseen:
        assert host.connections == 2


@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.kinds(owns=True)
async def test_stray_bytes_that_the_loop_has_not_read_yet_are_not_either(
    reach, name, tls, tmp_path
):
    """They are in the socket when the next call begins, and no turn of the loop is between."""
    script, now, said = speaking(STRAYS[name], when="in the socket")
    async with serving(script, tls=server_context(tmp_path) if tls else None) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        await there.send(message(b"first"))
        now.set()
        # In the turn in which the bytes were written, or the next.
        await said.wait()
        told = [await there.send(message(body)) for body in (b"second", b"third")]

    assert [each.told for each in told] == [(200, b"second"), (200, b"third")]
    assert host.connections == 2


@pytest.mark.kinds(owns=True)
async def test_stray_bytes_on_many_idle_connections_cost_nothing_but_them(reach):
    together, now = asyncio.Barrier(8), asyncio.Event()

    async def script(peer):
        while True:
            came = await peer.request()
            if not now.is_set():
                await together.wait()
            peer.say(whole(came.partition(b"\r\n\r\n")[2]))
            if not now.is_set():
                await now.wait()
                peer.say(TIMED_OUT)

    async with serving(script) as host:
        there = await reach(host)
        bodies = [b"%d" % number for number in range(8)]
        first = await asyncio.gather(*(there.send(message(body)) for body in bodies))
        idle = there.counts
        now.set()
        await turns()
        told = await there.send(message(b"last"))

    assert [each.reply.body for each in first] == bodies
    assert idle == (0, 8)
    assert told.told == (200, b"last")
    assert host.connections == 9


async def test_host_that_always_speaks_first_gets_no_byte(reach):
    async def script(peer):
        peer.say(TIMED_OUT)
        await peer.request()

    async with serving(script) as host:
        there = await reach(host)
        told = await there.send()
        counts = there.counts

    # Where the greeting comes later than the request, it is the answer to it.
    if told.sent:
        assert told.reply is None or told.reply.status == 408
    else:
        assert told.told == "the server sent data on an idle connection"
        assert not told.final
        assert host.requests == []
    assert counts == (0, 0)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("end", ["fin", "reset"])
@pytest.mark.parametrize("read", [True, False], ids=["read by the loop", "in the socket"])
async def test_idle_connection_that_the_server_has_ended_is_not_used(
    reach, kind, tmp_path, tls, end, read
):
    now, done = asyncio.Event(), asyncio.Event()

    async def script(peer):
        while True:
            came = await peer.request()
            peer.say(whole(came.partition(b"\r\n\r\n")[2]))
            if peer.number == 1:
                await now.wait()
                if end == "fin":
                    peer.writer.close()
                else:
                    await peer.reset()
                done.set()

    async with serving(script, tls=server_context(tmp_path) if tls else None) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        first = await there.send(message(b"first"))
        now.set()
        await done.wait()
        await turns(12 if read else 1)
        told = await there.send(message(b"second"))

    assert first.told == (200, b"first")
    if told.reply is None and not kind.owns and not read:
        # It was written to the connection that had ended.
        assert told.sent
        return
    assert told.told == (200, b"second")
    assert len(host.requests) == 2
    assert host.connections == 2


async def test_tickets_of_tls_are_no_stray_bytes(reach, tmp_path):
    """They follow the handshake, and a server may send them at any time."""
    async with serving(answering(whole(b"{}")), tls=server_context(tmp_path)) as host:
        there = await reach(host, ssl_context=client_context())
        for _ in range(5):
            assert (await there.send()).told == (200, b"{}")
            await turns(3)

    assert host.connections == 1


@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("when", ["with the answer", "read by the loop"])
@pytest.mark.kinds(owns=False)
async def test_of_stray_bytes_in_a_session_of_ones_own_an_answer_is_noticed(reach, name, when):
    """It is noticed when the request has left: the outcome is unknown, and the next call is well."""
    script, now, said = speaking(STRAYS[name], when=when)
    async with serving(script) as host:
        there = await reach(host)
        await there.send(message(b"first"))
        if when != "with the answer":
            now.set()
            await said.wait()
            await turns()
        told = [await there.send(message(body), seconds=1.0) for body in (b"second", b"third")]

    assert [each.sent for each in told] == [True, True]
    # Of a part of an answer the documentation tells what may come of it.
    if STRAYS[name].endswith((b"forged", b"close\r\n\r\n")):
        assert told[0].reply is None or told[0].told == (200, b"second")
        assert told[1].told == (200, b"third")
    assert all(each.reply is None or each.reply.body != b"forged" for each in told)
