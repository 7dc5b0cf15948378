"""Rows whose request ids were used before, and `--accept-found`."""

from __future__ import annotations

import json

import pytest

FOUND = (
    "  found            8   used before: check whose cards they are, then resume with "
    "--accept-found; see each row\n"
)


def lost(shell, people):
    """A batch whose journal nobody has any more."""
    result = shell.issue(people(8))
    (shell.folder / "run.db").unlink()
    return result


def test_a_lost_journal_and_the_same_file(shell, issuer, people, one_each, hurry):
    lost(shell, people)
    result = shell.issue(people(8))

    assert result.exit_code == 1
    assert issuer.cards() == one_each(8)
    assert FOUND in result.stdout
    assert "line 2, key k1: found: used before: check whose card it is." in result.stdout
    assert (
        "  next: check whose card it is: if it is this person's, resume the batch with "
        "--accept-found "
    ) in result.stdout
    assert "found 8, time left 0:00" in result.stderr


@pytest.mark.parametrize("accepted", ["all", "keys.txt", "./all"])
def test_found_rows_are_accepted(shell, issuer, people, one_each, hurry, accepted):
    lost(shell, people)
    shell.issue(people(8))
    if accepted != "all":
        (shell.folder / accepted).write_text(
            "\ufeff" + "\r\n".join(f"k{number} " for number in range(1, 9)) + "\n\n",
            encoding="utf-8",
        )
    before = issuer.effects
    result = shell("batch", "resume", "run.db", "--accept-found", accepted)

    assert result.exit_code == 0
    assert (issuer.cards(), issuer.effects) == (one_each(8), before)
    assert (
        "  8 rows had been used before, and were accepted as for the same people\n" in result.stdout
    )


def test_issue_accepts_rows_that_an_earlier_run_has_reported_as_found(
    shell, issuer, people, one_each, hurry
):
    lost(shell, people)
    first = shell.issue(people(8), "--accept-found", "all")
    result = shell.issue(people(8), "--accept-found", "all")

    assert (first.exit_code, result.exit_code) == (1, 0)
    assert FOUND in first.stdout
    assert "--accept-found: 0 rows are accepted\n" in first.stderr
    assert "--accept-found: 8 rows are accepted\n" in result.stderr
    assert issuer.cards() == one_each(8)


def test_keys_of_rows_that_are_not_found_are_named(shell, people, hurry):
    lost(shell, people)
    shell.issue(people(15))
    (shell.folder / "keys.txt").write_text(
        "k3\n" + "\n".join(f"k{number}" for number in range(9, 16))
    )
    plain = shell("batch", "resume", "run.db", "--accept-found", "keys.txt")
    shown = shell("batch", "resume", "run.db", "--accept-found", "keys.txt", "--json")

    assert (
        "--accept-found: 1 row is accepted\n"
        '--accept-found: not accepted, because these rows were not used before: "k9", "k10", "k11", '
        '"k12", "k13" and 2 more\n'
    ) in plain.stderr
    assert json.loads(shown.stdout.splitlines()[0]) == {
        "event": "accepted",
        "rows": 0,
        "not_found": [f"k{number}" for number in range(9, 16)],
    }


@pytest.mark.parametrize("content", ["", "\n  \n\n", "\ufeff"])
def test_a_file_that_names_no_key(shell, issuer, people, content):
    shell.issue(people(2))
    (shell.folder / "keys.txt").write_text(content, encoding="utf-8")
    before = issuer.arrived()
    result = shell("batch", "resume", "run.db", "--accept-found", "keys.txt")

    assert (result.exit_code, issuer.arrived()) == (2, before)
    assert result.stderr == "freedompay: --accept-found: keys.txt names no key. Nothing was sent.\n"


def test_some_found_rows_are_accepted(shell, people, hurry):
    lost(shell, people)
    shell.issue(people(8))
    (shell.folder / "keys.txt").write_text("k3\n")
    result = shell("batch", "resume", "run.db", "--accept-found", "keys.txt", "--json")
    shown = json.loads(result.stdout.splitlines()[-1])

    assert result.exit_code == 1
    assert (shown["issued"], shown["found"], shown["accepted"]) == (1, 7, 1)


@pytest.mark.parametrize("command", ["issue", "resume"])
def test_a_key_that_the_journal_does_not_have(shell, issuer, people, command):
    shell.issue(people(2))
    (shell.folder / "keys.txt").write_text("k1\nk9\n")
    before = issuer.arrived()
    flags = ("--accept-found", "keys.txt")
    result = (
        shell.issue(people(2), *flags)
        if command == "issue"
        else shell("batch", "resume", "run.db", *flags)
    )

    assert (result.exit_code, issuer.arrived()) == (2, before)
    assert result.stderr == (
        'freedompay: run.db has no row with the key "k9": nothing was accepted, and nothing '
        "was sent.\n"
    )


def test_a_key_that_a_new_journal_does_not_have_leaves_no_journal(shell, issuer, people):
    (shell.folder / "keys.txt").write_text("k9\n")
    result = shell.issue(people(2), "--accept-found", "keys.txt")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert shell.names() == ["clients.csv", "keys.txt"]


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), (b"\xff\xfe", "it is not UTF-8")]
)
def test_keys_that_can_not_be_read(shell, issuer, people, content, why):
    if content is not None:
        (shell.folder / "keys.txt").write_bytes(content)
    result = shell.issue(people(2), "--accept-found", "keys.txt")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert (
        result.stderr
        == f"freedompay: --accept-found: keys.txt can't be read ({why}). Nothing was sent.\n"
    )
