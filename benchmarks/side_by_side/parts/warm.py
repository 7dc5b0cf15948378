"""The first calls of a fresh client over TLS, with `warm_up` and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from freedompay_async import FreedomPay
from side_by_side.certificate import write_certificate
from side_by_side.folders import disk
from side_by_side.machine import versions
from side_by_side.measure import Spread
from side_by_side.processes import Server, once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 300
_CONNECTIONS: Final = 64
_CALLS: Final = 100


def run(options: Options) -> Section:
    section = Section(
        "the first calls of a client, over TLS", versions("freedompay-async", "aiohttp")
    )
    kinds = {"without": False}
    if hasattr(FreedomPay, "warm_up"):
        kinds["with"] = True
    else:
        section.add("This version has no `FreedomPay.warm_up`.")
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    opened: dict[str, list[int]] = {kind: [] for kind in kinds}
    with disk() as folder:
        file = folder / "server.pem"
        certificate = write_certificate(file)
        with Server("done", tls=file) as server:
            for number in range(1, options.rounds * options.size(3, 1) + 1):
                for kind, warm in kinds.items():
                    server.counts()
                    told = once(
                        "warm",
                        url=server.url,
                        certificate=certificate,
                        connections=_CONNECTIONS,
                        warm=warm,
                        calls=_CALLS,
                    )
                    found[kind].append(told)
                    opened[kind].append(server.counts()["connections"])
                    first, second, last = told["calls"][0], told["calls"][1], told["calls"][-1]
                    shown = (
                        f"first {first * 1000:.2f}, second {second * 1000:.2f}, hundredth "
                        f"{last * 1000:.2f}"
                    )
                    print(f"process {number}, {kind} warm_up, ms: {shown}", flush=True)
    section.add(
        f"A fresh process and client each time ({len(found['without'])} of each kind, taking "
        f"turns), {_CALLS} calls (`info`) one after "
        "another, a server on this machine that answers at once, so no distance is in it. "
        f"`warm_up({_CONNECTIONS})` is done before the "
        "first call and not part of it. Milliseconds."
    )
    rows = []
    for kind, warm in kinds.items():
        calls = [[seconds * 1000 for seconds in told["calls"]] for told in found[kind]]
        rows.append(
            (
                f"{kind} `warm_up`",
                *(Spread.of(each[at] for each in calls).show(".2f") for at in (0, 1, _CALLS - 1)),
                Spread.of(Spread.of(each[-11:]).median for each in calls).show(".2f"),
                Spread.of(told["filling"] * 1000 for told in found[kind]).show(".1f")
                if warm
                else "",
                Spread.of(opened[kind]).show(".0f"),
            )
        )
    section.add(
        table(
            (
                "client",
                "first",
                "second",
                "hundredth",
                "90th to 100th",
                "`warm_up` itself",
                "connections opened",
            ),
            rows,
        )
    )
    return section
