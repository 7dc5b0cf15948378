"""What is done with a mutant that no test has noticed."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def mutate():
    spec = importlib.util.spec_from_file_location("mutate", HERE / "mutate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
EQUIVALENT = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))["equivalent"]
DIFF = """# freedompay_async.traffic.lane.xǁLaneǁtake__mutmut_6: survived
--- freedompay_async/traffic/lane.py
+++ freedompay_async/traffic/lane.py
@@ -1,4 +1,4 @@
 def take(self) -> bool:
-    return self._own.take() and (
-        self._within
-    )
+    return self._own.take()  or (
+        self._within
+    )
"""
NAME = "freedompay_async.traffic.lane.xǁLaneǁtake__mutmut_6"


def test_a_mutant_is_read_on_one_line_however_it_was_broken(mutate):
    mutant = mutate.read_diff(NAME, DIFF)

    assert mutant == (
        "Lane.take",
        "return self._own.take() and ( self._within )",
        "return self._own.take() or ( self._within )",
    )


def test_a_mutant_of_a_function_is_read_too(mutate):
    assert (
        mutate.read_diff("freedompay_async.contract.request_ids.x__head__mutmut_12", DIFF).function
        == "_head"
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('raise NotSent("nothing was sent")', 'raise NotSent("XXnothing was sentXX")'),
        ('raise NotSent("Nothing was sent")', 'raise NotSent("nothing was sent")'),
        ('told = f"a {b}" if x else "c d"', 'told = f"a {b}" if x else "C D"'),
    ],
)
def test_a_change_of_wording_only_needs_no_test(mutate, was, now):
    assert mutate.is_wording(was, now)
    assert mutate.judge([mutate.Mutant("f", was, now)], []) == ([], [])


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('raise NotSent("nothing was sent")', "raise NotSent(None)"),
        ('if state == "issued":', 'if state == "ISSUED":'),
        ('return name.strip(" ")', 'return name.strip("XX XX")'),
        ('execute("SELECT a FROM b")', 'execute("select a from b")'),
        ('left("a b", 1)', 'left("A B", 2)'),
        ('left("a b", 1)', 'left("a b", )'),
        ("a < b", "a <= b"),
        ("if (", "if not ("),
    ],
)
def test_any_other_change_needs_one(mutate, was, now):
    assert not mutate.is_wording(was, now)
    assert mutate.judge([mutate.Mutant("f", was, now)], []) == ([mutate.Mutant("f", was, now)], [])


def test_a_survivor_that_is_listed_needs_none_and_only_in_its_function(mutate):
    here, there = mutate.Mutant("f", "a < b", "a <= b"), mutate.Mutant("g", "a < b", "a <= b")
    known = [mutate.Known(*here, "why")]

    assert mutate.judge([here, there], known) == ([there], [])


def test_a_line_of_no_survivor_is_told(mutate):
    known = [mutate.Known("f", "a < b", "a <= b", "why")]

    assert mutate.judge([], known) == ([], known)


def test_a_line_of_the_file_may_be_of_several_mutants(mutate, tmp_path):
    path = tmp_path / "equivalent.toml"
    path.write_text(
        '[[equivalent]]\nmodule = "m"\nfunction = "f"\nwas = "a  <\\n b"\nnow = ["a <= b", "a > '
        'b"]\nwhy = "so"\n'
    )

    assert mutate.known_of("m", path) == [
        ("f", "a < b", "a <= b", "so"),
        ("f", "a < b", "a > b", "so"),
    ]
    assert mutate.known_of("n", path) == []


# -- the files


@pytest.mark.parametrize("module", MODULES)
def test_a_module_and_its_tests_are_there(module):
    assert (ROOT / "freedompay_async" / f"{module.replace('.', '/')}.py").is_file()
    paths = [each.removeprefix("--deselect=").partition("::")[0] for each in MODULES[module]]

    assert [path for path in paths if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(
    "entry", EQUIVALENT, ids=lambda entry: f"{entry['module']}-{entry['function']}"
)
def test_a_listed_mutant_is_of_a_line_that_is_there_and_has_a_reason(mutate, entry):
    source = (ROOT / "freedompay_async" / f"{entry['module'].replace('.', '/')}.py").read_text(
        encoding="utf-8"
    )

    assert entry["module"] in MODULES
    assert mutate.lines_of(entry["was"]) in mutate.lines_of(source)
    assert entry["why"].strip()
