"""SIGKILL all through the life of a batch of 2,000 rows; after every one the issuer's ledger is the
judge.

`--rounds` says how many kills there are in all, ten to a batch. Up to the default the seeds are 1,
2, …, so that everybody's run is the same; beyond it they come from the seed of the test run, so
that each big run meets moments that none before has met. A seed decides the faults, the places of
the kills and the commands; the last microseconds are the machine's own.
"""

from __future__ import annotations

import struct
import time
from collections import Counter
from random import Random

import pytest

ROWS = 2_000
KILLS = 10
DEFAULT = 20
FAULTS = (
    "--lost",
    "0.03",
    "--stall",
    "0.2",
    "--reset",
    "0.02",
    "--unavailable",
    "0.005",
    "--error-500",
    "0.01",
    "--html-502",
    "0.01",
)
ISSUE = ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
RESUME = ("batch", "resume", "run.db")
KINDS = ("calls", "log", "checkpoint", "questions")


def pytest_generate_tests(metafunc):
    if "campaign" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("rounds")
        kills = [min(KILLS, rounds - done) for done in range(0, rounds, KILLS)]
        metafunc.parametrize(
            ("campaign", "kills"),
            list(enumerate(kills, 1)),
            ids=[f"batch-{number}" for number in range(1, len(kills) + 1)],
        )


@pytest.fixture
def seed(request, campaign):
    base = (
        0
        if request.config.getoption("rounds") <= DEFAULT
        else request.config.getoption("randomly_seed", 0)
    )
    return base + campaign


def log_place(path):
    """Where the log is being written: how often it was begun anew, and how many frames it has
    since.
    """
    try:
        with path.open("rb") as log:
            head = log.read(32)
            if len(head) < 32:
                return 0, 0
            page, begun = struct.unpack(">8xII", head[:16])
            low, high = 0, (path.stat().st_size - 32) // (page + 24)
            while low < high:
                middle = (low + high) // 2
                log.seek(32 + middle * (page + 24) + 8)
                # Frames of the present turn come first; behind them are old ones, with another
                # salt.
                low, high = (middle + 1, high) if log.read(8) == head[16:24] else (low, middle)
            return begun, low
    except FileNotFoundError:
        return 0, 0


class Campaign:
    """One batch that is killed; every moment is a share of its life, which is two requests a row."""

    def __init__(self, scene, bank, random):
        self.scene, self.bank, self.random = scene, bank, random
        self.log, self.file = scene.folder / "run.db-wal", scene.folder / "run.db"
        self.told = []

    def requests(self):
        return self.bank.health()["requests"]

    def kill(self, number, of, kind):
        """Run, and kill in the tenth (if there are ten) of its life that is its turn; whether it
        was killed before it ended.
        """
        random, life = self.random, 2 * ROWS
        goal, latest = (int((number + share) * life / of) for share in (random.random(), 1))
        calls = self.bank.health()["calls"] + random.randint(2, 200)
        victim = self.scene.start(*(random.choice([ISSUE, RESUME]) if number else ISSUE))
        if kind == "questions":
            # A run that goes on begins with questions about what the one before it had sent.
            self.wait(victim, lambda: self.bank.health()["calls"] >= calls)
        else:
            self.wait(victim, lambda: self.requests() >= min(goal, life - 10))
        if kind in ("log", "checkpoint"):
            moment = self.next_place() if kind == "log" else self.next_checkpoint()
            self.wait(victim, moment, latest=min(latest, life - 5))
        killed = victim.kill() == -9
        self.told.append(
            f"{kind} requests={self.requests()} log={log_place(self.log)} killed={killed}"
        )
        return killed

    def next_place(self):
        """A moment: the log has come to a random frame of the thousand or so of its turn."""
        begun, frames = log_place(self.log)
        place = self.random.randrange(1_000)
        goal = (begun + (place <= frames), place)
        return lambda: log_place(self.log) >= goal

    def next_checkpoint(self):
        """A moment: the file itself is written to, which only a checkpoint does."""
        before = self.file.stat().st_mtime_ns
        return lambda: self.file.stat().st_mtime_ns != before

    def wait(self, victim, moment, latest=None):
        end, look = time.monotonic() + 100, 0.0
        while not moment() and victim.process.poll() is None:
            now = time.monotonic()
            assert now < end
            if latest is not None and now >= look:
                look = now + 0.05
                if self.requests() >= latest:
                    return
            time.sleep(0.01 if latest is None else 0.0005)

    def wrongs(self):
        """What the issuer's ledger and the journal have against each other."""
        ledger = self.bank.ledger()
        intents, issued, sound = self.scene.journal()
        cards = {
            (card["phone"] - 77010000000, card["client_id"], card["card_id"]) for card in ledger
        }
        return [
            *(
                f"{count} cards of {phone}"
                for phone, count in Counter(card["phone"] for card in ledger).items()
                if count > 1
            ),
            *(
                f"{card['card_id']} was sent and is not in the journal"
                for card in ledger
                if card["request_id"] not in intents
            ),
            *(f"{each} is issued in the journal only" for each in issued - cards),
            *([] if sound == "ok" else [sound]),
        ]


@pytest.mark.timeout(300)
def test_a_big_batch_killed_all_through_its_life_ends_with_one_card_a_row(
    scene, one_each, campaign, kills, seed, record_property
):
    print(
        f"seed {seed}: to repeat it, --rounds {kills + KILLS * (campaign - 1)} and, beyond "
        f"{DEFAULT}, --randomly-seed {seed - campaign}"
    )
    random = Random(seed)
    scene.file(ROWS)
    scene.env |= {"COLUMNS": "200"}
    bank = scene.bank("--processing", "0.01-0.1", "--seed", str(seed), *FAULTS)
    life, killed = Campaign(scene, bank, random), []
    for number in range(kills):
        killed.append(life.kill(number, kills, KINDS[(number + seed) % len(KINDS)]))
        print(life.told[-1])
        record_property("kills", int(killed[-1]))

        assert life.wrongs() == []

    last = scene.run(*RESUME)
    ledger, report, outcomes = bank.ledger(), scene.report(), scene.outcomes()
    cards = Counter(card["phone"] for card in ledger)
    record_property("rows", ROWS)
    record_property("rows with two cards", sum(count > 1 for count in cards.values()))
    record_property("rows without a card", ROWS - len(cards))

    assert killed == [True] * kills
    assert (last.process.returncode, "Traceback" in last.stderr) == (0, False)
    assert cards == one_each(ROWS)
    assert (report["issued"], report["rows"]) == (ROWS, ROWS)
    assert {(each["client_id"], each["card_id"], each["card_request_id"]) for each in outcomes} == {
        (card["client_id"], card["card_id"], card["request_id"]) for card in ledger
    }
