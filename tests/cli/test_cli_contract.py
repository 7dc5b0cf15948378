from __future__ import annotations

import json

import pytest

from freedompay_async.cli import contract_table
from freedompay_async.contract import HASHDT_TABLE, TABLE

ROWS = (*TABLE, *HASHDT_TABLE)


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


def test_each_row_is_a_line(shell):
    result = shell("contract")
    lines = [line.split(maxsplit=5) for line in result.stdout.splitlines()]

    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == ["call", "path", "section", "mark", "retry", "page"]
    assert lines[1 : len(ROWS) + 1] == [[row.name, row.path, row.section, row.mark, row.retry.value, row.source] for row in ROWS]


def test_marks_and_classes_are_explained(shell):
    said = shell("contract").stdout

    assert f"inferred    {sum(row.mark == 'inferred' for row in ROWS)} " in said
    assert "unaskable  changes something, and can't be asked about" in said


def test_overrides_are_mentioned(shell):
    assert "FreedomPay(contract=[Override(call=" in shell("contract").stdout


def test_for_a_machine(shell):
    told = json.loads(shell("contract", "--json").stdout)

    assert [call["call"] for call in told["calls"]] == [row.name for row in ROWS]
    assert told["calls"][0].keys() == {"call", "path", "section", "mark", "retry", "page"}
    assert told["marks"].keys() == {row.mark for row in ROWS}
    assert told["retries"].keys() == {row.retry.value for row in ROWS}


@pytest.mark.parametrize(("width", "pages"), [(80, False), (120, True)])
def test_on_a_terminal(monkeypatch, capsys, width, pages):
    monkeypatch.setattr(contract_table.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    contract_table.contract()
    said = capsys.readouterr().out

    # What a section's paths have in common is told once.
    assert said.count("/v5/card-api/") == 2  # The other is in the example of an override.
    assert [row.name for row in ROWS if row.name not in said] == []
    assert ("menu: Bulk issue" in said) is pages


def test_it_needs_no_settings_and_sends_nothing(shell):
    assert shell("contract", FREEDOMPAY_REGION="nowhere").exit_code == 0
