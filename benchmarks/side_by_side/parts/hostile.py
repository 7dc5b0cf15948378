"""How long one answer of an issuer can hold up the loop."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from side_by_side.hostile import ANSWERS, SMALL
from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.processes import once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900
_FOLDER: Final = Path(__file__).parents[2]
_MOST: Final = 200.0
_CALLS: Final = ("info", "statement", "block")


@contextmanager
def _server() -> Iterator[str]:
    """A server in a process of its own, so that its work holds up no other loop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "side_by_side.hostile"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_FOLDER,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run(options: Options) -> Section:
    section = Section(
        "one answer of 8 MiB that is hard to read", versions("freedompay-async", "msgspec")
    )
    held: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in ANSWERS}
    with _server() as url:
        for number in range(1, options.rounds + 1):
            for name in ANSWERS:
                told = once("hostile", url=url, name=name)
                for what, value in told.items():
                    held[name][what].append(value if what == "memory" else value * 1000)
                print(
                    (
                        f"round {number}, {name}: "
                        f"{', '.join(f'{held[name][call][-1]:.0f}' for call in _CALLS)} ms"
                    ),
                    flush=True,
                )
    section.add(
        "For how long at most nothing else ran on the loop while one such answer came in, was "
        "read, and was told as what it is: a good "
        "answer, or an error. Milliseconds; `memory` is the most that the process had, in MiB. "
        "Each in a process of its own."
    )
    rows = []
    for name, told in held.items():
        spreads = [Spread.of(told[call]).show(".0f") for call in _CALLS]
        rows.append((name, *spreads, Spread.of(told["memory"]).show(".0f")))
    section.add(
        table(
            ("answer", "`cards.info`", "`cards.statement`", "`cards.block` and its end", "memory"),
            rows,
        )
    )
    worst = max(
        (Spread.of(told[call]) for name, told in held.items() if name != SMALL for call in _CALLS),
        key=lambda each: each.median,
    )
    section.target("the longest of them", worst, most=_MOST, form=".0f", unit="ms")
    return section
