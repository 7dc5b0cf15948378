"""A batch against a slow issuer: how well it uses its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from side_by_side.folders import disk
from side_by_side.machine import file_system, versions
from side_by_side.measure import Spread
from side_by_side.processes import Server, batch_once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 1200
_CONCURRENCY: Final = 256
_DELAY: Final = 0.1
_LEAST: Final = 97.0
_KINDS: Final = {"done": "the first answer ends it", "process": "accepted first, asked about after"}
# The command runs on uvloop where the extra `speed` is installed.
_LOOPS: Final = ("asyncio", "uvloop")


def run(options: Options) -> Section:
    rows = options.size(20_000, 1_500)
    section = Section(
        f"{rows:,} rows, {_CONCURRENCY} calls at once, an issuer that takes {_DELAY * 1000:.0f} ms",
        versions("freedompay-async", "aiohttp", "uvloop"),
    )
    found: dict[tuple[str, str], list[dict[str, Any]]] = {
        (kind, loop): [] for kind in _KINDS for loop in _LOOPS
    }
    with (
        disk() as folder,
        Server("done", delay=_DELAY) as done,
        Server("process", delay=_DELAY) as process,
    ):
        kept = file_system(folder)
        servers = {"done": done, "process": process}
        for number in range(1, options.rounds + 1):
            for (kind, loop), each in found.items():
                told = _one(servers[kind], str(folder), rows, on_uvloop=loop == "uvloop")
                each.append(told)
                share = (
                    f"{told['share']:.1f} % of what is allowed, {told['rows_a_minute']:,.0f} "
                    "rows/min"
                )
                print(f"round {number}, {kind} on {loop}: {share}", flush=True)
    section.add(
        f"The whole of `batch.run()`, its beginning and its end included; journal on {kept}, "
        f"synced. Allowed are {_CONCURRENCY} calls "
        f"every {_DELAY * 1000:.0f} ms, {_CONCURRENCY / _DELAY:,.0f} a second; the share is what "
        "was done of that. `answer` is the time "
        f"that the server really took, `in use` how much of the {_CONCURRENCY} places was with "
        "the server by its own clock, `busy` the "
        "CPU of the whole client process over the time on the wall."
    )
    lines = []
    for (kind, loop), each in found.items():
        lines.append(
            (
                f"{_KINDS[kind]}, {loop}",
                Spread.of(one["share"] for one in each).show(".1f", "%"),
                Spread.of(one["rows_a_minute"] for one in each).show(),
                Spread.of(one["calls_a_row"] for one in each).show(".2f"),
                f"{Spread.of(one['answer'] for one in each).median * 1000:.1f} ms",
                f"{Spread.of(one['in_use'] for one in each).median:.1%}",
                f"{Spread.of(one['busy'] for one in each).median:.0%}",
            )
        )
    section.add(
        table(
            ("an effect", "share", "rows a minute", "calls a row", "answer", "in use", "busy"),
            lines,
        )
    )
    for (kind, loop), each in found.items():
        spread = Spread.of(one["share"] for one in each)
        section.target(f"share, {_KINDS[kind]}, {loop}", spread, least=_LEAST, form=".1f", unit="%")
    return section


def _one(server: Server, folder: str, rows: int, *, on_uvloop: bool) -> dict[str, Any]:
    found, counts = batch_once(
        server, folder, concurrency=_CONCURRENCY, rows=rows, on_uvloop=on_uvloop
    )
    seconds = found["seconds"]
    return {
        "share": counts["calls"] / seconds * _DELAY / _CONCURRENCY * 100,
        "rows_a_minute": rows / seconds * 60,
        "calls_a_row": counts["calls"] / rows,
        "answer": counts["took"] / counts["calls"],
        "in_use": counts["took"] / seconds / _CONCURRENCY,
        "busy": found["cpu"] / seconds,
    }
