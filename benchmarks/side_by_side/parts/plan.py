"""The time and memory of reading, checking and planning a client file."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

from side_by_side.clients_file import write_full, write_short, write_workbook
from side_by_side.folders import disk
from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.processes import once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900
_MOST: Final = 5.0
_MOST_WORKBOOK: Final = 20.0
_MOST_MEMORY: Final = 300.0
_FILES: Final = {
    "short.csv": ("product 2000, its four columns", 2000),
    "full.csv": ("product 1000, 24 columns and a document", 1000),
    "short.xlsx": ("product 2000, its four columns, .xlsx", 2000),
    "full.xlsx": ("product 1000, 24 columns and a document, .xlsx", 1000),
}


def run(options: Options) -> Section:
    rows = options.size(100_000, 2_000)
    seconds: dict[str, list[float]] = {name: [] for name in _FILES}
    peaks: dict[str, list[float]] = {name: [] for name in _FILES}
    with disk() as folder:
        write_short(folder / "short.csv", rows)
        write_full(folder / "full.csv", rows)
        for name in ("short", "full"):
            write_workbook(folder / f"{name}.xlsx", folder / f"{name}.csv")
        for number in range(1, options.rounds + 1):
            for name, (_, product_id) in _FILES.items():
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    # No issuer: a plan sends nothing.
                    told = once(
                        "batch",
                        url="http://127.0.0.1:9",
                        folder=place,
                        concurrency=1,
                        file=str(folder / name),
                        product_id=product_id,
                        plan_only=True,
                    )
                seconds[name].append(told["plan"])
                peaks[name].append(told["peak"])
            print(
                (
                    f"round {number}, seconds: "
                    f"{', '.join(f'{name} {each[-1]:.2f}' for name, each in seconds.items())}"
                ),
                flush=True,
            )
    section = Section(
        f"a plan of {rows:,} rows", versions("freedompay-async", "msgspec", "python-calamine")
    )
    section.add(
        "`batch.plan(read_file(…))`: every row read, checked and on the disk, in a process of its "
        "own."
    )
    lines = [
        (
            meaning,
            Spread.of(seconds[name]).show(".2f"),
            f"{rows / Spread.of(seconds[name]).median:,.0f}",
            Spread.of(peaks[name]).show(".0f"),
        )
        for name, (meaning, _) in _FILES.items()
    ]
    section.add(table(("file", "seconds", "rows a second", "MiB at most"), lines))
    for name, (meaning, _) in _FILES.items():
        most = _MOST_WORKBOOK if name.endswith(".xlsx") else _MOST
        section.target(f"{rows:,} rows, {meaning}", Spread.of(seconds[name]), most=most, unit="s")
        if name.endswith(".xlsx"):
            section.target(
                f"memory of {rows:,} rows, {meaning}",
                Spread.of(peaks[name]),
                most=_MOST_MEMORY,
                form=".0f",
                unit="MiB",
            )
    return section
