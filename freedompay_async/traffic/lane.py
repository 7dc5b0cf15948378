"""A share of a governor, for a caller that is to take no more of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from freedompay_async.traffic.governor import Governor, Rank

if TYPE_CHECKING:
    from types import TracebackType

    from freedompay_async.codec.messages import Verdict

__all__ = ["Lane"]


class Lane:
    """A share of a governor for one caller: `async with lane:` around each call, and `observe` for
    what came of it.

    Args:
        concurrency: calls on the way at once.
        rate: calls a second at most; `None` is no limit but that of the whole.
        within: whose share it is, and who hears what the issuer answers. Left out, the lane stands
            alone.
    """

    patient: bool = False
    """Whether waiting for a turn takes nothing from the time of a call."""
    rank: Rank = Rank.BACKGROUND

    def __init__(
        self, *, concurrency: int, rate: float | None = None, within: Governor | None = None
    ) -> None:
        self._own: Final = Governor(concurrency=concurrency, rate=rate)
        self._within: Final = within
        # With a rate only one at a time stands between its own turn and that of the whole: those
        # that wait there would leave together.
        self._gate: Final = None if rate is None else asyncio.Lock()

    def ready(self) -> bool:
        """Whether there is a place and a turn at once."""
        if self._gate is not None and self._gate.locked():
            return False
        return self._own.ready() and (self._within is None or self._within.ready(self.rank))

    def take(self) -> bool:
        """Take a place and a turn, if there is one at once."""
        if not self.ready():
            return False
        return self._own.take() and (self._within is None or self._within.take(self.rank))

    async def acquire(self) -> None:
        """Take a place and a turn, when they come.

        Raises:
            NoTurn: they will not.
        """
        gate, within = self._gate, self._within
        if gate is not None:
            await gate.acquire()
        try:
            await self._own.acquire()
            if within is not None:
                try:
                    await within.acquire(self.rank)
                except BaseException:
                    self._own.release()
                    raise
        finally:
            if gate is not None:
                gate.release()

    def release(self) -> None:
        if self._within is not None:
            self._within.release()
        self._own.release()

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        """As the governor hears it."""
        (self._within or self._own).observe(verdict, began=began, now=now, kind=kind)

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
