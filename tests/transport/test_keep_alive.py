"""How long a connection is used, and what becomes of a request that meets its end."""

from __future__ import annotations

import asyncio

import pytest

from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import GOOD, answering, answering_with_marks, serving, turns, whole
from tests.transport.kinds import both_loops, message


async def test_connection_is_used_again(reach, kind):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        bodies = [b"%d" % number for number in range(20)]
        told = [await there.send(message(body)) for body in bodies]

        assert there.counts == (0, int(kind.owns))

    assert [each.reply.body for each in told] == bodies
    assert host.connections == 1


async def test_calls_at_once_have_a_connection_each_and_keep_them(reach, kind):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        bodies = [b"%d" % number for number in range(10)]
        for _ in range(3):
            told = await asyncio.gather(*(there.send(message(body)) for body in bodies))
            assert [each.reply.body for each in told] == bodies

        assert host.connections <= 10
        assert there.counts == (0, host.connections if kind.owns else 0)


KEPT = {
    "HTTP/1.1": (whole(b"{}"), True),
    "HTTP/1.1, close": (whole(b"{}", b"200 OK", b"Connection: close"), False),
    "HTTP/1.1, close among others": (whole(b"{}", b"200 OK", b"Connection: x, Close"), False),
    "HTTP/1.0": (whole(b"{}").replace(b"1.1", b"1.0", 1), False),
    "HTTP/1.0, kept": (
        whole(b"{}", b"200 OK", b"Connection: keep-alive").replace(b"1.1", b"1.0", 1),
        True,
    ),
}


@pytest.mark.parametrize("name", KEPT)
async def test_server_says_whether_a_connection_is_kept(reach, kind, name):
    answer, kept = KEPT[name]
    async with serving(answering(answer)) as host:
        there = await reach(host)
        told = await there.send()
        idle = there.counts
        after = await there.send()

    assert told.told == after.told == (200, b"{}")
    assert idle == (0, int(kept and kind.owns))
    assert host.connections == (1 if kept else 2)


@both_loops
async def test_connection_that_ends_as_the_request_comes_is_told_as_sent_once(reach):
    """The server ends an idle connection in the moment when a request is on its way."""

    async def script(peer):
        await peer.request()
        peer.say(GOOD)
        await peer.head()
        peer.host.met = True
        await peer.reset()

    async with serving(script) as host:
        there = await reach(host)
        first = await there.send()
        told = await there.send(message(b"only once"))

    assert first.reply.status == 200
    assert (told.reply, told.sent, told.final) == (None, True, False)
    assert host.met
    # No second connection was tried.
    assert host.connections == 1


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_request_is_never_sent_twice(reach, kind, method):
    """A GET is no exception: other clients repeat it when a kept connection turns out closed."""

    async def script(peer):
        await peer.request()
        peer.say(GOOD)
        peer.host.heads.append(await peer.head())
        peer.writer.close()

    async with serving(script) as host:
        host.heads = []
        there = await reach(host)
        await there.send()
        body = b"" if method == "GET" else b"{}"
        told = await there.send(message(body, method=method))

    assert told.sent
    # Some versions of aiohttp repeat a GET on a session of the user's own. No call of the Card API is
    # one, and that of HashDT has its id.
    if method == "GET" and not kind.owns and told.reply is not None:
        assert host.connections == 2
    else:
        assert told.reply is None
        assert host.connections == 1
    assert len(host.heads) == 1


# More than the buffers of two sockets hold.
LARGE = b"0" * 2**25


@both_loops
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("answer", [b"200 OK", b"413 Payload Too Large"])
async def test_answer_before_the_whole_request_was_read_is_the_answer(reach, tmp_path, answer, tls):
    """The rest of the request goes before no other one."""
    go_on = asyncio.Event()

    async def script(peer):
        if peer.number > 1:
            await answering(GOOD)(peer)
        await peer.head()
        peer.say(whole(b"early", answer))
        await go_on.wait()
        peer.after += await peer.reader.read(-1)

    async with serving(script, tls=server_context(tmp_path) if tls else None) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        told = await there.send(message(LARGE))
        counts = there.counts
        after = await there.send()
        go_on.set()
        async with asyncio.timeout(20):
            await host.peers[0].over.wait()

    assert told.told == (int(answer[:3]), b"early")
    assert told.sent
    assert counts == (0, 0)
    assert after.reply.status == 200
    assert host.connections == 2
    # What was on the way may come; nothing was written after the answer.
    assert len(host.peers[0].after) < len(LARGE) // 2


async def test_large_request_arrives_whole(reach):
    async with serving(answering_with_marks) as host:
        there = await reach(host)
        told = await there.send(message(LARGE[: 2**22]))
        await turns()
        small = await there.send(message(b"small"))

    assert told.told == (200, LARGE[: 2**22])
    assert small.told == (200, b"small")
    assert host.connections == 1
