"""Outputs that break: a full disk, a reader who is gone, a closed stream."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.commands import ISSUE, PROGRAM
from tests.cli.out_files import read


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
    return run_into(shell, stdout, *ISSUE, "--out", "issued.csv", *args)


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
        done = subprocess.run(
            [*PROGRAM, "batch", "report", "no.db"],
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


@pytest.mark.skipif(os.name == "nt", reason="a stream that is closed by a shell")
def test_with_a_closed_output_the_cards_are_made_and_the_file_is_there(shell, people):
    shell.file(people(2))
    closed = ("sh", "-c", 'exec "$@" <&- >&-', "sh")
    done = subprocess.run(
        [*closed, *PROGRAM, *ISSUE, "--out", "issued.csv"],
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
