"""How long reading one answer holds up the loop."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from contextlib import suppress
from typing import Any

from freedompay_async import FreedomPay, FreedomPayError, Policy
from side_by_side.columns import AUTH_ID, SECRET_KEY

_TICK = 0.002


async def _held(work: Any) -> float:
    """The longest time, in seconds, in which nothing else ran."""
    longest, last = 0.0, time.perf_counter()

    async def tick() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(_TICK)
            now = time.perf_counter()
            longest, last = max(longest, now - last - _TICK), now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(5 * _TICK)
    longest = 0.0
    with suppress(FreedomPayError):
        await work
    await asyncio.sleep(2 * _TICK)
    ticking.cancel()
    return longest


async def run(url: str, name: str) -> dict[str, float]:
    policy = Policy(grace=0.1, pause=0.01, max_pause=0.05)
    async with FreedomPay(
        auth_id=AUTH_ID, secret_key=SECRET_KEY, region="KG", base_url=url, policy=policy
    ) as fp:
        await fp.cards.info("a usual answer")
        held = {
            "info": await _held(fp.cards.info(name)),
            "statement": await _held(fp.cards.statement(name)),
            "block": await _held(_block(fp, name)),
        }
    return {**held, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


async def _block(fp: FreedomPay, name: str) -> None:
    """An effect that can't be settled, or its end."""
    operation = await fp.cards.block(name, description="lost", timeout=1.0)
    await operation.result(timeout=1.0)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(**json.loads(sys.argv[1])))))
