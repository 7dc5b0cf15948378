"""What a journal on PostgreSQL costs, and what a second worker brings.

    python benchmarks/machines.py [--rounds 3] [--rows 6000]

The server of PostgreSQL is the benchmark's own, and syncs its disk. The issuer is the one of the
other benchmarks. Everything runs on this machine: the issuer, the database, and the workers, so a
second worker shares the processors with them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
from side_by_side.columns.ours import client_at
from side_by_side.database import own_cluster
from side_by_side.folders import disk
from side_by_side.machine import machine
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Server
from side_by_side.workers.batch import made

from freedompay_async.batch import Batch, Journal
from freedompay_async.postgres import PostgresJournal, install

_CONCURRENCY: Final = 64
_NEAR, _FAR = 0.02, 0.1
_LEAST_OF_A_FILE, _LEAST_OF_A_SECOND = 0.7, 1.8


def main() -> None:
    parser = argparse.ArgumentParser(description="A journal on PostgreSQL, and a second worker.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=6_000)
    options = parser.parse_args()
    print(machine())
    with disk() as folder, own_cluster() as cluster:
        asyncio.run(_install(cluster.dsn()))
        near = _near(cluster.dsn(), folder, options.rounds, options.rows)
        far = _far(cluster.dsn(), options.rounds, options.rows)
    print(f"\n{_CONCURRENCY} calls in flight at each worker, {options.rows:,} rows a round")
    for what, found, least in (
        (f"rows/s, PostgreSQL of a file, issuer of {_NEAR * 1000:.0f} ms", near, _LEAST_OF_A_FILE),
        (f"rows/s, two workers of one, issuer of {_FAR * 1000:.0f} ms", far, _LEAST_OF_A_SECOND),
    ):
        met = "met" if found.median >= least else "missed"
        print(f"{what}: {found.show('.2f', 'x')}, at least {least} x: {met}")


def _near(dsn: str, folder: Path, rounds: int, rows: int) -> Spread:
    """One worker: PostgreSQL of a file."""
    speeds: dict[str, list[float]] = {"file": [], "PostgreSQL": []}
    with Server("done", delay=_NEAR) as server:
        for number in range(1, rounds + 1):
            for kind, each in speeds.items():
                name = uuid4().hex
                journal = dsn if kind == "PostgreSQL" else str(folder / f"{name}.db")
                each.append(_work(server, journal, name, 1, rows))
                print(f"round {number}, {kind}: {each[-1]:,.0f} rows/s", flush=True)
    return ratios(speeds["PostgreSQL"], speeds["file"])


def _far(dsn: str, rounds: int, rows: int) -> Spread:
    """Two workers of one."""
    speeds: dict[int, list[float]] = {1: [], 2: []}
    with Server("done", delay=_FAR) as server:
        for number in range(1, rounds + 1):
            for workers, each in speeds.items():
                each.append(_work(server, dsn, uuid4().hex, workers, rows))
                print(f"round {number}, {workers} workers: {each[-1]:,.0f} rows/s", flush=True)
    return ratios(speeds[2], speeds[1])


def _work(server: Server, journal: str, name: str, workers: int, rows: int) -> float:
    """Rows a second of so many workers, from the moment when all are let go until the last ends."""
    asyncio.run(_plan(server.url, journal, name, rows))
    order = {"url": server.url, "journal": journal, "name": name, "concurrency": _CONCURRENCY}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "side_by_side.workers.machine", json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )
        for _ in range(workers)
    ]
    for each in processes:
        if each.stdout is None or each.stdout.readline() != "ready\n":
            raise SystemExit("a worker has broken down")
    began = time.monotonic()
    for each in processes:
        if each.stdin:
            each.stdin.write("go\n")
            each.stdin.flush()
    told: list[dict[str, Any]] = [json.loads(each.communicate()[0]) for each in processes]
    server.counts()
    done = sum(each["rows"] for each in told)
    if done != rows:
        raise SystemExit(f"{done} of {rows} rows have ended")
    return rows / (max(each["ended"] for each in told) - began)


async def _plan(url: str, journal: str, name: str, rows: int) -> None:
    async with client_at(url, max_connections=1, direct=True) as fp:
        if not journal.startswith("postgresql://"):
            async with Journal.open(Path(journal)) as file:
                await Batch(fp, file, name=name).plan(made(rows))
            return
        async with (
            asyncpg.create_pool(journal, min_size=4) as pool,
            PostgresJournal(pool, name=name, open_at_plan=True) as shared,
        ):
            await Batch(fp, shared, name=name).plan(made(rows))


async def _install(dsn: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=4) as pool:
        await install(pool)


if __name__ == "__main__":
    main()
