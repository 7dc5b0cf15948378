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
    """The median time of a few questions, one after the other, on an open connection."""
    took: list[float] = []
    for _ in range(_TIMES + 1):
        start = time.perf_counter()
        reply = await ask(fp)
        if reply.kind is Kind.NONE:
            return Check(
                name="latency",
                result=CheckResult.UNKNOWN,
                detail=f"a question got no answer ({reply.text})",
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
            name="latency", result=CheckResult.OK, detail=f"{detail}; connections are kept open"
        )
    advice = "every call pays for a connection of its own; ask the vendor about keep-alive"
    return Check(
        name="latency",
        result=CheckResult.OK,
        detail=f"{detail}; the host closes connections after an answer",
        advice=advice,
    )


def check_answers(fp: FreedomPay) -> Check:
    """Whether the answers of `request/status` so far are as in the contract."""
    found = fp.drift()
    if not found:
        return Check(
            name="answers",
            result=CheckResult.OK,
            detail="as in the contract: those of request/status about an unknown id",
        )
    differences = ", ".join(f"{each.difference} {each.field} ({each.count})" for each in found)
    advice = (
        "this breaks nothing: unknown fields are in `extra`. Tell the library's makers, or ask "
        "the vendor"
    )
    return Check(
        name="answers",
        result=CheckResult.UNKNOWN,
        detail=f"not as in the contract: {differences}",
        advice=advice,
    )
