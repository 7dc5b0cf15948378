"""A fresh client over TLS: one call after another, with the pool filled beforehand or not."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from itertools import pairwise
from typing import Any

from side_by_side.columns.ours import client_at


async def run(
    url: str, certificate: str, *, connections: int, warm: bool, calls: int
) -> dict[str, Any]:
    """Seconds of each call, and of the filling."""
    context = ssl.create_default_context(cadata=certificate)
    async with client_at(url, max_connections=connections, ssl_context=context) as fp:
        times = [time.perf_counter()]
        if warm:
            await fp.warm_up(connections)
        times.append(time.perf_counter())
        for _ in range(calls):
            await fp.cards.info("card-1")
            times.append(time.perf_counter())
    filling, *each = (after - before for before, after in pairwise(times))
    return {"filling": filling, "calls": each}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(**json.loads(sys.argv[1])))))
