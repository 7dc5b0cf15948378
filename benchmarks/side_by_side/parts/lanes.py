"""Whether a batch delays single calls on the same client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from side_by_side.folders import disk
from side_by_side.machine import versions
from side_by_side.measure import Spread, percentile
from side_by_side.processes import Server, once
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 1800
_CONCURRENCY: Final = 256
_DELAY: Final = 0.1
_CALLERS: Final = 4
_MOST: Final = 1.5
_RATE: Final = 1000.0
_HALF, _NEARLY_ALL = 0.5, 0.99


def run(options: Options) -> Section:
    section = Section(
        "single calls beside a batch on the same client",
        versions("freedompay-async", "aiohttp", "httptools"),
    )
    calls, rows = options.size(400, 40), options.size(30_000, 4_000)
    section.add(
        f"A batch has {_CONCURRENCY} calls at once on a client of {_CONCURRENCY} connections, and "
        f"the issuer takes {_DELAY * 1000:.0f} ms "
        f"an answer. {_CALLERS} callers meanwhile make `cards.block`, one after another, with "
        f"short pauses: {calls} calls a round, and as "
        "many before the batch (idle). Milliseconds of such a call; `batch` is the batch's own "
        "calls a second meanwhile."
    )
    kinds: dict[str, dict[str, Any]] = {
        f"{name}, {said}": {"direct": direct, "rate": rate}
        for name, direct in (("default", False), ("direct", True))
        for said, rate in (("no rate", None), (f"rate={_RATE:g}", _RATE))
    }
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    with disk() as folder, Server("done", delay=_DELAY) as server:
        for number in range(1, options.rounds + 1):
            for kind, chosen in kinds.items():
                told = once(
                    "lanes",
                    url=server.url,
                    folder=str(folder),
                    concurrency=_CONCURRENCY,
                    rows=rows,
                    calls=calls,
                    callers=_CALLERS,
                    **chosen,
                )
                if not told["busy"]:
                    raise SystemExit(
                        "the batch has ended before a single call did: it needs more rows"
                    )
                if not told["pace"]:
                    raise SystemExit("the batch made no calls beside the single ones")
                found[kind].append(told)
                idle, busy = (
                    percentile(told[each], _NEARLY_ALL) * 1000 for each in ("idle", "busy")
                )
                many = f"{len(told['idle'])} and {len(told['busy'])} calls"
                print(
                    (
                        f"round {number}, {kind}: 99 % within {idle:.0f} ms idle, {busy:.0f} ms "
                        f"beside the batch ({many})"
                    ),
                    flush=True,
                )
        server.counts()
    lines = []
    for kind, rounds in found.items():
        for state in ("idle", "busy"):
            half, most = (
                Spread.of(percentile(told[state], share) * 1000 for told in rounds)
                for share in (_HALF, _NEARLY_ALL)
            )
            pace = Spread.of(told["pace"] for told in rounds).show() if state == "busy" else ""
            lines.append(
                (
                    f"{kind}, {state}",
                    half.show(".1f"),
                    most.show(".1f"),
                    sum(len(told[state]) for told in rounds),
                    pace,
                )
            )
    section.add(table(("client", "half within", "99 % within", "calls", "batch"), lines))
    for kind, rounds in found.items():
        ratio = Spread.of(
            percentile(told["busy"], _NEARLY_ALL) / percentile(told["idle"], _NEARLY_ALL)
            for told in rounds
        )
        section.target(
            f"99th percentile beside the batch, of idle ({kind})", ratio, most=_MOST, unit="x"
        )
    return section
