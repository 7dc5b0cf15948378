"""One batch in a process of its own: planned from a file or from made-up rows, then run."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import uvloop

from freedompay_async.batch import Batch, Journal, Limits, Problem, Row, read_file
from freedompay_async.batch.input.rows import read_row
from freedompay_async.cli.collector import rare_collections
from side_by_side.clients_file import people
from side_by_side.columns.ours import client_at
from side_by_side.machine import peak_memory, raise_open_files

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["made"]


def made(rows: int) -> Iterator[Row | list[Problem]]:
    """Made-up good rows, without a file."""
    today = datetime.now(UTC).date()
    return (
        read_row(fields, line=number, product_id=2000, today=today)
        for number, fields in enumerate(people(rows), 1)
    )


def _all_taken(batch: Batch) -> bool:
    progress = batch.progress
    return progress.done + progress.in_progress == progress.rows


@contextmanager
def _pauses() -> Iterator[list[float]]:
    """The seconds of each pause of the garbage collector."""
    found: list[float] = []
    began = 0.0

    def note(phase: str, _: object) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            found.append(time.perf_counter() - began)

    gc.callbacks.append(note)
    try:
        yield found
    finally:
        gc.callbacks.remove(note)


async def run(
    url: str,
    folder: str,
    concurrency: int,
    *,
    rows: int = 0,
    file: str | None = None,
    product_id: int = 2000,
    plan_only: bool = False,
    check_first: Literal["sample", "all", "none"] = "sample",
    direct: bool = False,
    warm: bool = False,
    as_command: bool = False,
    collecting: bool = True,
) -> dict[str, Any]:
    """Seconds of the plan and of the run, CPU seconds of the run, rows, and the peak of memory in
    MiB. By the monotonic clock: when the run `began`, when the last row was `taken`, and when it
    `ended`. `held` has the seconds of each pause of the garbage collector in the run.

    `warm` opens all connections before the run. `as_command`: the garbage collector runs as seldom
    as in the command; `collecting=False`: it does not run.
    """
    source = made(rows) if file is None else read_file(file, product_id=product_id)
    states: Counter[str] = Counter()
    async with (
        client_at(url, max_connections=concurrency, direct=direct) as fp,
        Journal.open(Path(folder) / "run.db") as journal,
    ):
        # A name of its own, because the server remembers the ids of the rounds before.
        batch = Batch(
            fp,
            journal,
            name=Path(folder).name,
            limits=Limits(concurrency=concurrency),
            check_first=check_first,
        )
        began = time.perf_counter()
        plan = await batch.plan(source)
        seconds = time.perf_counter() - began
        if warm:
            await fp.warm_up(concurrency)
        if not collecting:
            gc.disable()
        cpu = time.process_time()
        marks = {"began": time.monotonic()}
        with rare_collections() if as_command else nullcontext(), _pauses() as held:
            if not plan_only:
                async for outcome in batch.run():
                    states[outcome.state] += 1
                    if "taken" not in marks and _all_taken(batch):
                        marks["taken"] = time.monotonic()
        marks["ended"] = time.monotonic()
        cpu = time.process_time() - cpu
    if plan.problems:
        raise SystemExit(f"the rows are not good: {plan.problems[0]}")
    if not plan_only and states != {"issued": plan.rows}:
        raise SystemExit(f"not every row has its card: {dict(states)}")
    return {
        "rows": plan.rows,
        "plan": seconds,
        "seconds": marks["ended"] - marks["began"],
        "cpu": cpu,
        "peak": peak_memory(),
        "held": held,
        **marks,
    }


if __name__ == "__main__":
    raise_open_files()
    order = json.loads(sys.argv[1])
    on_loop = uvloop.run if order.pop("on_uvloop", False) else asyncio.run
    print(json.dumps(on_loop(run(**order))))
