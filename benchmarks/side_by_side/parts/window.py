"""How many of the places of a batch were in use: at its start, at its end, and in between."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Window"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Seconds, and percents.

    Attributes:
        first: from the beginning to the first request.
        start: from the beginning until as many places are in use as in the middle of the run.
        drain: from the moment when the last row was taken to the end.
        between: the share of the places that was in use between these two.
        lost_at_start: of all places in the whole run, those that were empty then; the others
            likewise.
    """

    first: float
    start: float
    drain: float
    between: float
    lost_at_start: float
    lost_between: float
    lost_in_drain: float

    @classmethod
    def of(
        cls,
        here: Sequence[Sequence[float]],
        *,
        places: int,
        began: float,
        taken: float,
        ended: float,
    ) -> Self:
        """From what the server has told (see `server.here`) and the marks of the client, both by
        the same clock.
        """
        steps = [
            (before[0], (after[1] - before[1]) / (after[0] - before[0]))
            for before, after in pairwise(here)
            if after[0] > before[0]
        ]
        usual = statistics.median(many for at, many in steps if at < taken)
        full = min(next(at for at, many in steps if many >= usual), taken)

        def used(since: float, until: float) -> float:
            return (_until(here, until) - _until(here, since)) / places

        def lost(since: float, until: float) -> float:
            return (until - since - used(since, until)) / (ended - began) * 100

        return cls(
            first=here[0][0] - began,
            start=full - began,
            drain=ended - taken,
            between=used(full, taken) / (taken - full) * 100 if taken > full else 0.0,
            lost_at_start=lost(began, full),
            lost_between=lost(full, taken),
            lost_in_drain=lost(taken, ended),
        )


def _until(here: Sequence[Sequence[float]], at: float) -> float:
    """The seconds of all requests together until this time."""
    place = bisect_right(here, at, key=lambda each: each[0])
    if place in (0, len(here)):
        return 0.0 if place == 0 else here[-1][1]
    (before, low), (after, high) = here[place - 1], here[place]
    return low + (high - low) * (at - before) / (after - before)
