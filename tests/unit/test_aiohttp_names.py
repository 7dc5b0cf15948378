"""The package uses aiohttp by its documented names: another version may have no others."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(find_spec("freedompay_async").submodule_search_locations[0])
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
    if "aiohttp" in path.read_text("utf-8")
}


def attributes(tree: ast.AST) -> list[ast.Attribute]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]


def is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.parametrize("name", TREES)
def test_no_private_name_of_another_object_is_used(name):
    used = {
        ast.unparse(node)
        for node in attributes(TREES[name])
        if node.attr.startswith("_") and not node.attr.startswith("__") and not is_own(node.value)
    }

    assert used == set()


@pytest.mark.parametrize("name", TREES)
def test_a_class_that_derives_from_one_of_aiohttp_has_no_private_name_either(name):
    """It could be one of aiohttp's."""
    classes = [
        node
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).startswith("aiohttp.") for base in node.bases)
    ]
    used = {
        node.attr
        for each in classes
        for node in attributes(each)
        if node.attr.startswith("_") and not node.attr.startswith("__")
    }
    made = {
        node.name
        for each in classes
        for node in each.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert used == set()
    assert {each for each in made if each.startswith("_")} <= {"__init__", "__del__"}


@pytest.mark.parametrize("name", TREES)
def test_only_what_aiohttp_exports_is_imported(name):
    modules = {
        alias.name
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == "aiohttp"
    }
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "aiohttp"
        for alias in node.names
    }
    used = {
        node.attr
        for node in attributes(TREES[name])
        if isinstance(node.value, ast.Name) and node.value.id == "aiohttp"
    }

    assert modules <= {"aiohttp"}
    assert names <= {"aiohttp.web"}
    assert used <= set(aiohttp.__all__)


def test_the_connector_is_among_them():
    assert "transport/over_aiohttp/connector.py" in {name.replace("\\", "/") for name in TREES}
