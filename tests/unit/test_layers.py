from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(find_spec("freedompay_async").submodule_search_locations[0])
# Lower first: what is here may use what stands before it.
ORDER = (
    *("errors", "files", "loops", "staying", "portable", "secret", "opening"),
    *("arguments", "leftovers", "proxies", "ids", "countries", "person"),
    *("spelling", "masking", "redaction", "reading"),
    *("models", "body_check", "plain", "signing", "signing_report", "pin_encryption"),
    *("contract", "schemes", "bodies", "override_checks"),
    *("policy", "polling"),
    *("shapes", "drift", "wire", "held", "attempt", "explain"),
    *("pacing", "governor", "record", "reuse", "driver", "session"),
    *("settings", "overrides", "client_contract"),
    *("toml_lines", "contract_values", "contract_file", "contract_template"),
    *("streams", "operations"),
    "resources",
    *("connector", "content", "heads", "pool", "transport"),
    "pooled",
    *("client", "hashdt"),
    "batch",
    "sandbox",
    "cli",
)
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
            parts = {alias.name for alias in node.names if alias.name in ORDER} if node.module == "freedompay_async" else set()
            found |= {f"freedompay_async.{name}" for name in parts}
            if len(parts) < len(node.names):
                found.add("." * node.level + (node.module or ""))
    return found


def used(name: str) -> set[str]:
    """The parts of the package that a file imports, without its own."""
    inside = {module.split(".")[1] for module in imports(name) if module.startswith("freedompay_async.")}
    return inside - {part(name)}


def users(library: str) -> set[str]:
    return {part(name) for name in FILES if any(module.split(".")[0] == library for module in imports(name))}


@pytest.mark.parametrize("name", BELOW)
def test_every_module_has_a_place_in_the_order(name):
    assert part(name) in ORDER


@pytest.mark.parametrize("name", [name for name in BELOW if part(name) in ORDER])
def test_dependencies_point_down(name):
    below = ORDER[: ORDER.index(part(name))]

    assert used(name) - set(below) == set()


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
    assert used("__init__.py") & {"batch", "sandbox", "cli", "connector", "pool", "transport", "session"} == set()


def test_only_the_pool_its_connector_and_the_sandbox_import_aiohttp():
    assert users("aiohttp") == {"connector", "pool", "sandbox"}


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_only_the_command_imports_what_is_an_extra(library):
    assert users(library) - {"cli"} == set()


@pytest.mark.parametrize(("library", "module"), [("confusable_homoglyphs", "lookalikes"), ("phonenumbers", "numbers")])
def test_only_one_module_imports_a_library_that_a_plan_looks_things_up_in(library, module):
    """Each is of an extra too, and a plan is made without it where it is not installed."""
    users = [name for name in FILES if any(each.split(".")[0] == library for each in imports(name))]

    assert users == [os.path.join("batch", f"{module}.py")]


def test_only_the_reader_of_workbooks_imports_its_library():
    found = [name for name, path in FILES.items() if "python_calamine" in path.read_text("utf-8")]

    assert found == [os.path.join("batch", "files", "workbook.py")]


@pytest.mark.parametrize("library", ["confusable_homoglyphs", "phonenumbers", "python_calamine"])
def test_importing_the_batch_does_not_import_what_a_plan_looks_up(library):
    code = f"import sys, freedompay_async.batch; print({library!r} in sys.modules)"
    env = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=env, capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("False", "")


@pytest.mark.parametrize("library", ["aiohttp", "typer", "rich", "sqlite3"])
def test_importing_the_package_does_not_import(library):
    code = f"import sys, freedompay_async; print({library!r} in sys.modules)"
    env = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=env, capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("False", "")
