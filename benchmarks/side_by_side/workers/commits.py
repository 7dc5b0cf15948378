"""Durable writes a second with this number of writers."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.writer import Writer

if TYPE_CHECKING:
    import sqlite3


async def run(folder: str, writes: int, writers: int) -> dict[str, float]:
    numbers = itertools.count(1)
    async with Writer(Database(Path(folder) / "writes.db", create=True)) as journal:

        async def writer() -> None:
            while (number := next(numbers)) <= writes:

                def insert(connection: sqlite3.Connection, number: int = number) -> None:
                    connection.execute(
                        "INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, x'')",
                        (number, str(number), number),
                    )

                await journal.call(insert)

        began = time.perf_counter()
        await asyncio.gather(*(writer() for _ in range(writers)))
        return {"rate": writes / (time.perf_counter() - began)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(**json.loads(sys.argv[1])))))
