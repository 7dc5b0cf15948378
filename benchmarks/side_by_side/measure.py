"""Measures calls, and puts the figures of several rounds together."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

__all__ = ["Spread", "per_call", "percentile", "ratios"]


async def per_call(
    call: Callable[[], Awaitable[object]], calls: int, in_flight: int
) -> tuple[float, float]:
    """Microseconds a call: of this process's CPU, all its threads included, and of the clock on the
    wall.
    """
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await call()

    began, before = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    cpu, wall = time.process_time() - before, time.perf_counter() - began
    return cpu / calls * 1e6, wall / calls * 1e6


class Spread(NamedTuple):
    """Figures of several rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    def show(self, form: str = ",.0f", unit: str = "") -> str:
        """`median (least..most) unit`."""
        return (
            f"{self.median:{form}} ({self.least:{form}}..{self.most:{form}}){unit and ' ' + unit}"
        )


def ratios(these: Sequence[float], those: Sequence[float]) -> Spread:
    """Round by round, because a round's figures were measured within the same seconds."""
    return Spread.of(this / that for this, that in zip(these, those, strict=True))


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    found = sorted(values)
    return found[min(len(found) - 1, int(share * len(found)))]
