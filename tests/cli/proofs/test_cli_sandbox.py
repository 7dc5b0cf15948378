"""A sandbox that misbehaves, in real time."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands import get


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


def test_it_misbehaves_on_demand(shell, running, people, one_each):
    _, settings = running(
        "--lost", "0.2", "--reset", "0.2", "--html-502", "0.1", "--stall", "0.05", "--seed", "3"
    )
    result = shell.issue(people(8), **settings)
    ledger = [
        json.loads(line)
        for line in get(settings["FREEDOMPAY_BASE_URL"] + "/sandbox/ledger").splitlines()
    ]

    assert result.exit_code == 0
    assert sorted(card["phone"] for card in ledger) == sorted(one_each(8))
