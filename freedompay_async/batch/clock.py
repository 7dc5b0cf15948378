"""The wall clock of a batch: the age of an intent that an earlier run sent, on a clock that may
have been set.
"""

from __future__ import annotations

import time
from math import inf
from typing import Final

__all__ = ["Clock"]

# Less is how clocks are kept right.
_SET: Final = 1.0


class Clock:
    """Tells when intents were sent, and never makes one younger than it is.

    Args:
        newest: seconds since the epoch of the last intent in the journal.
        set_back: seconds that the clock was set back in all, as far as earlier runs saw it.
    """

    def __init__(self, *, newest: float = 0.0, set_back: float = 0.0) -> None:
        self._wall, self._steady = time.time(), time.monotonic()
        # Behind what the journal has seen, it can't tell the age of anything in it.
        self._usable: Final = self._wall >= newest
        self._set_back: Final = set_back
        self._told = 0.0

    def sent_at(self, written: float) -> float:
        """When an intent of an earlier run was first sent, by the wall clock as it stands now; in
        the future, if that can't be told.
        """
        if not self._usable:
            return inf
        now = time.time()
        # Set back since the run began, the steady clock knows better; after a sleep of the machine,
        # the wall clock does.
        age = max(now - written, self._wall - written + time.monotonic() - self._steady)
        return now - age - self._set_back

    def now(self) -> tuple[float, float]:
        """Seconds since the epoch, and how many the clock was set back since that was last told."""
        wall = time.time()
        back = (time.monotonic() - self._steady) - (wall - self._wall) - self._told
        if back <= _SET:
            return wall, 0.0
        self._told += back
        return wall, back
