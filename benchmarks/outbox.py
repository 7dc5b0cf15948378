"""What an outbox costs: the looks of two workers at pending requests, a tracked request in the
application's transaction, and the memory of a worker with a million of them.

    python benchmarks/outbox.py [looks] [commit] [memory] [--ids 10000] [--arrival 100]
        [--rounds 15] [--pending 1000000]

looks   The issuer accepts each request at once, and takes a log-normal time for it, with a median
        of 2 s that nobody knows. Two workers share what an application tracks; beside them, at the
        same issuer and in the same run, one process issues as many and waits for them by
        `as_completed`. The lag of a request is the time from its end to the look that sees it, as a
        share of the time that it took. Fewer looks are no gain if they come later, so both are also
        compared with the best geometric schedule of their own lag (see `polls.py`).
commit  `track` and a commit beside an insert and a commit of the application, over each kind of
        connection, on a server that syncs its disk. Both take turns.
memory  A worker with so many pending requests, none of them due, beside one with none.

The server of PostgreSQL is the benchmark's own. Everything runs on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from polls import LATE, MEDIAN, SIGMAS, best_geometric
from side_by_side.columns.ours import client_at
from side_by_side.connections import CONNECTIONS, insert
from side_by_side.database import own_cluster
from side_by_side.machine import machine, versions
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Server, SlowIssuer, TrackerWorker, once

from freedompay_async.postgres import Tracker, install

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PARTS: Final = ("looks", "commit", "memory")
_WORKERS: Final = 2
_CONCURRENCY: Final = 64
_MOST_LOOKS: Final = 1.15
_MOST_OF_AN_INSERT: Final = 2.0
_MOST_MEMORY: Final = 5.0
"""MiB more of a worker."""
_GROUP: Final = 0.1
_BLOCK: Final = 100
"""Transactions between two turns."""
_SETTLING: Final = 20.0
"""Seconds of a worker before its memory is read."""
_ORDERS: Final = (
    "CREATE TABLE orders (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client_id text "
    "NOT NULL, product_id integer NOT NULL, request_id text NOT NULL, made_at timestamptz NOT NULL "
    "DEFAULT now())"
)


def main() -> None:
    parser = argparse.ArgumentParser(description="What an outbox costs.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(_PARTS)}; all if left out"
    )
    parser.add_argument("--ids", type=int, default=10_000, help="requests of `looks`")
    parser.add_argument("--arrival", type=float, default=100.0, help="requests a second")
    parser.add_argument("--rounds", type=int, default=15, help="of `commit`")
    parser.add_argument("--pending", type=int, default=1_000_000, help="requests of `memory`")
    flags = parser.parse_args()
    unknown = set(flags.parts) - set(_PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    print(machine())
    print(versions("asyncpg", "pgqueuer", "psycopg", "SQLAlchemy"))
    lines: list[str] = []
    with own_cluster() as cluster:
        print(cluster.run("SELECT version()").split(" on ")[0], flush=True)
        for part in flags.parts or _PARTS:
            if part == "looks":
                lines += _looks(cluster, flags.ids, flags.arrival)
            elif part == "commit":
                lines += _commit(cluster, flags.rounds)
            else:
                lines += _memory(cluster, flags.pending)
    print()
    for line in lines:
        print(line)


def _verdict(found: float, most: float) -> str:
    return "met" if found <= most else "missed"


# looks


def _looks(cluster: Any, ids: int, arrival: float) -> Iterator[str]:
    for seed, sigma in enumerate(SIGMAS, 1):
        with SlowIssuer(MEDIAN, sigma, seed) as issuer:
            order = {"ids": ids, "arrival": arrival, "concurrency": _CONCURRENCY}
            if once("waiting", url=issuer.url, **order)["once"] != ids:
                raise SystemExit("not each request was given exactly once")
            alone = _Schedule(issuer.seen(), ids)
        print(f"sigma {sigma}, one process: {alone}", flush=True)
        with SlowIssuer(MEDIAN, sigma, seed) as issuer:
            database = f"looks_{seed}"
            dsn = asyncio.run(_database(cluster, database))
            with ExitStack() as stack:
                for _ in range(_WORKERS):
                    stack.enter_context(TrackerWorker(issuer.url, dsn, _CONCURRENCY))
                asyncio.run(_arrive(issuer.url, dsn, ids, arrival))
                _until_ended(cluster, database)
            together = _Schedule(issuer.seen(), ids)
        print(f"sigma {sigma}, {_WORKERS} workers: {together}", flush=True)
        ratio = together.looks / alone.looks
        own = together.over_best / alone.over_best
        yield (
            f"sigma {sigma}: looks a request, {_WORKERS} workers of one process, {ratio:.2f} x, "
            f"each against the best of its own lag {own:.2f} x (at most {_MOST_LOOKS} x): "
            f"{_verdict(max(ratio, own), _MOST_LOOKS)}"
        )
        yield (
            f"sigma {sigma}: median lag of {_WORKERS} workers {together.lag:.1%}, of one process "
            f"{alone.lag:.1%} (at most {LATE:.0%}): {_verdict(together.lag, LATE)}"
        )


class _Schedule:
    """What the issuer has seen of a schedule."""

    def __init__(self, seen: dict[str, Any], ids: int) -> None:
        if seen["strange"] or seen["accepted"] != ids or len(seen["lags"]) != ids:
            raise SystemExit(
                f"{seen['accepted']} of {ids} requests were accepted, {len(seen['lags'])} were "
                f"asked about at their end, {seen['strange']} were strange"
            )
        self.looks = seen["looks"] / ids
        self.lag = median(seen["lags"])
        self.over_best = self.looks / best_geometric(seen["takes"], self.lag)["looks"]

    def __str__(self) -> str:
        return (
            f"{self.looks:.2f} looks a request, median lag {self.lag:.1%}, {self.over_best:.2f} x "
            "the looks of the best geometric schedule of this lag"
        )


async def _arrive(url: str, dsn: str, ids: int, arrival: float) -> None:
    """Track so many requests a second."""
    size = round(arrival * _GROUP)
    async with (
        client_at(url, max_connections=1, direct=True) as fp,
        asyncpg.create_pool(dsn, min_size=4) as pool,
    ):
        tracker = Tracker(fp, pool)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(ids // size):
            await asyncio.sleep(began + number * _GROUP - loop.time())
            async with pool.acquire() as connection, connection.transaction():
                for _ in range(size):
                    intent = fp.intend.cards.issue(client_id="client-1", product_id=2000)
                    await tracker.track(connection, intent)


def _until_ended(cluster: Any, database: str) -> None:
    left = "SELECT count(*) FROM freedompay.requests WHERE ended_at IS NULL"
    while cluster.run(left, database) != "0":
        time.sleep(0.5)


# commit


def _commit(cluster: Any, rounds: int) -> Sequence[str]:
    with Server("done") as server:
        dsn = asyncio.run(_database(cluster, "commits"))
        return asyncio.run(_commits(server.url, dsn, rounds))


async def _commits(url: str, dsn: str, rounds: int) -> list[str]:
    """Microseconds a transaction, over each kind of connection."""
    found: dict[str, dict[str, list[float]]] = {
        kind: {"insert": [], "track": [], "insert and track": []} for kind in CONNECTIONS
    }
    async with AsyncExitStack() as stack:
        fp = await stack.enter_async_context(client_at(url, max_connections=1))
        pool = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=4))
        tracker = Tracker(fp, pool)
        begins = {
            kind: await stack.enter_async_context(opened(dsn))
            for kind, opened in CONNECTIONS.items()
        }

        async def one(db: Any, what: str, intent: Any) -> None:
            if "insert" in what:
                await insert(db, "client-1", 2000, intent.request_id)
            if "track" in what:
                await tracker.track(db, intent, tag="order/1")

        # The first round makes statements and plans, and does not count.
        for number in range(rounds + 1):
            for kind, begin in begins.items():
                for what, took in found[kind].items():
                    intents = [
                        fp.intend.cards.issue(client_id="client-1", product_id=2000)
                        for _ in range(_BLOCK)
                    ]
                    began = time.perf_counter()
                    for intent in intents:
                        async with begin() as db:
                            await one(db, what, intent)
                    if number:
                        took.append((time.perf_counter() - began) / _BLOCK * 1e6)
    return [_commit_line(kind, each) for kind, each in found.items()]


def _commit_line(kind: str, found: dict[str, list[float]]) -> str:
    track = ratios(found["track"], found["insert"])
    both = ratios(found["insert and track"], found["insert"])
    shown = ", ".join(f"{what} {Spread.of(took).show()} µs" for what, took in found.items())
    return (
        f"{kind}: track + commit of insert + commit {track.show('.2f', 'x')} (at most "
        f"{_MOST_OF_AN_INSERT} x): {_verdict(track.median, _MOST_OF_AN_INSERT)}; both in one "
        f"transaction {both.show('.2f', 'x')}; {shown}"
    )


# memory


def _memory(cluster: Any, pending: int) -> Sequence[str]:
    with SlowIssuer(MEDIAN, SIGMAS[0], 1) as issuer:
        dsn = asyncio.run(_database(cluster, "pending"))
        none = _worker_memory(issuer.url, dsn)
        asyncio.run(_fill(issuer.url, dsn, pending))
        some = _worker_memory(issuer.url, dsn)
    more = some["peak"] - none["peak"]
    return [
        _shown_memory(f"a worker with {pending:,} pending requests", some),
        _shown_memory("a worker with none", none),
        f"{some['peak'] / none['peak']:.2f} x, {more:.1f} MiB more at most ({_MOST_MEMORY} MiB): "
        + _verdict(more, _MOST_MEMORY),
    ]


def _shown_memory(what: str, told: dict[str, float]) -> str:
    return f"{what}: {told['memory']:.1f} MiB, at most {told['peak']:.1f} MiB"


def _worker_memory(url: str, dsn: str) -> dict[str, float]:
    with TrackerWorker(url, dsn, _CONCURRENCY) as worker:
        time.sleep(_SETTLING)
        return worker.memory()


async def _fill(url: str, dsn: str, pending: int) -> None:
    """Rows like one that is accepted, due tomorrow, each with an id of its own."""
    async with (
        client_at(url, max_connections=1) as fp,
        asyncpg.create_pool(dsn, min_size=4) as pool,
    ):
        intent = fp.intend.cards.issue(client_id="client-1", product_id=2000)
        async with pool.acquire() as connection:
            async with connection.transaction():
                await Tracker(fp, pool).track(connection, intent)
            await connection.execute(
                "UPDATE freedompay.requests SET state = 'accepted', next = 'look', held = false, "
                "first_sent = now(), accepted_at = now(), due = now() + interval '1 day'"
            )
            columns = [
                each["column_name"]
                for each in await connection.fetch(
                    "SELECT column_name::text FROM information_schema.columns WHERE table_schema = "
                    "'freedompay' AND table_name = 'requests' AND column_name <> 'request_id'"
                )
            ]
            names = ", ".join(f'"{each}"' for each in columns)
            await connection.execute(
                f"INSERT INTO freedompay.requests (request_id, {names}) SELECT gen_random_uuid(), "
                f"{names} FROM freedompay.requests, generate_series(2, $1::integer)",
                pending,
                timeout=600,
            )
            await connection.execute("VACUUM ANALYZE freedompay.requests", timeout=600)


# The server


async def _database(cluster: Any, name: str) -> str:
    """The address of a new database with the schema and a table of orders."""
    cluster.run(f"CREATE DATABASE {name}")
    dsn: str = cluster.dsn(name)
    async with asyncpg.create_pool(dsn, min_size=4) as pool:
        await install(pool)
        await pool.execute(_ORDERS)
    return dsn


if __name__ == "__main__":
    main()
