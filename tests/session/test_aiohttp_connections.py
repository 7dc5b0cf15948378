"""The connections of the session that the library makes: what aiohttp would do otherwise."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from freedompay_async.codec.messages import Message
from freedompay_async.transport.base import Attempt, TransportError
from tests.transports import bound

GOOD = b'{"status":"ok","request_status":"process"}'
FORGED = b'{"status":"ok","request_status":"success","cards":[{"card_id":"forged"}]}'


def whole(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def attempt(**options) -> Attempt:
    return Attempt(**{"deadline": asyncio.get_running_loop().time() + 20, "seconds": 20} | options)


POST = Message("POST", "/x", {}, b"{}")


class Host:
    """Says the next answer to each request: pieces, with a turn of the loop between them; `None`
    closes the connection.
    """

    def __init__(self, *answers) -> None:
        self.answers, self.came, self.writers = list(answers), [], []

    async def take(self, reader, writer):
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                self.came.append(head + await reader.readexactly(length))
                for piece in self.answers.pop(0):
                    if piece is None:
                        writer.transport.abort()
                        return
                    writer.write(piece)
                    await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def host_saying(*answers):
    host = Host(*answers)
    server = await asyncio.start_server(host.take, "127.0.0.1", 0)
    transport = bound(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield host, transport
    finally:
        await transport.close()
        server.close()
        for writer in host.writers:
            writer.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_an_answer_right_behind_one_in_pieces_is_nobodys():
    """aiohttp reads both, gives the first one out, and keeps the second for the next request."""
    first, rest = whole(GOOD)[:-10], whole(GOOD)[-10:]
    async with host_saying([first, rest + whole(FORGED)], [whole(GOOD)]) as (_, transport):
        one = await transport.send(POST, attempt())
        second = attempt()
        with pytest.raises(TransportError, match="an answer was there before the request"):
            await transport.send(POST, second)

    assert one.body == GOOD
    assert second.sent


async def test_an_answer_in_pieces_gives_its_connection_back():
    first, rest = whole(GOOD)[:-10], whole(GOOD)[-10:]
    async with host_saying([first, rest], [first, rest], [whole(GOOD)]) as (host, transport):
        replies = [await transport.send(POST, attempt()) for _ in range(3)]

    assert [reply.body for reply in replies] == [GOOD] * 3
    assert len(host.writers) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_leaves_once_also_where_aiohttp_would_repeat_it(method):
    async with host_saying([whole(GOOD)], [None], [whole(GOOD)]) as (host, transport):
        message = Message(method, "/x", {}, b"" if method == "GET" else b"{}")
        await transport.send(message, attempt())
        second = attempt()
        with pytest.raises(TransportError):
            await transport.send(message, second)

    assert second.sent
    assert len(host.came) == 2


async def test_a_request_that_another_task_carries_is_refused(monkeypatch):
    """Nobody could tell whose it is."""
    request = aiohttp.ClientSession.request

    def in_a_task(self, *args, **options):
        async def carry():
            return await request(self, *args, **options)

        return asyncio.create_task(carry())

    monkeypatch.setattr(aiohttp.ClientSession, "request", in_a_task)
    async with host_saying([whole(GOOD)]) as (host, transport):
        with pytest.raises(TransportError, match="in a task of its own"):
            await transport.send(POST, attempt())

    assert host.came == []


async def test_an_idle_connection_that_the_server_closes_is_not_counted():
    async with host_saying([whole(GOOD)]) as (host, transport):
        await transport.send(POST, attempt())
        before = repr(transport)
        host.writers[0].close()
        async with asyncio.timeout(5):
            while "0 active, 0 idle" not in repr(transport):
                await asyncio.sleep(0.001)

    assert "0 active, 1 idle" in before


async def test_a_connection_that_came_too_late_carries_the_next_request():
    async with host_saying([whole(GOOD)]) as (host, transport):
        late = attempt(may_leave=lambda _: False)
        with pytest.raises(TransportError, match="too long ago"):
            await transport.send(POST, late)
        left = repr(transport)
        await transport.send(POST, attempt())

    assert not late.sent
    assert "0 active, 1 idle" in left
    assert (len(host.writers), len(host.came)) == (1, 1)


@pytest.mark.parametrize("length", [b"Content-Length: 100\r\n", b""], ids=["a length", "no length"])
async def test_a_call_whose_answer_is_read_ends_when_the_client_is_closed(length):
    """aiohttp would let it wait, or make it look whole."""
    async with host_saying([b"HTTP/1.1 200 OK\r\n" + length + b"\r\n{"]) as (host, transport):
        call = asyncio.create_task(transport.send(POST, attempt()))
        while not host.came:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        await transport.close()
        async with asyncio.timeout(5):
            with pytest.raises(TransportError, match="closed") as caught:
                await call

    assert caught.value.final


async def test_background_calls_open_32_connections_at_once_and_urgent_ones_go_past_them(
    monkeypatch,
):
    opening, go = [], asyncio.Event()
    connect = aiohttp.TCPConnector.connect

    async def slow(self, *args, **options):
        opening.append(None)
        await go.wait()
        return await connect(self, *args, **options)

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", slow)
    async with host_saying(*[[whole(GOOD)]] * 43) as (_, transport):
        calls = [asyncio.create_task(transport.send(POST, attempt())) for _ in range(40)]
        while len(opening) < 32:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        background = len(opening)
        calls += [asyncio.create_task(transport.send(POST, attempt(urgent=True))) for _ in range(3)]
        for _ in range(20):
            await asyncio.sleep(0)
        urgent = len(opening) - background
        go.set()
        replies = await asyncio.gather(*calls)

    assert (background, urgent, len(replies)) == (32, 3, 43)


async def test_a_cancellation_in_the_moment_when_the_time_is_up_stays_one():
    async with host_saying([]) as (_, transport):
        now = asyncio.get_running_loop().time()
        call = asyncio.create_task(transport.send(POST, attempt(deadline=now)))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])

    assert call.cancelled()


async def test_the_time_of_a_call_cancels_nothing_beyond_it():
    async with host_saying([]) as (_, transport):

        async def story():
            with pytest.raises(TransportError, match="in time"):
                await transport.send(POST, attempt(seconds=0.01))
            # A cancellation that was left over would come here.
            await asyncio.sleep(0)
            return asyncio.current_task().cancelling()

        left = await asyncio.create_task(story())

    assert left == 0


class Deaf(asyncio.Protocol):
    """Reads the beginning of a request, and the rest when it is told to."""

    def __init__(self) -> None:
        self.heard, self.begun, self.ended = 0, asyncio.Event(), asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.heard += len(data)
        if not self.begun.is_set():
            self.transport.pause_reading()
            self.begun.set()

    def connection_lost(self, exc):
        self.ended.set()


@pytest.mark.parametrize("how", ["cancelled", "too late", "closed"])
async def test_the_rest_of_a_request_does_not_leave_after_its_call_has_ended(how):
    loop, deaf = asyncio.get_running_loop(), Deaf()
    server = await loop.create_server(lambda: deaf, "127.0.0.1", 0)
    transport = bound(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    body = b"0" * 30_000_000
    one = attempt(seconds=0.2 if how == "too late" else 20)
    call = asyncio.create_task(transport.send(Message("POST", "/x", {}, body), one))
    async with asyncio.timeout(10):
        await deaf.begun.wait()
        if how == "cancelled":
            call.cancel()
        elif how == "closed":
            await transport.close()
        await asyncio.wait([call])
        deaf.transport.resume_reading()
        await deaf.ended.wait()
    await transport.close()
    server.close()

    assert call.cancelled() or isinstance(call.exception(), TransportError)
    assert one.sent
    assert deaf.heard < len(body)


async def test_an_answer_that_upgrades_the_connection_does_not_keep_it(connect):
    switch = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    async with host_saying([switch], [whole(GOOD)]) as (host, transport):
        reply = await transport.send(POST, attempt())
        left = repr(transport)
        await transport.send(POST, attempt())

    assert reply.status == 101
    assert "0 active, 0 idle" in left
    assert len(host.writers) == 2


async def test_a_part_of_an_answer_behind_one_in_pieces_makes_the_next_unreadable(connect):
    first, rest = whole(GOOD)[:-10], whole(GOOD)[-10:]
    async with host_saying([first, rest + b"HTTP/1.1 200 OK\r\nX"], [b": y\r\n\r\n"]) as (
        _,
        transport,
    ):
        await transport.send(POST, attempt())
        second = attempt()
        with pytest.raises(TransportError):
            await transport.send(POST, second)

    assert second.sent
