"""The progress of a batch: one live object, however many runs it has."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.outcome import State

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress"]

# Seconds over which a rate is told, and between two of its samples.
_WINDOW: Final = 30.0
_STEP: Final = 1.0


@dataclass(slots=True)
class Progress:
    """The progress of a run; live. It stays the same object when another run begins, and its
    counts start again then.

    Attributes:
        rows: of the whole batch; 0 before a run has read the plan.
        earlier: rows that had ended before this run.
        left: rows that this run leaves as they are, for a later one.
        in_progress: rows that the run works on; `waiting` of them wait for the issuer to finish
            what it accepted, and `asking_again` were refused and are looked up once more after the
            grace time.
        trouble: the last reason why a row had to wait, while it lasts; after that `left_because`.
        left_because: the reason of the last row that was left because the issuer asked to wait for
            too long.
        clock: seconds on a clock that is never set back.
    """

    rows: int = 0
    earlier: int = 0
    issued: int = 0
    refused: int = 0
    unknown: int = 0
    found: int = 0
    doubtful: int = 0
    left: int = 0
    in_progress: int = 0
    waiting: int = 0
    asking_again: int = 0
    trouble: str | None = None
    left_because: str | None = None
    clock: Callable[[], float] = field(
        default=time.monotonic, repr=False, compare=False, kw_only=True
    )
    _began: float | None = field(default=None, init=False, repr=False, compare=False)
    _ended: float | None = field(default=None, init=False, repr=False, compare=False)
    # Times, each with the rows that had ended by then; the first is as old as the rate looks back.
    _samples: deque[tuple[float, int]] = field(
        default_factory=deque, init=False, repr=False, compare=False
    )
    _latest: float = field(default=0.0, init=False, repr=False, compare=False)

    def begin(self) -> None:
        """Start again, for a run that begins. The batch calls it."""
        for each in fields(self):
            if each.init and each.name != "clock":
                setattr(self, each.name, each.default)
        self._began = self._latest = self.clock()
        self._ended = None
        self._samples.clear()
        self._samples.append((self._began, 0))

    def end(self) -> None:
        """Stop the time, because the run has ended. The batch calls it."""
        self._ended = self.clock()

    def over(self) -> None:
        """The trouble is over; the reason of rows that were left stays."""
        self.trouble = self.left_because

    @property
    def done(self) -> int:
        """Rows that ended in this run."""
        return self.issued + self.refused + self.unknown + self.found + self.doubtful

    @property
    def rows_at_work(self) -> int:
        """Rows that take a place of the run."""
        return self.in_progress - self.asking_again

    @property
    def rows_active(self) -> int:
        """Rows at work that have calls to make."""
        return self.rows_at_work - self.waiting

    @property
    def running(self) -> bool:
        """Whether a run has begun and not ended."""
        return self._began is not None and self._ended is None

    @property
    def seconds(self) -> float:
        """For how long the run has been on; after its end, for how long it was. 0.0 before one."""
        if self._began is None:
            return 0.0
        return (self.clock() if self._ended is None else self._ended) - self._began

    @property
    def rate(self) -> float:
        """Rows that end in a second, over the last 30 seconds of the run; after its end, over all
        of it. 0.0 before one, and where none has ended.
        """
        if not self.running:
            seconds = self.seconds
            return self.done / seconds if seconds > 0 else 0.0
        now = self.clock()
        self._forget(now)
        since, before = self._samples[0]
        if len(self._samples) > 1 and since + _STEP < now - _WINDOW:
            # Nothing has ended between the step after that one and the next sample.
            since, before = now - _WINDOW, self._samples[1][1]
        if now <= since or now - self._latest > _WINDOW:
            return 0.0
        return (self.done - before) / (now - since)

    @property
    def time_left(self) -> float | None:
        """Seconds until the last row has ended, at this rate; 0.0 where no row of this run is to
        end any more. `None`: it can't be told, because no row has ended of late, the plan is not
        read yet, or the run has ended and left rows.
        """
        if not self.rows:
            return None
        rest = self.rows - self.earlier - self.done - self.left
        if rest <= 0:
            return None if self.left and not self.running else 0.0
        rate = self.rate
        return rest / rate if rate > 0 and self.running else None

    def count(self, state: State) -> None:
        """Count a row that has ended."""
        now = self.clock()
        if self._samples and now - self._samples[-1][0] >= _STEP:
            self._samples.append((now, self.done))
            self._forget(now)
        self._latest = now
        match state:
            case State.ISSUED:
                self.issued += 1
            case State.REFUSED:
                self.refused += 1
            case State.UNKNOWN:
                self.unknown += 1
            case State.FOUND:
                self.found += 1
            case State.DOUBTFUL:
                self.doubtful += 1
            case _:
                self.left += 1

    def _forget(self, now: float) -> None:
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now - _WINDOW:
            samples.popleft()
