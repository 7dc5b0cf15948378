"""A worker of tracked requests, in a process of its own.

    python -m side_by_side.workers.tracker ORDER

It says that it is ready with a line. It answers each line of its standard input with the memory
that it has, and drains and ends when the input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg
import uvloop

from freedompay_async.postgres import Tracker
from side_by_side.columns.ours import client_at
from side_by_side.machine import peak_memory, raise_open_files


def memory() -> float:
    """The memory of this process now, in MiB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 2**10
    raise SystemExit("the kernel does not say how much memory a process has")


async def run(url: str, dsn: str, concurrency: int) -> None:
    async with (
        client_at(url, max_connections=concurrency, direct=True) as fp,
        asyncpg.create_pool(dsn, min_size=4) as pool,
    ):
        tracker = Tracker(fp, pool)
        loop = asyncio.get_running_loop()

        def heard() -> None:
            if os.read(sys.stdin.fileno(), 4096):
                print(json.dumps({"memory": memory(), "peak": peak_memory()}), flush=True)
            else:
                loop.remove_reader(sys.stdin.fileno())
                tracker.stop()

        loop.add_reader(sys.stdin.fileno(), heard)
        print("ready", flush=True)
        await tracker.run(concurrency=concurrency)


if __name__ == "__main__":
    raise_open_files()
    uvloop.run(run(**json.loads(sys.argv[1])))
