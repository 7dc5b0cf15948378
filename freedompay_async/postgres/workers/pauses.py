"""When a worker tries a batch again that it had to leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.postgres.journal.batches import BatchRecord

__all__ = ["Pauses"]

# Seconds: the first, and the longest. Each is twice the one before.
_FIRST: Final = 5.0
_LONGEST: Final = 60.0


@dataclass(slots=True)
class _Pause:
    round: int
    why: str
    seconds: float
    until: float


class Pauses:
    """Pauses of batches, each for one round: a batch that is begun anew is tried at once."""

    def __init__(self) -> None:
        self._pauses: Final[dict[str, _Pause]] = {}

    def began(self, batch: BatchRecord) -> bool:
        """Whether the batch was left in this round before."""
        return self._of(batch) is not None

    def lasts(self, batch: BatchRecord) -> bool:
        """Whether it is not to be tried again yet."""
        pause = self._of(batch)
        return pause is not None and asyncio.get_running_loop().time() < pause.until

    def begin(self, batch: BatchRecord, why: str) -> bool:
        """Leave it for a while; whether it was left for another reason before, or for none."""
        before = self._of(batch)
        seconds = _FIRST if before is None else min(before.seconds * 2, _LONGEST)
        until = asyncio.get_running_loop().time() + seconds
        self._pauses[batch.name] = _Pause(batch.round, why, seconds, until)
        return before is None or before.why != why

    def seconds(self, batch: BatchRecord) -> float:
        """How long its pause is."""
        pause = self._of(batch)
        return 0.0 if pause is None else pause.seconds

    def forget(self, name: str) -> None:
        """It has ended."""
        self._pauses.pop(name, None)

    def _of(self, batch: BatchRecord) -> _Pause | None:
        pause = self._pauses.get(batch.name)
        return None if pause is None or pause.round != batch.round else pause
