"""How long ago something was, on a machine that may have slept and whose clock may be set."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["Since"]

# Linux only. It goes on while the machine sleeps, and nobody can set it.
_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", None)


class Since:
    """A moment: the one in which it is made."""

    __slots__ = ("_boot", "_steady", "_wall")

    def __init__(self) -> None:
        self._steady, self._boot, self._wall = _clocks()

    def seconds(self) -> float:
        """Seconds since then by the clock that says the most: a frozen process, a machine that
        slept and a clock that stands still make nothing younger than it is.
        """
        steady, boot, wall = _clocks()
        return max(steady - self._steady, boot - self._boot, wall - self._wall)


def _clocks() -> tuple[float, float, float]:
    steady = time.monotonic()
    return steady, steady if _BOOT is None else time.clock_gettime(_BOOT), time.time()
