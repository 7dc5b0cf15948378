"""One process that issues so many cards a second and waits for all of them.

python -m side_by_side.workers.waiting ORDER
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any, Final

import uvloop

from side_by_side.columns.ours import client_at
from side_by_side.machine import raise_open_files

GROUP: Final = 0.1
"""Seconds: what was accepted in so many is waited for together."""


async def run(url: str, ids: int, arrival: float, concurrency: int) -> dict[str, Any]:
    """How many were given once."""
    given: Counter[str] = Counter()
    size = round(arrival * GROUP)
    async with client_at(url, max_connections=concurrency, direct=True) as fp:

        async def group() -> None:
            operations = await asyncio.gather(
                *(fp.cards.issue(client_id="client-1", product_id=2000) for _ in range(size))
            )
            async for each in fp.requests.as_completed(operations, concurrency=concurrency):
                given[each.request_id] += 1

        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for number in range(ids // size):
                await asyncio.sleep(began + number * GROUP - loop.time())
                tasks.create_task(group())
    return {"once": sum(count == 1 for count in given.values())}


if __name__ == "__main__":
    raise_open_files()
    print(json.dumps(uvloop.run(run(**json.loads(sys.argv[1])))))
