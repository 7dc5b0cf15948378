"""What comes when nobody has asked is nobody's answer."""

from __future__ import annotations

import asyncio
import select

import aiohttp
import pytest

from freedompay_async import NotSent

FORGED = b'{"status":"ok","request_status":"success","cards":[{"card_id":"forged"}]}'


@pytest.fixture
def stray(whole, good):
    """An answer, and another one when a test says that the first was taken."""

    def build(second: bytes):
        async def answer(asked) -> None:
            asked.writer.write(good["read"])
            await asked.writer.drain()
            await answer.taken.wait()
            asked.writer.write(second)
            await asked.writer.drain()
            answer.said.set()

        answer.taken, answer.said = asyncio.Event(), asyncio.Event()
        return answer

    return build


async def said(*events: asyncio.Event) -> None:
    """What was said on idle connections has been read by the loop."""
    async with asyncio.timeout(20):
        for each in events:
            await each.wait()
    for _ in range(20):
        await asyncio.sleep(0.001)


@pytest.fixture
def second_state(serving, connect, good):
    """Asks twice, the second time after the rest of the first answer was said: what the second
    question learns, and the host.
    """

    async def ask(first):
        async with serving(first, good["read"]) as host:
            client = connect(host.port, "read")
            await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")
            first.taken.set()
            await said(first.said)
            state = await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a12")
        return state, host

    return ask


@pytest.mark.parametrize("forged", ["an answer", "half an answer", "noise"])
async def test_second_answer_to_one_call_is_not_that_of_the_next(
    whole, stray, second_state, forged
):
    second = {
        "an answer": whole(FORGED),
        "half an answer": whole(FORGED)[:-10],
        "noise": b"408 is what some say\r\n\r\n",
    }[forged]
    state, host = await second_state(stray(second))

    assert state.request_status == "process"
    assert state.card_ids == ()
    assert host.connections == 2


async def test_second_answer_is_not_that_of_an_effect(serving, connect, good, whole, stray):
    first = stray(whole(FORGED))
    async with serving(first, good["effect"]) as host:
        client = connect(host.port)
        await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")
        first.taken.set()
        await said(first.said)
        operation = await client.cards.bulk_issue(product_id=2000, count=1)

    assert operation.answer.request_status == "process"
    assert operation.request_id.encode() in host.came[-1]


async def test_answer_right_behind_an_answer_is_not_that_of_the_next(serving, connect, good, whole):
    async with serving(good["read"] + whole(FORGED), good["read"]) as host:
        client = connect(host.port)
        states = [
            await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11") for _ in range(2)
        ]

    assert [state.request_status for state in states] == ["process", "process"]


@pytest.mark.parametrize(
    "part", [b"H", b"HTTP/1.1 4", b"HTTP/1.1 408 Request Timeout\r\nContent-Le", b"\r\n"]
)
async def test_beginning_of_an_answer_is_noticed_too(stray, second_state, part):
    state, host = await second_state(stray(part))

    assert state.request_status == "process"
    assert host.connections == 2


async def test_any_number_of_idle_connections_may_have_spoken(serving, connect, good, whole, hasty):
    """A host that says goodbye to all of them is a good host, and takes a new one."""
    together, taken, goodbyes = asyncio.Barrier(12), asyncio.Event(), []

    async def answer(asked) -> None:
        if host.connections <= 12 and not taken.is_set():
            await together.wait()
            asked.writer.write(good["read"])
            goodbye = asyncio.Event()
            goodbyes.append(goodbye)
            await taken.wait()
            asked.writer.write(whole(b"", b"408 Request Timeout"))
            await asked.writer.drain()
            goodbye.set()
        else:
            asked.writer.write(good["read"])

    async with serving(answer) as host:
        client = connect(host.port, "read", policy=hasty(attempts=1))
        asking = [client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11") for _ in range(12)]
        await asyncio.gather(*asking)
        taken.set()
        await said(*goodbyes)
        state = await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a12")

    assert state.request_status == "process"
    assert host.connections == 13


async def test_host_that_always_speaks_first_gets_no_byte(connect, good, monkeypatch, hasty):
    opened = aiohttp.TCPConnector.connect

    async def connected(self, *args, **options):
        """The loop has read nothing of what the host says before it is asked."""
        connection = await opened(self, *args, **options)
        connection.transport.pause_reading()
        descriptor = connection.transport.get_extra_info("socket").fileno()
        while not select.select([descriptor], [], [], 0)[0]:
            await asyncio.sleep(0.001)
        connection.transport.resume_reading()
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connected)
    came = []

    async def speaks(reader, writer):
        writer.write(good["effect"])
        came.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(speaks, "127.0.0.1", 0)
    client = connect(server.sockets[0].getsockname()[1], policy=hasty(attempts=1))
    with pytest.raises(NotSent, match="the server sent data on an idle connection"):
        await client.cards.bulk_issue(product_id=2000, count=1)
    while len(came) < 5:
        await asyncio.sleep(0.001)
    server.close()

    assert came == [b""] * 5
