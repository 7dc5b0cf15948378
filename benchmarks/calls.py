"""CPU per call, 64 in flight: `cards.issue` with all promises on, against hand-written aiohttp that only signs, posts and reads.

    python benchmarks/calls.py [--calls 4000] [--rounds 5]

The server is a process of its own and does nothing but answer. The two take turns; the ratio of each round and their median are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp

from freedompay_async import FreedomPay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IN_FLIGHT = 64
ANSWER = b'{"status":"ok","request_status":"process","dt":"2026-01-01T00:00:00+05:00"}'


async def serve() -> None:
    from aiohttp import web  # noqa: PLC0415

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response(body=ANSWER, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def cpu_per_call(call: Callable[[], Awaitable[object]], calls: int) -> float:
    """Microseconds of this process."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await call()

    before = time.process_time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return (time.process_time() - before) / calls * 1e6


async def compare(url: str, calls: int, rounds: int) -> None:
    async with (
        FreedomPay(auth_id="1", secret_key="k", region="KG", base_url=url, max_connections=IN_FLIGHT) as fp,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session,
    ):

        async def ours() -> object:
            return await fp.cards.issue(client_id="client-1", product_id=2000)

        async def by_hand() -> object:
            request_id = str(uuid4())
            body = json.dumps({"request_id": request_id, "client_id": "client-1", "product_id": 2000})
            sign = hashlib.sha256((body + "k").encode()).hexdigest()
            headers = {"Content-Type": "application/json", "Request-Id": request_id, "Auth-Id": "1", "Sign": sign}
            async with session.post(f"{url}/v5/card-api/card/issue", data=body, headers=headers) as response:
                return await response.json()

        await cpu_per_call(ours, calls // 10)
        await cpu_per_call(by_hand, calls // 10)
        ratios = []
        for number in range(1, rounds + 1):
            mine, theirs = await cpu_per_call(ours, calls), await cpu_per_call(by_hand, calls)
            ratios.append(mine / theirs)
            print(f"round {number}: ours {mine:.0f} µs, by hand {theirs:.0f} µs, ratio {mine / theirs:.2f}")
        print(f"median ratio {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.serve:
        asyncio.run(serve())
        return
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip() if server.stdout else ""
        asyncio.run(compare(f"http://127.0.0.1:{port}", flags.calls, flags.rounds))
    finally:
        server.kill()
        server.communicate()


if __name__ == "__main__":
    main()
