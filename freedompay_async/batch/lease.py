"""The owner of rows, and the token that its writes show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from freedompay_async.batch.stopping import Stopped

__all__ = ["Lease", "LeaseLost", "NoMoreCards", "Overtaken", "Owner", "Renewal"]


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """One run; each has a name of its own."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """The token of rows that an owner took together."""

    owner: Owner


class LeaseLost(Stopped):
    """Another owner may have the row: nothing was written, and nothing may be sent for it."""


class Overtaken(Stopped):
    """An earlier owner has heard what was made for the row, so it has not ended: whoever takes it
    next gets that.
    """


class NoMoreCards(Exception):
    """No row may be taken any more, because as many cards were ordered as the batch may have.

    Attributes:
        most: cards at most.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most: Final = most


class Renewal(NamedTuple):
    """What an owner learns when it renews its lease."""

    seconds: float
    """How long the lease lasts, counted from before the renewal; `inf`: until it is given back."""
    stopped: bool = False
    """Somebody has stopped the batch, so its rows have to be given back."""
    ended: int | None = None
    """Rows of the batch that have ended, whoever worked on them; `None`: nobody else can."""
