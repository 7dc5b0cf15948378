"""Each encoding of a console or a pipe: nothing breaks, and JSON stays JSON."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands import ISSUE

KEY = "Қаз-1 é \U0001f600"

ENCODINGS = ["cp1251", "ascii", "cp866", "utf-8"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_report_names_a_key_of_any_letters(shell, person, encoding):
    """The key was used before, so the report names it."""
    shell.file([person(1, key=KEY)])
    issue = ("batch", "issue", "clients.csv", "--product", 2000, "--journal")
    shell(*issue, "1.db")
    done = shell.piped(*issue, "2.db", "--out", "issued.csv", encoding=encoding)

    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr
    assert KEY in shell.text("issued.csv")
    assert b"next: " in done.stdout


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_json_in_any_encoding(shell, person, encoding):
    shell.file([person(1, key=KEY)])
    done = shell.piped(*ISSUE, "--json", encoding=encoding)
    # Where the encoding is ASCII the command writes UTF-8, because such a setting says nothing of
    # who reads.
    text = done.stdout.decode("utf-8" if encoding == "ascii" else encoding)
    keys = {
        shown["key"] for shown in map(json.loads, text.splitlines()) if shown["event"] == "outcome"
    }

    assert (done.returncode, keys) == (0, {KEY})


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "args", [("--help",), ("batch", "issue", "--help"), ("contract",)], ids=" ".join
)
def test_help_and_tables_are_shown_in_any_encoding(shell, encoding, args):
    done = shell.piped(*args, encoding=encoding)

    assert (done.returncode, done.stderr) == (0, b"")
