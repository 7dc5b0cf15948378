"""The report of a batch, and the output for programs."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from freedompay_async.batch import Journal
from freedompay_async.sandbox import Fault


def report_after(shell, change):
    """What is reported of a journal that was changed so."""
    with sqlite3.connect(shell.folder / "run.db") as connection:
        connection.execute(change)
    connection.close()
    return shell("batch", "report", "run.db")


def test_cards_that_are_not_what_was_ordered_are_reported(shell, people):
    shell.issue(people(2))
    result = report_after(
        shell,
        (
            "UPDATE rows SET state = 'doubtful', reason = '1 card was ordered, and 2 cards, d1, "
            "d2 are there' WHERE key = 'k1'"
        ),
    )

    assert result.exit_code == 1
    assert (
        "  doubtful         1   its cards are not what was ordered, or are shared; see each row\n"
        in result.stdout
    )
    assert (
        "line 2, key k1: doubtful: 1 card was ordered, and 2 cards, d1, d2 are there\n"
        in result.stdout
    )


def test_a_refusal_that_is_not_proved_is_reported_as_that(shell, people, hurry):
    result = shell.issue(people(1, {1: "REFUSED"}))

    assert result.exit_code == 1
    assert (
        "  1 of the refused rows: no proof that they were not done; resume to ask again\n"
        in result.stdout
    )
    assert "  refused          1   see each row\n" in result.stdout
    assert "no card" not in result.stdout
    assert "It was not done" not in result.stdout


def test_report_needs_no_settings_and_sends_nothing(shell, shell_of, issuer, people):
    shell.issue(people(3))
    before = issuer.arrived()
    result = shell_of(None)("batch", "report", "run.db")

    assert result.exit_code == 0
    assert "  issued           3\n" in result.stdout
    assert issuer.arrived() == before


def test_report_says_by_its_code_that_rows_were_refused(shell, people, hurry):
    shell.issue(people(3, {1: "DECLINED"}))

    assert shell("batch", "report", "run.db").exit_code == 1


def test_report_says_by_its_code_that_rows_are_left(shell, issuer, people, hurry):
    issuer.hold(True)
    shell.issue(people(3))
    result = shell("batch", "report", "run.db")

    assert (result.exit_code, result.stderr) == (
        3,
        "3 rows are left: freedompay batch resume run.db\n",
    )


def test_report_counts_cards_that_are_not_active(shell, people, hurry):
    shell.issue(people(3), "--activate")
    result = report_after(shell, "UPDATE rows SET reason = 'not known' WHERE key = 'k2'")

    assert result.exit_code == 1
    assert "  1 of the issued cards could not be activated\n" in result.stdout
    assert "  next: the card exists; activate it by hand\n" in result.stdout


def test_an_unknown_row_is_reported_with_what_to_do(shell, people, hurry):
    shell.issue(people(1))
    result = report_after(shell, "UPDATE rows SET state = 'unknown', reason = 'no answer'")

    assert result.exit_code == 1
    assert (
        "  unknown          1   may or may not have a card; resume to ask again\n" in result.stdout
    )
    assert "line 2, key k1: unknown: no answer\n" in result.stdout


def test_an_issuer_whose_answers_stay_away_leaves_the_rows_to_be_resumed(
    shell, issuer, people, hurry
):
    issuer.script("client/add", Fault.CLOSED)
    # The first two are the question before the run, and that about the row before its first send.
    issuer.script("request/status", Fault.NONE, Fault.NONE, *[Fault.HTML_502] * 500)
    result = shell.issue(people(1))

    assert result.exit_code == 3
    assert "freedompay: stopped: no answer from the issuer for" in result.stderr
    assert "The rows that are left can be resumed.\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_first_questions_without_a_clear_answer_leave_every_row_and_say_what_to_do(
    shell, issuer, people, hurry
):
    issuer.script("request/status", Fault.NONE, *[Fault.HTML_502] * 500)
    result = shell.issue(people(3))

    assert result.exit_code == 3
    assert (
        "freedompay: stopped: nothing was sent. Whether the request ids of this batch were "
        "used before is not known: "
    ) in result.stderr
    assert "say --check-first none" in result.stderr
    assert issuer.arrived("client/add") == 0


def test_progress_for_a_machine(shell, people, hurry):
    result = shell.issue(people(5, {2: "DECLINED"}), "--json")
    shown = [json.loads(line) for line in result.stdout.splitlines()]
    outcomes = {each["key"]: each["state"] for each in shown if each["event"] == "outcome"}
    progress = [each for each in shown if each["event"] == "progress"]

    assert outcomes == {
        "k1": "issued",
        "k2": "refused",
        "k3": "issued",
        "k4": "issued",
        "k5": "issued",
    }
    assert (progress[-1]["rows"], progress[-1]["done"], progress[-1]["refused"]) == (5, 5, 1)
    assert (progress[-1]["time_left"], progress[-1]["rate"] > 0) == (0.0, True)
    assert shown[-1]["event"] == "report"
    assert (shown[-1]["issued"], [each["key"] for each in shown[-1]["problems"]]) == (4, ["k2"])


def test_report_for_a_machine(shell, issuer, people):
    shell.issue(people(2))
    shown = json.loads(shell("batch", "report", "run.db", "--json").stdout)

    assert shown == {
        "event": "report",
        "has_plan": True,
        "batch": "default",
        "merchant": "10001",
        "rows": 2,
        "issued": 2,
        "refused": 0,
        "unknown": 0,
        "found": 0,
        "doubtful": 0,
        "started": 0,
        "planned": 0,
        "inactive": 0,
        "accepted": 0,
        "unproved": 0,
        "problems": [],
    }


@pytest.mark.parametrize("flags", [(), ("--json",), ("--out", "out.csv")])
def test_a_journal_without_a_plan_is_an_error_that_says_what_to_do(shell, flags):
    async def made():
        async with Journal.open(shell.folder / "run.db"):
            pass

    asyncio.run(made())
    result = shell("batch", "report", "run.db", *flags)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "freedompay: run.db has no batch in it: `batch issue` makes one."
    )
    assert "issue the same file with a new journal" in result.stderr
    assert not (shell.folder / "out.csv").exists()
