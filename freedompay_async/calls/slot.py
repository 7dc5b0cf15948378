"""The slots of one call: looked for, and waited for in the queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from freedompay_async.calls.error_text import busy_error

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

__all__ = ["Slots"]


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
        events: CallEvents,
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
        if not self._state.rules.queue and not self._lane.ready():
            raise self._busy()

    async def wait(self, attempt: Attempt, *, own: bool) -> None:
        """Wait for a slot.

        Args:
            attempt: gets more time in a patient lane.
            own: it is an attempt of the call itself, no look-up.

        Raises:
            Busy: the call waits for none.
            NoTurn: it will get none.
            TimeoutError: it got none before the deadline.
        """
        lane, clock, state = self._lane, self._clock, self._state
        if own and not state.rules.queue and state.sends == 1:
            raise self._busy()
        events = self._events
        if events.hub.listeners:
            events.waits(lane.hindrance(), own=own)
        began = clock.now()
        try:
            if lane.patient:
                await lane.acquire()
                clock.deadline += clock.now() - began
                attempt.deadline = clock.deadline
            else:
                async with asyncio.timeout_at(clock.deadline):
                    await lane.acquire()
        finally:
            events.waited = waited = clock.now() - began
            events.queued += waited
            if self._waited is not None:
                self._waited.seconds += waited
        if own:
            state.got_slot(clock.now())

    def _busy(self) -> Busy:
        return busy_error(
            self._call,
            self._composer.request_id,
            callers_id=self._state.rules.callers_id,
            busy=self._governor.busy,
        )
