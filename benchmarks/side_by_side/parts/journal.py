"""The cost of the disk for a batch: a journal on it against one in memory, and the gain of shared
commits.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Final

from side_by_side.folders import MEMORY, disk
from side_by_side.machine import file_system, versions
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Server, once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from pathlib import Path

    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900
_CONCURRENCY: Final = 256
_WRITERS: Final = 512
_LEAST: Final = 85.0


def run(options: Options) -> Section:
    section = Section("what the disk costs a batch", versions("freedompay-async", "aiohttp"))
    with disk() as folder:
        section.add(f"The disk is {file_system(folder)}, and every commit is synced to it.")
        _batches(section, options, folder)
        _commits(section, options, folder)
    return section


def _batches(section: Section, options: Options, folder: Path) -> None:
    what = "a batch with its journal on the disk, of the same in memory"
    if file_system(MEMORY) != "tmpfs" or not os.access(MEMORY, os.W_OK):
        section.unmeasured(what, "this machine has no folder in memory")
        return
    rows = options.size(10_000, 1_000)
    places = {"disk": folder, "memory": MEMORY}
    rates: dict[str, list[float]] = {name: [] for name in places}
    with Server("done") as server:
        for number in range(1, options.rounds + 1):
            # A different one of the pair is first in each round.
            for name in sorted(places, reverse=bool(number % 2)):
                with tempfile.TemporaryDirectory(dir=places[name]) as place:
                    told = once(
                        "batch", url=server.url, folder=place, concurrency=_CONCURRENCY, rows=rows
                    )
                rates[name].append(rows / told["seconds"])
            print(
                (
                    f"round {number}, rows a second: disk {rates['disk'][-1]:,.0f}, memory "
                    f"{rates['memory'][-1]:,.0f}"
                ),
                flush=True,
            )
        server.counts()
    section.add(
        f"{rows:,} rows against a server that answers at once, {_CONCURRENCY} calls at once:"
    )
    section.add(
        table(
            ("journal", "rows a second"), [(name, Spread.of(rates[name]).show()) for name in places]
        )
    )
    percent = [rate * 100 for rate in rates["disk"]]
    section.target(what, ratios(percent, rates["memory"]), least=_LEAST, form=".0f", unit="%")


def _commits(section: Section, options: Options, folder: Path) -> None:
    writes = options.size(20_000, 1_000)
    together: list[float] = []
    alone: list[float] = []
    for number in range(1, options.rounds + 1):
        for rates, count, writers in ((together, writes, _WRITERS), (alone, writes // 10, 1)):
            with tempfile.TemporaryDirectory(dir=folder) as place:
                rates.append(once("commits", folder=place, writes=count, writers=writers)["rate"])
        print(
            (
                f"round {number}, durable writes a second: together {together[-1]:,.0f}, alone "
                f"{alone[-1]:,.0f}"
            ),
            flush=True,
        )
    section.add(
        "Durable writes by the journal alone, where everything that waits while the disk syncs "
        "shares the next sync:"
    )
    rows = [
        (f"{_WRITERS} writers", Spread.of(together).show()),
        ("one writer", Spread.of(alone).show()),
    ]
    section.add(
        table(("", "writes a second"), [*rows, ("ratio", ratios(together, alone).show(".1f"))])
    )
