"""Runs tests with the oldest and the newest versions of what the transports rest on, on every
Python and on both event loops: `make matrix`.

    python tests/versions/matrix.py [TEST …] [--pythons "python3.11 python3.12"] [--options …]

Each Python gets an environment of its own in `.matrix`, with the versions of `constraints.txt`
except for aiohttp, what that needs, and httptools. The oldest versions are those of
`pyproject.toml`; where a Python has no wheel of that httptools, the oldest that it has is taken.
The newest are what is published on the day. The output of each run is kept beside the environments.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".matrix"
USUAL = ("python3.11", "python3.12", "python3.13")
TESTS = ("tests/transport",)
LOOPS = ("asyncio", "uvloop")
EXTRAS = "cli,excel,pin,speed"
# The oldest aiohttp needs others of these than the newest.
FREE = (
    "aiohttp",
    "httptools",
    "aiohappyeyeballs",
    "aiosignal",
    "frozenlist",
    "multidict",
    "propcache",
    "yarl",
)
# What checks the sources or opens a browser is large, and no such test needs it.
UNUSED = ("mypy", "playwright", "pyright", "ruff")
OLDEST, NEWEST = "oldest", "newest"
# The versions of aiohttp and of httptools. `oldest` is what pyproject.toml allows at least.
PAIRS = (
    (OLDEST, OLDEST),
    (OLDEST, NEWEST),
    ("3.13.*", NEWEST),
    (NEWEST, OLDEST),
    (NEWEST, NEWEST),
)
# Of the earlier Pythons these.
FEW = ((OLDEST, OLDEST), ("3.13.*", NEWEST), (NEWEST, NEWEST))
# The newest of what is allowed, of what they need too.
UPGRADE = ("--upgrade", "--upgrade-strategy", "eager")
# How many patch releases are tried to find the oldest with a wheel.
TRIED = 10
HEAD = ("Python", "aiohttp", "httptools", "loop", "passed", "failed", "skipped", "seconds", "")


class NotInstalledError(Exception):
    """pip has said why."""


@dataclass
class Row:
    python: str
    aiohttp: str
    httptools: str
    loop: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    note: str = ""

    @property
    def good(self) -> bool:
        return self.passed > 0 and not self.failed and not self.note

    def cells(self) -> tuple[str, ...]:
        counts = (str(self.passed), str(self.failed), str(self.skipped), f"{self.seconds:.0f}")
        said = "" if self.good else f"**{self.note or 'failed'}**"
        return (self.python, self.aiohttp, self.httptools, self.loop, *counts, said)


class Environment:
    """One Python, with the package and what its tests need."""

    def __init__(self, python: str, version: str) -> None:
        self.version = version
        self._python = python
        self._place = FOLDER / f"python-{version}"
        self._bin = self._place / "bin"
        self._constraints = FOLDER / "constraints.txt"

    def make(self) -> None:
        """Install everything, with whatever versions of the two."""
        if not self._bin.exists():
            self._run("make", self._python, "-m", "venv", self._place)
        lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (each for each in lines if each.partition("==")[0] not in FREE)
        self._constraints.write_text("".join(kept))
        self._install("hatchling", f".[{EXTRAS}]", *_needed())
        # Of the same version number there may be an older build.
        self._install("--no-deps", "--no-build-isolation", "--force-reinstall", ".")

    def change(self, aiohttp: str, httptools: str) -> None:
        """Install these versions of the two."""
        wanted = [_wanted("aiohttp", aiohttp)]
        if httptools != OLDEST:
            self._install(*UPGRADE, *wanted, _wanted("httptools", httptools))
            return
        self._install(*UPGRADE, *wanted)
        least = _least("httptools")
        major, minor, patch = map(int, f"{least}.0.0".split(".")[:3])
        for later in range(patch, patch + TRIED):
            try:
                version = f"{major}.{minor}.{later}"
                self._install("--only-binary", "httptools", f"httptools=={version}")
            except NotInstalledError:
                continue
            return
        raise NotInstalledError(f"no wheel of httptools {least}")

    def versions(self) -> tuple[str, str]:
        program = (
            "from importlib.metadata import version; "
            "print(version('aiohttp'), version('httptools'))"
        )
        told = self._run("versions", self._bin / "python", "-I", "-c", program)
        aiohttp, httptools = told.split()
        return aiohttp, httptools

    def test(self, row: Row, tests: list[str], options: list[str]) -> None:
        """Run the tests, and write the counts into the row."""
        name = f"{row.python}-aiohttp-{row.aiohttp}-httptools-{row.httptools}-{row.loop}"
        report = FOLDER / f"{name}.xml"
        report.unlink(missing_ok=True)
        command = [
            self._bin / "pytest",
            "-q",
            *("-p", "no:cacheprovider", "-p", "on_loop", "--loop", row.loop),
            f"--junitxml={report}",
            *options,
            *tests,
        ]
        place = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        with (FOLDER / f"{name}.log").open("w") as log:
            subprocess.run(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                env=os.environ | {"PYTHONPATH": place.rstrip(os.pathsep)},
            )
        if not report.exists():
            row.note = f"no test ran, see .matrix/{name}.log"
            return
        for suite in ET.parse(report).getroot().iter("testsuite"):
            counts = {each: int(suite.get(each, "0")) for each in ("errors", "failures", "skipped")}
            row.failed += counts["errors"] + counts["failures"]
            row.skipped += counts["skipped"]
            row.passed += int(suite.get("tests", "0")) - sum(counts.values())
            row.seconds += float(suite.get("time", "0"))
        if row.failed:
            row.note = f"see .matrix/{name}.log"
        elif not row.passed:
            row.note = "no test ran"

    def _install(self, *what: str) -> None:
        quiet = ("--quiet", "--disable-pip-version-check")
        self._run("install", self._bin / "pip", "install", *quiet, "-c", self._constraints, *what)

    def _run(self, name: str, *command: str | Path) -> str:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            said = errors[-1:] or done.stderr.splitlines()[-1:] or [f"{name} failed"]
            raise NotInstalledError(said[0])
        return done.stdout


def _project() -> dict[str, dict[str, list[str]]]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, dict[str, list[str]]] = tomllib.loads(text)["project"]
    return project


def _needed() -> list[str]:
    """What the tests need beside the package."""
    return [
        each
        for each in _project()["optional-dependencies"]["dev"]
        if re.split(r"[\[<>=!~; ]", each)[0] not in UNUSED
    ]


def _range(name: str) -> str:
    """The versions that the package allows, such as `>=3.12,<4`."""
    project = _project()
    extras = project["optional-dependencies"].values()
    for each in [*project["dependencies"], *(one for extra in extras for one in extra)]:
        found = re.match(rf"{name}(\[.*?\])?(?P<range>[<>=!~][^;]*)", each)
        if found:
            return found["range"].strip()
    return ""


def _least(name: str) -> str:
    found = re.search(r">=([\d.]+)", _range(name))
    if found is None:
        raise NotInstalledError(f"pyproject.toml has no oldest version of {name}")
    return found[1]


def _wanted(name: str, version: str) -> str:
    if version == NEWEST:
        return f"{name}{_range(name)}"
    return f"{name}=={_least(name) if version == OLDEST else version}"


def _pythons(named: list[str]) -> Iterator[tuple[str, str]]:
    """Each Python and its version. Of those that nobody has named, those that run."""
    for name in named or USUAL:
        place = shutil.which(name)
        command = [place or name, "-I", "-c", "import platform; print(platform.python_version())"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            if named:
                sys.exit(f"{name} does not run")
            print(f"{name} is not here", flush=True)
        else:
            yield command[0], told.stdout.strip()


def _rows(
    python: str,
    version: str,
    pairs: tuple[tuple[str, str], ...],
    run: Callable[[Environment, Row], None],
) -> Iterator[Row]:
    """A row for each pair of versions and each loop, as soon as its tests have run."""
    environment = Environment(python, version)
    try:
        environment.make()
    except NotInstalledError as error:
        yield Row(version, "", "", "", note=f"not installed: {error}")
        return
    for aiohttp, httptools in pairs:
        try:
            environment.change(aiohttp, httptools)
            found = environment.versions()
        except NotInstalledError as error:
            yield Row(version, aiohttp, httptools, "", note=f"not installed: {error}")
            continue
        for loop in LOOPS:
            row = Row(version, *found, loop)
            run(environment, row)
            yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tests", nargs="*", help="default: " + " ".join(TESTS))
    parser.add_argument(
        "--pythons", default="", help=f"default: those of {' '.join(USUAL)} that are here"
    )
    parser.add_argument("--options", default="", help="options of pytest")
    flags = parser.parse_args()
    tests, options = flags.tests or list(TESTS), shlex.split(flags.options)
    pythons = list(_pythons(flags.pythons.split()))
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for number, (python, version) in enumerate(pythons, 1):
        # The newest Python gets every pair.
        pairs = PAIRS if number == len(pythons) else FEW
        for row in _rows(python, version, pairs, lambda made, row: made.test(row, tests, options)):
            rows.append(row)
            print(" ".join(row.cells()), flush=True)
    print(f"\n{_table(rows)}")
    if not rows or not all(row.good for row in rows):
        sys.exit(1)


def _table(rows: list[Row]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
