"""A batch against a slow issuer: how well it uses its connections, and when it does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from side_by_side.folders import MEMORY, disk
from side_by_side.machine import file_system, versions
from side_by_side.measure import Spread, ratios
from side_by_side.parts.window import Window
from side_by_side.processes import Server, batch_once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 2400
_CONCURRENCY: Final = 256
_DELAY: Final = 0.1
_LEAST: Final = 97.0
_KINDS: Final = {"done": "the first answer ends it", "process": "accepted first, asked about after"}
# With the extra `speed` the command runs on uvloop, over the direct transport.
_SPEED: Final = "speed"
_WAYS: Final[dict[str, dict[str, Any]]] = {
    _SPEED: {"direct": True, "on_uvloop": True, "as_command": True},
    "default": {},
}
_WITHOUT: Final[dict[str, dict[str, Any]]] = {
    "the questions first": {"check_first": "none"},
    "opening connections": {"warm": True},
    "the garbage collector": {"collecting": False},
    "the command's setting of it": {"as_command": False},
    "the disk": {},
}
_DISK: Final = "the disk"


def run(options: Options) -> Section:
    rows = options.size(20_000, 1_500)
    section = Section(
        f"{rows:,} rows, {_CONCURRENCY} calls at once, an issuer that takes {_DELAY * 1000:.0f} ms",
        versions("freedompay-async", "aiohttp", "httptools", "uvloop"),
    )
    found: dict[tuple[str, str], list[dict[str, Any]]] = {
        (kind, way): [] for kind in _KINDS for way in _WAYS
    }
    without: dict[str, list[dict[str, Any]]] = {
        name: [] for name in _WITHOUT if name != _DISK or _has_memory()
    }
    with (
        disk() as folder,
        Server("done", delay=_DELAY) as done,
        Server("process", delay=_DELAY) as process,
    ):
        kept = file_system(folder)
        servers = {"done": done, "process": process}
        for number in range(1, options.rounds + 1):
            for (kind, way), each in found.items():
                told = _one(servers[kind], str(folder), rows, **_WAYS[way])
                each.append(told)
                share = (
                    f"{told['share']:.1f} % of what is allowed, {told['rows_a_minute']:,.0f} "
                    "rows/min"
                )
                print(f"round {number}, {kind}, {way}: {share}", flush=True)
            for name, each in without.items():
                place = str(MEMORY if name == _DISK else folder)
                each.append(_one(done, place, rows, **{**_WAYS[_SPEED], **_WITHOUT[name]}))
                print(f"round {number}, without {name}: {each[-1]['share']:.1f} %", flush=True)
    section.add(
        f"The whole of `batch.run()`, its beginning and its end included; journal on {kept}, "
        f"synced. Allowed are {_CONCURRENCY} calls every {_DELAY * 1000:.0f} ms, "
        f"{_CONCURRENCY / _DELAY:,.0f} a second; the share is what was done of that. "
        f"`{_SPEED}` is the direct transport on uvloop, as the command runs with the extra "
        f"`{_SPEED}`; `default` is aiohttp on asyncio. `answer` is the time that the server really "
        "took, `busy` the CPU of the whole client process over the time on the wall."
    )
    section.add(
        table(
            ("an effect", "share", "rows a minute", "calls a row", "answer", "busy"),
            _shares(found),
        )
    )
    section.add(
        "Where the rest goes, by the server's clock. The start lasts from `run()` until as many "
        "calls are with the server as in the middle of the run (the median of steps of 10 ms); "
        "the drain lasts from the moment when the last row was taken until the end. `lost` is the "
        "part of all that is allowed in the run. The questions before the first send are fewer "
        "than the places, and so are the last calls, so something is lost in every run. "
        "`collector` is how long the garbage collector held the process up, in all and at most."
    )
    section.add(
        table(
            (
                "an effect",
                "first request after",
                "start",
                "lost",
                "share in between",
                "lost",
                "drain",
                "lost",
                "collector",
            ),
            _losses(found),
        )
    )
    section.add(
        f"`{_SPEED}`, {_KINDS['done']}, and one thing left out: the questions before the first "
        "send; the opening of connections (`warm_up` before the run); the garbage collector; its "
        "setting in the command, so that it has Python's own; the disk (the journal is in memory). "
        "The gain is the share over that of the same round above."
    )
    whole = [one["share"] for one in found["done", _SPEED]]
    section.add(
        table(
            ("without", "share", "of the usual", "start", "share in between"),
            [
                (
                    name,
                    Spread.of(one["share"] for one in each).show(".1f", "%"),
                    ratios([one["share"] for one in each], whole).show(".3f", "x"),
                    _seconds(one["window"].start for one in each),
                    Spread.of(one["window"].between for one in each).show(".1f", "%"),
                )
                for name, each in without.items()
            ],
        )
    )
    for kind, meaning in _KINDS.items():
        spread = Spread.of(one["share"] for one in found[kind, _SPEED])
        section.target(f"share, {meaning}, {_SPEED}", spread, least=_LEAST, form=".1f", unit="%")
    return section


def _has_memory() -> bool:
    return file_system(MEMORY) == "tmpfs" and os.access(MEMORY, os.W_OK)


def _shares(found: dict[tuple[str, str], list[dict[str, Any]]]) -> Iterator[tuple[str, ...]]:
    for (kind, way), each in found.items():
        yield (
            f"{_KINDS[kind]}, {way}",
            Spread.of(one["share"] for one in each).show(".1f", "%"),
            Spread.of(one["rows_a_minute"] for one in each).show(),
            Spread.of(one["calls_a_row"] for one in each).show(".2f"),
            f"{Spread.of(one['answer'] for one in each).median * 1000:.1f} ms",
            f"{Spread.of(one['busy'] for one in each).median:.0%}",
        )


def _losses(found: dict[tuple[str, str], list[dict[str, Any]]]) -> Iterator[tuple[str, ...]]:
    for (kind, way), each in found.items():
        windows = [one["window"] for one in each]
        longest = Spread.of(max(one["held"], default=0.0) for one in each).median * 1000
        yield (
            f"{_KINDS[kind]}, {way}",
            _seconds(window.first for window in windows),
            _seconds(window.start for window in windows),
            _lost(window.lost_at_start for window in windows),
            Spread.of(window.between for window in windows).show(".1f", "%"),
            _lost(window.lost_between for window in windows),
            _seconds(window.drain for window in windows),
            _lost(window.lost_in_drain for window in windows),
            f"{_seconds(sum(one['held']) for one in each)}, {longest:.0f} ms",
        )


def _seconds(values: Iterator[float]) -> str:
    return f"{Spread.of(values).median:.2f} s"


def _lost(values: Iterator[float]) -> str:
    return f"{Spread.of(values).median:.1f} %"


def _one(server: Server, folder: str, rows: int, **way: Any) -> dict[str, Any]:
    found, counts = batch_once(server, folder, concurrency=_CONCURRENCY, rows=rows, **way)
    seconds = found["seconds"]
    return {
        "share": counts["calls"] / seconds * _DELAY / _CONCURRENCY * 100,
        "rows_a_minute": rows / seconds * 60,
        "calls_a_row": counts["calls"] / rows,
        "answer": counts["took"] / counts["calls"],
        "busy": found["cpu"] / seconds,
        "held": found["held"],
        "window": Window.of(
            counts["here"],
            places=_CONCURRENCY,
            began=found["began"],
            taken=found["taken"],
            ended=found["ended"],
        ),
    }
