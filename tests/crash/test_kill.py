"""SIGKILL at random moments of a real run, and the issuer's own books afterwards."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from random import Random

import pytest

ROWS = 200
KILLS = 6
FAULTS = (
    "--lost",
    "0.06",
    "--stall",
    "0.3",
    "--reset",
    "0.04",
    "--unavailable",
    "0.01",
    "--error-500",
    "0.02",
    "--html-502",
    "0.02",
)
# Few at once, so that a kill meets rows at every stage of their way.
FEW = ("--concurrency", "6")
ISSUE = ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000", *FEW)
RESUME = ("batch", "resume", "run.db", *FEW)
# A write that goes beyond its limit kills the process, after the bytes up to it.
CUT = """
import resource, runpy, signal
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, ({place}, {place}))
runpy.run_module("freedompay_async.cli", run_name="__main__")
"""


def killed(scene, bank, until, command, calls):
    """Run a command and kill it when the issuer has had so many more calls; whether it was killed
    in time.
    """
    goal = bank.health()["calls"] + calls
    victim = scene.start(*command)
    until(lambda: bank.health()["calls"] >= goal or victim.process.poll() is not None)
    return victim.kill() == -9


@pytest.mark.parametrize("seed", [1])
def test_killed_again_and_again_a_batch_ends_with_one_card_a_row(scene, until, one_each, seed):
    random = Random(seed)
    scene.file(ROWS)
    bank = scene.bank("--processing", "0.02-0.2", "--seed", str(seed), *FAULTS)
    # After the plan and one question at the earliest, and before the work can be done at the
    # latest.
    kills = [
        killed(
            scene,
            bank,
            until,
            random.choice([ISSUE, RESUME]) if turn else ISSUE,
            random.randint(2, 180),
        )
        for turn in range(KILLS)
    ]
    last = scene.run(*RESUME)
    ledger, report, outcomes = bank.ledger(), scene.report(), scene.outcomes()

    assert kills == [True] * KILLS
    assert (last.process.returncode, "Traceback" in last.stderr) == (0, False)
    assert Counter(card["phone"] for card in ledger) == one_each(ROWS)
    assert (report["issued"], report["rows"]) == (ROWS, ROWS)
    assert {(each["client_id"], each["card_id"], each["card_request_id"]) for each in outcomes} == {
        (card["client_id"], card["card_id"], card["request_id"]) for card in ledger
    }


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("seed", [1])
def test_killed_at_a_byte_of_its_log_a_batch_ends_with_one_card_a_row(scene, one_each, seed):
    random = Random(seed)
    scene.file(ROWS)
    bank = scene.bank("--processing", "0.01-0.05", "--seed", str(seed))
    kills, strangers = [], []
    for turn in range(KILLS):
        place = random.randrange(60_000 + turn * 60_000, 120_000 + turn * 60_000)
        command = [sys.executable, "-c", CUT.format(place=place), *ISSUE]
        kills.append(
            -subprocess.run(
                command, env=scene.env, cwd=scene.folder, capture_output=True, check=False
            ).returncode
        )
        asked_for, _, sound = scene.journal()
        strangers += [
            card["card_id"] for card in bank.ledger() if card["request_id"] not in asked_for
        ] + [sound] * (sound != "ok")
    last = scene.run(*RESUME)

    assert kills == [signal.SIGXFSZ] * KILLS
    assert strangers == []
    assert last.process.returncode == 0
    assert Counter(card["phone"] for card in bank.ledger()) == one_each(ROWS)


def test_killed_during_the_activation_each_card_is_there_once_and_active(scene, until, one_each):
    scene.file(30)
    bank = scene.bank(
        "--processing", "0.01-0.05", "--seed", "7", "--lost", "0.05", "--stall", "0.2"
    )
    for calls in (30, 60, 90):
        killed(scene, bank, until, (*ISSUE, "--activate"), calls)
    last = scene.run(*RESUME)
    ledger = bank.ledger()

    assert last.process.returncode == 0
    assert Counter(card["phone"] for card in ledger) == one_each(30)
    assert {card["status"] for card in ledger} == {"active"}


def test_killed_and_its_journal_lost_a_batch_ends_with_one_card_a_row(scene, until, one_each):
    scene.file(60)
    bank = scene.bank(
        "--processing", "0.01-0.05", "--seed", "4", "--lost", "0.05", "--stall", "0.2"
    )
    for calls in (40, 80, 120):
        killed(scene, bank, until, ISSUE, calls)
        for path in scene.folder.glob("run.db*"):
            path.unlink()
    found = scene.run(*ISSUE)
    before, report = Counter(card["phone"] for card in bank.ledger()), scene.report()
    last = scene.run(*RESUME, "--accept-found", "all")

    # Whose they are no machine can tell any more: a person says so.
    assert (found.process.returncode, report["found"] > 0) == (1, True)
    # None yet, where each kill came before the first card.
    assert max(before.values(), default=1) == 1
    assert last.process.returncode == 0
    assert Counter(card["phone"] for card in bank.ledger()) == one_each(60)


def test_killed_and_its_log_lost_a_batch_ends_with_one_card_a_row(scene, until, one_each):
    scene.file(60)
    bank = scene.bank("--processing", "0.01-0.05", "--seed", "5")
    # After the plan and 51 questions.
    in_time = killed(scene, bank, until, ISSUE, 130)
    (scene.folder / "run.db-wal").unlink()
    found = scene.run(*RESUME)
    before, report = Counter(card["phone"] for card in bank.ledger()), scene.report()
    last = scene.run(*RESUME, "--accept-found", "all")

    assert in_time
    # It is the plan that is resumed, and what was sent of it is told.
    assert (
        found.process.returncode,
        report["rows"],
        report["found"] > 0,
        report["issued"] > 0,
    ) == (1, 60, True, True)
    assert max(before.values()) == 1
    assert last.process.returncode == 0
    assert Counter(card["phone"] for card in bank.ledger()) == one_each(60)


def test_killed_on_two_machines_a_batch_ends_with_one_card_a_row(scene, until, one_each):
    scene.file(60)
    bank = scene.bank(
        "--processing", "0.01-0.05", "--seed", "9", "--lost", "0.05", "--stall", "0.2"
    )
    journals = [
        ("batch", "issue", "clients.csv", "--product", "2000", "--journal", name, *FEW)
        for name in ("one.db", "two.db")
    ]
    for calls in (40, 60, 80):
        goal = bank.health()["calls"] + calls
        machines = [scene.start(*each) for each in journals]
        until(
            lambda goal=goal, machines=machines: (
                bank.health()["calls"] >= goal or all(each.process.poll() == 0 for each in machines)
            )
        )
        for machine in machines:
            machine.kill()
    ends = [scene.start(*each) for each in journals]
    codes, made = [each.ends() for each in ends], Counter(card["phone"] for card in bank.ledger())
    last = [
        scene.run("batch", "resume", name, "--accept-found", "all", *FEW).process.returncode
        for name in ("one.db", "two.db")
    ]

    # A row belongs to the machine that used its ids first; the other one tells it until somebody
    # says that it is the same person.
    assert (1 in codes, set(codes) <= {0, 1}) == (True, True)
    assert made == one_each(60)
    assert last == [0, 0]
    assert Counter(card["phone"] for card in bank.ledger()) == one_each(60)


@pytest.mark.parametrize("after", [0.0, 0.3, 0.6])
def test_killed_during_the_plan_a_journal_has_all_of_it_or_nothing(scene, until, after):
    rows = 20_000
    scene.file(rows)
    # Nobody is there: nothing can be sent, whatever happens.
    scene.env |= {
        "FREEDOMPAY_BASE_URL": "http://127.0.0.1:9",
        "FREEDOMPAY_REGION": "KZ",
        "FREEDOMPAY_AUTH_ID": "10001",
        "FREEDOMPAY_SECRET_KEY": "hush",
    }
    whole = 20_000 * 250 * after
    log = scene.folder / "run.db-wal"
    victim = scene.start(*ISSUE)
    until(
        lambda: (log.exists() and log.stat().st_size >= whole) or victim.process.poll() is not None
    )
    victim.kill()
    kept = (0, 0)
    if (scene.folder / "run.db").exists():
        with closing(sqlite3.connect(scene.folder / "run.db")) as journal:
            tables = journal.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'meta'"
            ).fetchone()[0]
            if tables:
                kept = tuple(
                    journal.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                    for table in ("rows", "meta")
                )

    assert kept in ((0, 0), (rows, 6))


def test_the_issuer_killed_and_started_again_has_no_card_twice(scene, until, one_each):
    scene.file(60)
    books = ("--database", "bank.db", "--processing", "0.01-0.05")
    bank = scene.bank(*books)
    port = bank.settings["FREEDOMPAY_BASE_URL"].rpartition(":")[2]
    victim = scene.start(*ISSUE)
    until(lambda: bank.health()["cards"] >= 5)
    bank.close()
    again = scene.bank(*books, "--port", port)

    assert victim.ends() == 0
    assert Counter(card["phone"] for card in again.ledger()) == one_each(60)
