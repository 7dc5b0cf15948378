"""An attempt that is cancelled where it waits: what it says of itself, and that its connection is
gone.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.leaks.certificate import client_context, server_context
from tests.leaks.everywhere import Story
from tests.transport.hosts import (
    GOOD,
    answering,
    answering_with_marks,
    ended,
    full_port,
    serving,
    silent_in_tls,
    some,
    turns,
    whole,
)
from tests.transport.kinds import both_loops, message
from tests.transports import back_to, sockets

pytestmark = both_loops

# More than the buffers of two sockets hold.
LARGE = b"0" * 2**25


async def cancelled(there, task) -> bool:
    """Cancels the newest attempt; whether it counts as sent."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return there.attempts[-1].sent


async def test_while_the_name_is_resolved(reach, hanging_names):
    before, asked = sockets(), hanging_names()
    there = await reach("http://host.example.com:8080")
    task = asyncio.create_task(there.send())
    await asked()
    active = there.counts[0]
    sent = await cancelled(there, task)
    await turns()

    assert (active, sent, there.counts) == (1, False, (0, 0))
    await there.close()
    assert await back_to(before)


async def test_while_it_connects(reach):
    with full_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=20.0)
        task = asyncio.create_task(there.send())
        await some(lambda: sockets() > before)
        sent = await cancelled(there, task)
        await turns()

        assert (sent, there.counts) == (False, (0, 0))
        assert await back_to(before)


async def test_in_the_handshake_of_tls(reach):
    async with serving(silent_in_tls) as host:
        there = await reach(host.base_url.replace("http", "https"), ssl_context=client_context())
        task = asyncio.create_task(there.send())
        await host.reached(requests=1)
        sent = await cancelled(there, task)
        await host.all_over()

        assert (sent, there.counts) == (False, (0, 0))


PLACES = {
    "before the answer": b"",
    "in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123",
    "without a length": b"HTTP/1.1 200 OK\r\n\r\n0123",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("place", PLACES)
async def test_while_it_waits_for_the_answer(reach, tmp_path, place, tls):
    context = server_context(tmp_path) if tls else None
    async with serving(answering(ended(PLACES[place], "nothing"), GOOD), tls=context) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        task = asyncio.create_task(there.send(message(b"first")))
        await host.reached(requests=1)
        await turns()
        sent = await cancelled(there, task)
        counts = there.counts
        await host.all_over()
        after = await there.send(message(b"second"))

    assert (sent, counts) == (True, (0, 0))
    assert after.reply.status == 200
    assert len(host.requests) == 2


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("end", ["cancelled", "closed", "late"])
async def test_what_has_not_left_by_then_never_leaves(reach, tmp_path, tls, end, kind):
    go_on = asyncio.Event()

    async def deaf(peer):
        peer.after = await peer.head()
        peer.host.requests.append(peer.after)
        await go_on.wait()
        peer.after += await peer.reader.read(-1)

    context = server_context(tmp_path) if tls else None
    async with serving(deaf, tls=context) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        task = asyncio.create_task(
            there.send(message(LARGE), seconds=0.3 if end == "late" else 20.0)
        )
        await host.reached(requests=1)
        await turns()
        if end == "cancelled":
            assert await cancelled(there, task)
        else:
            if end == "closed":
                await there.close()
            told = await task
            assert (told.reply, told.sent) == (None, True)
        go_on.set()
        await host.all_over()

    assert len(host.peers[0].after) < 2**24


async def test_others_on_the_way_are_not_disturbed(reach, kind):
    hold = asyncio.Event()

    async def script(peer):
        while True:
            came = await peer.request()
            await hold.wait()
            peer.say(whole(came.partition(b"\r\n\r\n")[2]))

    async with serving(script) as host:
        there = await reach(host)
        tasks = [asyncio.create_task(there.send(message(b"%d" % each))) for each in range(9)]
        await host.reached(requests=9)
        for task in tasks[::3]:
            task.cancel()
        hold.set()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        counts = there.counts

    assert [isinstance(each, asyncio.CancelledError) for each in ends] == [True, False, False] * 3
    assert [each.told for number, each in enumerate(ends) if number % 3] == [
        (200, b"%d" % number) for number in range(9) if number % 3
    ]
    assert counts == (0, 6 if kind.owns else 0)


@pytest.mark.kinds(owns=True)
async def test_warm_up(reach):
    with full_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=20.0)
        task = asyncio.create_task(there.warm_up(3))
        await some(lambda: sockets() >= before + 3)
        sent = await cancelled(there, task)
        await turns()

        assert (sent, there.counts) == (False, (0, 0))
        assert await back_to(before)


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "pooled"])
async def test_at_each_wait(reach, kind, tmp_path, late, tls, fresh):
    """Wherever that is: what may have come counts as sent, and the next call has its own answer."""
    context = server_context(tmp_path) if tls else None
    stop, told = 0, []
    async with serving(answering_with_marks, tls=context) as host:
        there = await reach(host, ssl_context=client_context() if tls else None)
        await there.send()
        while True:
            if fresh:
                await there.close()
                there = await reach(host, ssl_context=client_context() if tls else None)
            mark = b"mark-%d" % stop
            story = Story(stop, late=late)
            task = await story.run(there.send(message(mark)))
            await turns()
            if not story.reached:
                assert task.result().told == (200, mark)
                break
            if task.cancelled():
                attempt = there.attempts[-1]
                came = any(mark in each for each in host.requests)
                told.append((attempt.sent, came))
            assert there.counts[0] == 0
            # No connection is left that the transport does not know.
            if kind.owns:
                await some(lambda: host.open == there.counts[1])  # noqa: B023
            assert (await there.send(message(b"next"))).told == (200, b"next")
            stop += 1

    assert told
    # Sent where it came; and nothing else was the case where it did not count as sent.
    assert [each for each in told if each == (False, True)] == []
    assert True in {sent for sent, _ in told}
