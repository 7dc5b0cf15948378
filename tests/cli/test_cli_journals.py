"""`journal install` and `journal restored` of a file, and what only a database has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

ADDRESS = "postgresql://user@127.0.0.1:1/cards"
HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def test_a_file_is_made_and_then_is_up_to_date(shell_of):
    shell = shell_of(None)
    first = shell("journal", "install", "--journal", "run.db")
    again = shell("journal", "install", FREEDOMPAY_JOURNAL="run.db")

    assert (first.exit_code, first.stdout) == (0, "run.db: made\n")
    assert (again.exit_code, again.stdout) == (0, "run.db: up to date\n")


def test_a_restored_file_is_asked_about_before_anything_is_sent(
    shell, issuer, people, one_each, hurry
):
    shell.issue(people(3))
    with closing(sqlite3.connect(shell.folder / "run.db")) as connection, connection:
        # As it was in the backup.
        connection.execute("DELETE FROM intents")
        connection.execute("UPDATE rows SET state = 'planned', client_id = NULL, card_id = NULL")
    sent = issuer.effects
    result = shell("journal", "restored", "--journal", "run.db", "--taken", HOUR_AGO, "--yes")
    resumed = shell("batch", "resume", "run.db")

    assert (result.exit_code, result.stdout) == (
        0,
        "run.db: 3 rows may have been sent since: resume to ask about them\n",
    )
    assert resumed.exit_code == 0, resumed.stdout
    assert issuer.effects == sent
    assert issuer.cards() == one_each(3)


def test_a_restored_file_whose_rows_have_all_ended_needs_nothing(shell, people):
    shell.issue(people(2))
    result = shell("journal", "restored", "--journal", "run.db", "--taken", HOUR_AGO, "--yes")

    assert (result.exit_code, result.stdout) == (
        0,
        "run.db: no row is left that may have been sent since\n",
    )


def test_off_a_terminal_restored_needs_a_yes(shell, people):
    shell.issue(people(1))
    result = shell("journal", "restored", "--journal", "run.db", "--taken", "2026-01-01T00:00:00Z")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: this would take run.db as it was at 2026-01-01T00:00:00+00:00: each row that "
            "has not ended is asked about before anything is sent for it. Add --yes to do it. Nothing "
            "was sent.\n"
        ),
    )


@pytest.mark.parametrize("taken", ["yesterday", "2026-01-01T00:00:00", "2026-01-01", ""])
def test_a_time_without_a_zone_is_refused(shell_of, taken):
    result = shell_of(None)("journal", "restored", "--journal", "run.db", "--taken", taken, "--yes")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            f"freedompay: --taken {taken!r} is no time with its zone: write it like "
            "2026-12-01T09:30:00+05:00, or with Z for UTC. Nothing was sent.\n"
        ),
    )


def test_a_time_in_the_future_is_refused(shell_of):
    taken = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    result = shell_of(None)("journal", "restored", "--journal", "run.db", "--taken", taken, "--yes")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            f"freedompay: --taken {taken!r} is in the future: give the time when the backup was taken. "
            "Nothing was sent.\n"
        ),
    )


def test_a_restored_file_that_is_not_there(shell_of):
    result = shell_of(None)(
        "journal", "restored", "--journal", "run.db", "--taken", HOUR_AGO, "--yes"
    )

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: run.db does not exist: a journal is made by `batch issue`. Nothing was sent.\n",
    )


def test_a_batch_of_a_file_is_stopped_by_ctrl_c(shell_of):
    result = shell_of(None)("batch", "stop", "run.db")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: run.db is a file, which one process has: stop its batch there, with Ctrl-C or "
            "SIGTERM. Nothing was sent.\n"
        ),
    )


def test_a_worker_of_a_file_is_a_resume(shell):
    result = shell("worker", "--journal", "run.db")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: run.db is a file, which one process has: freedompay batch resume run.db works "
            "on it. A worker needs a database, such as postgresql://user@host/database. Nothing was "
            "sent.\n"
        ),
    )


@pytest.mark.parametrize("command", ["issue", "resume"])
def test_a_file_can_not_be_left_to_workers(shell, issuer, people, command):
    shell.file(people(1))
    words = ("issue", "clients.csv", "--journal") if command == "issue" else ("resume",)
    result = shell("batch", *words, "run.db", "--detach")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: run.db is a file, which one process has: leave out --detach, or name a "
            "database such as postgresql://user@host/database. Nothing was sent.\n"
        ),
    )
    assert (issuer.arrived(), shell.names()) == (0, ["clients.csv"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--out", "out.csv"), "--out is written when a batch has ended"),
        (("--check-first", "none"), "--check-first none is for the run of one command"),
    ],
)
def test_what_only_a_run_does_is_refused_with_detach(shell, people, flags, said):
    result = shell(
        "batch", "issue", shell.file(people(1)), "--journal", ADDRESS, "--detach", *flags
    )

    assert result.exit_code == 2
    assert result.stderr.startswith(f"freedompay: {said}")


def test_a_folder_of_documents_that_is_none_is_refused(shell, people):
    shell.file(people(1))
    for command in (("batch", "issue", "clients.csv"), ("worker",)):
        result = shell(*command, "--journal", ADDRESS, "--documents", "absent")

        assert (result.exit_code, result.stderr) == (
            2,
            "freedompay: --documents absent is no folder. Nothing was sent.\n",
        )


def test_a_journal_of_a_file_has_one_batch(shell, people):
    shell.issue(people(1))

    for command in ("report", "resume"):
        assert shell("batch", command, "run.db", "--batch", "default").exit_code == 0
        result = shell("batch", command, "run.db", "--batch", "june")
        assert (result.exit_code, result.stderr) == (
            2,
            (
                "freedompay: run.db has another batch: it was made with batch 'default', not 'june'. "
                "Nothing was sent.\n"
            ),
        )


@pytest.mark.parametrize(
    "command",
    [
        ("journal", "install", "--journal"),
        ("batch", "report"),
        ("batch", "stop"),
        ("batch", "resume"),
        ("worker", "--journal"),
    ],
    ids=" ".join,
)
def test_a_database_that_can_not_be_reached_is_one_sentence(shell, command):
    result = shell(*command, ADDRESS)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"freedompay: {ADDRESS} can't be reached (Connection refused): check host and port, and "
        "whether the server runs. Nothing was sent.\n"
    )
