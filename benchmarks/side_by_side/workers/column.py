"""One column, a process of its own: `python -m side_by_side.workers.column NAME URL IN_FLIGHT
[--cpu NUMBER]`.

Each line of its standard input is a turn; the answer is a line of JSON. It ends when its input
does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

import uvloop

from side_by_side.columns import COLUMNS, client_of
from side_by_side.machine import pin, raise_open_files
from side_by_side.measure import per_call


async def _take_turns(name: str, url: str, in_flight: int) -> None:
    client = client_of(name)(url, in_flight)
    print("ready", flush=True)
    # Reading blocks the loop: between its turns a client does nothing at all.
    for line in sys.stdin:
        order = json.loads(line)
        call = client.issue if order["call"] == "issue" else client.info
        # Not counted: the connections that were closed since the last turn, and how many calls fill
        # this one.
        _, wall = await per_call(call, 4 * in_flight, in_flight)
        calls = max(4 * in_flight, min(order["most"], int(order["seconds"] * 1e6 / wall)))
        cpu, wall = await per_call(call, calls, in_flight)
        print(json.dumps({"calls": calls, "cpu": cpu, "wall": wall}), flush=True)
    await client.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=COLUMNS)
    parser.add_argument("url")
    parser.add_argument("in_flight", type=int)
    parser.add_argument("--cpu", type=int)
    flags = parser.parse_args()
    pin(flags.cpu)
    raise_open_files()
    loop_factory = uvloop.new_event_loop if COLUMNS[flags.name][1] == "uvloop" else None
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_take_turns(flags.name, flags.url, flags.in_flight))


if __name__ == "__main__":
    main()
