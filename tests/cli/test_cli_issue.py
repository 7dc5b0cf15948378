"""What `batch issue`, `resume` and `report` do, and how they end."""

from __future__ import annotations

import json
import sqlite3

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


def test_refused_rows_are_told_and_the_others_issued(shell, issuer, people, hurry):
    result = shell.issue(people(6, {2: "REFUSED", 4: "DECLINED", 6: "NOCARD"}))

    assert result.exit_code == 1
    assert len(issuer.ledger()) == 3
    assert "  refused          3   no card; see each row\n" in result.stdout
    assert "line 3, key k2: refused: " in result.stdout
    assert (
        "  next: correct the row and put it in a new file under a new key (ask the issuer "
        "first if the key was ever sent without this journal)\n"
    ) in result.stdout


def test_refused_rows_are_told_while_they_land(shell, people, hurry):
    result = shell.issue(people(3, {2: "DECLINED"}))

    assert "line 3, key k2: refused: " in result.stderr


def test_many_problems_are_told_in_part(shell, people, hurry):
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


@pytest.mark.parametrize("given", ["all", "keys.txt", "./all"])
def test_found_rows_are_accepted(shell, issuer, people, one_each, hurry, given):
    lost(shell, people)
    shell.issue(people(8))
    if given != "all":
        (shell.folder / given).write_text(
            "\ufeff" + "\r\n".join(f"k{number} " for number in range(1, 9)) + "\n\n",
            encoding="utf-8",
        )
    before = issuer.effects
    result = shell("batch", "resume", "run.db", "--accept-found", given)

    assert result.exit_code == 0
    assert (issuer.cards(), issuer.effects) == (one_each(8), before)
    assert (
        "  8 rows had been used before, and were accepted as the same people's\n" in result.stdout
    )


def test_issue_accepts_rows_that_an_earlier_run_has_told_as_found(
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
    told = shell("batch", "resume", "run.db", "--accept-found", "keys.txt", "--json")

    assert (
        "--accept-found: 1 row is accepted\n"
        '--accept-found: not accepted, because not found to be used before: "k9", "k10", "k11", '
        '"k12", "k13" and 2 more\n'
    ) in plain.stderr
    assert json.loads(told.stdout.splitlines()[0]) == {
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
    told = json.loads(result.stdout.splitlines()[-1])

    assert result.exit_code == 1
    assert (told["issued"], told["found"], told["accepted"]) == (1, 7, 1)


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


def report_after(shell, change):
    """What is reported of a journal that was changed so."""
    with sqlite3.connect(shell.folder / "run.db") as connection:
        connection.execute(change)
    connection.close()
    return shell("batch", "report", "run.db")


def test_cards_that_are_not_what_was_ordered_are_told(shell, people):
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
        "  doubtful         1   what is there is not what was ordered; see each row\n"
        in result.stdout
    )
    assert (
        "line 2, key k1: doubtful: 1 card was ordered, and 2 cards, d1, d2 are there\n"
        in result.stdout
    )


def test_a_refusal_that_is_not_proved_is_told_as_that(shell, people, hurry):
    result = shell.issue(people(1, {1: "REFUSED"}))

    assert result.exit_code == 1
    assert (
        "  of 1 of the refused rows nothing proves that they were not done: resume to ask again\n"
        in result.stdout
    )
    assert "  refused          1   see each row\n" in result.stdout
    assert "no card" not in result.stdout
    assert "It was not done" not in result.stdout


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


def test_a_row_that_is_left_is_told_with_what_to_do(shell, issuer, people, hurry):
    issuer.hold(True)
    result = shell.issue(people(3))

    assert result.exit_code == 3
    assert "  started          3   resume to go on\n" in result.stdout
    assert result.stderr.endswith("3 rows are left: freedompay batch resume run.db\n")


@pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.UNAVAILABLE])
def test_rows_that_the_issuer_asks_to_wait_with_for_too_long_are_left_and_the_reason_is_told(
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


def test_a_machine_is_told_what_rows_are_left_for(issuers, shell_of, people):
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


def test_report_needs_no_settings_and_sends_nothing(shell, shell_of, issuer, people):
    shell.issue(people(3))
    before = issuer.arrived()
    result = shell_of(None)("batch", "report", "run.db")

    assert result.exit_code == 0
    assert "  issued           3\n" in result.stdout
    assert issuer.arrived() == before


def test_report_tells_by_its_code_that_rows_were_refused(shell, people, hurry):
    shell.issue(people(3, {1: "DECLINED"}))

    assert shell("batch", "report", "run.db").exit_code == 1


def test_report_tells_by_its_code_that_rows_are_left(shell, issuer, people, hurry):
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


def test_an_unknown_row_is_told_with_what_to_do(shell, people, hurry):
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


def test_first_questions_without_a_clear_answer_leave_every_row_and_tell_what_to_do(
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
    told = [json.loads(line) for line in result.stdout.splitlines()]
    outcomes = {each["key"]: each["state"] for each in told if each["event"] == "outcome"}
    progress = [each for each in told if each["event"] == "progress"]

    assert outcomes == {
        "k1": "issued",
        "k2": "refused",
        "k3": "issued",
        "k4": "issued",
        "k5": "issued",
    }
    assert (progress[-1]["rows"], progress[-1]["done"], progress[-1]["refused"]) == (5, 5, 1)
    assert told[-1]["event"] == "report"
    assert (told[-1]["issued"], [each["key"] for each in told[-1]["problems"]]) == (4, ["k2"])


def test_report_for_a_machine(shell, issuer, people):
    shell.issue(people(2))
    told = json.loads(shell("batch", "report", "run.db", "--json").stdout)

    assert told == {
        "event": "report",
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
