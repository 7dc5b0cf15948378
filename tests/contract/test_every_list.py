"""A row of the table that another list lacks is named, with the file to put it into.

So is a name in a list that is no row.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from freedompay_async.cli.app import app
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.hashdt import Pins
from freedompay_async.sandbox.desk.host_contract import HostContract
from freedompay_async.sandbox.issuing import rules
from tests.contract.test_every_row import FOUND
from tests.samples import NAMESPACES, SAMPLES, UNKNOWN_NAME, left_out
from tests.secrets.marked import ANSWERS, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
ROWS = (*TABLE, *HASHDT_TABLE)
NAMES = [row.name for row in ROWS]
OURS = [row.name for row in TABLE]
# What begins no call of its own, but gathers, keeps or goes on with one.
NO_CALLS = {
    "cards.movements",
    "gift_cards.order",
    "gift_cards.attach",
    "requests.attach",
    "requests.as_completed",
}
NO_ROWS = {"cards movements"}


def methods() -> Iterable[str]:
    """The public methods of the client, by their own classes."""
    found = {
        f"{name}.{method}"
        for name, owner in NAMESPACES.items()
        for method in vars(owner)
        if inspect.isfunction(vars(owner)[method])
    }
    return {name for name in found if "._" not in name} - NO_CALLS


def pages() -> Iterable[str]:
    return [
        f"pins.{name}"
        for name, each in vars(Pins).items()
        if inspect.isfunction(each) and not name.startswith("_")
    ]


def verbs() -> Iterable[str]:
    """The commands of a call, as the methods are named."""
    groups = typer.main.get_command(app).commands
    found = {
        f"{name} {verb}"
        for name, group in groups.items()
        for verb in getattr(group, "commands", {})
    }
    return {
        each.replace("-", "_").replace(" ", ".")
        for each in found - NO_ROWS
        if each.split()[0].replace("-", "_") in NAMESPACES
    }


def in_the_docs() -> Iterable[str]:
    text = (ROOT / "docs" / "calls.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([\w.]+)` \| `/\S+` \|", text, re.MULTILINE)


def on_the_sandbox() -> Iterable[str]:
    """The calls that the sandbox answers: by the method of their row, or by their own name."""
    known = {rules.call_of(row.path): row.name for row in TABLE}
    return [known.get(call, call) for call in rules.calls()]


def named_on_a_host() -> Iterable[str]:
    """The methods that a sandbox takes for a call, where it is told what is different on a host."""

    def call(name: str) -> str | None:
        try:
            return HostContract({name: {"path": "/a"}}).call_of("/a")
        except ValueError:
            return None

    # A call that the sandbox does not answer at all is named by the list of those.
    return [row.name for row in TABLE if rules.call_of(row.path) in (None, call(row.name))]


LISTS: dict[str, tuple[Callable[[], Iterable[str]], list[str]]] = {
    "tests/samples.py": (lambda: SAMPLES, NAMES),
    "freedompay_async/api/{namespace}.py": (methods, OURS),
    "freedompay_async/hashdt/pins.py": (pages, [row.name for row in HASHDT_TABLE]),
    "freedompay_async/cli/verbs": (verbs, OURS),
    "freedompay_async/sandbox/issuing/rules.py": (on_the_sandbox, OURS),
    "freedompay_async/sandbox/desk/host_contract.py": (named_on_a_host, OURS),
    "docs/calls.md (make tables)": (in_the_docs, NAMES),
}
SOME = {
    "FOUND of tests/contract/test_every_row.py": FOUND,
    "SECRET of tests/secrets/marked.py": SECRET,
    "ANSWERS of tests/secrets/marked.py": ANSWERS,
}


@pytest.mark.parametrize("file", LISTS)
def test_a_list_has_every_row(file):
    names, rows = LISTS[file]

    assert left_out(names(), file, rows) == []


@pytest.mark.parametrize("file", SOME)
def test_a_list_of_some_rows_has_no_others(file):
    assert [
        each for each in left_out(SOME[file], file, NAMES) if not each.endswith(f"not in {file}")
    ] == []


def test_a_row_whose_codes_are_secret_is_marked_somewhere():
    assert [row.name for row in ROWS if row.codes and row.name not in SECRET | ANSWERS] == []


@pytest.mark.parametrize(
    "file", [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"], ids=lambda file: file.name
)
def test_a_page_shows_no_row_as_a_call_that_the_library_does_not_know(file):
    assert (
        set(re.findall(r"fp\.call\(\s*\"([^\"]+)\"", file.read_text(encoding="utf-8")))
        & {row.path for row in ROWS}
        == set()
    )


def test_what_is_left_out_is_named_with_its_file():
    rows = ["cards.issue", UNKNOWN_NAME]

    assert left_out(["cards.issue"], "tests/samples.py", rows) == [
        f"{UNKNOWN_NAME} is in contract/table.py and not in tests/samples.py"
    ]
    assert left_out([UNKNOWN_NAME], "api/{namespace}.py", rows) == [
        "cards.issue is in contract/table.py and not in api/cards.py"
    ]
    assert left_out(rows, "docs/calls.md", rows[:1]) == [
        f"{UNKNOWN_NAME} is in docs/calls.md and not in contract/table.py"
    ]
    assert left_out(rows, "tests/samples.py", rows) == []
