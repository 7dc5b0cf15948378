"""What `import freedompay_async` adds to the start of Python, in whole processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 300
_MOST: Final = 60.0
# Modules that the package needs, and modules that only a client needs.
_NEEDED: Final = "import asyncio, logging, msgspec"
_PROGRAMS: Final = {
    name: name
    for name in ("import freedompay_async", _NEEDED, "import asyncio", "import aiohttp", "pass")
}
_CHECK: Final = "import sys, freedompay_async; sys.exit('aiohttp' in sys.modules)"


def run(options: Options) -> Section:
    pairs = options.size(10 * options.rounds, 5)
    took: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(pairs + 1):
            for name, program in _PROGRAMS.items():
                seconds = _seconds(program, folder)
                # The first of each may have to compile, and to read from the disk.
                if number:
                    took[name].append(seconds * 1000)
        aiohttp_too = subprocess.run(
            [sys.executable, "-c", _CHECK], cwd=folder, check=False
        ).returncode
    # Both are of the same round, so that the machine's load is in both.
    more = {
        name: Spread.of(a - b for a, b in zip(took[name], took["pass"], strict=True))
        for name in _PROGRAMS
    }
    print(
        (
            f"import freedompay_async: {more['import freedompay_async'].show('.1f', 'ms')} more "
            "than pass"
        ),
        flush=True,
    )
    section = Section("what the import takes", versions("freedompay-async", "aiohttp", "msgspec"))
    section.add(f"Whole processes of `python -c …`, {pairs} of each, taking turns:")
    rows = [
        (
            f"`{name}`",
            Spread.of(took[name]).show(".1f"),
            more[name].show(".1f") if name != "pass" else "",
        )
        for name in _PROGRAMS
    ]
    section.add(table(("program", "ms", "more than `pass`"), rows))
    section.target(
        "`import freedompay_async`, more than `pass`",
        more["import freedompay_async"],
        most=_MOST,
        form=".1f",
        unit="ms",
    )
    verdict = "**missed**" if aiohttp_too else "met"
    section.targets.append(
        (
            "aiohttp after `import freedompay_async`",
            "not imported",
            "imported" if aiohttp_too else "not imported",
            verdict,
        )
    )
    return section


def _seconds(program: str, folder: str) -> float:
    # Not in the folder of the project, where the sources would be imported and not what is
    # installed.
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    return time.perf_counter() - began
