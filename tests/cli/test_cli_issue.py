"""What `batch issue`, `resume` and `report` do, and how they end."""

from __future__ import annotations

import json

import pytest

from freedompay_async.cli import ending
from freedompay_async.errors import JournalError
from freedompay_async.sandbox import Fault, Faults


def test_each_row_gets_one_card(shell, issuer, people, one_each):
    result = shell.issue(people(12))

    assert result.exit_code == 0
    assert issuer.cards() == one_each(12)


def test_the_report_is_what_it_ends_with(shell, people):
    result = shell.issue(people(12))

    assert result.stdout == (
        "batch 'default' of merchant 10001: 12 rows\n"
        "  issued          12\n"
        "  refused          0\n"
        "  unknown          0\n"
        "  found            0\n"
        "  doubtful         0\n"
        "  started          0\n"
        "  planned          0\n"
    )


def test_progress_in_a_pipe_is_plain_lines(shell, people):
    result = shell.issue(people(12))
    last = result.stderr.splitlines()[-1]

    assert last.startswith("12/12 rows, ")
    assert "in progress 0 (waiting 0), refused 0, unknown 0, time left 0:00" in last
    assert "\x1b" not in result.stderr


def test_refused_rows_are_reported_and_the_others_issued(shell, issuer, people, hurry):
    result = shell.issue(people(6, {2: "REFUSED", 4: "DECLINED", 6: "NOCARD"}))

    assert result.exit_code == 1
    assert len(issuer.ledger()) == 3
    assert "  refused          3   no card; see each row\n" in result.stdout
    assert "line 3, key k2: refused: " in result.stdout
    assert (
        "  next: correct the row and put it in a new file under a new key (ask the issuer "
        "first if the key was ever sent without this journal)\n"
    ) in result.stdout


def test_refused_rows_are_reported_while_they_land(shell, people, hurry):
    result = shell.issue(people(3, {2: "DECLINED"}))

    assert "line 3, key k2: refused: " in result.stderr


def test_many_problems_are_reported_in_part(shell, people, hurry):
    result = shell.issue(people(60, dict.fromkeys(range(1, 61), "DECLINED")))

    assert result.stdout.count(": refused: ") == 50
    assert result.stdout.endswith("and 10 more: --out FILE or --json gives them all\n")


def test_the_same_file_again_sends_nothing_that_changes_anything(shell, issuer, people, one_each):
    first = shell.issue(people(8))
    before = issuer.effects
    again = shell.issue(people(8))

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert again.stdout == first.stdout
    assert issuer.effects == before == 16
    assert issuer.cards() == one_each(8)


def test_the_same_file_again_asks_one_harmless_question(shell, issuer, people):
    shell.issue(people(8))
    before = issuer.arrived()
    shell.issue(people(8))

    assert issuer.arrived() == before + 1


@pytest.mark.parametrize(("check", "asked"), [("sample", 50), ("all", 60), ("none", 0)])
def test_what_is_asked_first(shell, issuer, people, one_each, check, asked, request_id):
    result = shell.issue(people(60), "--check-first", check)
    first, sent = set(), set()
    for each in issuer.do(list, issuer.sandbox.received):
        concerned = json.loads(each.body)["request_id"]
        (first if each.path.endswith("request/status") and concerned not in sent else sent).add(
            concerned
        )

    assert result.exit_code == 0
    assert len(first & {request_id(f"k{number}", "client") for number in range(1, 61)}) == asked
    assert issuer.cards() == one_each(60)


def test_a_check_that_there_is_not(shell, people):
    assert shell.issue(people(1), "--check-first", "some").exit_code == 2


def test_another_batch_name_is_another_card(shell, issuer, people):
    shell.issue(people(2))
    shell(
        "batch",
        "issue",
        "clients.csv",
        "--journal",
        "june.db",
        "--product",
        2000,
        "--batch",
        "june",
    )

    assert set(issuer.cards().values()) == {2}


def test_activate(shell, issuer, people):
    result = shell.issue(people(3), "--activate")

    assert result.exit_code == 0
    assert [card["status"] for card in issuer.ledger()] == ["active"] * 3


def test_the_product(shell, issuer, people):
    shell("batch", "issue", shell.file(people(1)), "--journal", "run.db", "--product", "3000")

    assert issuer.ledger()[0]["product_id"] == 3000


def test_a_rate_and_few_calls_at_once(shell, issuer, people, one_each):
    result = shell.issue(people(4), "--rate", "500", "--concurrency", "1")

    assert result.exit_code == 0
    assert issuer.cards() == one_each(4)


def test_a_row_that_is_left_is_reported_with_what_to_do(shell, issuer, people, hurry):
    issuer.hold(True)
    result = shell.issue(people(3))

    assert result.exit_code == 3
    assert "  started          3   resume to go on\n" in result.stdout
    assert result.stderr.endswith("3 rows are left: freedompay batch resume run.db\n")


@pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.UNAVAILABLE])
def test_rows_that_the_issuer_asks_to_wait_with_for_too_long_are_left_and_the_reason_is_reported(
    issuers, shell_of, people, one_each, fault
):
    issuer = issuers(faults=Faults(retry_after=3600))
    shell = shell_of(issuer)
    issuer.script("client/add", fault)
    result = shell.issue(people(3))

    assert result.exit_code == 3
    assert "  issued           2\n" in result.stdout
    assert "  unknown          0\n" in result.stdout
    assert (
        "freedompay: the issuer asked to wait 3600 s, longer than there was time left for"
        in result.stderr
    )
    assert "Rows are left as they are: resume later\n" in result.stderr
    assert result.stderr.endswith("1 rows are left: freedompay batch resume run.db\n")

    result = shell("batch", "resume", "run.db")

    assert result.exit_code == 0
    assert issuer.cards() == one_each(3)


def test_json_has_why_rows_are_left(issuers, shell_of, people):
    issuer = issuers(faults=Faults(retry_after=3600))
    issuer.script("client/add", Fault.LIMITED)
    result = shell_of(issuer).issue(people(3), "--json")
    *_, progress, report = map(json.loads, result.stdout.splitlines())

    assert (result.exit_code, report["issued"], report["started"]) == (3, 2, 1)
    assert progress["left"] == 1
    assert progress["trouble"] == progress["left_because"]
    assert progress["trouble"].startswith("the issuer asked to wait 3600 s")


def test_resume_goes_on(shell, issuer, people, one_each, hurry):
    issuer.hold(True)
    shell.issue(people(3))
    issuer.hold(False)
    result = shell("batch", "resume", "run.db")

    assert result.exit_code == 0
    assert issuer.cards() == one_each(3)


def test_resume_of_a_finished_batch_sends_nothing_that_changes_anything(shell, issuer, people):
    shell.issue(people(3))
    before = issuer.effects
    result = shell("batch", "resume", "run.db")

    assert result.exit_code == 0
    assert issuer.effects == before


def test_a_guard_on_resume(shell, issuer, people, hurry):
    issuer.hold(True)
    shell.issue(people(5))
    issuer.hold(False)
    result = shell("batch", "resume", "run.db", "--max-cards", "2")

    assert result.exit_code == 3
    assert "freedompay: stopped: stopped before card 3: at most 2 are allowed." in result.stderr
    assert issuer.arrived("card/issue") == 2


def test_a_run_that_was_stopped_says_so_where_its_report_can_not_be_read(
    shell, issuer, people, hurry, monkeypatch
):
    async def unreadable(_):
        raise JournalError("run.db can't be written (disk I/O error)")

    issuer.hold(True)
    shell.issue(people(5))
    issuer.hold(False)
    monkeypatch.setattr(ending, "make_report", unreadable)
    result = shell("batch", "resume", "run.db", "--max-cards", "2")

    assert result.exit_code == 3
    assert result.stderr.endswith(
        "freedompay: stopped: stopped before card 3: at most 2 are allowed. The rows that are "
        "left can be resumed.\n"
    )
