"""CPU of a call, 64 in flight: every client, two calls, one turn each a round."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from side_by_side.columns import COLUMNS
from side_by_side.machine import client_cpu, versions
from side_by_side.measure import Spread, ratios
from side_by_side.processes import Column, Server
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 1200
_IN_FLIGHT: Final = 64
_CALLS: Final = {"issue": "create a card", "info": "read a card"}
_MOST: Final = 20_000
_WANTED: Final = (
    ("ours", "aiohttp by hand", 0.9),
    ("ours", "floor", 3.0),
    ("ours, uvloop", "aiohttp by hand", 0.75),
)
_VENDORS: Final = ("lithic on httpx", "stripe on httpx")
_TIMES: Final = 15.0


def run(options: Options) -> Section:
    cpu: dict[tuple[str, str], list[float]] = {
        (name, call): [] for name in COLUMNS for call in _CALLS
    }
    wall: dict[tuple[str, str], list[float]] = {key: [] for key in cpu}
    served: dict[tuple[str, str], list[float]] = {key: [] for key in cpu}
    with ExitStack() as stack:
        server = stack.enter_context(Server("process", pinned=True))
        columns = {
            name: stack.enter_context(Column(name, server.url, _IN_FLIGHT)) for name in COLUMNS
        }
        for number in range(1, options.rounds + 1):
            for call in _CALLS:
                # Another one begins each round, so that nobody always comes after the same
                # neighbour.
                for name in _turned(list(columns), number):
                    server.counts()
                    turn = columns[name].turn(
                        call, seconds=options.size(1.0, 0.1), most=options.size(_MOST, 1_000)
                    )
                    counts = server.counts()
                    cpu[name, call].append(turn["cpu"])
                    wall[name, call].append(turn["wall"])
                    served[name, call].append(counts["cpu"] / counts["calls"] * 1e6)
            shown = (
                f"{name} {cpu[name, 'issue'][-1]:.0f}/{cpu[name, 'info'][-1]:.0f}"
                for name in columns
            )
            print(f"round {number}, µs of CPU a call: {'; '.join(shown)}", flush=True)
    section = Section(
        f"CPU of a call, {_IN_FLIGHT} in flight",
        versions(
            "freedompay-async",
            "aiohttp",
            "httpx",
            "httpx-aiohttp",
            "lithic",
            "msgspec",
            "stripe",
            "uvloop",
        ),
    )
    section.add(
        "Microseconds of the client process's CPU. Each client is a process of its own"
        + (
            ", all on one processor, the server on another one"
            if client_cpu() is not None
            else ", and so is the server"
        )
        + ". `busy` is the client's CPU over the time on the wall, `server` what the server "
        "process spent on a call. "
        "By hand: no retries, no look at `status`, nothing typed; `floor`: a bare protocol that "
        "does what has to be done and nothing else. "
        "lithic and stripe run with their own defaults, 100 connections of which httpx keeps 20; "
        "stripe's telemetry is off."
    )
    for call, meaning in _CALLS.items():
        rows = [
            (
                name,
                Spread.of(cpu[name, call]).show(),
                ratios(cpu[name, call], cpu["ours", call]).show(".2f"),
                f"{ratios(cpu[name, call], wall[name, call]).median:.0%}",
                f"{Spread.of(served[name, call]).median:.0f}",
            )
            for name in COLUMNS
        ]
        section.add(
            table((f"`{call}`: {meaning}", "µs a call", "of ours", "busy", "server, µs"), rows)
        )
    for call in _CALLS:
        for this, that, most in _WANTED:
            section.target(
                f"`{call}`: {this}, of {that}",
                ratios(cpu[this, call], cpu[that, call]),
                most=most,
                unit="x",
            )
        for name in _VENDORS:
            section.target(
                f"`{call}`: {name}, of ours",
                ratios(cpu[name, call], cpu["ours", call]),
                least=_TIMES,
                form=".1f",
                unit="x",
            )
    return section


def _turned(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
