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
_BASE: Final = "aiohttp by hand"
_WANTED: Final = (
    ("ours, direct", _BASE, 0.65),
    ("ours, direct, uvloop", _BASE, 0.5),
    ("ours, direct", "floor", 2.5),
    ("ours", _BASE, 1.3),
)
_VENDORS: Final = ("lithic on httpx", "stripe on httpx")
_TIMES: Final = (("ours", 8.0), ("ours, direct", 20.0))
_SHARES: Final = (
    ("the library itself, without a transport", "ours, no transport", None),
    ("the direct transport: sockets, HTTP, its pool", "ours, direct", "ours, no transport"),
    ("what the session of aiohttp takes beyond that", "ours", "ours, direct"),
)
"""What each part of a call over the default transport takes: the difference of two columns."""
_BY_HAND: Final = (
    ("by hand: body, signature, reading", "by hand, no transport", None),
    ("by hand: aiohttp", _BASE, "by hand, no transport"),
)


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
                    if counts["calls"]:
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
            "httptools",
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
        "Ours and the clients by hand sign with JWS, as merchants in Kazakhstan do. "
        "By hand: no retries, no look at `status`, nothing typed; `floor`: a bare protocol that "
        "does what has to be done and nothing else. `ours` is the default transport, which is "
        "aiohttp's session. `no transport` sends nothing: it reads a constant answer after one "
        "turn of the loop. "
        "lithic and stripe run with their own defaults, 100 connections of which httpx keeps 20; "
        "stripe's telemetry is off."
    )
    for call, meaning in _CALLS.items():
        rows = [
            (
                name,
                Spread.of(cpu[name, call]).show(),
                ratios(cpu[name, call], cpu[_BASE, call]).show(".2f"),
                f"{ratios(cpu[name, call], wall[name, call]).median:.0%}",
                f"{Spread.of(served[name, call]).median:.0f}" if served[name, call] else "",
            )
            for name in COLUMNS
        ]
        head = (f"`{call}`: {meaning}", "µs a call", f"of {_BASE}", "busy", "server, µs")
        section.add(table(head, rows))
    section.add("Where the time of such a call goes, as differences of the columns above:")
    for call in _CALLS:
        section.add(
            table(
                (f"`{call}`", "µs", "of the whole"),
                [
                    (what, *_share(call, this, less, whole, cpu))
                    for whole, parts in (("ours", _SHARES), (_BASE, _BY_HAND))
                    for what, this, less in parts
                ],
            )
        )
    _targets(section, cpu)
    return section


def _share(
    call: str,
    this: str,
    less: str | None,
    whole: str,
    cpu: dict[tuple[str, str], list[float]],
) -> tuple[str, str]:
    """A column, or its difference to another one, and its share of a whole, round by round."""
    part = cpu[this, call]
    if less is not None:
        part = [more - fewer for more, fewer in zip(part, cpu[less, call], strict=True)]
    share = ratios([each * 100 for each in part], cpu[whole, call])
    return Spread.of(part).show(), share.show(".0f", "%")


def _targets(section: Section, cpu: dict[tuple[str, str], list[float]]) -> None:
    for call in _CALLS:
        for this, that, most in _WANTED:
            section.target(
                f"`{call}`: {this}, of {that}",
                ratios(cpu[this, call], cpu[that, call]),
                most=most,
                unit="x",
            )
        for that, least in _TIMES:
            for name in _VENDORS:
                section.target(
                    f"`{call}`: {name}, of {that}",
                    ratios(cpu[name, call], cpu[that, call]),
                    least=least,
                    form=".1f",
                    unit="x",
                )


def _turned(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
