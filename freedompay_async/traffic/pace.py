"""How many calls a second: learnt from what the issuer answers. Pure; `governor.py` acts on it.

`now` is seconds of a clock that never goes back.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import Final

__all__ = ["Pace"]


class Pace:
    """How many calls a second the issuer takes; told of each answer.

    Without a 429 it is what the caller allows. The first one starts it low; it doubles each second
    until the next, which shows the limit. From then on it stays close below: each 429 sets it to
    `_CUT` of what was taken, and it comes back to that in `_CALM` seconds, the slower the closer,
    and looks beyond it the faster the longer nothing is refused (the curve of TCP CUBIC, RFC 9438).

    Args:
        most: calls a second that the caller allows; `None` is no limit.
    """

    _CUT: Final = 0.85
    _CALM: Final = 10.0
    # A limit of so many a second may be counted by the clock's seconds: what is refused in the rest
    # of one is no news.
    _DEAF: Final = 1.0
    _LEAST: Final = 0.1
    # A client that makes few calls has shown nothing of what is taken, and its next call is not to
    # wait for seconds.
    _FIRST: Final = 5.0

    def __init__(self, most: float | None = None) -> None:
        self._most: Final = inf if most is None else most
        self._start: float | None = None
        self._limit: float | None = None
        self._cut_at = -inf
        self._taken: Final[Counter[int]] = Counter()

    @property
    def free(self) -> bool:
        """Whether there is no limit, neither the caller's nor the issuer's."""
        return self._start is None and self._most == inf

    def rate(self, now: float) -> float:
        """Calls a second, at this moment."""
        if self._start is None:
            return self._most
        since = now - self._cut_at
        if self._limit is None:
            rate = self._start * float(2.0 ** min(since, 60.0))
        else:
            rate = self._limit * (1 + (1 - self._CUT) * (since / self._CALM - 1) ** 3)
        return min(self._most, max(rate, self._LEAST))

    def taken(self, now: float) -> None:
        """The issuer took a call, whatever it said of it."""
        second = int(now)
        if second not in self._taken:
            for old in [each for each in self._taken if each < second - 5]:
                del self._taken[old]
        self._taken[second] += 1

    def limited(self, now: float, began: float) -> None:
        """The issuer answered a call, which began then, with 429."""
        if began <= self._cut_at + self._DEAF:
            return
        # Its best second of late: what was refused says only that there is a limit, what was taken
        # says where.
        best = max((count for second, count in self._taken.items() if now - 6 < second), default=0)
        rate = min(self.rate(now), max(1.0, best * 1.05))
        if self._start is None:
            self._start = max(rate / 2, self._FIRST)
        else:
            self._limit = rate
        self._cut_at = now
