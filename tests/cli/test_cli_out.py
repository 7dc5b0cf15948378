"""`--out`: every row, as CSV or as JSON Lines."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sqlite3
import stat
from pathlib import Path

import pytest

from freedompay_async.batch import Outcome, State
from freedompay_async.cli import output
from tests.cli.commands import ISSUE
from tests.cli.out_files import COLUMNS, read


def test_csv_has_every_row_in_the_order_of_the_file(shell, issuer, people, request_id):
    result = shell.issue(people(5), "--out", "issued.csv")
    cards = {card["request_id"]: card for card in issuer.ledger()}
    rows = read(shell)

    assert result.exit_code == 0
    assert shell.text("issued.csv").splitlines()[0] == ",".join(COLUMNS)
    assert [row["key"] for row in rows] == ["k1", "k2", "k3", "k4", "k5"]
    assert rows[2] == {
        "line": "4",
        "key": "k3",
        "state": "issued",
        "client_id": cards[request_id("k3", "card")]["client_id"],
        "card_id": cards[request_id("k3", "card")]["card_id"],
        "client_request_id": request_id("k3", "client"),
        "card_request_id": request_id("k3", "card"),
        "found": "",
        "proved": "",
        "reason": "",
        "next": "",
    }


def test_json_lines_have_every_row(shell, issuer, people, request_id):
    shell.issue(people(5), "--out", "issued.jsonl")
    rows = [json.loads(line) for line in shell.text("issued.jsonl").splitlines()]
    cards = {card["request_id"]: card["card_id"] for card in issuer.ledger()}

    assert [list(row) for row in rows] == [COLUMNS] * 5
    assert [row["card_id"] for row in rows] == [
        cards[request_id(f"k{number}", "card")] for number in range(1, 6)
    ]
    assert (rows[0]["state"], rows[0]["found"], rows[0]["reason"]) == ("issued", False, None)


def test_refused_rows_say_why_and_what_next(shell, people, hurry):
    shell.issue(people(2, {2: "DECLINED"}), "--out", "issued.csv")
    row = read(shell)[1]

    assert (row["state"], row["card_id"], row["next"]) == (
        "refused",
        "",
        (
            "correct the row and put it in a new file under a new key (ask the issuer first if "
            "the key was ever sent without this journal)"
        ),
    )
    assert "client_declined" in row["reason"]


@pytest.mark.parametrize("key", ["=1+1", "+7", "-1", "@SUM(A1)"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(shell, person, key):
    shell.issue([person(1, key=key)], "--out", "issued.csv")

    assert read(shell)[0]["key"] == f"'{key}"


def test_what_the_issuer_says_is_no_formula_either(shell, people):
    shell.issue(people(1))
    with sqlite3.connect(shell.folder / "run.db") as connection:
        connection.execute("UPDATE rows SET card_id = '=HYPERLINK(1)', reason = '\tcmd'")
    connection.close()
    shell("batch", "report", "run.db", "--out", "issued.csv")

    assert (read(shell)[0]["card_id"], read(shell)[0]["reason"]) == ("'=HYPERLINK(1)", "'\tcmd")


def test_json_lines_keep_a_key_as_it_is(shell, person):
    shell.issue([person(1, key="=1+1")], "--out", "issued.jsonl")

    assert json.loads(shell.text("issued.jsonl"))["key"] == "=1+1"


def test_the_file_is_for_its_owner_only(shell, people):
    before = os.umask(0)
    try:
        shell.issue(people(1), "--out", "issued.csv")
    finally:
        os.umask(before)

    assert stat.S_IMODE((shell.folder / "issued.csv").stat().st_mode) == 0o600


def test_nothing_is_left_beside_it(shell, people):
    shell.issue(people(1), "--out", "issued.csv")

    assert shell.names() == ["clients.csv", "issued.csv", "run.db"]


def test_report_writes_it_too(shell, people):
    shell.issue(people(3))
    result = shell("batch", "report", "run.db", "--out", "issued.csv")

    assert result.exit_code == 0
    assert [row["state"] for row in read(shell)] == ["issued"] * 3


def test_resume_writes_it_too(shell, people):
    shell.issue(people(3))
    shell("batch", "resume", "run.db", "--out", "issued.csv")

    assert [row["state"] for row in read(shell)] == ["issued"] * 3


def test_a_row_that_was_found(shell, people, hurry):
    shell.issue(people(1))
    (shell.folder / "run.db").unlink()
    shell.issue(people(1), "--out", "issued.csv")

    assert read(shell)[0]["found"] == "yes"


@pytest.mark.parametrize("command", ["issue", "resume", "report"])
def test_a_file_that_is_there_already_is_kept(shell, issuer, people, command):
    shell.issue(people(2))
    before = issuer.arrived()
    (shell.folder / "issued.csv").write_text("precious")
    result = (
        shell.issue(people(2), "--out", "issued.csv")
        if command == "issue"
        else shell("batch", command, "run.db", "--out", "issued.csv")
    )

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "freedompay: issued.csv exists: name a new file for --out, or move that one away. "
        "Nothing was sent.\n"
    )
    assert shell.text("issued.csv") == "precious"
    assert issuer.arrived() == before


def test_a_file_that_is_there_already_leaves_no_journal(shell, people):
    (shell.folder / "issued.csv").write_text("precious")
    shell.issue(people(2), "--out", "issued.csv")

    assert shell.names() == ["clients.csv", "issued.csv"]


def test_a_folder_that_is_not_there(shell, issuer, people):
    result = shell.issue(people(2), "--out", "june/issued.csv")

    assert result.exit_code == 2
    assert result.stderr == (
        "freedompay: june/issued.csv can't be written: there is no folder june. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a place that nobody can write in")
def test_a_place_where_nothing_can_be_written_is_not_called_nothing_sent(
    shell, issuer, people, one_each
):
    result = shell.issue(people(2), "--out", "/proc/issued.csv")

    assert "freedompay: /proc/issued.csv can't be written (" in result.stderr
    assert result.exit_code == 2 if not issuer.effects else result.exit_code == 1
    assert "Traceback" not in result.stderr


def test_a_file_that_comes_into_being_during_the_run_is_kept(shell, issuer, people, one_each):
    gate = issuer.gate("card/issue")
    shell.file(people(2))
    command = shell.start(*ISSUE, "--out", "issued.csv")
    gate.reached()
    (shell.folder / "issued.csv").write_text("precious")
    gate.open()

    assert command.ends() == 1
    assert "freedompay: issued.csv can't be written (" in command.stderr
    assert "freedompay batch report run.db --out" in command.stderr
    assert shell.text("issued.csv") == "precious"
    assert shell.names() == ["clients.csv", "issued.csv", "run.db"]
    assert issuer.cards() == one_each(2)


# -- for the spreadsheet that made the input


# -- where a file can't be written as usual


def test_an_aborted_run_says_how_to_get_the_file(shell, issuer, people):
    gate = issuer.gate("client/add")
    shell.file(people(3))
    command = shell.start(*ISSUE, "--out", "issued.csv")
    gate.reached()
    command.interrupt()
    command.says("Ctrl-C again aborts")
    command.interrupt()
    code = command.ends()
    gate.open()

    assert code == 130
    assert (
        "issued.csv was not written. The journal has what was made: freedompay batch report "
        "run.db --out issued.csv"
    ) in command.stderr


def test_what_utf_8_can_not_write_is_escaped(tmp_path):
    async def outcomes():
        ids = {"client_id": None, "card_id": None, "client_request_id": "a", "card_request_id": "b"}
        yield Outcome(number=1, line=2, key="k", state=State.REFUSED, reason="half \ud800", **ids)

    asyncio.run(output.write_outcomes(tmp_path / "issued.csv", outcomes()))

    assert "half \\ud800" in (tmp_path / "issued.csv").read_text("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="another shell has other marks of quotation")
def test_a_path_in_a_command_to_copy_is_one_word():
    assert shlex.split(output.in_shell(Path("May's run;1.db"))) == ["May's run;1.db"]


@pytest.mark.parametrize(
    ("out", "shown"),
    [("issued.xlsx", "issued.xlsx would not be a workbook"), ("", "is not the name of a file")],
)
def test_out_that_no_spreadsheet_would_open_is_refused_before_anything_is_sent(
    shell, issuer, people, out, shown
):
    result = shell.issue(people(1), "--out", out)

    assert result.exit_code == 2
    assert shown in result.stderr
    assert result.stderr.endswith("Nothing was sent.\n")
    assert issuer.arrived() == 0
