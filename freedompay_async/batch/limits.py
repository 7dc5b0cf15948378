"""What a run may take, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from freedompay_async.batch.outcome import State
from freedompay_async.guards.arguments import check_number, check_whole

__all__ = ["Limits", "Progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may take.

    Attributes:
        concurrency: calls on the way at once.
        rate: calls a second at most; `None` is no limit.
        max_cards: cards at most, those of earlier runs of this journal included.
        settle: seconds to find out what became of one call; waiting for its turns does not count. A
            `Retry-After` that asks for more ends the wait at once: the row is left for a later run.
        wait: seconds to wait for one accepted request to end; waiting for turns to ask does not
            count. The same goes for a `Retry-After`.
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


@dataclass(slots=True)
class Progress:
    """Where a run stands; live.

    Attributes:
        rows: of the whole batch.
        earlier: rows that had ended before this run.
        left: rows that this run leaves as they are, for a resumed one.
        in_progress: rows being worked on; `waiting` of them wait for the issuer to finish what it
            accepted, and `asking_again` were refused and are asked about once more after the grace
            time.
        trouble: the last reason why a row had to wait, while it lasts; and then `left_because`.
        left_because: why rows are left that the issuer asked to wait with for too long; of the last
            of them.
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
        """What rows had to wait for is over; what they are left for is not."""
        self.trouble = self.left_because

    @property
    def done(self) -> int:
        """Rows that ended in this run."""
        return self.issued + self.refused + self.unknown + self.found + self.doubtful

    @property
    def rows_at_work(self) -> int:
        """Rows that hold a place."""
        return self.in_progress - self.asking_again

    @property
    def rows_active(self) -> int:
        """Of those, the ones that have calls to make."""
        return self.rows_at_work - self.waiting

    def count(self, state: State) -> None:
        """A row has ended so."""
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
