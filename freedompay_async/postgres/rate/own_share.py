"""The share of a rate that this process has: for how long, and whose turn comes when. Pure; the
moments are given.

`now` is seconds by the clock of the event loop. All shares are calls a second.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.postgres.since import Since

__all__ = ["AWAY", "VALID", "OwnShare"]

VALID: Final = 1.5
"""Seconds for which a share may be used, counted from before the database was asked for it."""
AWAY: Final = 3.0
"""Seconds after a try that has failed in which the database is taken to be away."""


class OwnShare:
    """A share, and the turns of the calls that leave by it.

    Args:
        keep: whether the last share is used on while the database is away.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep: Final = keep
        self._share = 0.0
        self._granted: Since | None = None
        self._last_share = 0.0
        self._failed: Since | None = None
        # When the last call had its turn, or would have had it without its timer's lateness.
        self._last_turn = -inf

    def grant(self, share: float, granted: Since) -> None:
        """The database has given it a share; `granted`: a moment before it was asked."""
        self._share, self._granted, self._failed = share, granted, None
        if share > 0:
            self._last_share = share

    def fail(self, failed: Since) -> None:
        """The database could not be asked."""
        self._failed = failed

    def give_back(self) -> None:
        """It is not used from now on. While the database is away it is the last share all the same,
        because the others can't get it.
        """
        self._granted = None

    def cut(self, part: float) -> None:
        """Only so large a part of it is used from now on."""
        self._share *= part
        self._last_share *= part

    def share(self) -> float:
        """What may be used at this moment; 0.0: nothing."""
        if self._granted is not None and self._granted.seconds() < VALID:
            return self._share
        # A process that was frozen does not know whether the database is away now.
        if self._keep and self._failed is not None and self._failed.seconds() < AWAY:
            return self._last_share
        return 0.0

    def turn(self, share: float) -> float:
        """From when on the next call may leave with this share, which is more than 0."""
        return self._last_turn + 1.0 / share

    def take(self, now: float, share: float, *, late: float) -> float:
        """A call leaves whose turn has come. As `Rate.take`."""
        before, self._last_turn = self._last_turn, max(self.turn(share), now - late)
        return min(self._last_turn - before, 1.0 / share)

    def return_turn(self, cost: float) -> None:
        """A call did not leave after all."""
        self._last_turn -= cost
