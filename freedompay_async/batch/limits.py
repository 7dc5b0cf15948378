"""The limits of a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from freedompay_async.guards.arguments import check_number, check_whole

__all__ = ["Limits", "plain_numbers"]


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
