"""The cost of asking first whether the request ids of a new batch were used before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from side_by_side.folders import disk
from side_by_side.machine import file_system, versions
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Server, batch_once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900
_CONCURRENCY: Final = 64
_DELAY: Final = 0.02
_MODES: Final = ("none", "sample", "all")


def run(options: Options) -> Section:
    rows = options.size(5_000, 500)
    section = Section(
        "what the question before the first send costs a batch",
        versions("freedompay-async", "aiohttp"),
    )
    seconds: dict[str, list[float]] = {mode: [] for mode in _MODES}
    calls: dict[str, list[float]] = {mode: [] for mode in _MODES}
    with disk() as folder, Server("done", delay=_DELAY) as server:
        for number in range(1, options.rounds + 1):
            # A different one is first in each round.
            for mode in _MODES[number % 3 :] + _MODES[: number % 3]:
                found, counts = batch_once(
                    server, folder, concurrency=_CONCURRENCY, rows=rows, check_first=mode
                )
                seconds[mode].append(found["seconds"])
                calls[mode].append(float(counts["calls"] - rows * 2))
            print(
                f"round {number}: "
                + ", ".join(f"{mode} {seconds[mode][-1]:.2f} s" for mode in _MODES),
                flush=True,
            )
        section.add(
            f"{rows:,} rows, {_CONCURRENCY} calls at once, an issuer that takes "
            f"{_DELAY * 1000:.0f} ms, journal on {file_system(folder)}; "
            "the whole of `batch.run()`. None of the ids was used before. `questions` are calls "
            "beyond two for each row."
        )
    lines = [
        (
            f"--check-first {mode}",
            Spread.of(calls[mode]).show(),
            Spread.of(seconds[mode]).show(".2f", "s"),
            ratios(seconds[mode], seconds["none"]).show(".2f"),
        )
        for mode in _MODES
    ]
    section.add(table(("", "questions", "seconds", "of none"), lines))
    return section
