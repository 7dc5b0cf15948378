"""Where an answer ends: whole, cut off, or by nobody but this side."""

from __future__ import annotations

import asyncio

import pytest

from tests.transport.hosts import GOOD, answering, ended, serving, turns, whole
from tests.transport.kinds import both_loops, message

pytestmark = both_loops

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

WHOLE = {
    "with a length": (LENGTH + b"0123456789", "nothing", b"0123456789"),
    "with a length, then the end": (LENGTH + b"0123456789", "fin", b"0123456789"),
    "with a length, then a reset": (LENGTH + b"0123456789", "reset", b"0123456789"),
    "with a length of none": (whole(b""), "nothing", b""),
    "without a length": (OPEN + b"up to the end", "fin", b"up to the end"),
    "without a length, of nothing": (OPEN, "fin", b""),
    "chunks": (CHUNKS + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", "nothing", b"abcdefg"),
    "chunks of none": (CHUNKS + b"0\r\n\r\n", "nothing", b""),
    "chunks with extensions": (
        CHUNKS + b'3;a=b\r\nabc\r\n1;c="d"\r\nd\r\n0;e\r\n\r\n',
        "nothing",
        b"abcd",
    ),
    "chunks with trailers": (
        CHUNKS + b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Of: 2\r\n\r\n",
        "nothing",
        b"abc",
    ),
    "chunks, sizes in capitals": (
        CHUNKS + b"A\r\n0123456789\r\n0\r\n\r\n",
        "nothing",
        b"0123456789",
    ),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", "nothing", b""),
    "304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "nothing", b""),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nold", "fin", b"old"),
}


@pytest.mark.parametrize("name", WHOLE)
async def test_whole_answer_is_given_with_its_body(reach, name):
    answer, end, body = WHOLE[name]
    status = int(answer.split(b" ")[1])
    async with serving(answering(ended(answer, end))) as host:
        there = await reach(host)
        told = await there.send()

    assert told.told == (status, body)
    assert told.sent
    assert len(host.requests) == 1


@pytest.mark.parametrize("name", WHOLE)
async def test_whole_answer_that_comes_byte_by_byte_is_the_same(reach, name):
    answer, end, body = WHOLE[name]

    async def slowly(peer):
        await peer.say_in_parts(*[bytes([each]) for each in answer])
        if end != "nothing":
            await getattr(peer, end)()

    async with serving(answering(slowly)) as host:
        there = await reach(host)
        told = await there.send()

    assert told.told == (int(answer.split(b" ")[1]), body)


CUT = {
    "before its head": b"",
    "in its status line": b"HTTP/1.1 20",
    "after its status line": b"HTTP/1.1 200 OK\r\n",
    "in its head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "before the end of its head": LENGTH[:-2],
    "before its body": LENGTH,
    "in its body": LENGTH + b"012345678",
    "in the size of a chunk": CHUNKS + b"1",
    "after the size of a chunk": CHUNKS + b"10\r\n",
    "in a chunk": CHUNKS + b"10\r\nabc",
    "after a chunk": CHUNKS + b"3\r\nabc",
    "before the last chunk": CHUNKS + b"3\r\nabc\r\n",
    "in the last chunk": CHUNKS + b"3\r\nabc\r\n0\r\n",
    "in the trailers": CHUNKS + b"3\r\nabc\r\n0\r\nX: ",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("end", ["fin", "reset"])
@pytest.mark.parametrize("name", CUT)
async def test_answer_that_is_cut_off_is_none(reach, name, end):
    async with serving(answering(ended(CUT[name], end), GOOD)) as host:
        there = await reach(host)
        told = await there.send()
        counts = there.counts
        after = await there.send()

    assert told.reply is None
    assert (told.sent, told.final) == (True, False)
    assert counts == (0, 0)
    # Sent once, and the next call has a connection of its own.
    assert (len(host.requests), host.connections) == (2, 2)
    assert after.reply.status == 200


async def test_answer_without_a_length_that_a_reset_ends_is_none(reach, kind):
    async with serving(answering(ended(OPEN + b'{"status":"ok"}', "reset"))) as host:
        there = await reach(host)
        told = await there.send()

    assert told.sent
    # Where the transport can't tell, a part passes as the whole; JSON shows it.
    assert told.reply is None or (told.told == (200, b'{"status":"ok"}') and not kind.tells_broken)


STALLED = {**CUT, "without a length": OPEN, "without a length, in its body": OPEN + b"{}"}


@pytest.mark.parametrize("clock", ["attempt", "call"])
async def test_answer_that_stalls_is_ended_by_no_clock(reach, clock):
    """All of them at once, because each takes its time."""

    async def script(peer):
        name = (await peer.request()).partition(b"\r\n\r\n")[2].decode()
        peer.say(STALLED[name])

    times = {"seconds": 0.2} if clock == "attempt" else {"deadline": 0.5}
    async with serving(script) as host:
        there = await reach(host)
        calls = [there.send(message(name.encode()), **times) for name in STALLED]
        told = dict(zip(STALLED, await asyncio.gather(*calls), strict=True))
        counts = there.counts
        await host.all_over()

    assert {name: each.told for name, each in told.items()} == dict.fromkeys(
        STALLED, "no answer in time"
    )
    assert {(each.sent, each.final) for each in told.values()} == {(True, False)}
    assert len(host.requests) == len(STALLED)
    assert counts == (0, 0)


@pytest.mark.parametrize("name", STALLED)
async def test_answer_that_stalls_is_ended_by_no_close(reach, name):
    async with serving(answering(ended(STALLED[name], "nothing"))) as host:
        there = await reach(host)
        call = asyncio.create_task(there.send())
        await host.reached(requests=1)
        await turns()
        await there.close()
        told = await call
        await host.all_over()

    assert told.told == "the client was closed"
    assert (told.sent, told.final) == (True, True)


HEADS = {
    "with a length": whole(b"{}", b"200 OK", b"Retry-After: 7"),
    "chunks": CHUNKS[:-2] + b"Retry-After: 7\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + whole(b"{}", b"200 OK", b"Retry-After: 7"),
}


@pytest.mark.parametrize("name", HEADS)
async def test_answer_may_come_in_two_parts_that_are_split_anywhere(reach, name):
    answer = HEADS[name]
    splits = iter(range(1, len(answer)))

    async def split(peer):
        at = next(splits)
        await peer.say_in_parts(answer[:at], answer[at:])

    async with serving(answering(split)) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(1, len(answer))]

    assert {each.told for each in told} == {(200, b"{}")}
    assert {each.reply.headers["retry-after"] for each in told} == {"7"}
    assert host.connections == 1
