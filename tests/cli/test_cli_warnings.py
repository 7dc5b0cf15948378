"""Warnings of a plan, and `--strict`."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands import HEADER, ISSUE, PLAN

MIXED = HEADER + "A\u043b\u043c\u0430,77010000001,Ivan,Ivanov\n"
WARNING = "has Cyrillic and Latin letters: check that nobody mistook one for another"


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_warning_stops_nothing(shell, command):
    (shell.folder / "clients.csv").write_text(MIXED, "utf-8")
    result = shell(*command)

    assert result.exit_code == 0
    assert (
        f'clients.csv: warning: line 2, column key: "A\u043b\u043c\u0430" {WARNING}\n'
        in result.stderr
    )
    assert "warning" not in result.stdout


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_warning_for_a_machine(shell, command):
    (shell.folder / "clients.csv").write_text(MIXED, "utf-8")
    result = shell(*command, "--json")
    shown = json.loads(result.stdout.splitlines()[0])

    assert (result.exit_code, shown["event"], shown["rows"], shown["problems"]) == (
        0,
        "plan",
        1,
        [],
    )
    assert [(each["line"], each["column"]) for each in shown["warnings"]] == [(2, "key")]
    assert "warning" not in result.stderr


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_keys_that_look_alike(shell, issuer, command):
    (shell.folder / "clients.csv").write_text(
        HEADER + "A1,77010000001,Ivan,Ivanov\n\u04101,77010000002,Ivan,Ivanov\n", "utf-8"
    )
    result = shell(*command)

    assert result.exit_code == 2
    assert (
        'clients.csv: line 3, column key: "\u04101" looks like "A1", the key of line 2'
        in result.stderr
    )
    assert issuer.arrived() == 0


@pytest.mark.parametrize("name", ["", " ", "m\u0001y"])
def test_a_batch_name_that_can_not_be_part_of_an_id(shell, people, issuer, name):
    shell.file(people(1))
    result = shell(*ISSUE, "--batch", name)

    assert result.exit_code == 2
    assert result.stderr.startswith("freedompay: the batch name ")
    assert issuer.arrived() == 0


TWICE = HEADER + "k1,77010000001,Ivan,Ivanov\nk2,77010000001,Ivan,Ivanov\n"


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_one_person_in_two_rows_is_a_warning(shell, issuer, command):
    (shell.folder / "clients.csv").write_text(TWICE)
    result = shell(*command)

    assert result.exit_code == 0
    assert (
        "clients.csv: warning: line 2: has the names and the phone number of line 3: each of "
        "these rows makes a card"
    ) in result.stderr


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_warning_is_a_problem_where_the_command_is_strict(shell, issuer, command):
    (shell.folder / "clients.csv").write_text(TWICE)
    result = shell(*command, "--strict")

    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "clients.csv: line 2: has the names and the phone number of line 3: each of these "
        "rows makes a card"
    ) in result.stderr
    assert result.stderr.endswith(
        "freedompay: 1 row is wrong in clients.csv. Correct it. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0
    assert shell.names() == ["clients.csv"]


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_json_has_such_a_problem(shell, command):
    (shell.folder / "clients.csv").write_text(TWICE)
    result = shell(*command, "--strict", "--json")
    (shown,) = [json.loads(line) for line in result.stdout.splitlines()]

    assert (result.exit_code, shown["rows"], shown["warnings"]) == (2, 0, [])
    assert [each["line"] for each in shown["problems"]] == [2]


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_strict_command_takes_a_good_file(shell, people, command):
    shell.file(people(3))

    assert shell(*command, "--strict").exit_code == 0


def test_of_many_warnings_a_strict_command_says_how_many_rows_there_are_at_least(shell, person):
    shell.file([person(number, last_name="Null") for number in range(1, 103)])
    result = shell(*PLAN, "--strict")

    assert result.exit_code == 2
    assert result.stderr.endswith(
        "freedompay: At least 100 rows are wrong in clients.csv. Correct them. Nothing was sent.\n"
    )


def test_what_nobody_looked_for_is_a_problem_too(shell, people, monkeypatch):
    monkeypatch.setattr("freedompay_async.batch.plan_keys.known_letters", lambda: None)
    shell.file(people(3))
    result = shell(*PLAN, "--strict")

    assert result.exit_code == 2
    assert result.stderr == (
        "clients.csv: keys that look alike were not looked for: install freedompay-async[cli] for "
        "that\n"
        "freedompay: clients.csv could not be checked in full, and with --strict that is a "
        "problem. Nothing was sent.\n"
    )
