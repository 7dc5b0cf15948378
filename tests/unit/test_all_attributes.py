from __future__ import annotations

import ast
import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.contract.table import TABLE

ROOT = Path(find_spec("freedompay_async").submodule_search_locations[0])
MODULES = {
    ".".join(["freedompay_async", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
    if path.name != "__main__.py"
}
PACKAGES = [name for name, path in MODULES.items() if path.name == "__init__.py"]
FILES = [name for name, path in MODULES.items() if path.name != "__init__.py"]

# The modules that users import from, as the page of them has it.
PAGE = Path(__file__).parents[2] / "docs" / "names.md"
PUBLIC = re.findall(r"^## `(.+)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
DOORS = [name for name in PUBLIC if name != "freedompay_async.errors"]


def named(module: str) -> list[str]:
    """What `__all__` of the module says, as it is written."""
    for node in ast.parse(MODULES[module].read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and [
            target.id for target in node.targets if isinstance(target, ast.Name)
        ] == ["__all__"]:
            return ast.literal_eval(node.value)
    return []


def decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def defined(module: str, *kinds: type) -> set[str]:
    """The public names that the module itself binds at its top level."""
    found = set()
    for node in ast.parse(MODULES[module].read_text("utf-8")).body:
        if not isinstance(node, kinds):
            continue
        if any(
            isinstance(mark, ast.Call)
            and ast.unparse(mark.func).endswith((".command", ".callback"))
            for mark in decorators(node)
        ):
            continue  # Registered: nobody calls it by its name.
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign):
            found.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            found |= {
                alias.asname or alias.name
                for alias in node.names
                if (node.module or "").startswith("freedompay_async")
            }
        else:
            found.add(node.name)
    return {name for name in found if not name.startswith("_")}


CODE = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
VALUES = (ast.Assign, ast.AnnAssign)


@pytest.mark.parametrize("module", MODULES)
def test_all_names_nothing_twice(module):
    names = named(module)

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("module", FILES)
def test_all_of_a_module_names_every_public_class_and_function(module):
    assert defined(module, *CODE) - set(named(module)) == set()


@pytest.mark.parametrize("module", [name for name in FILES if name not in DOORS])
def test_all_of_a_module_names_only_what_it_defines(module):
    assert set(named(module)) - defined(module, *CODE, *VALUES) == set()


@pytest.mark.parametrize("package", [*PACKAGES, *DOORS])
def test_all_of_a_package_names_only_what_it_defines_or_takes_from_its_modules(package):
    assert set(named(package)) - defined(package, *CODE, *VALUES, ast.ImportFrom) == set()


@pytest.mark.parametrize("module", DOORS)
def test_all_of_a_public_module_names_everything_that_it_imports(module):
    assert set(named(module)) == defined(module, ast.ImportFrom)


def test_the_root_has_what_a_first_program_needs_and_no_more():
    assert len(named("freedompay_async")) <= 45


def test_all_of_the_models_names_everything_that_its_modules_do():
    modules = [name for name in FILES if name.startswith("freedompay_async.contract.models.")]

    assert set(named("freedompay_async.contract.models")) == {
        each for module in modules for each in named(module)
    } - {
        "as_id",
        "aware",
        "money",
        "sealed",
    }


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in PUBLIC for name in named(module)]
)
def test_a_user_can_import(module, name):
    assert hasattr(importlib.import_module(module), name)


def types_in(annotation: object) -> set[type]:
    found = {annotation} if isinstance(annotation, type) else set()
    return found.union(*(types_in(part) for part in get_args(annotation)))


def test_a_user_can_import_whatever_an_answer_is_made_of():
    waiting, seen = [each.result for each in TABLE] + [each.answer for each in TABLE], set()
    while waiting:
        kind = waiting.pop()
        if kind not in seen and issubclass(kind, OpenStruct) and kind is not OpenStruct:
            seen.add(kind)
            waiting += [
                *kind.__bases__,
                *(part for hint in get_type_hints(kind).values() for part in types_in(hint)),
            ]

    assert {kind.__name__ for kind in seen} - set(named("freedompay_async.models")) == set()


def test_a_user_can_import_every_error():
    errors = importlib.import_module("freedompay_async.errors")
    kinds = {
        name for name in named("freedompay_async.errors") if isinstance(getattr(errors, name), type)
    } - {"Ending", "Meaning", "Of"}

    assert kinds - set(named("freedompay_async")) == set()
