"""The way through a proxy: a tunnel to the host, or nothing was sent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.settings.proxies import Proxy, Way
from freedompay_async.transport.base import Destination
from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import GOOD, answering, refused_port, serving
from tests.transport.kinds import both_loops
from tests.transports import back_to, sockets

pytestmark = both_loops


@pytest.fixture
def proxied(reach):
    """A transport whose way to a host goes through a proxy."""

    async def build(host, proxy, **options):
        url = proxy if isinstance(proxy, str) else f"http://127.0.0.1:{proxy.port}"
        way = Way(Proxy.read(url, "FREEDOMPAY_PROXY"))
        return await reach(host, way=way, ssl_context=client_context(), **options)

    return build


async def tunnel(peer) -> None:
    """A proxy that does its work."""
    asked = await peer.head()
    peer.host.requests.append(asked)
    host, _, port = asked.split(b" ")[1].rpartition(b":")
    reader, writer = await asyncio.open_connection(host.decode(), int(port))
    peer.say(b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def back() -> None:
        while data := await reader.read(2**16):
            peer.say(data)

    task = asyncio.create_task(back())
    try:
        while data := await peer.reader.read(2**16):
            writer.write(data)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.transport.abort()


@pytest.mark.kinds(proxies=True)
async def test_tunnel_carries_the_call(proxied, tmp_path):
    async with (
        serving(answering(GOOD), tls=server_context(tmp_path)) as host,
        serving(tunnel) as proxy,
    ):
        there = await proxied(host, proxy)
        told = [await there.send() for _ in range(2)]
        await there.close()

    assert [each.reply.status for each in told] == [200, 200]
    assert len(host.requests) == 2
    # The proxy sees the address of the host, and nothing of a request.
    assert all(each.startswith(b"CONNECT 127.0.0.1:%d " % host.port) for each in proxy.requests)


@pytest.mark.kinds(proxies=True)
async def test_login_is_for_the_proxy_alone(proxied, tmp_path):
    async with (
        serving(answering(GOOD), tls=server_context(tmp_path)) as host,
        serving(tunnel) as proxy,
    ):
        there = await proxied(host, f"http://me:hunter2@127.0.0.1:{proxy.port}")
        told = await there.send()
        await there.close()

    assert told.reply.status == 200
    assert b"proxy-authorization: basic " in proxy.requests[0].lower()
    assert b"authorization" not in host.requests[0].lower()


ANSWERS = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "a page": b"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\n<html>",
    "no HTTP": b"\x05\x00\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.kinds(proxies=True)
async def test_proxy_that_refuses_gets_no_byte_of_the_request(proxied, tmp_path, name):
    async def refuse(peer):
        peer.host.requests.append(await peer.head())
        peer.say(ANSWERS[name])
        await peer.fin()

    async with (
        serving(answering(GOOD), tls=server_context(tmp_path)) as host,
        serving(refuse) as proxy,
    ):
        before = sockets()
        there = await proxied(host, proxy)
        told = await there.send()

        assert await back_to(before)

    assert (told.reply, told.sent) == (None, False)
    assert "proxy" in told.told
    assert (host.connections, host.requests) == (0, [])
    assert all(b"POST" not in each for each in proxy.requests)
    assert there.counts == (0, 0)


@pytest.mark.parametrize("clock", ["connect", "call"])
@pytest.mark.kinds(proxies=True)
async def test_silent_proxy_is_waited_for_until_the_time_is_up(proxied, clock):
    async def silent(peer):
        peer.host.requests.append(await peer.head())
        await peer.reader.read(-1)

    times = (0.2, 20.0) if clock == "connect" else (20.0, 0.2)
    async with serving(silent) as proxy:
        there = await proxied("https://127.0.0.1:9", proxy, connect_timeout=times[0])
        told = await there.send(deadline=min(times[1], 1.0))
        await proxy.all_over()

    assert (told.reply, told.sent) == (None, False)
    assert told.told.startswith("no connection in time")
    assert there.counts == (0, 0)


@pytest.mark.kinds(proxies=True)
async def test_proxy_that_is_not_there_is_named(proxied):
    with refused_port() as port:
        there = await proxied("https://api.example.com", f"http://me:hunter2@127.0.0.1:{port}")
        told = await there.send()

    assert (told.reply, told.sent) == (None, False)
    assert f"http://127.0.0.1:{port}" in told.told
    assert "hunter2" not in told.told


@pytest.mark.kinds(proxies=True)
async def test_cancelled_while_the_proxy_says_nothing_it_was_not_sent(proxied):
    async def silent(peer):
        peer.host.requests.append(await peer.head())
        await peer.reader.read(-1)

    async with serving(silent) as proxy:
        there = await proxied("https://127.0.0.1:9", proxy)
        task = asyncio.create_task(there.send())
        await proxy.reached(requests=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await proxy.all_over()

    assert not there.attempts[-1].sent
    assert there.counts == (0, 0)


@pytest.mark.kinds(proxies=False)
async def test_transport_that_goes_straight_refuses_a_proxy(kind):
    way = Way(Proxy.read("http://me:hunter2@127.0.0.1:9", "FREEDOMPAY_PROXY"))
    async with AsyncExitStack() as stack:
        transport = await kind.make(stack)
        with pytest.raises(ConfigurationError, match="Nothing was sent") as caught:
            transport.bind(Destination(base_url="https://api.example.com", way=way))

    assert "FREEDOMPAY_PROXY" in str(caught.value)
    assert "hunter2" not in str(caught.value)
