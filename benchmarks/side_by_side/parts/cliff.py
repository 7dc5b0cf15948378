"""CPU of a call with 10 to 2,000 in flight: whether there is a number from which each call costs
more.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from side_by_side.machine import raise_open_files, versions
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Column, Server
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900
_BASE: Final = "aiohttp by hand"
_NAMES: Final = ("ours", "ours, direct", _BASE)
_IN_FLIGHT: Final = (10, 100, 500, 2_000)
_FROM, _TO, _MOST_RATIO = 100, 2_000, 1.3
# One end of every connection, and some to spare.
_FILES: Final = len(_NAMES) * sum(_IN_FLIGHT) + 100


def run(options: Options) -> Section:
    section = Section(
        "CPU of a call with many in flight", versions("freedompay-async", "aiohttp", "httptools")
    )
    grows = f"{_TO:,} in flight, of {_FROM} in flight"
    direct = f"`issue`: ours, direct, {grows}"
    default = f"`issue`: ours, {grows}, of the same of {_BASE}"
    files = raise_open_files()
    if files < _FILES:
        for what in (direct, default):
            section.unmeasured(
                what, f"a process may have {files} open files here, and the server needs {_FILES}"
            )
        return section
    cpu: dict[tuple[str, int], list[float]] = {
        (name, number): [] for name in _NAMES for number in _IN_FLIGHT
    }
    with ExitStack() as stack:
        server = stack.enter_context(Server("process", pinned=True))
        columns = {
            (name, number): stack.enter_context(Column(name, server.url, number))
            for name, number in cpu
        }
        for number in range(1, options.rounds + 1):
            for key, column in columns.items():
                turn = column.turn("issue", seconds=options.size(1.0, 0.1), most=20_000)
                cpu[key].append(turn["cpu"])
            shown = (
                f"{name}, {in_flight:,}: {cpu[name, in_flight][-1]:.0f}" for name, in_flight in cpu
            )
            print(f"round {number}, µs of CPU a call: {'; '.join(shown)}", flush=True)
        server.counts()
    section.add(
        "Microseconds of the client process's CPU for `issue`; the pool has as many connections "
        "as calls are in flight."
    )
    growth = {
        name: [many / few for many, few in zip(cpu[name, _TO], cpu[name, _FROM], strict=True)]
        for name in _NAMES
    }
    rows = [
        (
            name,
            *(Spread.of(cpu[name, number]).show() for number in _IN_FLIGHT),
            Spread.of(growth[name]).show(".2f", "x"),
        )
        for name in _NAMES
    ]
    head = ("in flight", *(f"{number:,}" for number in _IN_FLIGHT), f"{_TO:,} of {_FROM}")
    section.add(table(head, rows))
    section.target(direct, Spread.of(growth["ours, direct"]), most=_MOST_RATIO, unit="x")
    section.target(default, ratios(growth["ours"], growth[_BASE]), most=1.0, unit="x")
    return section
