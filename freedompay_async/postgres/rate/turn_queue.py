"""Those who wait for a turn of a shared rate, in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.postgres.rate.own_share import OwnShare

__all__ = ["TurnQueue"]


class TurnQueue:
    """Wakes one governor after the other, each when there is a turn.

    Args:
        own: the share, which has the turns.
    """

    def __init__(self, own: OwnShare) -> None:
        self._own: Final = own
        self._waiting: Final[deque[Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, wake: Callable[[], None]) -> None:
        """Call it once, when the turns of those before it are over. It takes its turn, or comes
        again.
        """
        self._waiting.append(wake)
        if self._timer is None:
            self._set_timer()

    def look(self) -> None:
        """Look for turns anew, because the share is another one. Without a share all are woken:
        who still waits comes again, and those whose callers have left do not.
        """
        self.stop()
        if self._own.share():
            self._serve()
            return
        for _ in range(len(self._waiting)):
            self._waiting.popleft()()

    def stop(self) -> None:
        """Take the timer down."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _serve(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        # A process that was frozen may have lost its share before it comes here.
        while self._waiting and (share := self._own.share()) and self._own.turn(share) <= now:
            self._waiting.popleft()()
        if self._waiting and self._timer is None:
            self._set_timer()

    def _set_timer(self) -> None:
        share = self._own.share()
        # Without one, the next renewal looks.
        if share:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._own.turn(share), self._serve)
