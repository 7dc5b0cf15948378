"""What the log says of a shared rate: each thing once, when it changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.postgres.rate.table import Granted

__all__ = ["RateLog"]

log: Final = logging.getLogger("freedompay_async")


class RateLog:
    """Writes to the log when the database of a rate is away, and when its number is another one.

    Args:
        name: of the rate.
        keeps: whether calls leave while the database is away.

    Attributes:
        away: whether the database could not be asked the last time.
    """

    def __init__(self, name: str, *, keeps: bool) -> None:
        self._name: Final = name
        self._keeps: Final = keeps
        self._number: float | None = None
        self.away = False

    def failed(self, reason: str) -> None:
        """The database could not be asked."""
        if self.away:
            return
        self.away = True
        log.warning(
            "the database of the shared rate %r can't be asked (%s). Until it can, %s.",
            self._name,
            reason,
            "calls leave by the last share" if self._keeps else "no call leaves",
        )

    def granted(self, granted: Granted) -> None:
        """The database has given a share."""
        if self.away:
            self.away = False
            log.warning("the database of the shared rate %r can be asked again.", self._name)
        before, self._number = self._number, granted.rate.per_second
        if granted.before is not None:
            log.warning(
                "the shared rate %r is %g calls a second from now on for all of its processes, and "
                "was %g: this one began last.",
                self._name,
                self._number,
                granted.before,
            )
        elif before not in {None, self._number}:
            log.warning(
                "the shared rate %r is %g calls a second from now on, and was %g: a process that "
                "began later has said so.",
                self._name,
                self._number,
                before,
            )

    def not_given_back(self, reason: str) -> None:
        """The others get a share a moment later than they could."""
        log.debug("a share of the rate %r was not given back: %s", self._name, reason)
