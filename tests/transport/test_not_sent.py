"""No connection, no byte: what proves that nothing was sent, to the transport and to its client."""

from __future__ import annotations

import asyncio
import socket

import pytest

from freedompay_async import NotSent, OutcomeUnknown
from tests.transport.hosts import GOOD, answering, ended, refused_port, serving
from tests.transport.kinds import both_loops
from tests.transports import back_to, sockets

pytestmark = both_loops


async def test_refused_connection(reach, kind):
    with refused_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}")
        told = [await there.send()]
        if kind.owns:
            told.append(await there.warm_up(2))

        assert await back_to(before)
    for each in told:
        assert each.told.startswith(f"no connection to 127.0.0.1:{port} (")
        assert (each.sent, each.final) == (False, False)
    assert there.counts == (0, 0)


async def test_name_that_is_not_resolved(reach, monkeypatch):
    loop = asyncio.get_running_loop()

    async def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(loop, "getaddrinfo", unknown)
    there = await reach("http://host.example.com:8080")
    told = await there.send()

    assert told.told == "the name host.example.com was not resolved"
    assert (told.sent, told.final, there.counts) == (False, False, (0, 0))


async def test_second_address_of_a_name_is_tried_where_the_first_refuses(reach, monkeypatch):
    loop = asyncio.get_running_loop()
    async with serving(answering(GOOD)) as host:
        resolve = loop.getaddrinfo

        async def two(name, port, **options):
            if name != "host.example.com":
                return await resolve(name, port, **options)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
                for address in ("127.0.0.9", "127.0.0.1")
            ]

        monkeypatch.setattr(loop, "getaddrinfo", two)
        there = await reach(f"http://host.example.com:{host.port}")
        told = await there.send()

    assert told.told == (200, GOOD.partition(b"\r\n\r\n")[2])
    assert b"\r\nHost: host.example.com:%d\r\n" % host.port in host.requests[0]


async def test_client_says_so(connect):
    with refused_port() as port:
        fp = await connect(f"http://127.0.0.1:{port}", timeout=1.0)
        with pytest.raises(NotSent, match=r"no connection to 127\.0\.0\.1") as caught:
            await fp.cards.bulk_issue(product_id=2000, count=1)

    assert caught.value.request_id


async def test_client_asks_what_became_of_a_call_whose_answer_was_lost(connect):
    async with serving(answering(ended(b"", "reset"), GOOD)) as host:
        fp = await connect(host)
        operation = await fp.cards.bulk_issue(product_id=2000, count=1)

    paths = [each.split(b" ")[1].rpartition(b"card-api/")[2] for each in host.requests]
    assert paths == [b"card/bulk_issue", b"request/status"]
    assert all(operation.request_id.encode() in each for each in host.requests)


async def test_client_does_not_say_what_it_does_not_know(connect):
    """Whatever it asks, it gets no answer."""
    async with serving(answering(ended(b"HTTP/1.1 200 OK\r\nContent-Le", "fin"))) as host:
        fp = await connect(host, timeout=0.5)
        with pytest.raises(OutcomeUnknown):
            await fp.cards.bulk_issue(product_id=2000, count=1)

    paths = [each.split(b" ")[1].rpartition(b"card-api/")[2] for each in host.requests]
    assert paths[0] == b"card/bulk_issue"
    assert set(paths[1:]) == {b"request/status"}
