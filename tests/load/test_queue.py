"""Many more calls than connections: waiting for one takes nothing from the time of an attempt."""

from __future__ import annotations

import asyncio
import json

import pytest

from freedompay_async import FreedomPay, Policy

CALLS, POOL, ANSWER_AFTER, ATTEMPT = 5_000, 64, 0.3, 5.0


class SlowServer:
    """Answers each request after a while; counts what comes."""

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self.busy = 0
        self.busiest = 0

    async def serve(self, reader, writer) -> None:
        self.connections += 1
        while head := await self._head(reader):
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            request_id = json.loads(await reader.readexactly(length))["request_id"]
            self.requests += 1
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            await asyncio.sleep(ANSWER_AFTER)
            self.busy -= 1
            body = json.dumps(
                {"status": "ok", "request_status": "process", "request_id": request_id}
            ).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )
            await writer.drain()
        writer.close()

    async def _head(self, reader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


@pytest.mark.timeout(180)
async def test_5000_calls_at_once_on_64_connections_all_succeed_though_most_wait_longer_than_an_attempt_may_take():
    slow = SlowServer()
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = asyncio.get_running_loop().time()
    ends = []

    async with FreedomPay(
        auth_id="10001",
        secret_key="secret",
        region="KZ",
        base_url=f"http://127.0.0.1:{port}",
        max_connections=POOL,
        timeout=120.0,
        policy=Policy(attempt_timeout=ATTEMPT),
    ) as fp:

        async def call():
            operation = await fp.cards.bulk_issue(product_id=2000, count=1)
            ends.append(asyncio.get_running_loop().time() - began)
            return operation.request_id

        ids = await asyncio.gather(*(call() for _ in range(CALLS)))
    server.close()

    assert len(set(ids)) == CALLS
    assert slow.requests == CALLS
    assert (slow.busiest, slow.connections) == (POOL, POOL)
    # That it was a queue at all: by arithmetic the last one waits 23 s.
    assert max(ends) > 2 * ATTEMPT
