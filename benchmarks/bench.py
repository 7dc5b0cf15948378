"""The benchmark of the whole library: `make bench`, or some parts, as `make bench PARTS="calls"`.

    python benchmarks/bench.py [PART …] [--rounds 5] [--quick] [--full]

It needs the extra `bench`; `make bench` installs it. Each part runs in a process of its own and
writes its own section of `benchmarks/RESULTS.md`. A part that breaks down leaves its section as it
was. A missed target is shown as missed, and is no error. `--quick` takes small counts to try a part
out: it prints, and writes no file.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from side_by_side.machine import machine
from side_by_side.options import Options
from side_by_side.parts import PARTS, part_of
from side_by_side.results import RESULTS, put

ROUNDS: Final = 5


def _begin(name: str, options: Options, out: Path) -> None:
    """Run a part in this process, and write its section."""
    section = part_of(name).run(options)
    flags = [f"--rounds {options.rounds}", *(["--full"] if options.full else [])]
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    measured = (
        f"Measured {when} by `python benchmarks/bench.py {name} {' '.join(flags)}` on {machine()};"
    )
    out.write_text(section.text(name, measured), encoding="utf-8")


def _part(name: str, options: Options) -> str | None:
    """Run a part in a process of its own; its section, `None` if it broke down or was too slow."""
    limit = (part_of(name).FULL_LIMIT if options.full else part_of(name).LIMIT) * max(
        1.0, options.rounds / ROUNDS
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "section.md"
        flags = [*(["--quick"] if options.quick else []), *(["--full"] if options.full else [])]
        command = [
            sys.executable,
            __file__,
            "--part",
            name,
            "--out",
            str(out),
            "--rounds",
            str(options.rounds),
            *flags,
        ]
        # A process group of its own, so that killing it leaves nothing of the part.
        process = subprocess.Popen(command, start_new_session=True)
        try:
            failed = process.wait(timeout=limit) and "its own words are above"
        except subprocess.TimeoutExpired:
            failed = f"it had not ended after {limit:g} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if failed:
            print(f"{name} broke down: {failed}", file=sys.stderr)
            return None
        return out.read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all if left out"
    )
    parser.add_argument(
        "--rounds",
        type=int,
        help=f"how often each is measured (default: {ROUNDS}; with --quick: 2)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="small counts, for trying out; nothing is written"
    )
    parser.add_argument(
        "--full", action="store_true", help="a million rows for `memory`, which takes many minutes"
    )
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    unknown = [name for name in flags.parts if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    rounds = (2 if flags.quick else ROUNDS) if flags.rounds is None else flags.rounds
    if rounds < 1:
        parser.error("--rounds is a number from 1")
    options = Options(rounds=rounds, quick=flags.quick, full=flags.full)
    if flags.part:
        _begin(flags.part, options, flags.out)
        return
    broken = []
    for name in dict.fromkeys(flags.parts or PARTS):
        print(f"== {name}", flush=True)
        text = _part(name, options)
        if text is None:
            broken.append(name)
            continue
        print(f"\n{text}\n", flush=True)
        if not options.quick:
            put(name, text, PARTS)
            print(f"written: {RESULTS.name}", flush=True)
    if broken:
        sys.exit(f"broke down: {', '.join(broken)}")


if __name__ == "__main__":
    main()
