"""What a worker tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Change", "News"]


class Change(StrEnum):
    """What has changed."""

    LOOKING = "looking"
    """The worker has begun to look for batches."""
    WORKING = "working"
    """It works on a batch from now on."""
    NOT_ITS_OWN = "not its own"
    """A batch is of another merchant or host, and is left to its own workers. Told once."""
    HANDED_BACK = "handed back"
    """Rows were handed back, for this worker or another one to take later."""
    ENDED = "ended"
    """Nothing is left of a batch that this worker has worked on."""
    LEFT = "left"
    """This worker has ended its part of a batch that has rows left: it was stopped, or what is
    left waits for something.
    """
    FAILED = "failed"
    """Its part of a batch has ended with an error; it is tried again later."""
    DATABASE_AWAY = "database away"
    """The database can't be reached; the worker waits for it."""
    DATABASE_BACK = "database back"
    """It can be reached again."""
    ISSUER_AWAY = "issuer away"
    """The issuer answers nothing; a tracker's worker makes one call at a time until it does."""
    ISSUER_BACK = "issuer back"
    """It answers again."""
    NOT_DELIVERED = "not delivered"
    """The handler of the end of a tracked request has failed; it is called again later."""
    DRAINING = "draining"
    """No new row starts, and calls on the way are settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One change that a worker tells of.

    Attributes:
        change: what has changed.
        text: the same in a sentence, for a person; it has no secret.
        batch: the name of the batch; `None`: it is not about one.
        counts: of `ENDED`, `LEFT` and `FAILED`: rows that ended in this worker, by state, and
            `left`, rows that it left. Of `HANDED_BACK`: `left` alone.
        again_in: of `FAILED`: seconds until it is tried again.
    """

    change: Change
    text: str
    batch: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    again_in: float | None = None
