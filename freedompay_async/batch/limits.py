"""The limits of a run, and its progress."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from freedompay_async.batch.outcome import State
from freedompay_async.guards.arguments import check_number, check_whole

__all__ = ["Limits", "Progress", "plain_numbers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a run.

    Attributes:
        concurrency: calls in flight at once.
        rate: calls a second at most; `None` is no limit.
        max_cards: cards at most, those of earlier runs of this journal included.
        settle: seconds to find out what became of one call; its time in the queue does not count. A
            `Retry-After` that asks for more ends the wait at once: the row is left for a later run.
        wait: seconds to wait for one accepted request to end; the time of its look-ups in the queue
            does not count. A longer `Retry-After` ends this wait at once too.
        outage: seconds without any answer after which the run stops; and seconds for which one call
            waits in all, after 429.
    """

    concurrency: int = 64
    rate: float | None = None
    max_cards: int | None = None
    settle: float = 120.0
    wait: float = 600.0
    outage: float = 900.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is None and name in {"rate", "max_cards"}:
                continue
            if name in {"concurrency", "max_cards"}:
                check_whole(name, value)
            else:
                check_number(name, value)


def plain_numbers(limits: Limits) -> dict[str, float | None]:
    """As a journal keeps them: a number of another library is written as Python's own."""
    values: dict[str, Any] = dataclasses.asdict(limits)
    return {
        name: value if value is None else int(value) if isinstance(value, int) else float(value)
        for name, value in values.items()
    }


@dataclass(slots=True)
class Progress:
    """The progress of a run; live.

    Attributes:
        rows: of the whole batch.
        earlier: rows that had ended before this run.
        left: rows that this run leaves as they are, for a later one.
        in_progress: rows that the run works on; `waiting` of them wait for the issuer to finish
            what it accepted, and `asking_again` were refused and are looked up once more after the
            grace time.
        trouble: the last reason why a row had to wait, while it lasts; after that `left_because`.
        left_because: the reason of the last row that was left because the issuer asked to wait for
            too long.
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

    def count(self, state: State) -> None:
        """Count a row that has ended."""
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
