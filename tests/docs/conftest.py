"""The scripts of the docs, as modules."""

import importlib.util
from pathlib import Path

import pytest


def _script(name):
    path = Path(__file__).parents[2] / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def proofs():
    return _script("proofs")


@pytest.fixture(scope="module")
def tables():
    return _script("tables")
