"""A step that the issuer has refused is asked about again before its row ends as refused.

A proxy that repeats a request brings back the refusal of the repeated id, though the request was
done. So the id is asked about at once, by the call itself, and once more after the grace time, in
which an accepted request may be invisible. An issuer that still does not know it is believed only
if it knows an id that it has accepted: a host that says "not known" to everything is found out so.

An id that becomes known after a refusal is a proxy's copy of our own send, or somebody else's use.
Nothing tells which, so the row is told as found; it goes on only where the answer to an earlier
send of ours was lost.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

import anyio

from freedompay_async.batch.ending import Ended, failed, not_proved, now_proved, says_nothing
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.outcome import State
from freedompay_async.batch.run_resources import too_long
from freedompay_async.batch.stopping import Held, Stopped, Wait
from freedompay_async.errors import DuplicateRequest, FreedomPayError, ProtocolError, RequestFailed
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Generator

    from freedompay_async.batch.entries import Earlier, Entry
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import RequestState

__all__ = ["Refusals"]

R = TypeVar("R")
# An answer about the witness holds for so many seconds at least, for all rows.
_WITNESSED: Final = 1.0


class Refusals:
    """Asks about refused steps again, and about the witness."""

    def __init__(self, shared: RunResources) -> None:
        self._shared: Final = shared
        self._witnessed_until = -inf
        self._witnessed = False
        self._asking: Final = asyncio.Lock()

    async def of_this_run(
        self, row: Entry, step: str, call: Call[R], error: FreedomPayError, *, refusal: Refusal
    ) -> tuple[Operation[R], bool]:
        """Wait for the grace time and ask; the operation if it is known after all, and whether it
        was used before this row did.

        Raises:
            Ended: how the row ends otherwise. What is known is on the disk before the wait.
            Held: the issuer asks for more patience than there is time for. The refusal is on the
                disk, and the row is left.
        """
        shared, request_id = self._shared, row.request_id(step, self._shared.settings)
        unproved = isinstance(error, RequestFailed)
        reason = not_proved(error) if unproved else str(error)
        # A card that could not be activated is a card all the same.
        state = State.ISSUED if step == "activate" else State.REFUSED if unproved else State.UNKNOWN
        await shared.journal.refuse(row, step, refusal, state=state, reason=reason)
        with self._aside():
            try:
                if error.wait_too_long:
                    raise too_long(error, "settle", shared.limits, question=True) from error
                with Wait(shared.stopping):
                    await anyio.sleep(shared.session.policy.grace)
                told = await self._asked(request_id)
            except Held:
                await shared.journal.refuse(row, step, refusal, state=State.STARTED, reason=reason)
                raise
            except Stopped as stopped:
                raise Ended(state, reason) from stopped
            except ProtocolError as nothing:
                raise Ended(State.UNKNOWN, says_nothing(error)) from nothing
            if told is None and isinstance(error, DuplicateRequest):
                raise failed(row, error)
            if told is None:
                raise await self._still_refused(not_proved(error))
        return Operation(shared.session, call, request_id, told), await self._goes_on(
            row, step, refusal, told
        )

    async def of_an_earlier_run(
        self, row: Entry, step: str, call: Call[R], earlier: Earlier | None
    ) -> tuple[Operation[R], bool]:
        """Ask about a step that was refused and may have been done; it is never sent again.

        Raises:
            Ended: how the row ends.
            Stopped: the run stops, or nothing was said for too long, or the issuer asks for too
                much patience; the row is left as it is.
        """
        shared, reason = self._shared, row.reason or f"{call.name}: refused"
        request_id = row.request_id(step, shared.settings)
        try:
            with Wait(shared.stopping):
                await anyio.sleep(self._grace_left(earlier))
            told = await self._asked(request_id)
        except ProtocolError as nothing:
            raise Ended(State.UNKNOWN, reason) from nothing
        if told is None:
            raise await self._still_refused(reason)
        refusal = Refusal.NONE if earlier is None else earlier.refused
        return Operation(shared.session, call, request_id, told), await self._goes_on(
            row, step, refusal, told
        )

    def _grace_left(self, earlier: Earlier | None) -> float:
        grace = self._shared.session.policy.grace
        age = (
            grace if earlier is None else time.time() - self._shared.clock.sent_at(earlier.sent_at)
        )
        return min(max(grace - age, 0.0), grace)

    async def _asked(self, request_id: str) -> RequestState | None:
        # One answer that says nothing may be an accident.
        return await self._shared.ask(request_id, nothing_for=self._shared.session.policy.grace)

    @contextmanager
    def _aside(self) -> Generator[None]:
        """The row holds no place meanwhile: thousands of refused rows hold up no other."""
        shared = self._shared
        shared.progress.asking_again += 1
        shared.room.set()
        try:
            yield
        finally:
            shared.progress.asking_again -= 1

    async def _goes_on(self, row: Entry, step: str, refusal: Refusal, told: RequestState) -> bool:
        """Of a step that the issuer knows after all; whether somebody else may have used it."""
        row.refused = False
        # What failed and names nothing made nothing, whoever sent it.
        if refusal is not Refusal.OWN and not (
            told.failed and not told.client_id and not any(told.card_ids)
        ):
            return True
        await self._shared.journal.go_on(row)
        self._shared.journal.accepted(row, step)
        return False

    async def _still_refused(self, reason: str) -> Ended:
        if await self._issuer_knows_ids():
            return Ended(State.REFUSED, now_proved(reason), proved=True)
        return Ended(State.REFUSED, reason)

    async def _issuer_knows_ids(self) -> bool:
        """Whether the issuer knows an id that it has accepted; false where there is none, or it
        says nothing.
        """
        shared, loop = self._shared, asyncio.get_running_loop()
        async with self._asking:
            began = loop.time()
            if began < self._witnessed_until:
                return self._witnessed
            if shared.witness is None:
                return False
            holds = _WITNESSED
            try:
                self._witnessed = await self._asked(shared.witness) is not None
            except (ProtocolError, Stopped):
                # To hear nothing takes long. Were each row to ask anew, most of the run would wait
                # for that.
                self._witnessed = False
                holds = max(_WITNESSED, shared.session.policy.grace, loop.time() - began)
            self._witnessed_until = loop.time() + holds
            return self._witnessed
