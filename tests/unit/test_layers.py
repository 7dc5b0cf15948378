from __future__ import annotations

import ast
import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.programs import output_of

ROOT = Path(find_spec("freedompay_async").submodule_search_locations[0])
# Lower first. What stands on a line may use what stands on the lines before it, and nothing of its
# own line.
LEVELS = (
    ("errors",),
    ("redaction",),
    ("guards",),
    ("crypto",),
    ("contract",),
    ("settings", "codec"),
    ("events",),
    ("traffic",),
    ("transport",),
    ("calls",),
    ("operations",),
    ("intents",),
    ("api", "client_options"),
    ("base_client",),
    ("client", "hashdt"),
    # The sandbox uses nothing of the rest: a test below.
    ("batch", "sandbox"),
    ("postgres",),
    ("cli",),
    # What users import: the package itself uses none of it.
    ("models", "testing", "transports", "journals", "seals"),
)
ORDER = tuple(name for level in LEVELS for name in level)
FILES = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py"))}
BELOW = [name for name in FILES if name != "__init__.py"]


def part(name: str) -> str:
    """The module or package, directly below the package, that a file belongs to."""
    return name.replace(os.sep, "/").split("/")[0].removesuffix(".py")


def imports(name: str) -> set[str]:
    """Every module that a file names in an import, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = (
                {alias.name for alias in node.names if alias.name in ORDER}
                if node.module == "freedompay_async"
                else set()
            )
            found |= {f"freedompay_async.{name}" for name in parts}
            if len(parts) < len(node.names):
                found.add("." * node.level + (node.module or ""))
    return found


def used(name: str) -> set[str]:
    """The parts of the package that a file imports, without its own."""
    inside = {
        module.split(".")[1] for module in imports(name) if module.startswith("freedompay_async.")
    }
    return inside - {part(name)}


def dotted(name: str) -> str:
    """A file as its module is named below the package."""
    return name.replace(os.sep, ".").removesuffix(".py").removesuffix("__init__").removesuffix(".")


MODULES = {dotted(name): name for name in FILES}


def arrows(name: str) -> set[str]:
    """The modules of the package that a file imports; a name that is taken from a package counts as
    the package.
    """
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {
                each if each.removeprefix("freedompay_async.") in MODULES else f"{node.module}"
                for each in inside
            }
    return {
        each.removeprefix("freedompay_async").removeprefix(".")
        for each in found
        if each.split(".")[0] == "freedompay_async"
    }


def users(library: str) -> set[str]:
    return {
        part(name)
        for name in FILES
        if any(module.split(".")[0] == library for module in imports(name))
    }


def test_the_page_of_the_architecture_has_the_same_rule():
    page = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text("utf-8")
    (rule,) = re.findall(r"^    (errors < .*(?:\n    <.*)*)$", page, flags=re.MULTILINE)

    assert (
        tuple(tuple(name.strip() for name in level.split(",")) for level in rule.split("<"))
        == LEVELS
    )


@pytest.mark.parametrize("name", BELOW)
def test_every_module_has_a_place_in_the_order(name):
    assert part(name) in ORDER


@pytest.mark.parametrize("name", [name for name in BELOW if part(name) in ORDER])
def test_dependencies_point_down(name):
    level = next(number for number, names in enumerate(LEVELS) if part(name) in names)
    below = {each for names in LEVELS[:level] for each in names} | {part(name)}

    assert {each for each in arrows(name) if each.split(".")[0] not in below} == set()


def test_no_module_comes_back_to_itself():
    """In a room too: whatever is imported stands on its own, without the module that imports it."""
    left = {one: arrows(name) - {one} for one, name in MODULES.items()}
    while free := [one for one, uses in left.items() if not uses & left.keys()]:
        left = {one: uses for one, uses in left.items() if one not in free}

    assert left == {}


@pytest.mark.parametrize("name", [name for name in BELOW if part(name) != "cli"])
def test_nothing_below_the_command_imports_the_package_as_a_whole(name):
    assert "freedompay_async" not in imports(name)


@pytest.mark.parametrize("name", FILES)
def test_imports_name_the_whole_path(name):
    assert [module for module in imports(name) if module.startswith(".")] == []


@pytest.mark.parametrize("name", [name for name in FILES if part(name) == "sandbox"])
def test_the_sandbox_uses_nothing_of_the_package(name):
    assert used(name) == set()


def test_what_a_user_imports_brings_no_batch_sandbox_or_command():
    assert used("__init__.py") & {"batch", "sandbox", "cli"} == set()
    assert "calls.session" not in arrows("__init__.py")


def test_only_its_transport_and_the_sandbox_import_aiohttp():
    assert users("aiohttp") == {"transport", "sandbox"}
    assert {
        os.path.dirname(name)
        for name in FILES
        if part(name) == "transport" and "aiohttp" in {each.split(".")[0] for each in imports(name)}
    } == {os.path.join("transport", "over_aiohttp")}


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_only_the_command_imports_what_is_an_extra(library):
    assert users(library) - {"cli"} == set()


def test_of_a_batch_only_its_journal_knows_a_database():
    found = {name for name in FILES if part(name) == "batch" and "sqlite3" in imports(name)}

    assert {os.path.dirname(name) for name in found} == {os.path.join("batch", "journal")}


@pytest.mark.parametrize(
    ("library", "module"), [("confusable_homoglyphs", "lookalikes"), ("phonenumbers", "numbers")]
)
def test_only_one_module_imports_a_library_that_a_plan_looks_things_up_in(library, module):
    """Each is of an extra too, and a plan is made without it where it is not installed."""
    users = [name for name in FILES if any(each.split(".")[0] == library for each in imports(name))]

    assert users == [os.path.join("batch", "input", f"{module}.py")]


def test_only_the_reader_of_workbooks_imports_its_library():
    found = [name for name, path in FILES.items() if "python_calamine" in path.read_text("utf-8")]

    assert found == [os.path.join("batch", "input", "workbook.py")]


@pytest.mark.parametrize("library", ["confusable_homoglyphs", "phonenumbers", "python_calamine"])
def test_importing_the_batch_does_not_import_what_a_plan_looks_up(library):
    code = f"import sys, freedompay_async.batch; print({library!r} in sys.modules)"

    assert output_of(code) == ("False", "")


@pytest.mark.parametrize("library", ["aiohttp", "httptools", "typer", "rich", "sqlite3"])
def test_importing_the_package_does_not_import(library):
    code = f"import sys, freedompay_async; print({library!r} in sys.modules)"

    assert output_of(code) == ("False", "")


# What is asked for by its name, and why: it belongs to somebody else, and may be absent.
ASKED_FOR = {
    ("api/custom_call.py", "request_id"): "a field that a struct of the caller's own may have",
    (
        "batch/journal/database.py",
        "sqlite_errorname",
    ): "an error of sqlite3 has it where SQLite itself raised it",
    ("calls/cancelled.py", "__notes__"): "an exception has it once a note was added",
    ("calls/cancelled.py", "lost"): "put on a CancelledError, which is Python's own",
    ("calls/cancelled.py", "lost_note"): "put on a CancelledError, which is Python's own",
    ("cli/common.py", "__notes__"): "an exception has it once a note was added",
    ("codec/body_check.py", "__attrs_attrs__"): "a class made by attrs has it",
    ("guards/files.py", "geteuid"): "not on every platform",
    ("guards/loops.py", "in_trio_run"): "another library, in the versions that have it",
    ("guards/loops.py", "lowlevel"): "another library, in the versions that have it",
    ("postgres/since.py", "CLOCK_BOOTTIME"): "not on every platform",
    ("postgres/tracker/tracking.py", "orig"): "SQLAlchemy's error has it, around the driver's",
    ("postgres/tracker/delivery.py", "sqlstate"): "the error of each driver has it",
    ("postgres/tracker/tracking.py", "sqlstate"): "the error of each driver has it",
    ("redaction/opening.py", "__attrs_attrs__"): "a class made by attrs has it",
    ("sandbox/issuing/books_file.py", "geteuid"): "not on every platform",
}


def asked_by_name(name: str) -> set[tuple[str, str]]:
    """Each constant text that a file gives to `getattr`."""
    calls = [
        node
        for node in ast.walk(ast.parse(FILES[name].read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    asked = [
        call.args[1]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "getattr"
    ]
    return {
        (name.replace(os.sep, "/"), each.value) for each in asked if isinstance(each, ast.Constant)
    }


def test_what_is_asked_of_a_value_is_declared_and_not_looked_up_by_its_name():
    """A name that is misspelt on either side would be taken for one that is absent."""
    assert {each for name in FILES for each in asked_by_name(name)} == ASKED_FOR.keys()


def test_what_a_call_needs_is_handed_to_it_and_not_left_in_a_context():
    made = {
        name.replace(os.sep, "/")
        for name, path in FILES.items()
        if "ContextVar" in path.read_text("utf-8")
    }

    assert made == set()
