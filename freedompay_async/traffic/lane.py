"""The part of a client's slots that one caller, such as a batch, may use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from freedompay_async.errors import WaitReason
from freedompay_async.traffic.governor import Governor, Rank
from freedompay_async.traffic.hindrance import Hindrance

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.events.hub import Hub
    from freedompay_async.traffic.rate import Rate

__all__ = ["Lane"]


class Lane:
    """Limits one caller to a part of a client's slots. Each call is made inside `async with lane`,
    and its end is given to `observe`.

    Args:
        concurrency: slots.
        rate: calls a second at most, or a `Rate` that others share; `None`: no limit but the
            governor's.
        within: the governor that gives the slots and learns from the answers; left out, the lane
            does both itself.
        hub: of those who listen to the lane; left out, to the governor.

    Attributes:
        hub: the same.
    """

    patient: bool = False
    """Whether the wait in the queue is not counted in the time of a call."""
    rank: Rank = Rank.BACKGROUND

    def __init__(
        self,
        *,
        concurrency: int,
        rate: float | Rate | None = None,
        within: Governor | None = None,
        hub: Hub | None = None,
    ) -> None:
        self._own: Final = Governor(concurrency=concurrency, rate=rate)
        self._within: Final = within
        self.hub: Final = hub or (within or self._own).hub
        # With a rate only one call at a time waits between the lane and the governor, because those
        # that wait there would leave together.
        self._gate: Final = None if rate is None else asyncio.Lock()
        self._at_gate = 0

    def ready(self) -> bool:
        """Whether a call would get a slot at once."""
        if self._gate is not None and self._gate.locked():
            return False
        return self._own.ready() and (self._within is None or self._within.ready(self.rank))

    def hindrance(self) -> Hindrance | None:
        """What keeps a call from leaving now, for the longer of the two where the lane and the
        governor both do; `None`: nothing.
        """
        own = self._own.hindrance()
        within = None if self._within is None else self._within.hindrance(self.rank)
        if own is None or (within is not None and within.seconds > own.seconds):
            own = within
        if own is None and self._gate is not None and self._gate.locked():
            # Another call of the lane has its turn, and leaves in this moment.
            return Hindrance(WaitReason.RATE, 0.0)
        return own

    def take(self) -> bool:
        """Take a slot if there is one at once."""
        if not self.ready():
            return False
        return self._own.take() and (self._within is None or self._within.take(self.rank))

    async def acquire(self) -> None:
        """Take a slot; wait in the queue until there is one.

        Raises:
            NoTurn: it will get none.
        """
        gate, within = self._gate, self._within
        if gate is not None:
            self._at_gate += 1
            try:
                await gate.acquire()
            finally:
                self._at_gate -= 1
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
        """As `Governor.observe`."""
        if self._within is None:
            self._own.observe(verdict, began=began, now=now, kind=kind)
        else:
            self._own.held_slot(now - began)
            self._within.observe(verdict, began=began, now=now, kind=kind)

    @property
    def busy(self) -> int:
        """Calls that have a slot of the lane. Some of them may still wait for the governor's."""
        return self._own.busy

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot of the lane."""
        return self._own.waiting + self._at_gate

    def __repr__(self) -> str:
        return f"Lane({self.busy} active, {self.waiting} queued)"

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.release()
