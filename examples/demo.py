"""Issue 1,000 cards through an issuer that loses answers, kill the run, resume it, and ask the
issuer what it made.

    python examples/demo.py [--seed N]

The issuer is `freedompay sandbox`, a process of its own: 5 % of the answers are lost after the work
is done, 2 % of the connections are reset, 1 % of the calls get a 503, and each request takes 50 to
500 ms. The proof is the issuer's ledger, not the journal.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = Path(__file__).resolve().parent
FILE: Final = EXAMPLES / "clients.csv"
FOLDER: Final = EXAMPLES.parent / ".demo"
RESUMES: Final = 5
OPEN_STATES: Final = ("unknown", "refused", "found", "doubtful", "started", "planned")
FREEDOMPAY: Final = (sys.executable, "-m", "freedompay_async.cli")


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Issue 1,000 cards, kill the run, resume it, compare with the issuer's ledger."
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=random.randrange(1_000_000),
        help="faults and the moment of the kill; random if left out",
    )
    seed: int = parser.parse_args().seed
    chance = random.Random(seed)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    journal, out = str(FOLDER / "run.db"), str(FOLDER / "issued.csv")
    rows = list(csv.DictReader(FILE.open(encoding="utf-8")))

    with sandbox(seed) as base_url:
        environment = settings(base_url)
        moment = chance.randrange(len(rows) // 20, len(rows) * 9 // 10)
        say(
            f"freedompay batch issue {FILE.name} --journal run.db      (kill -9 comes after "
            f"{moment} cards; --seed {seed} repeats it)"
        )
        run = subprocess.Popen(
            [*FREEDOMPAY, "batch", "issue", str(FILE), "--journal", journal], env=environment
        )
        wait_for_cards(base_url, moment, run)
        run.send_signal(signal.SIGKILL)
        run.wait()
        say(f"killed: the issuer has {ask(base_url, 'health')['cards']} cards")

        say("freedompay batch resume run.db --out issued.csv")
        code = subprocess.call(
            [*FREEDOMPAY, "batch", "resume", journal, "--out", out], env=environment
        )
        for _ in range(RESUMES):
            if code == 0:
                break
            code = subprocess.call([*FREEDOMPAY, "batch", "resume", journal], env=environment)

        say("freedompay batch report run.db --json")
        done = subprocess.run(
            [*FREEDOMPAY, "batch", "report", journal, "--json"],
            env=environment,
            capture_output=True,
            check=False,
        )
        report = json.loads(done.stdout)
        ledger = ask(base_url, "ledger")

    return compare("demo", rows, report, ledger)


def compare(
    name: str, rows: list[dict[str, str]], report: dict[str, Any], ledger: list[dict[str, Any]]
) -> int:
    """Compare the file, the journal's report and the issuer's ledger, by phone number, and print
    the last line of the demo of this name.
    """
    cards = Counter(str(card["phone"]) for card in ledger)
    duplicates = sum(count - 1 for count in cards.values())
    wanted = {row["phone"].lstrip("+") for row in rows}
    unresolved = len(wanted - set(cards)) + sum(report[state] for state in OPEN_STATES)
    say(
        f"the journal says {report['issued']} issued; the issuer's ledger has {len(ledger)} cards "
        f"for {len(cards)} people"
    )
    print(
        f"{name}: rows={len(rows)} cards={len(ledger)} duplicates={duplicates} "
        f"unresolved={unresolved}"
    )
    right = (
        len(ledger) == len(rows) == report["issued"]
        and set(cards) == wanted
        and not duplicates
        and not unresolved
    )
    return 0 if right else 1


def settings(base_url: str) -> dict[str, str]:
    """Return the environment of a command that works with this sandbox."""
    return os.environ | {
        "FREEDOMPAY_BASE_URL": base_url,
        "FREEDOMPAY_REGION": "KZ",
        "FREEDOMPAY_TEST": "0",
        "FREEDOMPAY_AUTH_ID": "10001",
        "FREEDOMPAY_SECRET_KEY": "sandbox-secret",
    }


@contextmanager
def sandbox(seed: int) -> Iterator[str]:
    faults = (
        "--lost",
        "0.05",
        "--reset",
        "0.02",
        "--unavailable",
        "0.01",
        "--stall",
        "3",
        "--processing",
        "0.05-0.5",
        "--seed",
        str(seed),
    )
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("FREEDOMPAY_")
    }
    say("freedompay sandbox " + " ".join(faults))
    server = subprocess.Popen(
        [*FREEDOMPAY, "sandbox", "--port", "0", *faults],
        env=clean,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        greeting = server.stdout.readline() if server.stdout else ""
        found = re.search(r"http://\S+", greeting)
        if found is None:
            sys.exit(f"demo: the sandbox did not start: {greeting}")
        yield found.group()
    finally:
        server.terminate()
        server.communicate()


def wait_for_cards(base_url: str, count: int, run: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while ask(base_url, "health")["cards"] < count:
        if run.poll() is not None:
            sys.exit(f"demo: the run ended before it could be killed (exit code {run.returncode})")
        if time.monotonic() > until:
            sys.exit(f"demo: {count} cards took more than 60 s")
        time.sleep(0.01)


def ask(base_url: str, what: str) -> Any:
    with urlopen(f"{base_url}/sandbox/{what}", timeout=30) as answer:
        text = answer.read().decode()
    return (
        json.loads(text) if what == "health" else [json.loads(line) for line in text.splitlines()]
    )


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
