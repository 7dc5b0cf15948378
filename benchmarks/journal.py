"""What a durable write costs: 512 writers that share commits, against one commit a write.

    python benchmarks/journal.py [--writes 20000]

The figures depend on the disk; the ratio says what group commit saves on it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from freedompay_async.batch import Journal

if TYPE_CHECKING:
    import sqlite3

WRITERS = 512


async def seconds(folder: str, writes: int, writers: int) -> float:
    numbers = itertools.count(1)
    async with Journal.open(Path(folder) / f"{writers}.db") as journal:

        async def writer() -> None:
            while (number := next(numbers)) <= writes:

                def insert(connection: sqlite3.Connection, number: int = number) -> None:
                    connection.execute("INSERT INTO rows (number, key, line, data) VALUES (?, ?, ?, x'')", (number, str(number), number))

                await journal.call(insert)

        before = time.perf_counter()
        await asyncio.gather(*(writer() for _ in range(writers)))
        return time.perf_counter() - before


async def compare(writes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        together = writes / await seconds(folder, writes, WRITERS)
        alone = writes / 10 / await seconds(folder, writes // 10, 1)
    print(f"{WRITERS} writers {together:,.0f} durable writes/s, one writer {alone:,.0f}/s, ratio {together / alone:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writes", type=int, default=20_000)
    asyncio.run(compare(parser.parse_args().writes))


if __name__ == "__main__":
    main()
