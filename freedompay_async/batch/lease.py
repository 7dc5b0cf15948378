"""The owner of rows, and the token that its writes show."""

from __future__ import annotations

from dataclasses import dataclass

from freedompay_async.batch.stopping import Stopped

__all__ = ["Lease", "LeaseLost", "Owner"]


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
