"""Whatever bytes a server sends, and in whatever pieces: a transport gives an answer or says that
there is none, in its time; and the direct one never gives the bytes of another answer.

Each answer has the mark of its request. So a mark in a reply that is not that of its request came
from another answer. aiohttp forgets the beginning of an answer that comes in one piece with the end
of another, so of its transport less can be said.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import re
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st

from freedompay_async.codec.messages import Message, Reply
from freedompay_async.transport.base import Attempt, Destination, Transport, TransportError
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from tests.fuzz.corpus import spoiled

MARK = b"@@@@@@@@"
BODY = b'{"status":"ok","mark":"' + MARK + b'"}'
OK = b"HTTP/1.1 200 OK\r\n"
SIZE = b"%d" % len(BODY)
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)
# Whole answers, each with the mark of its request, and answers to nobody.
CORPUS = [
    OK + b"Content-Length: " + SIZE + b"\r\n\r\n" + BODY,
    OK
    + b"Content-Type: application/json\r\nRetry-After: 1\r\nContent-Length: "
    + SIZE
    + b"\r\n\r\n"
    + BODY,
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK + b"0\r\nX-Sum: 1\r\n\r\n",
    OK + b"\r\n" + BODY,
    OK + b"Connection: close\r\nContent-Length: " + SIZE + b"\r\n\r\n" + BODY,
    b"HTTP/1.0 200 OK\r\nContent-Length: " + SIZE + b"\r\n\r\n" + BODY,
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: " + SIZE + b"\r\n\r\n" + BODY,
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + OK + b"Content-Length: 0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    OK + b"Content-Encoding: gzip\r\nContent-Length: 31\r\n\r\n" + gzip.compress(b"{}" * 8)[:31],
    b"<html><body>502 Bad Gateway</body></html>",
    b"",
]
PIECES = [
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b" ", b"\t", b":", b";", b",", b"0\r\n\r\n"),
    *(b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"200", b"1xx"),
    *(b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n"),
    *(b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n"),
    *(b"Connection: upgrade\r\nUpgrade: x\r\n", b"X: a\r\n b\r\n", b"Content-Encoding: gzip\r\n"),
    *(b"ffffffffffffffffffff\r\n", b"7fffffff\r\n", b"-1\r\n", b"1;a=b\r\nx\r\n", b"\xff\xfe"),
    *(b"X: " + b"x" * 70_000 + b"\r\n", b"X: y\r\n" * 300, b"x" * 3_000, MARK),
]
try:
    import uvloop
except ImportError:
    LOOPS = [asyncio.new_event_loop]
else:
    LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
KINDS = {"direct": DirectTransport, "aiohttp": AiohttpTransport}
# aiohttp's parser has fuzzers of its own.
TURNS = ["direct", "direct", "direct", "aiohttp"]
MOST = 2_000
MARKED = re.compile(rb"mark-\d{3}")


@dataclass
class Said:
    """What the server says to one request.

    Attributes:
        data: with `MARK` in the places of its mark.
        cuts: where it is cut into segments.
        end: what follows it: `fin`, `reset`, `nothing`.
        stray: said when the call has ended.
    """

    data: bytes
    cuts: list[int]
    end: str
    stray: bytes

    def parts(self, mark: bytes) -> list[bytes]:
        data = self.data.replace(MARK, mark)
        ends = sorted({min(cut, len(data)) for cut in self.cuts} | {0, len(data)})
        return [data[begin:end] for begin, end in itertools.pairwise(ends)]


KEPT = CORPUS[:4]
cuts = st.lists(st.integers(0, 200), max_size=4)
# The beginning of something, which the next answer must not be added to.
beginnings = st.tuples(st.sampled_from([*CORPUS, *PIECES]), st.integers(0, 60)).map(
    lambda both: both[0][: both[1]]
)
anything = st.one_of(st.just(b""), st.sampled_from(CORPUS), st.sampled_from(PIECES), beginnings)
spoilt = st.builds(
    Said,
    data=st.one_of(
        spoiled(CORPUS, PIECES),
        spoiled(CORPUS, PIECES),
        st.tuples(spoiled(CORPUS, PIECES), spoiled(CORPUS, PIECES)).map(b"".join),
        st.binary(max_size=60),
    ),
    cuts=cuts,
    end=st.sampled_from(["fin", "reset", "nothing"]),
    stray=anything,
)
# A good answer on a connection that is kept, and what comes behind it in one piece with it or when
# the call has ended.
kept = st.builds(
    Said,
    data=st.tuples(st.sampled_from(KEPT), st.one_of(st.just(b""), anything)).map(b"".join),
    cuts=st.one_of(st.just([]), cuts),
    end=st.just("nothing"),
    stray=anything,
)
said = st.one_of(spoilt, kept, kept)


@dataclass
class Script:
    """What a server has to say, request by request, and what it has seen.

    Attributes:
        told: what is left of it.
        came: the marks of the requests that came; one may be lost with its connection.
        whole: the marks of those that are answered well, whatever follows that.
        saying: how many answers are not said to their ends yet.
        open: its connections.
    """

    told: list[Said]
    came: list[bytes] = field(default_factory=list)
    whole: set[bytes] = field(default_factory=set)
    saying: int = 0
    open: set[asyncio.Transport] = field(default_factory=set)


class Server(asyncio.Protocol):
    """Says the next of its script to each request, on whatever connection it comes."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.buffer = b""
        self.ended = False

    def connection_made(self, transport):
        self.transport = transport
        self.script.open.add(transport)

    def connection_lost(self, error):
        self.script.open.discard(self.transport)

    def data_received(self, data):
        self.buffer += data
        _, end, body = self.buffer.partition(b"\r\n\r\n")
        if end and len(body) >= 8:
            self.buffer = body[8:]
            self.script.came.append(body[:8])
            told = self.script.told.pop(0)
            if told.data.startswith(tuple(KEPT)):
                self.script.whole.add(body[:8])
            self.script.saying += 1
            self.say(told, told.parts(body[:8]), body[:8])

    def say(self, told: Said, parts: list[bytes], mark: bytes, hops: int = 0) -> None:
        loop = asyncio.get_running_loop()
        over = self.ended or self.transport.is_closing()
        if not over and hops:
            # So that the other side, in the same loop, reads each part by itself.
            loop.call_soon(self.say, told, parts, mark, hops - 1)
            return
        if not over and parts:
            self.transport.write(parts[0])
            loop.call_soon(self.say, told, parts[1:], mark, 3)
            return
        self.script.saying -= 1
        if over:
            return
        if told.end == "fin":
            self.ended = True
            with suppress(OSError):
                self.transport.write_eof()
        elif told.end == "reset":
            self.transport.abort()
        elif told.stray:
            self.transport.write(told.stray.replace(MARK, mark))


@asynccontextmanager
async def serving(told: list[Said], transport: Transport):
    """A server, and a transport that is bound to it."""
    script = Script(told)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(script), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport.bind(Destination(base_url=f"http://127.0.0.1:{port}", max_answer=MOST))
    try:
        yield script
    finally:
        async with asyncio.timeout(1):
            await transport.close()
        server.close()
        for each in list(script.open):
            each.abort()
        for _ in range(5):
            await asyncio.sleep(0)


async def talk(told: list[Said], kind: str) -> None:
    """One call for each of what the server says, on one transport."""
    transport = KINDS[kind]()
    wrong: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    async with serving(list(told), transport) as script:
        for number in range(len(told)):
            mark = b"mark-%03d" % number
            reply = await call(transport, mark, script.came)
            if reply is not None and kind == "direct":
                # Never the bytes of another answer.
                assert set(MARKED.findall(reply.body)) <= {mark}
                if mark in script.whole:
                    assert (reply.status, reply.body) == (200, BODY.replace(MARK, mark))
            # What is said later than the next request can't be told from the answer to it.
            while script.saying:
                await asyncio.sleep(0)
            # What is behind the answer is in the socket by now, or read by the loop too.
            for _ in range(number % 2 * 3):
                await asyncio.sleep(0)
        assert "0 active" in repr(transport)
    assert wrong == []


async def call(transport: Transport, mark: bytes, came: list[bytes]) -> Reply | None:
    attempt = Attempt(deadline=asyncio.get_running_loop().time() + 1, seconds=0.02)
    reply = error = None
    try:
        async with asyncio.timeout(2):
            reply = await transport.send(Message("POST", "/x", {}, mark), attempt)
    except TransportError as caught:
        error = caught
    if error is not None:
        assert error.reason
        assert not error.final
    else:
        assert type(reply) is Reply
        assert type(reply.body) is bytes
        assert 100 <= reply.status <= 999
        assert len(reply.body) <= MOST
        assert attempt.sent
    # It came once at most, and not at all unless it counts as sent.
    assert came.count(mark) <= int(attempt.sent)
    return reply


def test_raw_answers(fuzz):
    with ExitStack() as stack:
        runners = [stack.enter_context(asyncio.Runner(loop_factory=each)) for each in LOOPS]
        one = st.tuples(
            st.integers(0, len(LOOPS) - 1),
            st.lists(said, min_size=2, max_size=4),
            st.sampled_from(TURNS),
        )
        tried = fuzz(lambda each: runners[each[0]].run(talk(*each[1:])), one)

    assert tried > 0


@pytest.mark.parametrize("kind", KINDS)
def test_answers_that_nobody_has_spoiled_are_read(kind):
    """So that the fuzzer begins from what is read, and not from what is refused at once."""

    async def read(data: bytes) -> bytes:
        transport = KINDS[kind]()
        async with serving([Said(data, [], "fin", b"")], transport):
            now = asyncio.get_running_loop().time()
            attempt = Attempt(deadline=now + 20, seconds=20)
            reply = await transport.send(Message("POST", "/x", {}, b"mark-000"), attempt)
        return reply.body

    bodies = [asyncio.run(read(data)) for data in CORPUS[:8]]

    assert bodies == [BODY.replace(MARK, b"mark-000")] * 8
