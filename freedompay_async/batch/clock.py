"""How old an intent of an earlier run is, on a clock that may have been set."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.calls.first_send import SentBefore

if TYPE_CHECKING:
    from freedompay_async.batch.entries import Earlier

__all__ = ["Clock"]

# Seconds. Smaller steps keep a clock right and are not counted.
_SET: Final = 1.0


class Clock:
    """Knows when intents were sent, and never makes one younger than it is.

    Args:
        newest: seconds since the epoch of the last intent in the journal.
        set_back: seconds by which the clock was set back in all, as far as earlier runs saw it.
    """

    def __init__(self, *, newest: float = 0.0, set_back: float = 0.0) -> None:
        self._wall, self._steady = time.time(), time.monotonic()
        # A clock that is behind the last intent can't date any.
        self._usable: Final = self._wall >= newest
        self._set_back: Final = set_back
        self._reported = 0.0

    def sent_at(self, written: float) -> float:
        """When an intent of an earlier run was first sent, in seconds since the epoch by the wall
        clock as it is now; `inf` if that is not known.
        """
        if not self._usable:
            return inf
        now = time.time()
        # The wall clock may have been set back since the run began, and the steady clock may stand
        # still while the machine sleeps: the greater age is the right one.
        age = max(now - written, self._wall - written + time.monotonic() - self._steady)
        return now - age - self._set_back

    def sends_of(self, earlier: Earlier) -> SentBefore:
        """When the sends of an earlier run were, by the wall clock as it is now."""
        quiet = earlier.quiet_since
        return SentBefore(
            self.sent_at(earlier.sent_at), None if quiet is None else self._quiet_since(quiet)
        )

    def _quiet_since(self, written: float) -> float:
        """Since when nobody sends it, by the wall clock as it is now. Here the smaller age is the
        right one: a clock that jumps ahead must not end the wait for the sends of others.
        """
        now = time.time()
        return now - min(now - written, self._wall - written + time.monotonic() - self._steady)

    def now(self) -> tuple[float, float]:
        """Seconds since the epoch; and by how many seconds the clock was set back since the last
        call.
        """
        wall = time.time()
        back = (time.monotonic() - self._steady) - (wall - self._wall) - self._reported
        if back <= _SET:
            return wall, 0.0
        self._reported += back
        return wall, back
