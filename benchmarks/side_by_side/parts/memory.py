"""The memory of a batch: that of many rows against that of few."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from side_by_side.clients_file import write_short
from side_by_side.folders import disk
from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.processes import Server, once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = 900
FULL_LIMIT = 7200
_CONCURRENCY: Final = 64
_MOST: Final = 40.0
_MANY: Final = 1_000_000
_ROUNDS: Final = 2
"""At most: each takes long, and memory does not depend on the neighbours."""


def run(options: Options) -> Section:
    few = options.size(10_000, 500)
    many = _MANY if options.full and not options.quick else options.size(100_000, 3_000)
    rounds = 1 if many == _MANY else min(options.rounds, _ROUNDS)
    peaks: dict[int, list[float]] = {few: [], many: []}
    with disk() as folder, Server("done") as server:
        for rows in peaks:
            write_short(folder / f"{rows}.csv", rows)
        for number in range(1, rounds + 1):
            for rows, found in peaks.items():
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    file = str(Path(folder) / f"{rows}.csv")
                    told = once(
                        "batch", url=server.url, folder=place, concurrency=_CONCURRENCY, file=file
                    )
                found.append(told["peak"])
                print(
                    (
                        f"round {number}, {rows:,} rows: {told['peak']:.1f} MiB, "
                        f"{told['plan'] + told['seconds']:.0f} s"
                    ),
                    flush=True,
                )
        server.counts()
    section = Section(
        f"memory of a batch of {many:,} rows", versions("freedompay-async", "aiohttp", "msgspec")
    )
    section.add(
        "The most that a process had, which plans a CSV file with `read_file` and runs it, "
        f"{_CONCURRENCY} calls at once:"
    )
    section.add(
        table(
            ("rows", "MiB"),
            [(f"{rows:,}", Spread.of(found).show(".1f")) for rows, found in peaks.items()],
        )
    )
    more = Spread.of(large - small for small, large in zip(peaks[few], peaks[many], strict=True))
    section.target(f"{many:,} rows over {few:,}", more, most=_MOST, form=".1f", unit="MiB")
    return section
