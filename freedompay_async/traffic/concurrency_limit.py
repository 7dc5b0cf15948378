"""How many calls may be on the way at once, learnt from the answers. Pure; `governor.py` uses it.

`now` is seconds of a clock that never goes back.
"""

from __future__ import annotations

from math import inf
from typing import Final

__all__ = ["ConcurrencyLimit"]


class ConcurrencyLimit:
    """Learns how many calls at once the issuer can serve. It judges the answers second by second.

    The limit is what the caller allows until the issuer is overloaded: more than a tenth of its
    answers are 503; or, with half of the slots in use, answers take twice as long as usual and
    `_SLACK` seconds longer. Then the limit is cut, and returns to the whole in about `_BACK`
    seconds. The usual time is kept for each kind of call, so that a slow kind is not taken for a
    slow issuer. A time that lasts becomes the usual one.

    Args:
        most: calls at once that the caller allows.

    Attributes:
        most: the same.
        limit: calls at once at this moment.
    """

    _CUT: Final = 0.7
    _BACK: Final = 10.0
    _OVERLOADED: Final = 0.1
    _SLOWER: Final = 2.0
    _SLACK: Final = 0.25
    _MEMORY: Final = 60.0

    def __init__(self, most: int) -> None:
        self.most: Final = most
        self.limit = most
        self._judged_at = -inf
        self._usual: Final[dict[str, float]] = {}
        self._took: Final[dict[str, tuple[int, float]]] = {}
        self._unavailable = self._busiest = 0

    def answered(
        self, now: float, took: float, kind: str, *, busy: int, unavailable: bool = False
    ) -> bool:
        """An answer came.

        Args:
            now: when.
            took: seconds from the slot to the answer.
            kind: of the call.
            busy: calls on the way.
            unavailable: the answer was 503.

        Returns:
            Whether the limit has changed.
        """
        changed = now - self._judged_at >= 1.0 and self._judge(now)
        self._busiest = max(self._busiest, busy)
        if unavailable:
            self._unavailable += 1
        else:
            count, seconds = self._took.get(kind, (0, 0.0))
            self._took[kind] = (count + 1, seconds + took)
        return changed

    def _judge(self, now: float) -> bool:
        before = self.limit
        count, took, usual = 0, 0.0, 0.0
        for kind, (times, seconds) in self._took.items():
            mean = seconds / times
            known = self._usual.setdefault(kind, mean)
            self._usual[kind] = known + (mean - known) / self._MEMORY
            count, took, usual = count + times, took + seconds, usual + known * times
        slower = (
            took > self._SLOWER * usual
            and took - usual > self._SLACK * count
            and 2 * self._busiest >= self.limit
        )
        if slower or self._unavailable > self._OVERLOADED * (count + self._unavailable):
            self.limit = max(1, int(self.limit * self._CUT))
        elif self.limit < self.most:
            self.limit = min(self.most, self.limit + max(1, int(self.most / self._BACK)))
        self._judged_at = now
        self._took.clear()
        self._unavailable = self._busiest = 0
        return self.limit != before
