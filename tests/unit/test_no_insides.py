"""Tests know promises: none of them reads or writes what an object of the package keeps to
itself.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for folder in ("tests", "benchmarks", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# What belongs to another library, has no public door there, and why a test needs it.
ALLOWED = {
    "asyncio._set_running_loop": "a loop of a test's own, and a loop in a forked child",
    "task._log_destroy_pending": "a task that a killed process has left",
    "timer._scheduled": "a loop of a test's own, which takes timers out as asyncio's does",
    "session._retry_connection": "aiohttp's own session, which would repeat a GET",
    "typer.testing._get_command": "typer's runner builds its command anew for each call",
    "os._exit": "a child process ends without its parent's clean-up",
    "ahead._value": "asyncio's semaphore: how many more may pass it",
}


def reached(path: Path) -> set[str]:
    """Each `owner._name` of a file, but for what a class reaches of itself."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        if node.attr.startswith("__") or node.attr[1:2].isupper():
            continue
        if node.attr in ("_replace", "_asdict", "_fields"):
            continue  # A named tuple's own public names.
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            continue
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "super":
            continue
        owner = ast.unparse(node.value)
        if owner.startswith("typer."):
            found.add(f"{owner}.{node.attr}")
        else:
            found.add(f"{owner.rpartition('.')[2]}.{node.attr}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_reaches_behind_an_object(path):
    assert reached(path) - ALLOWED.keys() == set()


def test_what_is_allowed_is_needed():
    assert ALLOWED.keys() - set().union(*map(reached, FILES)) == set()
