"""The table of faults: how many cards each client makes, and what its caller learns, when an answer
goes wrong.

    python benchmarks/faults.py [--markdown] [--write] [--rounds 3]

It needs the extra `bench` (lithic and stripe with httpx); `make faults` installs it. `--write` puts
the table into the README. The server, a process of its own, counts every number. An answer counts
as one only if the card that it names is in the server's ledger.

Each client is used as its vendor documents it, with its own retries, pauses and number of tries.
Only two things are set: the base URL, and the time-out of an attempt, which is the same for all
(`ATTEMPT`). This library's grace time and deadline are the defaults. Each vendor's client talks to
that vendor's server:

* Freedom Pay, for this library and for the hand-written client: a request id that was seen before
  is an error, HTTP 200 with `status: error`; `request/status` says what became of an id
  (docs.freedompay.kg, doc-833009 and api-13677899). The shape of the duplicate error is not public.
  A card is made at once and named in the first answer, so that the columns differ only in sending.
* Stripe: API v1 saves the status and body of the first answer to an `Idempotency-Key` once the
  endpoint has begun. It gives them again to the same key, a 500 too
  (docs.stripe.com/api/idempotent_requests). A rate limiter runs before that, so a 429 is not saved
  (docs.stripe.com/error-low-level). stripe-python makes a key for each POST. A `StripeClient` does
  not repeat until `max_network_retries=2` enables it (its README), which is the default of the
  library's global client. So there are two columns: as it is made, and with retries. Our server
  sends no `Stripe-Should-Retry`. A real one may, and the library obeys it: after a 500 it would
  then send once and not three times, and raise the same; after a 429 it might send again. Our
  server gives the key back in a header of its answers, so an error of the library holds it.
* Lithic: creating a card takes an `Idempotency-Key`, a UUID
  (docs.lithic.com/changelog/idempotency-for-create-card, January 2026). The same key gets the first
  answer again (docs.lithic.com/docs/idempotent-requests, which strongly recommends keys for POST).
  An earlier text of that page names 500 among the answers that are given again, and the present one
  makes no exception for it. lithic-python repeats by itself up to twice (its README). Whether it
  sends a key is counted: 0 ids in the first column means that it sent none, although the changelog
  of August 2023 says that Lithic's libraries make keys by themselves. So there are two columns: as
  it is, and with a key in `extra_headers`.

A 500 is the issuer's own, after the work, so a repeated key gets it again. The 502 is a proxy's,
and the issuer has saved a good answer. 429 and 503 come before the work and use up no id. Only the
first request of a call meets the fault. No vendor is contacted: the servers here do what the pages
say, and a real one may do better.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from fault_table.column import COLUMNS, run_column
from fault_table.rows import ROWS, Fault, Learned, Result
from fault_table.server import serve
from fault_table.table import LEGEND, markdown, plain, versions

ATTEMPT: Final = 2.0
"""Seconds that each client gives an attempt."""
LIMIT: Final = 85.0
"""Seconds for one column; far more than it takes."""
README: Final = Path(__file__).parents[1] / "README.md"
BEGIN: Final = "<!-- The table of faults; `make faults` writes it. -->"
END: Final = "<!-- The end of the table of faults. -->"
NAMELESS: Final = ("lithic",)
"""The columns whose client sends no id of its own; the checks fail if a later version sends one."""


def measure(ledger: Path, rounds: int) -> list[Result]:
    """Run all columns at once, each in a process of its own, against one server."""
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(ledger)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = server.stdout.readline().strip() if server.stdout else ""

        def column(name: str) -> list[Result]:
            command = [
                sys.executable,
                __file__,
                "--column",
                name,
                "--control",
                port,
                "--rounds",
                str(rounds),
            ]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=LIMIT, check=False
                )
            except subprocess.TimeoutExpired:
                sys.exit(f"the column {name} had not ended after {LIMIT:g} s")
            if done.returncode:
                sys.exit(f"the column {name} broke down:\n{done.stderr}")
            return [_result(line) for line in done.stdout.splitlines()]

        with ThreadPoolExecutor(len(COLUMNS)) as pool:
            return [result for results in pool.map(column, COLUMNS) for result in results]
    finally:
        try:
            server.communicate("", timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def complaints(results: list[Result], ledger: Path, rounds: int) -> list[str]:
    """The reasons not to trust the table; empty if there are none."""
    found = []
    cards: dict[int, list[str]] = {}
    for line in ledger.read_text().splitlines():
        entry = json.loads(line)
        cards.setdefault(entry["case"], []).append(entry["card"])
    unknown = cards.keys() - {each.case for each in results}
    if unknown:
        found.append(f"cards of runs that are in no cell: {sorted(unknown)}")
    runs = Counter((each.column, each.row) for each in results)
    found += [
        f"{name}, {row.label}: {runs[name, number]} runs"
        for name in COLUMNS
        for number, row in enumerate(ROWS)
        if runs[name, number] != rounds
    ]
    for each in results:
        row, made = ROWS[each.row], cards.get(each.case, [])
        where = f"{each.column}, {row.label}, run {each.case}"
        if each.effects != len(set(made)) or len(made) != len(set(made)):
            found.append(f"{where}: {each.effects} effects were counted, and the ledger has {made}")
        if each.faulted != (row.fault is not Fault.NONE):
            found.append(f"{where}: the fault was dealt out {each.faulted} times")
        if each.wrong:
            found.append(f"{where}: the server could not take {each.wrong}")
        if len(each.learned) != row.calls:
            found.append(f"{where}: {len(each.learned)} calls ended")
        answered = [learned.card for learned in each.learned if learned.card is not None]
        if not set(answered) <= set(made) or len(answered) != len(set(answered)):
            found.append(f"{where}: the answers name {answered}, and the ledger has {made}")
        if row.label == ROWS[0].label:
            seen = (each.sends, each.ids, each.effects, len(answered), each.looks)
            wanted = (1, int(each.column not in NAMELESS), 1, 1, 0)
            if seen != wanted:
                found.append(
                    f"{where}: sends, ids, effects, answers and look-ups are {seen}, not {wanted}"
                )
    return found


def _result(line: str) -> Result:
    fields: dict[str, Any] = json.loads(line)
    fields["learned"] = [Learned(**each) for each in fields["learned"]]
    return Result(**fields)


def _with_table(readme: str, results: list[Result], rounds: int) -> str:
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    if not after:
        sys.exit(f"{README} has no place for the table")
    measured = f"{rounds} runs a cell, {ATTEMPT:g} s an attempt,\n{versions()}."
    return (
        f"{before}{BEGIN}\n\n{markdown(results)}\n\n{LEGEND}\n\nMeasured: "
        f"{measured}\n\n{END}{after}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument("--rounds", type=int, default=3, help="runs a cell")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--column", choices=COLUMNS, help=argparse.SUPPRESS)
    parser.add_argument("--control", type=int, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.serve:
        asyncio.run(serve(flags.serve))
        return
    if flags.column:
        for result in run_column(flags.column, flags.control, rounds=flags.rounds, seconds=ATTEMPT):
            print(json.dumps(dataclasses.asdict(result)))
        return
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.jsonl"
        results = measure(ledger, flags.rounds)
        found = complaints(results, ledger, flags.rounds)
    if found:
        sys.exit("No table, because it could not be trusted:\n" + "\n".join(found))
    print(f"{LEGEND}\n\n{markdown(results)}" if flags.markdown else plain(results))
    print(versions())
    if flags.write:
        README.write_text(
            _with_table(README.read_text(encoding="utf-8"), results, flags.rounds), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
