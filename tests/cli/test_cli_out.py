"""`--out`: every row, as CSV or as JSON Lines."""

from __future__ import annotations

import asyncio
import csv
import errno
import io
import json
import os
import shlex
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from freedompay_async.batch import Outcome, State
from freedompay_async.cli import ending, output
from tests.cli.commands import ISSUE, PROGRAM

COLUMNS = [
    "line",
    "key",
    "state",
    "client_id",
    "card_id",
    "client_request_id",
    "card_request_id",
    "found",
    "proved",
    "reason",
    "next",
]


def read(shell, name="issued.csv"):
    return list(csv.DictReader(io.StringIO(shell.text(name))))


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
    command = shell.start(
        *ISSUE,
        "--out",
        "issued.csv",
    )
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

MARK = b"\xef\xbb\xbf"
HEAD = ("key", "phone", "first_name", "last_name")


def file_of(shell, *, delimiter=";", mark=b"", key="Ж-1", name="clients.csv"):
    rows = (HEAD, (key, "77010000001", "Ivan", "Ivanov"))
    (shell.folder / name).write_bytes(
        mark + "".join(delimiter.join(row) + "\n" for row in rows).encode()
    )


def issued(shell, *args, out="issued.csv", name="clients.csv"):
    result = shell(
        "batch", "issue", name, "--journal", "run.db", "--product", 2000, "--out", out, *args
    )
    assert result.exit_code == 0, result.stderr
    return (shell.folder / out).read_bytes()


@pytest.mark.parametrize(("delimiter", "mark"), [(";", MARK), (";", b""), ("\t", b""), (",", MARK)])
def test_csv_has_the_delimiter_of_the_file_and_a_mark(shell, delimiter, mark):
    file_of(shell, delimiter=delimiter, mark=mark)
    written = issued(shell)

    assert written.startswith(MARK)
    head, row = written.removeprefix(MARK).decode().splitlines()
    assert head.split(delimiter) == COLUMNS
    assert row.split(delimiter)[:3] == ["2", "Ж-1", "issued"]


def test_a_program_s_csv_gets_no_mark(shell):
    file_of(shell, delimiter=",")

    assert issued(shell).startswith(b"line,key,state")


def test_of_json_lines_csv_is_for_a_spreadsheet(shell, person):
    (shell.folder / "clients.jsonl").write_text(json.dumps(person(1)) + "\n")

    assert issued(shell, name="clients.jsonl").startswith(MARK + b"line;key;state")


def test_json_lines_have_no_mark(shell):
    file_of(shell, mark=MARK)

    assert json.loads(issued(shell, out="issued.jsonl"))["key"] == "Ж-1"


@pytest.mark.parametrize("command", ["resume", "report"])
def test_a_later_run_knows_the_form(shell, command):
    file_of(shell, delimiter=",", mark=MARK)
    issued(shell)
    shell("batch", command, "run.db", "--out", "again.csv")

    assert (shell.folder / "again.csv").read_bytes() == (shell.folder / "issued.csv").read_bytes()


def test_the_form_is_no_part_of_the_batch(shell):
    file_of(shell, delimiter=",")
    issued(shell)
    file_of(shell, delimiter=";")

    assert issued(shell, out="again.csv").startswith(MARK + b"line;key")


def test_a_journal_that_does_not_know_the_form_is_written_for_a_spreadsheet(shell):
    file_of(shell, delimiter=",")
    issued(shell)
    with sqlite3.connect(shell.folder / "run.db") as connection:
        connection.execute("DELETE FROM meta WHERE name = 'out_form'")
    connection.close()
    shell("batch", "report", "run.db", "--out", "again.csv")

    assert (shell.folder / "again.csv").read_bytes().startswith(MARK + b"line;key")


def test_with_semicolons_a_formula_behind_a_comma_is_none(shell):
    file_of(shell, key="a,=1+1")

    assert "a,'=1+1" in issued(shell).decode("utf-8-sig")


# -- where a file can't be written as usual


@pytest.fixture(
    params=[errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES, None], ids=str
)
def no_links(request, monkeypatch):
    """A file system without hard links, each in its own words."""

    def link(source, target, **_):
        if request.param is None:
            raise NotImplementedError("link: follow_symlinks unavailable on this platform")
        raise OSError(request.param, os.strerror(request.param), source, None, target)

    monkeypatch.setattr(os, "link", link)


@pytest.mark.usefixtures("no_links")
def test_it_is_written_where_there_are_no_hard_links(shell):
    file_of(shell)
    written = issued(shell)

    assert b"issued" in written
    assert stat.S_IMODE((shell.folder / "issued.csv").stat().st_mode) == 0o600
    assert shell.names() == ["clients.csv", "issued.csv", "run.db"]


@pytest.mark.usefixtures("no_links")
def test_there_too_a_file_that_comes_into_being_is_kept(shell, monkeypatch):
    file_of(shell)
    make_report = ending.make_report

    async def meanwhile(journal):
        (shell.folder / "issued.csv").write_text("precious")
        return await make_report(journal)

    monkeypatch.setattr(ending, "make_report", meanwhile)
    result = shell(
        *ISSUE,
        "--out",
        "issued.csv",
    )

    assert result.exit_code == 1
    assert (
        "issued.csv can't be written (File exists). The journal has all of it: freedompay "
        "batch report run.db --out FILE"
    ) in result.stderr
    assert shell.text("issued.csv") == "precious"
    assert shell.names() == ["clients.csv", "issued.csv", "run.db"]


@pytest.mark.usefixtures("no_links")
def test_what_can_not_be_renamed_leaves_nothing(shell, monkeypatch):
    def replace(source, target):
        raise OSError(errno.EIO, os.strerror(errno.EIO), source, None, target)

    file_of(shell)
    monkeypatch.setattr(output.os, "replace", replace)
    result = shell(
        *ISSUE,
        "--out",
        "issued.csv",
    )

    assert result.exit_code == 1
    assert (
        "issued.csv can't be written (Input/output error). The journal has all of it"
        in result.stderr
    )
    assert shell.names() == ["clients.csv", "run.db"]


def run_into(shell, stdout, *args):
    """A command whose standard output goes there."""
    return subprocess.run(
        [*PROGRAM, *args],
        env=shell.env,
        cwd=shell.folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


def issue_into(shell, stdout, *args):
    """`batch issue` whose standard output goes there."""
    return run_into(
        shell,
        stdout,
        *ISSUE,
        "--out",
        "issued.csv",
        *args,
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_a_report_that_can_not_be_written_is_reported_and_the_file_is_there(shell, people, json):
    shell.file(people(3))
    with open("/dev/full", "w") as full:
        done = issue_into(shell, full, *json)

    assert (
        "the report can't be written (No space left on device). The journal has all of it: "
        "freedompay batch report run.db"
    ) in done.stderr
    # As JSON each row is told as it ends, and a run that nobody hears ends early.
    assert done.returncode in ((1, 3) if json else (1,))
    assert len(shell.text("issued.csv").splitlines()) == 4
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_where_nobody_reads_the_report_the_file_is_there(shell, people):
    shell.file(people(2))
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = issue_into(shell, writer)
    finally:
        os.close(writer)

    assert (done.returncode, "nobody reads the output any more" in done.stderr) == (3, True)
    assert len(shell.text("issued.csv").splitlines()) == 3


def test_where_nobody_reads_errors_the_exit_code_is_right(shell):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [
            *PROGRAM,
            "batch",
            "report",
            "no.db",
        ]
        done = subprocess.run(
            command,
            env=shell.env,
            cwd=shell.folder,
            stdin=subprocess.DEVNULL,
            stderr=writer,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)

    assert done.returncode == 2


def on_a_full_disk(shell, *args):
    """A command whose standard output takes nothing."""
    with open("/dev/full", "w") as full:
        return run_into(shell, full, *args)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
def test_an_error_that_can_not_be_written_as_json_is_reported_all_the_same(shell):
    done = on_a_full_disk(shell, "cards", "info", "no-such-card", "--json")

    assert done.returncode == 1
    assert done.stderr.startswith("freedompay: ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_cards_whose_answer_can_not_be_written_name_the_id_to_ask_about(shell, issuer, json):
    done = on_a_full_disk(
        shell, "cards", "bulk-issue", "--product-id", "2000", "--count", "1", *json
    )

    assert done.returncode == 1
    assert (
        "cards.bulk_issue was answered, and the answer can't be written (No space left on "
        "device). Next: freedompay requests"
    ) in done.stderr
    assert "Traceback" not in done.stderr
    assert len(issuer.ledger()) == 1


def test_an_aborted_run_says_how_to_get_the_file(shell, issuer, people):
    gate = issuer.gate("client/add")
    shell.file(people(3))
    command = shell.start(
        *ISSUE,
        "--out",
        "issued.csv",
    )
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


@pytest.mark.skipif(os.name == "nt", reason="a stream that is closed by a shell")
def test_with_a_closed_output_the_cards_are_made_and_the_file_is_there(shell, people):
    shell.file(people(2))
    command = [
        "batch",
        "issue",
        "clients.csv",
        "--product",
        "2000",
        "--journal",
        "run.db",
        "--out",
        "issued.csv",
    ]
    closed = [
        "sh",
        "-c",
        'exec "$@" <&- >&-',
        "sh",
        *PROGRAM,
        *command,
    ]
    done = subprocess.run(
        closed,
        env=shell.env,
        cwd=shell.folder,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert {row["state"] for row in read(shell)} == {"issued"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
@pytest.mark.parametrize(
    "command", ["--help", "batch columns", "batch plan clients.csv --product 2000 --json"]
)
def test_an_output_on_a_full_disk_is_one_sentence(shell, people, command):
    shell.file(people(2))
    done = on_a_full_disk(shell, *command.split())

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(
        "freedompay: the output can't be written (No space left on device)."
    )


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
