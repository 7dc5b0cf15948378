"""How fast the host answers, and whether its answers are those of the contract."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Final

from freedompay_async.cli.doctor.checks import Check, CheckResult
from freedompay_async.cli.doctor.schemes import Kind, ask

if TYPE_CHECKING:
    from freedompay_async.client import FreedomPay

__all__ = ["check_answers", "check_latency"]

_TIMES: Final = 5


async def check_latency(fp: FreedomPay, *, kept: bool) -> Check:
    """The median of a few questions, one after the other, after a first one that opens the
    connection.
    """
    took: list[float] = []
    for _ in range(_TIMES + 1):
        start = time.perf_counter()
        told = await ask(fp)
        if told.kind is Kind.NONE:
            return Check(
                name="latency",
                verdict=CheckResult.UNKNOWN,
                detail=f"a question got no answer ({told.text})",
                advice="try again",
            )
        took.append((time.perf_counter() - start) * 1000)
    first, *rest = took
    detail = (
        f"median {median(rest):.3g} ms of {_TIMES} ({min(rest):.3g} to {max(rest):.3g}); the "
        f"first, which connects, {first:.3g} ms"
    )
    if kept:
        return Check(
            name="latency", verdict=CheckResult.OK, detail=f"{detail}; connections are kept open"
        )
    advice = "every call pays for a connection of its own; ask the vendor about keep-alive"
    return Check(
        name="latency",
        verdict=CheckResult.OK,
        detail=f"{detail}; the host closes connections after an answer",
        advice=advice,
    )


def check_answers(fp: FreedomPay) -> Check:
    """What the library noted of the answers so far: of `request/status` only."""
    found = fp.drift()
    if not found:
        return Check(
            name="answers",
            verdict=CheckResult.OK,
            detail="as in the contract, of request/status about an unknown id",
        )
    told = ", ".join(f"{each.difference} {each.field} ({each.count})" for each in found)
    advice = (
        "nothing breaks by it: unknown fields are in `extra`. Tell the library's makers, or ask "
        "the vendor"
    )
    return Check(
        name="answers",
        verdict=CheckResult.UNKNOWN,
        detail=f"not as in the contract: {told}",
        advice=advice,
    )
