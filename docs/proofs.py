"""Runs a proof and keeps its results; writes the table of the last figures, so that nobody types
one.

    python docs/proofs.py run crash .venv/bin/pytest --rounds 200 tests/crash   # into .proofs/
    python docs/proofs.py write                             # into docs/reliability.md
    python docs/proofs.py total test-pure test              # all of them in one line
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

__all__ = ["HEAD", "PROOFS", "line", "run", "table", "total", "with_table"]

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = ROOT / ".proofs"
FILE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- The table of the last figures; `make proofs-log` writes it. -->"
END: Final = "<!-- The end of the table of the last figures. -->"
HEAD: Final = ("command", "commit", "day", "machine", "asked for", "counted", "result")
NOTHING: Final = "-"
WIDTH: Final = 80

# The name of each proof in .proofs, and its name in the table.
PROOFS: Final = {
    "test-pure": "`make test`, the pure modules",
    "test": "`make test`, all others",
    "proofs": "`make proofs`",
    "soak-model": "`make soak`, the model",
    "soak-leaks": "`make soak`, the leaks",
    "crash": "`make crash`",
    "fuzz": "`make fuzz`",
    "mutate": "`make mutate`",
}
# The options that set a length; the rest of a command is in the Makefile.
LENGTHS: Final = ("--schedules", "--rounds", "--leak-seconds", "--fuzz-seconds", "--only")


class _Tests(NamedTuple):
    """The figures of pytest's XML (JUnit); the counts of its tests are added up by name."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    counted: Counter[str]


def run(name: str, command: list[str], *, kept: Path = KEPT) -> int:
    """Run a command that writes its XML where `--junitxml` says; keep its exit code, and return it.

    A note is written before the command begins. A killed run leaves no exit code in it, so it does
    not count as passed.
    """
    kept.mkdir(exist_ok=True)
    xml, note = kept / f"{name}.xml", kept / f"{name}.json"
    xml.unlink(missing_ok=True)
    tree = _tree()
    noted = {
        "tree": tree,
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"Python {platform.python_version()}, {os.cpu_count()} processors",
        "command": command,
    }
    note.write_text(json.dumps(noted), encoding="utf-8")
    code = subprocess.run([*command, f"--junitxml={xml}"], check=False).returncode
    if _tree() != tree:
        noted["tree"] = f"{tree}, changed while it ran"
    note.write_text(json.dumps(noted | {"code": code}), encoding="utf-8")
    return code


def _tree() -> str:
    """The commit, and whether files differ from it.

    The file that has the table does not count, because no proof reads it.
    """
    try:
        commit, changes = (
            subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()
            for arguments in (
                ("rev-parse", "--short=10", "HEAD"),
                ("status", "--porcelain", "--", ".", f":!{FILE.relative_to(ROOT)}"),
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return f"`{commit}`" + (" and changes" if changes else "")


def table(kept: Path = KEPT) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(line(name, kept) for name in PROOFS)]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def line(name: str, kept: Path = KEPT) -> tuple[str, ...]:
    """The row of a proof, a text for each column of `HEAD`."""
    try:
        noted = json.loads((kept / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return (PROOFS[name], *[NOTHING] * (len(HEAD) - 2), "not run on this commit")
    try:
        tests = _read(kept / f"{name}.xml")
    except (FileNotFoundError, ET.ParseError):
        tests = None
    pairs = itertools.pairwise(noted["command"])
    asked = " ".join(f"{option} {value}" for option, value in pairs if option in LENGTHS)
    counted = sorted(tests.counted.items()) if tests else []
    return (
        PROOFS[name],
        noted["tree"],
        noted["day"],
        noted["machine"],
        f"`{asked}`" if asked else "all of it",
        ", ".join(f"{number:,} {what}" for what, number in counted) or NOTHING,
        _result(noted.get("code"), tests),
    )


def _result(code: int | None, tests: _Tests | None) -> str:
    if code is None:
        return "**stopped half way**, or not ended yet"
    if tests is None:
        return f"**stopped half way**, with exit code {code} and no figures"
    ends = [(tests.passed, "passed"), (tests.failed, "failed"), (tests.skipped, "skipped")]
    figures = ", ".join(f"{number:,} {what}" for number, what in ends if number)
    figures += f" in {_time(tests.seconds)}"
    if tests.failed:
        return f"**failed**: {figures}"
    if code or not tests.passed:
        return f"**stopped half way**, with exit code {code}: {figures}"
    return figures


def _read(path: Path) -> _Tests:
    suites = list(ET.parse(path).getroot().iter("testsuite"))
    counted: Counter[str] = Counter()
    for suite in suites:
        for each in suite.iter("property"):
            counted[each.attrib["name"]] += int(each.attrib["value"])
    tests, failures, errors, skipped = (
        sum(int(each.attrib[what]) for each in suites)
        for what in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return _Tests(
        tests - failed - skipped,
        failed,
        skipped,
        sum(float(each.attrib["time"]) for each in suites),
        counted,
    )


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def total(names: list[str], kept: Path = KEPT) -> str:
    """How each of these proofs ended, and all of them in one line, as pytest writes it.

    Raises:
        ValueError: one of them has not passed; the text says how each ended.
    """
    ends = {PROOFS[name].replace("`", ""): line(name, kept)[-1] for name in names}
    lines = [f"{name}: {end}" for name, end in ends.items()]
    if not all(re.match(r"[\d,]+ passed", end) for end in ends.values()):
        raise ValueError("\n".join(lines))
    each = [_read(kept / f"{name}.xml") for name in names]
    passed, skipped = (
        sum(getattr(tests, what) for tests in each) for what in ("passed", "skipped")
    )
    seconds = sum(tests.seconds for tests in each)
    figures = f"{passed} passed" + (f", {skipped} skipped" if skipped else "")
    end = f" {figures} in {seconds:.2f}s ({timedelta(seconds=int(seconds))}) "
    return "\n".join([*lines, end.center(WIDTH, "=")])


def with_table(text: str, made: str) -> str:
    """The text of a file, with the table between its comments.

    Raises:
        ValueError: the file has no place for a table.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("there is no place for the table")
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def main() -> None:
    match sys.argv[1:]:
        case ["run", name, *command] if name in PROOFS and command:
            sys.exit(run(name, command))
        case ["total", *names] if names and PROOFS.keys() >= set(names):
            try:
                sys.stdout.write(f"{total(names)}\n")
            except ValueError as error:
                sys.exit(str(error))
        case ["write"]:
            FILE.write_text(with_table(FILE.read_text(encoding="utf-8"), table()), encoding="utf-8")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
