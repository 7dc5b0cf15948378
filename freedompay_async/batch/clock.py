"""The wall clock of a batch: the age of an intent that an earlier run sent, on a clock that may have been set."""

from __future__ import annotations

import time
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
        self._newest: Final = newest
        self._set_back: Final = set_back
        self._wall, self._steady = time.time(), time.monotonic()

    def sent_at(self, written: float) -> float:
        """When an intent of an earlier run was first sent, by this clock as it stands now; in the future, if that can't be told."""
        # Behind what the journal has seen, it can't tell the age of anything in it.
        return written - self._set_back if time.time() >= self._newest else max(written, self._newest)

    def now(self) -> tuple[float, float]:
        """Seconds since the epoch, and how many the clock was set back since this was last asked."""
        wall, steady = time.time(), time.monotonic()
        back = (steady - self._steady) - (wall - self._wall)
        self._wall, self._steady = wall, steady
        return wall, back if back > _SET else 0.0
