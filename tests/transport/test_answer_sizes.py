"""Large answers and compressed ones: no more is read than the client allows."""

from __future__ import annotations

import gzip
import zlib

import pytest

from tests.transport.hosts import GOOD, answering, ended, serving, whole

MOST = 1_000
OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunks(*parts: bytes) -> bytes:
    return CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


EXACT = {
    "by its length": (whole(b"x" * MOST), "nothing"),
    "in chunks": (chunks(b"x" * 600, b"x" * 400), "nothing"),
    "without a length": (OPEN + b"x" * MOST, "fin"),
}


@pytest.mark.parametrize("name", EXACT)
async def test_answer_of_the_size_that_is_allowed_is_read(reach, name):
    async with serving(answering(ended(*EXACT[name]))) as host:
        there = await reach(host, max_answer=MOST)
        told = await there.send()

    assert told.told == (200, b"x" * MOST)


LARGER = {
    "by its length": whole(b"x" * (MOST + 1)),
    "by its length alone": b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
    "in chunks": chunks(b"x" * 600, b"x" * 401),
    "in one chunk": chunks(b"x" * (MOST + 1)),
    "in chunks without end": CHUNKED + b"3e8\r\n" + b"x" * MOST + b"\r\n3e8\r\nx",
    "without a length": OPEN + b"x" * (MOST + 1),
    "by far": OPEN + b"x" * 2**22,
}


@pytest.mark.parametrize("name", LARGER)
async def test_answer_that_is_larger_is_none_and_the_rest_of_it_is_not_waited_for(
    reach, kind, name
):
    async with serving(answering(ended(LARGER[name], "nothing"), GOOD)) as host:
        there = await reach(host, max_answer=MOST)
        told = await there.send()
        counts = there.counts
        after = await there.send()

    assert told.told == "the answer is larger than 1000 bytes and was not read (HTTP 200)"
    assert (told.sent, told.final, counts) == (True, False, (0, 0))
    assert after.reply.status == 200
    # aiohttp keeps a connection whose answer has come to its end.
    assert host.connections == 2 or not kind.owns


async def test_large_answer_is_read_whole(reach):
    body = bytes(range(256)) * 2**14
    async with serving(answering(whole(body), chunks(*[body[:70_000]] * 3))) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert told[0].told == (200, body)
    assert told[1].told == (200, body[:70_000] * 3)
    assert host.connections == 1


BODY = b'{"status":"ok","request_status":"process"}'
RAW = zlib.compressobj(wbits=-15)
RAW_BODY = RAW.compress(BODY) + RAW.flush()
PACKED = {
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "Deflate": RAW_BODY,
}


@pytest.mark.parametrize("coding", PACKED)
async def test_compressed_answer_is_unpacked_though_nobody_asked_for_it(reach, coding):
    answer = whole(PACKED[coding], b"200 OK", b"Content-Encoding: " + coding.encode())
    async with serving(answering(answer)) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert [each.told for each in told] == [(200, BODY)] * 2
    assert host.connections == 1
    assert b"accept-encoding: identity" in host.requests[0].lower()


BROKEN = {
    "cut": gzip.compress(BODY)[:-3],
    "with bytes behind it": gzip.compress(BODY) + b"more",
    "not compressed": BODY,
    "empty": b"",
    "broken": b"\x1f\x8b\x08\x00" + b"\xff" * 30,
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_can_not_be_unpacked_stays_as_it_came(reach, name):
    answer = whole(BROKEN[name], b"200 OK", b"Content-Encoding: gzip")
    async with serving(answering(answer)) as host:
        there = await reach(host)
        told = [await there.send() for _ in range(2)]

    assert [each.told for each in told] == [(200, BROKEN[name])] * 2
    assert told[0].reply.headers["content-encoding"] == "gzip"


async def test_unknown_coding_is_left_alone(reach):
    async with serving(answering(whole(b"\x01\x02", b"200 OK", b"Content-Encoding: br"))) as host:
        there = await reach(host)
        told = await there.send()

    assert told.told == (200, b"\x01\x02")


async def test_bomb_is_refused(reach):
    bomb = gzip.compress(b"0" * 2**24)
    async with serving(answering(whole(bomb, b"200 OK", b"Content-Encoding: gzip"))) as host:
        there = await reach(host, max_answer=2**20)
        told = await there.send()

    assert told.told == "the answer is larger than 1048576 bytes and was not read (HTTP 200)"
    assert told.sent
