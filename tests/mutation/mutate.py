"""Changes one thing at a time in the modules that decide; a test has to fail: `make mutate`.

python tests/mutation/mutate.py                          # all modules of modules.toml
python tests/mutation/mutate.py --only calls.call_state,batch.ending

mutmut makes the changes (mutants) and runs the tests that reach them. A mutant that no test notices
is a survivor. It needs a test, or a line in equivalent.toml that says why no test can tell. One
rule takes mutants out: what changes only the wording of a text for people, which is a text with a
blank in it that is no SQL. Where a mutant makes the tests hang, it was noticed.

What mutmut does not change: type annotations, what is beside functions (a module's and a class's
numbers), and functions with a decorator, such as properties.

Each module has a folder of its own under `mutants`, with the package and the tests as they are.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import time
import tokenize
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "mutants"
MUTMUT: Final = Path(sys.executable).with_name("mutmut")
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")
NOTICED: Final = ("killed", "timeout")

CONFIG: Final = """

[tool.mutmut]
source_paths = ["freedompay_async"]
only_mutate = ["{path}"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 5.0
timeout_constant = 2.0
track_dependencies = false
use_git_change_detection = false
process_isolation = "forkserver"
"""


class Mutant(NamedTuple):
    """What was changed into what, in which function."""

    function: str
    was: str
    now: str


class Known(NamedTuple):
    """A line of equivalent.toml."""

    function: str
    was: str
    now: str
    why: str


def lines_of(text: str) -> str:
    """One line, however the formatter has broken it."""
    return " ".join(text.split())


def is_wording(was: str, now: str) -> bool:
    """Whether nothing differs but texts for people: those that have a blank in them."""
    try:
        before, after = (_tokens(f"({text})") for text in (was, now))
    except (tokenize.TokenError, IndentationError):
        return False
    if len(before) != len(after):
        return False
    changed = [pair for pair in zip(before, after, strict=True) if pair[0].string != pair[1].string]
    return all(
        one.type == other.type == tokenize.STRING and _is_prose(one.string)
        for one, other in changed
    )


def _is_prose(text: str) -> bool:
    return " " in text.strip("\"' rfb") and not re.search("SELECT|UPDATE|INSERT|DELETE", text)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def known_of(module: str, path: Path = EQUIVALENT) -> list[Known]:
    """What equivalent.toml says of a module."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    tables = [table for table in entries.get("equivalent", []) if table["module"] == module]
    return [
        Known(table["function"], lines_of(table["was"]), lines_of(now), table["why"])
        for table in tables
        for now in ([table["now"]] if isinstance(table["now"], str) else table["now"])
    ]


def judge(survivors: list[Mutant], known: list[Known]) -> tuple[list[Mutant], list[Known]]:
    """The survivors that nothing speaks for, and the lines that speak for nothing."""
    told = {each[:3] for each in known}
    left = [each for each in survivors if tuple(each) not in told]
    left = [each for each in left if not is_wording(each.was, each.now)]
    return left, [each for each in known if each[:3] not in {tuple(mutant) for mutant in survivors}]


def read_diff(name: str, diff: str) -> Mutant:
    """A mutant as mutmut shows it."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    was, now = (" ".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+")
    function = re.sub(r"__mutmut_\d+$", "", name.rpartition(".")[2])
    return Mutant(
        function.removeprefix("xǁ").removeprefix("x_").replace("ǁ", "."),
        lines_of(was),
        lines_of(now),
    )


def prepare(module: str, tests: list[str]) -> Path:
    """A folder in which mutmut finds the package, the tests and its settings."""
    folder = FOLDER / module
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("freedompay_async", "tests"):
        (folder / name).symlink_to(ROOT / name)
    config = CONFIG.format(path=f"freedompay_async/{module.replace('.', '/')}.py", tests=tests)
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(ours + config, encoding="utf-8")
    return folder


def mutate(module: str, tests: list[str]) -> tuple[Counter[str], list[Mutant]]:
    """How many mutants ended how, and those that nothing noticed.

    Raises:
        SystemExit: mutmut could not begin, or a test fails without any mutant.
    """
    folder = prepare(module, tests)
    run = subprocess.run(
        [MUTMUT, "run", "--max-children", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    results = subprocess.check_output([MUTMUT, "results", "--all", "true"], cwd=folder, text=True)
    ends = dict(line.strip().rsplit(": ", 1) for line in results.splitlines() if ": " in line)
    if run.returncode or not ends or "not checked" in ends.values():
        sys.exit(f"{run.stdout[-5000:]}{run.stderr}\n{module}: the mutants could not be tried.")
    survivors = []
    for name, end in ends.items():
        if end not in NOTICED:
            shown = subprocess.check_output([MUTMUT, "show", name], cwd=folder, text=True)
            survivors.append(read_diff(name, shown))
    return Counter(ends.values()), survivors


def timed(module: str, tests: list[str]) -> tuple[Counter[str], list[Mutant], float]:
    """As `mutate`, and the seconds that it took."""
    at = time.monotonic()
    return *mutate(module, tests), time.monotonic() - at


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    modules = tomllib.loads(Path(__file__).with_name("modules.toml").read_text(encoding="utf-8"))
    parser.add_argument("--only", help=f"some of them, with commas: {', '.join(modules)}")
    parser.add_argument("--junitxml", type=Path, help="where to write what came of it")
    flags = parser.parse_args()
    chosen = flags.only.split(",") if flags.only else list(modules)
    if strange := [each for each in chosen if each not in modules]:
        parser.error(f"there is no module {', '.join(strange)} in modules.toml")
    suite, failures, began = ET.Element("testsuite"), 0, time.monotonic()
    # Each module has a folder and a process of its own, so there is one for each processor.
    workers = ThreadPoolExecutor(os.cpu_count())
    for module, (ends, survivors, seconds) in zip(
        chosen, workers.map(lambda each: timed(each, modules[each]), chosen), strict=True
    ):
        left, idle = judge(survivors, known_of(module))
        figures = {
            "mutants": ends.total(),
            "mutants noticed": sum(ends[each] for each in NOTICED),
            "mutants that nobody can tell": len(survivors) - len(left),
        }
        counted = ", ".join(f"{number} {what}" for what, number in figures.items())
        print(f"{module}: {counted}; {seconds:.0f} s", flush=True)
        told = [f"  survived: {_shown(each)}" for each in left]
        told += [
            f"  equivalent.toml has it, and it is no survivor: {_shown(each)}" for each in idle
        ]
        case = ET.SubElement(suite, "testcase", name=module)
        properties = ET.SubElement(case, "properties")
        for what, number in figures.items():
            ET.SubElement(properties, "property", name=what, value=str(number))
        if told:
            print("\n".join(told), flush=True)
            ET.SubElement(case, "failure").text = "\n".join(told)
            failures += 1
    if flags.junitxml:
        ends = {"tests": len(chosen), "failures": failures, "errors": 0, "skipped": 0}
        suite.attrib.update({name: str(value) for name, value in ends.items()})
        suite.attrib["time"] = f"{time.monotonic() - began:.1f}"
        ET.ElementTree(suite).write(flags.junitxml, encoding="utf-8")
    sys.exit(failures > 0)


def _shown(mutant: Mutant | Known) -> str:
    return f"{mutant.function}\n    - {mutant.was}\n    + {mutant.now}"


if __name__ == "__main__":
    main()
