"""Who works on the rows of a journal, and for how long they are theirs."""

from __future__ import annotations

from dataclasses import dataclass

from freedompay_async.batch.stopping import Stopped

__all__ = ["Lease", "LeaseLost", "Owner"]


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """One run, as its journal knows it; each run has a name of its own."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """The token of the rows that an owner took together; every write for one of them shows it."""

    owner: Owner


class LeaseLost(Stopped):
    """The row is not this owner's any more: nothing was written, and nothing may be sent for it."""
