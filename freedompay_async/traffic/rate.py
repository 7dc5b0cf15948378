"""What a governor asks of a limit of calls a second, whether its own or one that many processes
share.

`now` is seconds by the clock of the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.events.stats import RateSource

__all__ = ["Rate"]


@runtime_checkable
class Rate(Protocol):
    """Gives turns to calls, so many a second, and learns from HTTP 429.

    Several governors, and so several clients and batches of one process, may have the same one.
    """

    @property
    def free(self) -> bool:
        """Whether any number of calls may leave at this moment. Then no turn is asked for."""
        ...

    @property
    def source(self) -> RateSource:
        """Who has set it, where nothing is learnt."""
        ...

    def rate(self, now: float) -> float:
        """Calls a second at this moment; infinity: any number."""
        ...

    def learnt(self, now: float) -> bool:
        """Whether HTTP 429 has made it lower at this moment than it was set."""
        ...

    def turn(self, now: float) -> float:
        """From when on the next call may leave; an estimate where that is not known yet.

        Raises:
            ConfigurationError: it can't be used here: another event loop, or a forked child.
        """
        ...

    def wait(self, now: float, before: int) -> float:
        """Seconds until the turn of a call that has so many others before it."""
        ...

    def take(self, now: float, *, late: float = 0.0) -> float:
        """A call leaves, whose turn has come.

        Args:
            now: when.
            late: seconds by which its turn may have come too late, which are made up for.

        Returns:
            What its turn has cost, for `give_back`.
        """
        ...

    def give_back(self, cost: float) -> None:
        """The call did not leave after all: its turn is that of the next one."""
        ...

    def call_at(self, turn: float, wake: Callable[[], None]) -> None:
        """Call a function once, when the next turn has come.

        Args:
            turn: when that will be, as `turn` has just said.
            wake: what to call. It takes the turn, or asks for the next one.
        """
        ...

    def accepted(self, now: float) -> None:
        """The issuer answered a call, and not with 429."""
        ...

    def limited(self, now: float, began: float) -> bool:
        """The issuer answered a call that began at `began` with 429.

        Returns:
            Whether that has taught something new.
        """
        ...
