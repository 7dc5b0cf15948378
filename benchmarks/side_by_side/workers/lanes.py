"""Single calls on a client without and with a batch, in one process."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any

from freedompay_async.batch import Batch, Journal, Limits
from side_by_side.columns.ours import client_at
from side_by_side.workers.batch import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async import FreedomPay

_PAUSE = 0.05
"""Seconds that a caller waits between two calls at most."""


async def _latencies(
    fp: FreedomPay, calls: int, callers: int, go_on: Callable[[], bool]
) -> list[float]:
    """The seconds of each call; fewer calls if `go_on` ends them."""
    found: list[float] = []
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await asyncio.sleep(random() * _PAUSE)
            began = time.perf_counter()
            await fp.cards.block("card-1", description="lost")
            if not go_on():
                return
            found.append(time.perf_counter() - began)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return found


async def _sent(journal: Journal) -> int:
    """Calls that the batch has made: of each row a client and a card, answered with the end."""
    return 2 * (await journal.earlier_runs()).cards


async def run(
    url: str,
    folder: str,
    *,
    concurrency: int,
    rows: int,
    calls: int,
    callers: int,
    rate: float | None,
    direct: bool,
) -> dict[str, Any]:
    """Seconds of the interactive calls, `idle` and `busy`, and `pace`: calls a second of the batch
    meanwhile.
    """
    options: dict[str, Any] = {} if rate is None else {"rate": rate}
    with tempfile.TemporaryDirectory(dir=folder) as place:
        async with (
            client_at(url, max_connections=concurrency, direct=direct, **options) as fp,
            Journal.open(Path(place) / "run.db") as journal,
        ):
            await _latencies(fp, 3 * callers, callers, lambda: True)
            idle = await _latencies(fp, calls, callers, lambda: True)
            # A name of its own, because the server remembers the ids of the rounds before.
            limits = Limits(concurrency=concurrency)
            batch = Batch(fp, journal, name=Path(place).name, limits=limits)
            await batch.plan(made(rows))

            async def go_through() -> None:
                async for _ in batch.run():
                    pass

            running = asyncio.create_task(go_through())
            # A second and some: the beginning of a batch is no measure of it.
            await asyncio.wait([running], timeout=1.5)
            began, before = time.perf_counter(), await _sent(journal)
            busy = await _latencies(fp, calls, callers, lambda: not running.done())
            pace = (await _sent(journal) - before) / (time.perf_counter() - began)
            batch.stop()
            await running
    return {"idle": idle, "busy": busy, "pace": pace}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(**json.loads(sys.argv[1])))))
