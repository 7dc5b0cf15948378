"""One worker of a planned batch, in a process of its own.

    python -m side_by_side.workers.machine ORDER

It gets ready, says so with a line, waits for a line of its standard input, works until nothing is
left, and prints what it has done.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import uvloop

from freedompay_async.batch import Batch, Journal, Limits
from freedompay_async.cli.collector import rare_collections
from freedompay_async.postgres import PostgresJournal
from side_by_side.columns.ours import client_at
from side_by_side.machine import raise_open_files

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.batch.journal.base import BatchJournal


@asynccontextmanager
async def _opened(journal: str, name: str) -> AsyncGenerator[BatchJournal]:
    if not journal.startswith("postgresql://"):
        async with Journal.open(Path(journal)) as file:
            yield file
        return
    async with (
        asyncpg.create_pool(journal, min_size=4) as pool,
        PostgresJournal(pool, name=name, joins=True) as shared,
    ):
        yield shared


async def run(url: str, journal: str, name: str, concurrency: int) -> dict[str, Any]:
    """Rows that ended here, CPU seconds, and when it ended by the monotonic clock. The journal is
    an address of PostgreSQL, or the path of a file.
    """
    async with (
        client_at(url, max_connections=concurrency, direct=True) as fp,
        _opened(journal, name) as opened,
    ):
        batch = Batch(fp, opened, limits=Limits(concurrency=concurrency))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        cpu, done = time.process_time(), 0
        with rare_collections():
            async for _ in batch.run():
                done += 1
        return {"rows": done, "cpu": time.process_time() - cpu, "ended": time.monotonic()}


if __name__ == "__main__":
    raise_open_files()
    print(json.dumps(uvloop.run(run(**json.loads(sys.argv[1])))))
