"""The form of `--out`: delimiter, byte order mark, and file systems without hard links."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat

import pytest

from freedompay_async.cli import ending, output
from tests.cli.commands import ISSUE
from tests.cli.out_files import COLUMNS, MARK, file_of, issued


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
