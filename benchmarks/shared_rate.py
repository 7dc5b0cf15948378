"""Measures a rate that processes share: how many calls a second reach an issuer on this machine
while processes start, are killed, are frozen and join.

    python benchmarks/shared_rate.py [--rate 200] [--processes 4] [--seconds 8]

It starts a PostgreSQL of its own, an issuer that answers `cards.info`, and the processes, each with
more calls than its share. At each change it counts the calls of every second that lies between 3 s
after it and the next change, moving the second on in steps of 50 ms, and prints the least and the
most. It ends with 1 where one of them is under 95 % or over 102.5 % of the rate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from freedompay_async import FreedomPay, FreedomPayError
from freedompay_async.postgres import SharedRate
from freedompay_async.postgres.schema.rates import RATE_TABLES

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from postgres_cluster import Cluster

if TYPE_CHECKING:
    from asyncio.subprocess import Process

NAME: Final = "merchant"
# Calls that each process would have in flight at once.
CALLS: Final = 32
# Seconds after a change in which the shares may still be settling.
SETTLING: Final = 3.0
STEP: Final = 0.05
# Seconds until a process has made its first call.
STARTING: Final = 30.0
_BODY: Final = json.dumps(
    {
        "status": "ok",
        "dt": "2026-01-01T00:00:00+05:00",
        "card_id": "card-1",
        "client_id": "client-1",
        "product_id": 2000,
        "card_status": "active",
        "expiry": "2030-01",
    }
).encode()
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(_BODY), _BODY)
)


class Issuer:
    """Answers every request alike, and notes when it came, in seconds of the steady clock."""

    def __init__(self) -> None:
        self.came: list[float] = []
        self.begun = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                )
                await reader.readexactly(length)
                self.came.append(time.monotonic())
                self.begun.set()
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def rates(self, begin: float, end: float) -> list[int]:
        """Return the calls of each second between the two moments."""
        found = []
        while begin + 1.0 <= end:
            found.append(bisect_left(self.came, begin + 1.0) - bisect_left(self.came, begin))
            begin += STEP
        return found


async def work(dsn: str, port: int, rate: float) -> None:
    """Make calls without an end: what a process of the measurement does."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        client = FreedomPay(
            auth_id="10001",
            secret_key="sandbox-secret",
            region="KZ",
            base_url=f"http://127.0.0.1:{port}",
            rate=SharedRate(pool, NAME, rate),
        )
        async with client as fp:

            async def ask() -> None:
                while True:
                    try:
                        await fp.cards.info("card-1")
                    except FreedomPayError as error:
                        print(f"{type(error).__name__}: {error}", file=sys.stderr)

            await asyncio.gather(*(ask() for _ in range(CALLS)))


async def start(dsn: str, port: int, rate: float) -> Process:
    own = [sys.executable, __file__, "--work", dsn, str(port), "--rate", str(rate)]
    return await asyncio.create_subprocess_exec(*own)


async def measure(options: argparse.Namespace) -> bool:
    """Go through the changes, and print what reached the issuer after each."""
    issuer, rate = Issuer(), options.rate
    with Cluster(durable=False) as cluster:
        cluster.run("CREATE SCHEMA freedompay;" + RATE_TABLES)
        server = await asyncio.start_server(issuer.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        processes: list[Process] = []

        async def join() -> None:
            processes.append(await start(cluster.dsn(), port, rate))

        async def start_all() -> None:
            await asyncio.gather(*(join() for _ in range(options.processes)))
            # A process that starts needs a second of this machine before its first call.
            async with asyncio.timeout(STARTING):
                await issuer.begun.wait()

        async def kill() -> None:
            processes.pop(0).kill()

        async def freeze() -> None:
            processes[0].send_signal(signal.SIGSTOP)

        async def thaw() -> None:
            processes[0].send_signal(signal.SIGCONT)

        changes = {
            f"{options.processes} start": start_all,
            "one is killed": kill,
            "one joins": join,
            "one is frozen": freeze,
            "it goes on": thaw,
        }
        good = True
        try:
            for name, change in changes.items():
                await change()
                begin = time.monotonic()
                await asyncio.sleep(options.seconds)
                good &= tell(name, issuer.rates(begin + SETTLING, time.monotonic()), rate)
        finally:
            for each in processes:
                if each.returncode is None:
                    each.kill()
                await each.wait()
            server.close()
    return good


def tell(name: str, counts: list[int], rate: float) -> bool:
    least, most = min(counts), max(counts)
    good = rate * 0.95 <= least and most <= rate * 1.025
    print(f"{name:16} {least} to {most} calls a second{'' if good else '  MISSED'}", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures a rate that processes share.")
    parser.add_argument("--rate", type=float, default=200.0, help="calls a second")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0, help="between two changes")
    parser.add_argument("--work", nargs=2, metavar=("DSN", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        asyncio.run(work(options.work[0], int(options.work[1]), options.rate))
        return 0
    return 0 if asyncio.run(measure(options)) else 1


if __name__ == "__main__":
    sys.exit(main())
