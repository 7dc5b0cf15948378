"""Heads that no server should send: each is read as one way only, or refused."""

from __future__ import annotations

import asyncio

import pytest

from tests.transport.hosts import GOOD, answering, ended, serving, whole

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"status":"ok"}'

REFUSED = {
    "garbage": b"\x00\x01\x02 hello\r\n\r\n",
    "HTML": b"<html><body>502 Bad Gateway</body></html>\r\n\r\n",
    "TLS": b"\x15\x03\x03\x00\x02\x02\x28\r\n\r\n",
    "a request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a status that is no number": b"HTTP/1.1 OK 200\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a version that is no number": b"HTTP/x.y 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a length of no number": OK + b"Content-Length: many\r\n\r\n" + BODY,
    "a length below zero": OK + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length with a sign": OK + b"Content-Length: +15\r\n\r\n" + BODY,
    "a length with an underline": OK + b"Content-Length: 1_5\r\n\r\n" + BODY,
    "a length in base 16": OK + b"Content-Length: 0xf\r\n\r\n" + BODY,
    "a length of many digits": OK + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n" + BODY,
    "a length that no number holds": OK + b"Content-Length: 18446744073709551616\r\n\r\n" + BODY,
    "two lengths": OK + b"Content-Length: 15\r\nContent-Length: 2\r\n\r\n" + BODY,
    "two lengths in one": OK + b"Content-Length: 15, 2\r\n\r\n" + BODY,
    "no colon": OK + b"no colon here\r\nContent-Length: 15\r\n\r\n" + BODY,
    "no name": OK + b": value\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a NUL in a value": OK + b"X: a\x00b\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a NUL in a name": OK + b"X\x00: a\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a bare return in a value": OK + b"X: a\rContent-Length: 15\r\n\r\n" + BODY,
    "a very long line": OK + b"X: " + b"x" * 2_000_000 + b"\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a very long head": OK
    + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1_000) for number in range(5_000))
    + b"Content-Length: 15\r\n\r\n"
    + BODY,
    "a head without an end": OK + b"X: " + b"x" * 9_000_000,
    "a chunk size of no number": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk size below zero": OK + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk size without end": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}",
    "no size of a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
}

ODD = ("a NUL in a value", "a very long head")


@pytest.mark.parametrize("name", REFUSED)
async def test_head_that_can_be_read_in_two_ways_is_no_answer(reach, kind, name):
    """The server says no more and keeps the connection; nobody waits until the time is up."""
    async with serving(answering(ended(REFUSED[name], "nothing"), GOOD)) as host:
        there = await reach(host)
        told = await there.send()
        counts = there.counts
        after = await there.send()

    assert (told.sent, told.final) == (True, False)
    assert after.reply.status == 200
    if kind.reads_odd_heads and name in ODD:
        assert told.told == (200, BODY)
        return
    assert told.reply is None
    assert told.told != "no answer in time"
    assert counts == (0, 0)
    assert (len(host.requests), host.connections) == (2, 2)


EITHER = {
    "a folded line": OK + b"X: a\r\n b\r\nContent-Length: 15\r\n\r\n" + BODY,
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 15\n\n" + BODY,
    "a space before the colon": OK + b"Content-Length : 15\r\n\r\n" + BODY,
    "the same length twice": OK + b"Content-Length: 15\r\nContent-Length: 15\r\n\r\n" + BODY,
    "a length beside chunks": OK
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n"
    + BODY
    + b"\r\n0\r\n\r\n",
    "chunks twice": OK
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n"
    + BODY
    + b"\r\n0\r\n\r\n",
    "a length in the trailers": OK
    + b"Transfer-Encoding: chunked\r\n\r\nf\r\n"
    + BODY
    + b"\r\n0\r\nContent-Length: 99\r\n\r\n",
    "a long line": OK + b"X: " + b"x" * 100_000 + b"\r\nContent-Length: 15\r\n\r\n" + BODY,
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 15\r\n\r\n" + BODY,
    "an empty reason": b"HTTP/1.1 200 \r\nContent-Length: 15\r\n\r\n" + BODY,
    "spaces around values": OK + b"Content-Length:\t 15 \t\r\nX:\r\n\r\n" + BODY,
    "line ends before it": b"\r\n\r\n" + OK + b"Content-Length: 15\r\n\r\n" + BODY,
    "a value that is no text": OK + b"X: \xff\xfe\r\nContent-Length: 15\r\n\r\n" + BODY,
    "hundreds of lines": OK
    + b"".join(b"X-%d: y\r\n" % number for number in range(300))
    + b"Content-Length: 15\r\n\r\n"
    + BODY,
}


@pytest.mark.parametrize("name", EITHER)
async def test_head_that_is_odd_is_read_as_it_is_meant_or_not_at_all(reach, name):
    async with serving(answering(EITHER[name], GOOD)) as host:
        there = await reach(host)
        told = await there.send(seconds=1.0)
        after = await there.send()

    assert told.told == (200, BODY) or told.reply is None
    assert told.sent
    assert after.told[0] == 200
    assert after.reply.body in GOOD
    assert len(host.requests) == 2


CODINGS = {
    "another coding": OK + b"Transfer-Encoding: gzip\r\n\r\n" + BODY,
    "a coding over chunks": OK
    + b"Transfer-Encoding: gzip, chunked\r\n\r\nf\r\n"
    + BODY
    + b"\r\n0\r\n\r\n",
    "a coding behind chunks": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\nf\r\n" + BODY,
}


@pytest.mark.parametrize("name", CODINGS)
async def test_body_in_an_unknown_coding_is_not_taken_for_json(reach, kind, name):
    async with serving(answering(ended(CODINGS[name], "fin"), GOOD)) as host:
        there = await reach(host)
        told = await there.send()
        after = await there.send()

    assert told.reply is None or told.reply.headers["Transfer-Encoding"] != "chunked"
    assert told.sent
    # Nobody looks whether a connection of somebody else has ended meanwhile.
    assert after.told == (200, GOOD.partition(b"\r\n\r\n")[2]) or not kind.owns


# -- answers before the answer


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
async def test_what_comes_before_the_answer_is_not_the_answer(reach, status):
    before = b"HTTP/1.1 " + status + b"\r\nLink: </x>\r\nX-Early: 1\r\n\r\n"
    async with serving(answering(before + GOOD, before * 3 + GOOD)) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert [each.reply.status for each in told] == [200, 200]
    assert ["X-Early" in each.reply.headers for each in told] == [False, False]
    assert host.connections == 1


async def test_what_comes_before_the_answer_over_and_over_ends_the_call(reach, kind):
    async def endless(peer):
        while not peer.writer.is_closing():
            await peer.say_in_parts(b"HTTP/1.1 100 Continue\r\n\r\n")
            await asyncio.sleep(0.001)

    async with serving(answering(endless)) as host:
        there = await reach(host)
        told = await there.send(seconds=1.0)

    assert told.told == (
        "the server sent HTTP 100 over and over" if kind.limits_informing else "no answer in time"
    )
    assert told.sent
    assert there.counts == (0, 0)


async def test_change_of_the_protocol_ends_the_connection(reach):
    change = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
    )
    async with serving(answering(ended(change + GOOD, "nothing"), GOOD)) as host:
        there = await reach(host)
        told = await there.send(seconds=0.5)
        after = await there.send()

    # What follows it is another protocol, and never an answer.
    assert told.reply is None or told.told == (101, b"")
    assert told.sent
    assert after.reply.status == 200
    assert host.connections == 2


async def test_two_answers_in_one_segment_are_one_answer(reach):
    first, second = whole(b"the first"), whole(b"nobody's")
    async with serving(answering(first + second, whole(b"the second"))) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert told[0].told == (200, b"the first") or told[0].reply is None
    assert told[1].told == (200, b"the second")
    assert host.connections == 2


@pytest.mark.parametrize("answer", [b"\r\nHTTP/1.1 200 OK", b"\n", b"\x00", b"H"])
async def test_what_stands_behind_an_answer_belongs_to_no_other(reach, answer):
    async with serving(answering(whole(b"the first") + answer, whole(b"the second"))) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert told[0].told == (200, b"the first") or told[0].reply is None
    assert told[1].told == (200, b"the second")
