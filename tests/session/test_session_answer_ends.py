"""Where an answer ends: an end that the client makes itself, by its time-out or its close, makes no
whole answer of half of one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPay,
    JwsSigner,
    NotSent,
    OutcomeUnknown,
    Section,
)
from freedompay_async.codec.messages import Message
from freedompay_async.transport.base import Attempt, TransportError
from tests.transports import bound, in_use

NO_LENGTH = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\n\r\n"
GOOD = b'{"status":"ok","request_status":"process"}'
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@contextlib.asynccontextmanager
async def saying(answer):
    """A server that says to each path what `answer` gives for it, and then nothing more; its port,
    and the paths, bodies and heads that came.
    """
    came, writers = [], []

    async def take(reader, writer):
        writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                path = head.split(b" ")[1].decode().rpartition("card-api/")[2]
                came.append((path, body, head))
                writer.write(answer(path))
                await writer.drain()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], came
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "status", [b"403 Forbidden", b"401 Unauthorized", b"404 Not Found", b"200 OK"]
)
async def test_an_effect_whose_answer_stalls_before_its_end_is_not_told_as_refused(
    connect, hasty, status
):
    async with saying(lambda _: NO_LENGTH % status) as (port, came):
        fp = connect(f"http://127.0.0.1:{port}", policy=hasty(attempt_timeout=0.1))
        with pytest.raises(OutcomeUnknown):
            await fp.cards.set_pin("card")

    assert [path for path, *_ in came] == ["card/set_pin"]


async def test_a_look_up_that_stalls_proves_nothing_and_nothing_is_sent_again(connect, hasty):
    def answer(path):
        return (
            NO_LENGTH % b"404 Not Found"
            if path == "request/status"
            else b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        )

    async with saying(answer) as (port, came):
        fp = connect(f"http://127.0.0.1:{port}", policy=hasty(attempt_timeout=0.05), timeout=1.0)
        with pytest.raises(OutcomeUnknown):
            await fp.cards.bulk_issue(product_id=2000, count=1)

    assert [path for path, *_ in came].count("card/bulk_issue") == 1
    assert len(came) > 2


async def test_a_close_of_the_client_ends_no_answer(connect, hasty):
    async with saying(lambda _: NO_LENGTH % b"200 OK" + GOOD) as (port, came):
        fp = connect(f"http://127.0.0.1:{port}")
        call = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
        while not came:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        await fp.aclose()
        with pytest.raises(OutcomeUnknown):
            await call


class Deaf(asyncio.Protocol):
    """Reads the beginning of a request, says what it was told to say, and reads no further."""

    made: list[asyncio.Transport]
    says = b""

    def connection_made(self, transport):
        self.made.append(transport)
        self.transport = transport

    def data_received(self, data):
        self.transport.pause_reading()
        self.transport.write(self.says)


@pytest.fixture
async def large():
    """A call with a body that never gets through to a server which says this; its transport, the
    call's, and the attempt.
    """
    loop = asyncio.get_running_loop()
    made, opened = [], []

    async def build(says):
        kind = type("Told", (Deaf,), {"made": made, "says": says})
        server = await loop.create_server(kind, "127.0.0.1", 0)
        transport = bound(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        opened.extend((server, transport))
        attempt = Attempt(deadline=loop.time() + 20, seconds=20)
        return (
            transport,
            transport.send(Message("POST", "/x", {}, b"0" * 30_000_000), attempt),
            attempt,
        )

    yield build
    server, transport = opened
    await transport.close()
    server.close()
    for each in made:
        each.abort()
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_answer_before_the_end_of_the_request_gives_no_connection_back(large):
    """What is not sent yet would stand in the way of the next call."""
    transport, call, _ = await large(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    reply = await call

    assert reply.status == 200
    assert "0 active, 0 idle" in repr(transport)


async def test_closing_does_not_wait_for_what_is_not_sent_yet(large):
    transport, call, attempt = await large(b"")
    task = asyncio.create_task(call)
    while not attempt.sent:
        await asyncio.sleep(0.001)
    async with asyncio.timeout(5):
        await transport.close()

    with pytest.raises(TransportError):
        await task


# -- the head


class Signer(JwsSigner):
    added: dict[str, str]

    def headers(self, *, path, body, request_id):
        return super().headers(path=path, body=body, request_id=request_id) | self.added


@pytest.mark.parametrize(
    "added",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X": "a\0b"},
        {"X\r\nY": "a"},
        {"A b": "c"},
        {"A:b": "c"},
        {"": "c"},
        {"X": "\ud800"},
        {"Content-Length": "1"},
        {"transfer-encoding": "chunked"},
        {"HOST": "elsewhere"},
        {"x-a": "1", "X-A": "2"},
    ],
    ids=repr,
)
async def test_a_header_that_would_be_read_otherwise_is_refused_and_nothing_is_sent(issuer, added):
    signer = Signer(auth_id="10001", secret_key="sandbox-secret")
    signer.added = added
    async with FreedomPay(base_url=issuer.base_url, signer=dict.fromkeys(Section, signer)) as fp:
        with pytest.raises(ConfigurationError, match="Nothing was sent") as caught:
            await fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN)
        left = in_use(fp).active

    assert caught.value.request_id == OWN
    assert (len(issuer.received), left) == (0, 0)


async def test_a_signer_may_say_who_calls():
    async with saying(
        lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(GOOD) + GOOD
    ) as (port, came):
        signer = Signer(auth_id="10001", secret_key="sandbox-secret")
        signer.added = {"user-agent": "mine"}
        async with FreedomPay(
            base_url=f"http://127.0.0.1:{port}", signer=dict.fromkeys(Section, signer)
        ) as fp:
            await fp.cards.bulk_issue(product_id=2000, count=1)

    ((_, body, head),) = came
    assert head.lower().count(b"user-agent") == 1
    assert b"\r\nuser-agent: mine\r\n" in head
    assert json.loads(body)["count"] == 1


async def test_warm_ups_and_calls_at_once_open_no_more_than_the_client_may_have(
    connect, issuer, pool
):
    fp = connect(issuer, max_connections=5)
    calls = [fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(10)]
    await asyncio.gather(fp.warm_up(5), fp.warm_up(5), *calls)

    assert pool(fp).idle == 5


async def test_a_warm_up_of_a_client_that_is_closed_meanwhile_says_so(connect, issuer, monkeypatch):
    fp = connect(issuer)
    await fp.__aenter__()

    async def closing(*_, **__):
        await fp.aclose()
        raise asyncio.CancelledError

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", closing)
    with pytest.raises(NotSent, match="closed"):
        await fp.warm_up(1)
