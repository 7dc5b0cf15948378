"""The slots of one call: looked for, and waited for in the queue."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.calls.error_text import busy_error
from freedompay_async.calls.states import State
from freedompay_async.errors import WaitReason
from freedompay_async.traffic.hindrance import BRIEF, Hindrance

if TYPE_CHECKING:
    from freedompay_async.calls.call_events import CallEvents
    from freedompay_async.calls.call_state import CallState
    from freedompay_async.calls.clock import Clock
    from freedompay_async.calls.compose import Composer
    from freedompay_async.contract.calls import Call
    from freedompay_async.errors import Busy
    from freedompay_async.traffic.governor import Governor
    from freedompay_async.traffic.lane import Lane
    from freedompay_async.traffic.waited import Waited
    from freedompay_async.transport.base import Attempt

__all__ = ["NoTimeLeftError", "Slots"]

# A turn that is brief comes late where the loop is busy.
_LATE: Final = 2 * BRIEF
_ENDS_IN_QUEUE: Final = (State.NEVER_SENT, State.LIMITED)
_NOTHING: Final = Hindrance(WaitReason.RATE, 0.0)


class NoTimeLeftError(Exception):
    """The seconds of a call in the queue are over, and its last answer was HTTP 429."""


class Slots:
    """Gets the attempts of one call their slots, where the lane gives none at once.

    Args:
        governor: of the client.
        call: the row.
        composer: knows the id.
        state: of the call.
        clock: of the call. A wait in a patient lane is added to its deadline.
        lane: gives the slots.
        events: is told why a call waits, and for how long it did.
        waited: the seconds of waiting are added to it.
    """

    __slots__ = (
        *("_call", "_clock", "_composer", "_events", "_governor", "_lane", "_state", "_waited"),
    )

    def __init__(
        self,
        governor: Governor,
        call: Call[Any],
        *,
        composer: Composer,
        state: CallState,
        clock: Clock,
        lane: Lane | Governor,
        events: CallEvents | None,
        waited: Waited | None,
    ) -> None:
        self._governor = governor
        self._call = call
        self._composer = composer
        self._state = state
        self._clock = clock
        self._lane = lane
        self._events = events
        self._waited = waited

    def check(self) -> None:
        """Look for a free slot, before anything is done for a call that waits for none.

        Raises:
            Busy: there is none.
        """
        state = self._state
        if state.queue_left or state.state is not State.NEVER_SENT or self._lane.ready():
            return
        hindrance = self._lane.hindrance() or _NOTHING
        if not hindrance.brief:
            raise self._busy(hindrance)

    async def wait(self, attempt: Attempt, *, own: bool) -> None:
        """Wait for a slot.

        The call's seconds in the queue end its wait before its first byte, and after HTTP 429. What
        else was sent waits for its look-ups and repeats until the deadline.

        Args:
            attempt: gets more time in a patient lane.
            own: it is an attempt of the call itself, no look-up.

        Raises:
            Busy: the call may not wait so long, and none of it was sent.
            NoTimeLeftError: the call may not wait so long, and its last answer was HTTP 429.
            NoTurn: it will get none.
            TimeoutError: it got none before the deadline.
        """
        lane, clock, state = self._lane, self._clock, self._state
        most, hindrance = inf, _NOTHING
        if own and state.queue_left < inf and state.state in _ENDS_IN_QUEUE:
            hindrance = lane.hindrance() or _NOTHING
            most = max(state.queue_left, _LATE) if hindrance.brief else state.queue_left
        if most <= 0.0:
            raise self._over(hindrance)
        events = self._events
        if events is not None:
            events.waits(lane.hindrance(), own=own)
        began = clock.now()
        deadline = inf if lane.patient else clock.deadline
        until = min(deadline, began + most)
        try:
            if until == inf:
                await lane.acquire()
            else:
                async with asyncio.timeout_at(until):
                    await lane.acquire()
        except TimeoutError:
            if until == deadline:
                raise
            # Where the loop was held up, the end of the wait came in one moment with the turn.
            if not lane.take():
                raise self._over(lane.hindrance() or hindrance) from None
        finally:
            took = clock.now() - began
            if events is not None:
                events.has_waited(took)
            if self._waited is not None:
                self._waited.seconds += took
            if own:
                state.queue_left = max(0.0, state.queue_left - took)
        if lane.patient:
            clock.deadline += took
            attempt.deadline = clock.deadline
        if own:
            state.got_slot(clock.now())

    def _over(self, hindrance: Hindrance) -> Busy | NoTimeLeftError:
        """Why a call ends whose seconds in the queue are over."""
        if self._state.state is State.LIMITED:
            # `Busy` would say that nothing was sent.
            return NoTimeLeftError()
        return self._busy(hindrance)

    def _busy(self, hindrance: Hindrance) -> Busy:
        return busy_error(
            self._call,
            self._composer.request_id,
            callers_id=self._state.rules.keep_the_id,
            busy=self._governor.busy,
            queue=self._state.rules.queue,
            hindrance=hindrance,
        )
