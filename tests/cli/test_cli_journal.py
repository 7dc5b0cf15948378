"""Journals that can't be used: one message, exit code 2, nothing sent."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.cli.commands import ISSUE, ISSUE_BY_TWOS

LIMITED = (
    "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); "
    "runpy.run_module('freedompay_async.cli', run_name='__main__')"
)


def issue(shell, rows=None, journal="run.db", *args):
    if rows is not None:
        shell.file(rows)
    return shell("batch", "issue", "clients.csv", "--journal", journal, "--product", 2000, *args)


def commands(journal="run.db"):
    return [
        pytest.param(
            ("batch", "issue", "clients.csv", "--journal", journal, "--product", "2000"), id="issue"
        ),
        pytest.param(("batch", "resume", journal), id="resume"),
        pytest.param(("batch", "report", journal), id="report"),
    ]


def refusal(shell, issuer, command):
    """What a command says that is refused at once; nothing but a harmless question may have been
    sent.
    """
    effects = issuer.effects
    result = shell(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert issuer.effects == effects
    return result.stderr.removeprefix("freedompay: ").rstrip()


@pytest.mark.parametrize("command", commands())
def test_a_file_that_is_no_journal(shell, issuer, people, command):
    shell.file(people(2))
    (shell.folder / "run.db").write_text("my notes\n" * 100)

    assert (
        refusal(shell, issuer, command)
        == "run.db is not a journal of this program: name another file. Nothing was sent."
    )
    assert shell.text("run.db") == "my notes\n" * 100


@pytest.mark.parametrize("command", commands())
def test_the_database_of_another_program(shell, issuer, people, command):
    shell.file(people(2))
    with closing(sqlite3.connect(shell.folder / "run.db")) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")

    assert (
        refusal(shell, issuer, command)
        == "run.db is not a journal of this program: name another file. Nothing was sent."
    )
    assert shell.names() == ["clients.csv", "run.db"]


@pytest.mark.parametrize("command", commands())
def test_a_journal_of_a_newer_version(shell, issuer, people, command):
    issue(shell, people(2))
    with closing(sqlite3.connect(shell.folder / "run.db")) as connection:
        connection.execute("PRAGMA user_version = 9")

    assert refusal(shell, issuer, command) == (
        "run.db was written by a newer version (journal version 9, this program reads 4): update "
        "the program. Nothing was sent."
    )


@pytest.mark.parametrize("command", commands())
def test_a_journal_in_use_by_another_process(shell, issuer, people, command):
    gate = issuer.gate("client/add")
    shell.file(people(1))
    first = shell.start("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
    gate.reached()
    said = refusal(shell, issuer, command)
    gate.open()

    assert said == "run.db is in use by another process: wait for it, or stop it. Nothing was sent."
    assert first.ends() == 0
    assert shell.report()["issued"] == 1


def test_a_journal_that_another_process_makes_at_the_same_moment_is_left_to_it(
    shell, issuer, people, monkeypatch
):
    from freedompay_async.cli import batches

    open_, others = batches.Journal.open, []

    def opened(path, **options):
        # Between the look whether there is a journal and the opening of it.
        other = sqlite3.connect(shell.folder / "run.db", isolation_level=None)
        others.append(other)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("PRAGMA application_id = 0x46504A31")
        other.execute("BEGIN EXCLUSIVE")
        return open_(path, **options)

    monkeypatch.setattr(batches.Journal, "open", opened)
    result = issue(shell, people(2))
    others[0].close()

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: run.db is in use by another process: wait for it, or stop it. Nothing "
            "was sent.\n"
        ),
    )
    assert shell.names() == ["clients.csv", "run.db"]


@pytest.mark.parametrize("command", commands()[1:])
def test_a_journal_that_is_not_there(shell, issuer, command):
    assert (
        refusal(shell, issuer, command)
        == "run.db does not exist: a journal is made by `batch issue`. Nothing was sent."
    )
    assert shell.names() == []


@pytest.mark.parametrize("command", commands()[1:])
def test_a_journal_without_a_batch(shell, issuer, people, command):
    issue(shell, people(2))
    with closing(sqlite3.connect(shell.folder / "run.db")) as connection, connection:
        connection.execute("DELETE FROM meta")
        connection.execute("DELETE FROM rows")

    assert refusal(shell, issuer, command) == (
        "run.db has no batch in it: `batch issue` makes one. If a run has used it, put its log, "
        "run.db-wal, back beside it, or a copy of both. "
        "Without them, issue the same file with a new journal and the batch name that it had "
        "(--batch; `default` where none was given): no key "
        "gets a second card while the issuer remembers the request ids, and rows that were "
        "made before end as found. Nothing was sent."
    )


@pytest.mark.parametrize(
    "command", [each for each in commands("june/run.db") if each.id == "issue"]
)
def test_a_folder_that_is_not_there(shell, issuer, people, command):
    shell.file(people(2))

    assert (
        refusal(shell, issuer, command)
        == "june/run.db can't be opened for writing (No such file or directory). Nothing was sent."
    )


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a place that nobody can write in")
def test_a_place_where_nothing_can_be_written(shell, issuer, people):
    shell.file(people(2))
    said = refusal(
        shell,
        issuer,
        ("batch", "issue", "clients.csv", "--journal", "/proc/run.db", "--product", "2000"),
    )

    assert said.startswith("/proc/run.db can't be opened for writing (")


@pytest.mark.parametrize(
    ("flags", "difference"),
    [
        (("--auth-id", "20002"), "merchant '10001', not '20002'"),
        (("--base-url", "http://localhost:1"), "not 'http://localhost:1'"),
        (("--batch", "june"), "batch 'default', not 'june'"),
        (("--activate",), "activate 'no', not 'yes'"),
    ],
)
def test_issue_with_a_journal_of_another_batch(shell, issuer, people, flags, difference):
    issue(shell, people(2))
    said = refusal(
        shell,
        issuer,
        (*ISSUE, *flags),
    )

    assert said.startswith("run.db has another batch: it was made with ")
    assert said.endswith(f"{difference}. Nothing was sent.")


def test_issue_with_a_journal_of_another_file(shell, issuer, people):
    issue(shell, people(2))
    shell.file(people(3))
    said = refusal(
        shell, issuer, ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
    )

    assert said.startswith(
        "run.db has another batch: its 2 rows are not these 3. Name another journal for this file; "
    )


def test_a_journal_that_was_refused_is_left_as_it_was(shell, people):
    issue(shell, people(2))
    before = shell.report()
    shell.file(people(3))
    issue(shell)

    assert shell.report() == before


def test_resume_for_another_host(shell, issuer, issuers, people):
    issue(shell, people(2))
    other = issuers()
    said = refusal(shell, issuer, ("batch", "resume", "run.db", "--base-url", other.base_url))

    assert said.startswith(
        f"run.db has another batch: it was made with base_url '{issuer.base_url}', not "
        f"'{other.base_url}'."
    )
    assert other.effects == 0


def test_resume_for_another_merchant(shell, issuer, issuers, people):
    issue(shell, people(2))
    other = issuers(auth_id="20002")
    result = shell("batch", "resume", "run.db", "--auth-id", "20002", "--base-url", other.base_url)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "merchant '10001', not '20002'" in result.stderr
    assert other.effects == 0


def limited(shell, size, *args):
    """The command with no more room than `size` bytes for a file."""
    command = [sys.executable, "-W", "error", "-c", LIMITED.format(size), *args]
    return subprocess.run(
        command, env=shell.env, cwd=shell.folder, capture_output=True, text=True, check=False
    )


def test_no_room_for_the_plan(shell, issuer, people):
    shell.file(people(2_000))
    done = limited(
        shell, 65_536, "batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000"
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("freedompay: run.db can't be written (")
    assert len(done.stderr.splitlines()) == 1
    assert issuer.effects == 0


def test_no_room_for_a_plan_that_is_only_looked_at(shell, people):
    shell.file(people(2_000))
    done = limited(shell, 65_536, "batch", "plan", "clients.csv", "--product", "2000")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_more_room_during_a_run(shell, issuer, people, one_each):
    shell.file(people(150))
    done = limited(
        shell,
        400_000,
        *ISSUE_BY_TWOS,
    )
    sent = issuer.effects
    result = shell("batch", "resume", "run.db")

    assert done.returncode == 3
    assert "freedompay: stopped: run.db can't be written (" in done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < sent < 300
    assert result.exit_code == 0
    assert issuer.cards() == one_each(150)
