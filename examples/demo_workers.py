"""Issue 2,000 cards with three workers on one PostgreSQL, kill one of them, freeze another, and ask
the issuer what it made.

    python examples/demo_workers.py [--seed N]

Each worker is a process of its own, as it would be on a machine of its own. The first is killed
with `kill -9`. The second is stopped in the middle of its calls, as a machine that sleeps, and goes
on when others have had its rows for a while. The proof is the issuer's ledger, not the journal.
PostgreSQL has to be installed; the server is the demo's own, and gone afterwards.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from demo import FREEDOMPAY, OPEN_STATES, ask, compare, sandbox, say, settings
from postgres_cluster import NOT_INSTALLED, Cluster, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXAMPLES: Final = Path(__file__).resolve().parent
FOLDER: Final = EXAMPLES.parent / ".demo"
ROWS: Final = 2_000
BATCH: Final = "spring"
WORKER: Final = ("worker", "--concurrency", "32", "--documents", str(FOLDER))
# Seconds for which a worker is frozen: longer than the lease of its rows.
FROZEN: Final = 10.0
PATIENCE: Final = 300.0


class Workers:
    """The workers, and the batch that they share."""

    def __init__(self, journal: str, environment: Mapping[str, str], stack: ExitStack) -> None:
        self._journal, self._environment = journal, environment
        self._stack = stack
        self._all: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command of `freedompay` with this journal; what it says is shown."""
        say(f"freedompay {' '.join(words)} --journal postgresql://…")
        return subprocess.run(
            [*FREEDOMPAY, *words, "--journal", self._journal], env=self._environment, check=True
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more."""
        worker = subprocess.Popen(
            [*FREEDOMPAY, *WORKER, "--journal", self._journal],
            env=self._environment,
        )
        self._all.append(worker)
        self._stack.callback(_end, worker)
        return worker

    def report(self) -> dict[str, Any]:
        """Return what the journal says of the batch."""
        done = subprocess.run(
            [*FREEDOMPAY, "batch", "report", self._journal, "--batch", BATCH, "--json"],
            env=self._environment,
            capture_output=True,
            check=False,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def drain(self) -> list[int]:
        """Stop those that still run, as `systemctl stop` does, and return their exit codes."""
        left = [each for each in self._all if each.poll() is None]
        for each in left:
            each.send_signal(signal.SIGTERM)
        return [each.wait(PATIENCE) for each in left]


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Issue 2,000 cards with three workers, kill one, freeze another."
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=random.randrange(1_000_000),
        help="faults and the moments of the kill and the freeze; random if left out",
    )
    seed: int = parser.parse_args().seed
    if programs() is None:
        sys.exit(f"workers: {NOT_INSTALLED} (Debian: apt-get install postgresql)")
    chance = random.Random(seed)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    file = FOLDER / "clients.csv"
    subprocess.run(
        [
            sys.executable,
            str(EXAMPLES / "make_clients.py"),
            "--rows",
            str(ROWS),
            "--out",
            str(file),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    rows = list(csv.DictReader(file.open(encoding="utf-8")))

    with ExitStack() as stack:
        base_url = stack.enter_context(sandbox(seed))
        say("a PostgreSQL server of the demo's own")
        cluster = stack.enter_context(Cluster())
        cluster.run("CREATE DATABASE cards")
        workers = Workers(cluster.dsn("cards"), settings(base_url), stack)
        workers.command("journal", "install")
        say(f"three workers (--seed {seed} repeats their moments)")
        victim, sleeper, _ = (workers.start() for _ in range(3))
        workers.command(
            "batch", "issue", str(file), "--batch", BATCH, "--detach", "--documents", str(FOLDER)
        )

        def cards(share: float) -> Callable[[], bool]:
            return lambda: ask(base_url, "health")["cards"] >= share * ROWS

        wait(cards(chance.uniform(0.1, 0.3)), "cards")
        victim.kill()
        say(f"a worker is killed; the issuer has {ask(base_url, 'health')['cards']} cards")
        wait(cards(chance.uniform(0.35, 0.6)), "cards")
        sleeper.send_signal(signal.SIGSTOP)
        say(f"a worker is frozen; the issuer has {ask(base_url, 'health')['cards']} cards")
        time.sleep(FROZEN)
        sleeper.send_signal(signal.SIGCONT)
        say(f"it goes on; the issuer has {ask(base_url, 'health')['cards']} cards")

        wait(lambda: not any(workers.report()[state] for state in OPEN_STATES), "the rest")
        codes = workers.drain()
        say(f"the workers are stopped: exit codes {codes}")
        report, ledger = workers.report(), ask(base_url, "ledger")
    return compare("workers", rows, report, ledger) or int(any(codes))


def wait(happened: Callable[[], bool], what: str) -> None:
    """Wait until something has happened that takes some seconds."""
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            sys.exit(f"workers: {what} took more than {PATIENCE:.0f} s")
        time.sleep(0.05)


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


if __name__ == "__main__":
    sys.exit(main())
