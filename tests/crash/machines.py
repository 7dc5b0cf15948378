"""Workers on one PostgreSQL, each a process of its own, and what the database knows of them."""

from __future__ import annotations

import time
from collections import Counter

BATCH = "spring"
# Seconds within which the rows of a worker that is gone have to be others'.
TAKEN_OVER = 10.0
# A worker whose clock is wrong by so many seconds.
WRONG_CLOCK = """
import runpy, sys, time
right, wrong = time.time, float(sys.argv.pop(1))
time.time = lambda: right() + wrong
runpy.run_module("freedompay_async.cli", run_name="__main__")
"""


class Machines:
    """A batch and its workers."""

    def __init__(self, scene, cluster, database: str) -> None:
        self.scene, self.cluster, self.database = scene, cluster, database
        self.dsn = cluster.dsn(database)
        self.workers = []

    def install(self) -> None:
        self.command("journal", "install", "--journal", self.dsn)

    def command(self, *words) -> str:
        done = self.scene.run(*words)
        assert done.process.returncode == 0, done.stderr
        return done.stdout

    def worker(self, *flags, dsn: str | None = None, clock: float | None = None):
        """Start one more, on this address of the database and with a clock that is so wrong."""
        words = ("worker", "--journal", dsn or self.dsn, *flags)
        wrong = None if clock is None else ["-c", WRONG_CLOCK, str(clock)]
        worker = self.scene.start(*words, program=wrong)
        self.workers.append(worker)
        return worker

    def issue(self, rows: int, *flags) -> None:
        """Plan a batch of so many rows, and leave it to the workers."""
        self.rows = rows
        self.scene.file(rows)
        words = ("batch", "issue", "clients.csv", "--journal", self.dsn, "--batch", BATCH)
        self.command(*words, "--product", "2000", "--detach", *flags)

    def sql(self, statement: str) -> list[list[str]]:
        """The rows of a query, as texts."""
        text = self.cluster.run(statement, self.database)
        return [line.split("|") for line in text.splitlines()]

    def number(self, statement: str) -> float:
        return float(self.sql(statement)[0][0])

    def ended(self) -> int:
        return int(self.number("SELECT count(*) FROM freedompay.rows WHERE state = 'issued'"))

    def taken_over(self, since: float) -> tuple[float, float] | None:
        """Wait until others have the rows of the worker that is gone since then (by the monotonic
        clock): after how many seconds it had none any more and others had begun with them, and
        after how many they had all. `None`: it had none.
        """
        # By then all others have renewed their leases, and its own still lasts.
        time.sleep(max(0.0, since + 2.8 - time.monotonic()))
        gone = self.sql(
            "SELECT id FROM freedompay.owners WHERE NOT ended ORDER BY lease_until LIMIT 1"
        )
        if not gone:
            return None
        owner = gone[0][0]
        held = self.sql(f"SELECT number FROM freedompay.rows WHERE owner = '{owner}'")
        if not held:
            return None
        numbers = ",".join(number for (number,) in held)
        begun, now = None, time.monotonic()
        while now < since + 60:
            dead, free = self.sql(
                f"SELECT count(*) FILTER (WHERE owner = '{owner}'), count(*) FILTER "
                "(WHERE owner IS NULL AND open AND rows.round < b.round) "
                "FROM freedompay.rows JOIN freedompay.batches b ON b.id = batch "
                f"WHERE number IN ({numbers})"
            )[0]
            now = time.monotonic()
            if begun is None and dead == "0" and int(free) < len(held):
                begun = now - since
            if begun is not None and free == "0":
                return begun, now - since
            time.sleep(0.1)
        raise AssertionError(f"nobody has taken rows {numbers}")

    def until_it_ends(self, seconds: float) -> None:
        """Wait until nothing is left of the batch."""
        end = time.monotonic() + seconds
        left = (
            "SELECT count(*) FROM freedompay.rows JOIN freedompay.batches b ON b.id = batch "
            "WHERE owner IS NOT NULL OR (open AND rows.round < b.round)"
        )
        while self.number(left):
            assert time.monotonic() < end, self.sql(
                "SELECT state, owner, count(*) FROM freedompay.rows GROUP BY 1, 2"
            )
            time.sleep(0.2)

    def drain(self) -> list[int]:
        """SIGTERM to all that still run; their exit codes."""
        left = [each for each in self.workers if each.process.poll() is None]
        for each in left:
            each.process.terminate()
        return [each.ends() for each in left]

    def wrongs(self, bank) -> list[str]:
        """What the issuer's ledger and the journal have against each other."""
        ledger = bank.ledger()
        cards = {
            (str(card["phone"] - 77010000000), card["client_id"], card["card_id"])
            for card in ledger
        }
        issued = {
            tuple(each)
            for each in self.sql(
                "SELECT number, client_id, card_id FROM freedompay.rows WHERE state = 'issued'"
            )
        }
        intents = {
            each
            for (each,) in self.sql("SELECT request_id FROM freedompay.intents WHERE step = 'card'")
        }
        several = Counter(card["phone"] for card in ledger)
        return [
            *(f"{count} cards of {phone}" for phone, count in several.items() if count > 1),
            *(
                f"{card['card_id']} was sent and is not in the journal"
                for card in ledger
                if card["request_id"] not in intents
            ),
            *(f"{each} is issued in the journal only" for each in issued - cards),
        ]

    def crashed(self) -> list[str]:
        """What workers have said that they must not."""
        return [each.stderr for each in self.workers if "Traceback" in each.stderr]
