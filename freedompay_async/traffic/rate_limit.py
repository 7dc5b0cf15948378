"""How many calls a second may leave, learnt from the answers. Pure; `governor.py` uses it.

`now` is seconds of a clock that never goes back.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import Final

__all__ = ["RateLimit"]


class RateLimit:
    """Learns how many calls a second the issuer accepts.

    Before the first 429 the rate is what the caller allows. The first 429 sets it low, and it
    doubles each second until the next 429, which shows the limit. After that each 429 cuts the rate
    to `_CUT` of what was accepted. The rate returns to the limit in `_CALM` seconds and then
    passes it with growing speed, along the curve of TCP CUBIC (RFC 9438).

    Args:
        most: calls a second that the caller allows; `None`: no limit.
    """

    _CUT: Final = 0.85
    _CALM: Final = 10.0
    # An issuer may count by the seconds of its clock: more refusals in the same second say nothing
    # new.
    _DEAF: Final = 1.0
    _LEAST: Final = 0.1
    # Few calls show little of the limit, and the next call of such a client must not wait for
    # seconds.
    _FIRST: Final = 5.0

    def __init__(self, most: float | None = None) -> None:
        self._most: Final = inf if most is None else most
        self.free = most is None or most == inf
        """Whether neither the caller nor the issuer has set a limit."""
        self._start: float | None = None
        self._limit: float | None = None
        self._cut_at = -inf
        self._accepted: Final[Counter[int]] = Counter()

    def rate(self, now: float) -> float:
        """Calls a second at this moment."""
        if self._start is None:
            return self._most
        since = now - self._cut_at
        if self._limit is None:
            rate = self._start * float(2.0 ** min(since, 60.0))
        else:
            rate = self._limit * (1 + (1 - self._CUT) * (since / self._CALM - 1) ** 3)
        return min(self._most, max(rate, self._LEAST))

    def learnt(self, now: float) -> bool:
        """Whether it is lower at this moment than the caller allows."""
        return self._start is not None and self.rate(now) < self._most

    def accepted(self, now: float) -> None:
        """The issuer answered a call, and not with 429."""
        second = int(now)
        if second not in self._accepted:
            for old in [each for each in self._accepted if each < second - 5]:
                del self._accepted[old]
        self._accepted[second] += 1

    def limited(self, now: float, began: float) -> bool:
        """The issuer answered a call that began at `began` with 429.

        Returns:
            Whether that has taught something new.
        """
        if began <= self._cut_at + self._DEAF:
            return False
        # The best second of late: a refusal says only that there is a limit, and the accepted calls
        # say where it is.
        best = max(
            (count for second, count in self._accepted.items() if now - 6 < second), default=0
        )
        rate = min(self.rate(now), max(1.0, best * 1.05))
        if self._start is None:
            self._start = max(rate / 2, self._FIRST)
            self.free = False
        else:
            self._limit = rate
        self._cut_at = now
        return True
