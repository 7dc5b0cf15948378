"""A batch in a database: planned, run, left to workers, listed, stopped and resumed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
STOPPED = (
    "stopping: no new row starts, calls on the way are settled, and the other rows are handed "
    "back. Again aborts.\n"
)


@pytest.fixture
def address(bare_postgres_database, shell):
    """The address of a database of one's own, with the tables."""
    result = shell("journal", "install", "--journal", bare_postgres_database)
    assert (result.exit_code, result.stderr) == (0, "")
    return bare_postgres_database


@pytest.fixture
def issue(shell, address):
    """`batch issue` of these rows, with the database as the journal."""

    def issue(rows, *args, **options):
        file = shell.file(rows)
        return shell(
            *("batch", "issue", file, "--journal", address, "--product", 2000), *args, **options
        )

    return issue


@pytest.fixture
def report(shell, address):
    def report(batch="default"):
        return json.loads(
            shell("batch", "report", address, "--batch", batch, "--json").stdout.splitlines()[-1]
        )

    return report


def test_the_tables_are_made_once(shell, bare_postgres_database):
    said = [shell("journal", "install", "--journal", bare_postgres_database) for _ in range(2)]

    assert [(each.exit_code, each.stdout) for each in said] == [
        (0, f"{bare_postgres_database}: ready (schema version 2)\n")
    ] * 2


def test_a_database_without_the_tables_says_how_to_make_them(shell, people, bare_postgres_database):
    result = shell("batch", "issue", shell.file(people(1)), "--journal", bare_postgres_database)

    assert result.exit_code == 2
    assert "freedompay journal install" in result.stderr
    assert result.stderr.endswith("Nothing was sent.\n")


def test_each_row_gets_one_card_and_the_report_is_that_of_a_file(
    shell, issuer, issue, address, people, one_each
):
    result = issue(people(12))
    shell.issue(people(12), "--batch", "other")
    reports = [
        json.loads(shell("batch", "report", journal, "--json").stdout)
        for journal in (address, "run.db")
    ]

    assert (result.exit_code, result.stderr.splitlines()[-1][:11]) == (0, "12/12 rows,")
    assert [each.pop("batch") for each in reports] == ["default", "other"]
    assert reports[0] == reports[1]
    assert issuer.cards() == one_each(12) + one_each(12)


def test_the_environment_names_the_journal_and_its_password_is_not_shown(
    shell, issue, address, people
):
    issue(people(1))
    result = shell(
        "batch",
        "report",
        FREEDOMPAY_JOURNAL=address.replace("postgres@", "postgres:tr0ub4dor@"),
    )

    assert result.exit_code == 0
    assert "  issued           1\n" in result.stdout
    assert "tr0ub4dor" not in result.stdout + result.stderr


def test_rows_that_are_left_name_the_batch_in_the_command_to_go_on(
    issuer, issue, shell, address, people, one_each, hurry
):
    issuer.hold(True)
    first = issue(people(3), "--batch", "june one")
    issuer.hold(False)
    command = f"freedompay batch resume {address} --batch 'june one'"

    assert first.exit_code == 3
    assert first.stderr.endswith(f"3 rows are left: a worker goes on with them, or {command}\n")
    assert shell("batch", "resume", address, "--batch", "june one").exit_code == 0
    assert issuer.cards() == one_each(3)


def test_a_database_lists_its_batches_and_one_of_several_is_named(shell, issue, address, people):
    issue(people(2), "--batch", "may")
    issue(people(3), "--batch", "june", "--detach")
    text = shell("batch", "report", address)
    lines = [
        json.loads(line) for line in shell("batch", "report", address, "--json").stdout.splitlines()
    ]
    refused = shell("batch", "resume", address)

    assert text.exit_code == 3
    assert text.stdout.splitlines()[0] == f"{address}: 2 batches"
    assert "  june: 3 rows, 3 not ended, waits for a worker; merchant 10001 at " in text.stdout
    assert "  may: 2 rows, 0 not ended, ended; merchant 10001 at " in text.stdout
    assert [(each["event"], each["batch"], each["rows"], each["left"]) for each in lines] == [
        ("batch", "june", 3, 3),
        ("batch", "may", 2, 0),
    ]
    assert refused.exit_code == 2
    assert "has 2 batches: name one of them with --batch, such as --batch june." in refused.stderr


def test_a_database_without_a_batch(shell, address):
    result = shell("batch", "report", address)

    assert (result.exit_code, result.stderr) == (
        2,
        (f"freedompay: {address} has no batch in it: `batch issue` makes one. Nothing was sent.\n"),
    )


def test_a_batch_that_is_not_there(shell, issue, address, people):
    issue(people(1))
    for command in ("report", "resume", "stop"):
        result = shell("batch", command, address, "--batch", "june")

        assert (result.exit_code, result.stdout) == (2, "")
        assert "june" in result.stderr
        assert result.stderr.endswith("Nothing was sent.\n")


def test_a_detached_batch_sends_nothing_and_says_what_to_do(issuer, issue, address, people):
    result = issue(people(3), "--detach", "--concurrency", 8)

    assert (result.exit_code, issuer.effects) == (0, 0)
    assert result.stdout == (
        "batch 'default': 3 rows are left to workers, and this command has ended.\n"
        "  work on it, on any number of machines: freedompay worker --journal "
        f"{address} --concurrency 8\n"
        f"  see how it stands: freedompay batch report {address} --batch default\n"
        f"  stop it: freedompay batch stop {address} --batch default\n"
    )


def test_the_limits_of_a_detached_batch_hold_for_its_workers(shell, issue, address, people):
    def limits():
        lines = shell("batch", "report", address, "--json").stdout.splitlines()
        found = {each["batch"]: each for each in map(json.loads, lines)}
        return found["may"]["rate"], found["may"]["max_cards"]

    issue(people(3), "--batch", "may", "--detach", "--rate", 50, "--max-cards", 7)
    issue(people(3), "--batch", "june", "--detach")
    first = limits()
    shell("batch", "resume", address, "--batch", "may", "--detach", "--max-cards", 5)

    assert (first, limits()) == ((50.0, 7), (None, 5))


def test_documents_of_a_detached_batch_need_a_folder(shell, issuer, issue, person):
    (shell.folder / "scans").mkdir()
    for name in ("scans/one.pdf", "two.pdf"):
        (shell.folder / name).write_bytes(b"%PDF-1.4")
    none = issue([person(1, document="scans/one.pdf")], "--detach")
    outside = issue([person(1, document="two.pdf")], "--detach", "--documents", "scans")
    inside = issue([person(1, document="scans/one.pdf")], "--detach", "--documents", "scans")

    assert [each.exit_code for each in (none, outside, inside)] == [2, 2, 0]
    assert none.stderr.startswith("freedompay: line 2 has a document, and workers on other machine")
    assert "line 2, column document: " in outside.stderr
    assert issuer.effects == 0


def test_a_worker_issues_what_was_detached_and_hands_back_at_a_signal(
    shell, issuer, issue, address, people, one_each, report
):
    issue(people(20), "--batch", "june", "--detach")
    worker = shell.start("worker", "--journal", address, "--concurrency", "4")
    worker.says("working on batch 'june': 20 of 20 rows are left\n")
    worker.says("batch 'june' has ended: ")
    worker.interrupt(signal.SIGTERM)

    assert worker.ends() == 0
    assert worker.stderr == STOPPED
    assert report("june")["issued"] == 20
    assert issuer.cards() == one_each(20)


def test_a_worker_tells_programs_in_json_and_stops_with_rows_left(
    shell, issuer, issue, address, people
):
    issue(people(20), "--detach")
    gate = issuer.gate("client/add")
    worker = shell.start("worker", "--journal", address, "--concurrency", "1", "--json")
    gate.reached()
    worker.interrupt()
    worker.says(STOPPED)
    gate.open()
    code = worker.ends()
    told = [json.loads(line) for line in worker.stdout.splitlines()]

    assert code == 3
    assert {each["event"] for each in told} == {"worker"}
    assert [each["change"] for each in told][:2] == ["looking", "working"]
    assert "draining" in [each["change"] for each in told]
    assert issuer.arrived("client/add") <= 2


def test_a_worker_leaves_batches_of_others_to_them(shell, issue, issuers, address, people):
    other = issuers()
    issue(people(2), "--detach", FREEDOMPAY_BASE_URL=other.base_url)
    worker = shell.start("worker", "--journal", address)
    worker.says(f"batch 'default' is of merchant 10001 at {other.base_url}: ")
    worker.interrupt()

    assert worker.ends() == 0
    assert other.effects == 0


def test_a_batch_is_stopped_from_any_machine_and_resumed(
    shell, issuer, issue, address, people, one_each
):
    gate = issuer.gate("client/add")
    shell.file(people(30))
    run = shell.start(
        *("batch", "issue", "clients.csv", "--journal", address, "--product", "2000"),
        *("--concurrency", "2"),
    )
    gate.reached()
    stopped = shell("batch", "stop", address)
    run.says("the batch was stopped: its rows are left as they are, until it is resumed")
    gate.open()
    code = run.ends()
    resumed = shell("batch", "resume", address)

    assert (stopped.exit_code, stopped.stdout) == (
        0,
        (
            "batch 'default' is stopped: no new row starts, and calls on the way are settled. Go "
            f"on with it: freedompay batch resume {address} --batch default\n"
        ),
    )
    assert code == 3
    assert resumed.exit_code == 0
    assert issuer.cards() == one_each(30)


def test_a_run_in_the_foreground_goes_on_until_others_have_ended_the_batch(
    shell, issuer, issue, address, people, one_each
):
    issue(people(40), "--detach")
    worker = shell.start("worker", "--journal", address, "--concurrency", "4")
    worker.says("working on batch")
    result = shell("batch", "resume", address, "--concurrency", "4")
    worker.interrupt(signal.SIGTERM)

    assert result.exit_code == 0, result.stderr
    assert "  issued          40\n" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("40/40 rows, ")
    assert worker.ends() == 0
    assert issuer.cards() == one_each(40)


def test_a_new_batch_is_taken_back_where_nobody_says_yes_or_the_host_is_another(
    shell, issuer, issue, address, people
):
    wrong = issue(people(2), FREEDOMPAY_SECRET_KEY="another")
    right = issue(people(3))

    assert (wrong.exit_code, right.exit_code) == (2, 0)
    assert len(issuer.ledger()) == 3


def test_a_restored_database_is_asked_about(shell, issue, address, people):
    issue(people(2), "--detach")
    refused = shell("journal", "restored", "--journal", address, "--taken", HOUR_AGO)
    result = shell("journal", "restored", "--journal", address, "--taken", HOUR_AGO, "--yes")

    assert (refused.exit_code, "Add --yes to do it." in refused.stderr) == (2, True)
    assert (result.exit_code, result.stdout) == (
        0,
        f"{address}: 2 rows may have been sent since: workers, and batch resume, ask about them\n",
    )


def test_without_the_extra_a_database_says_how_to_get_it(shell):
    code = (
        "import sys; sys.modules['asyncpg'] = None; from freedompay_async.cli import main; "
        "sys.argv = ['freedompay', 'batch', 'report', 'postgresql://user@host/cards']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=shell.env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'freedompay-async[postgres]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("library", ["asyncpg", "pgqueuer", "freedompay_async.postgres"])
def test_the_command_imports_no_library_of_a_database_until_it_is_needed(library):
    code = f"import sys, freedompay_async.cli.app; print({library!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
