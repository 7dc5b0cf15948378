"""How long it takes to read, check and write down a client file."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

from side_by_side.clients_file import write_full, write_short
from side_by_side.folders import disk
from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.processes import once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 600
_MOST: Final = 5.0
_FILES: Final = {
    "short": ("product 2000, its four columns", 2000, write_short),
    "full": ("product 1000, 24 columns and a document", 1000, write_full),
}


def run(options: Options) -> Section:
    rows = options.size(100_000, 2_000)
    seconds: dict[str, list[float]] = {name: [] for name in _FILES}
    with disk() as folder:
        for name, (_, _, write) in _FILES.items():
            write(folder / f"{name}.csv", rows)
        for number in range(1, options.rounds + 1):
            for name, (_, product_id, _) in _FILES.items():
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    file = str(folder / f"{name}.csv")
                    # No issuer: a plan sends nothing.
                    told = once(
                        "batch", url="http://127.0.0.1:9", folder=place, concurrency=1, file=file, product_id=product_id, plan_only=True
                    )
                seconds[name].append(told["plan"])
            print(f"round {number}, seconds: {', '.join(f'{name} {each[-1]:.2f}' for name, each in seconds.items())}", flush=True)
    section = Section(f"a plan of {rows:,} rows", versions("freedompay-async", "msgspec"))
    section.add("`batch.plan(read_file(…))`: every row read, checked and on the disk, in a process of its own.")
    lines = [
        (meaning, Spread.of(seconds[name]).show(".2f"), f"{rows / Spread.of(seconds[name]).median:,.0f}")
        for name, (meaning, _, _) in _FILES.items()
    ]
    section.add(table(("file", "seconds", "rows a second"), lines))
    for name, (meaning, _, _) in _FILES.items():
        section.target(f"{rows:,} rows, {meaning}", Spread.of(seconds[name]), most=_MOST, unit="s")
    return section
