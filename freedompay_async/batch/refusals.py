"""A refused step is looked up again before its row ends as refused.

A proxy that repeats a request brings back the refusal of the repeated id, though the request was
done. So the call itself looks the id up at once, and it is looked up once more after the grace
time, in which an accepted request may be invisible. An issuer that still does not know the id is
believed only if it knows an id that it has accepted, the witness: so a host that says "not known"
to everything is found out.

An id that becomes known after a refusal is a proxy's copy of our own send, or somebody else's use.
Nothing shows which, so the row ends as found. It goes on only where the answer to an earlier send
of ours was lost.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

import anyio

from freedompay_async.batch.ending import (
    Ended,
    failed,
    not_proved,
    now_proved,
    proved,
    says_nothing,
)
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
# Seconds for which an answer about the witness holds at least, for all rows.
_WITNESSED: Final = 1.0


class Refusals:
    """Looks refused steps up again, and the witness."""

    def __init__(self, shared: RunResources) -> None:
        self._shared: Final = shared
        self._witnessed_until = -inf
        self._witnessed = False
        self._asking: Final = asyncio.Lock()

    async def of_this_run(
        self, row: Entry, step: str, call: Call[R], error: FreedomPayError, *, refusal: Refusal
    ) -> tuple[Operation[R], bool]:
        """Wait for the grace time and look the step up.

        Returns:
            The operation if the issuer knows it after all, and whether the id may have been used by
            somebody else.

        Raises:
            Ended: the issuer does not know it. The refusal is in the journal before the wait.
            Held: the issuer asks to wait for longer than there is time. The refusal is in the
                journal, and the row is left.
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
                answer = await self._asked(request_id)
            except Held:
                await shared.journal.refuse(row, step, refusal, state=State.STARTED, reason=reason)
                raise
            except Stopped as stopped:
                raise Ended(state, reason) from stopped
            except ProtocolError as nothing:
                raise Ended(State.UNKNOWN, says_nothing(error)) from nothing
            if answer is None and isinstance(error, DuplicateRequest):
                raise failed(row, error)
            if answer is None:
                raise await self._still_refused(not_proved(error), proved(error))
        return Operation(shared.session, call, request_id, answer), await self._goes_on(
            row, step, refusal, answer
        )

    async def of_an_earlier_run(
        self, row: Entry, step: str, call: Call[R], earlier: Earlier | None
    ) -> tuple[Operation[R], bool]:
        """Look up a step that an earlier run was refused; it is never sent again.

        Returns:
            The same as `of_this_run`.

        Raises:
            Ended: the issuer does not know it.
            Stopped: the run stops, or nothing was answered for too long, or the issuer asks to wait
                for longer than there is time; the row is left as it is.
        """
        shared, reason = self._shared, row.reason or f"{call.name}: refused"
        request_id = row.request_id(step, shared.settings)
        try:
            with Wait(shared.stopping):
                await anyio.sleep(self._grace_left(earlier))
            answer = await self._asked(request_id)
        except ProtocolError as nothing:
            raise Ended(State.UNKNOWN, reason) from nothing
        if answer is None:
            raise await self._still_refused(reason, now_proved(reason))
        refusal = Refusal.NONE if earlier is None else earlier.refused
        return Operation(shared.session, call, request_id, answer), await self._goes_on(
            row, step, refusal, answer
        )

    def _grace_left(self, earlier: Earlier | None) -> float:
        grace = self._shared.session.policy.grace
        if earlier is None:
            return 0.0
        at, quiet_since = self._shared.clock.sends_of(earlier)
        age = time.time() - (at if quiet_since is None else max(at, quiet_since))
        return min(max(grace - age, 0.0), grace)

    async def _asked(self, request_id: str) -> RequestState | None:
        # One answer that says nothing may be an accident.
        return await self._shared.ask(request_id, nothing_for=self._shared.session.policy.grace)

    @contextmanager
    def _aside(self) -> Generator[None]:
        """Meanwhile the row takes no place of another: there may be thousands of refused rows."""
        shared = self._shared
        shared.progress.asking_again += 1
        shared.room.set()
        try:
            yield
        finally:
            shared.progress.asking_again -= 1

    async def _goes_on(self, row: Entry, step: str, refusal: Refusal, answer: RequestState) -> bool:
        """Let a row go on whose step the issuer knows after all.

        Returns:
            Whether somebody else may have used the id.
        """
        row.refused = False
        # What failed and names nothing made nothing, whoever sent it.
        if refusal is not Refusal.OWN and not (
            answer.failed and not answer.client_id and not any(answer.card_ids)
        ):
            return True
        await self._shared.journal.go_on(row)
        self._shared.journal.accepted(row, step)
        return False

    async def _still_refused(self, reason: str, proved_reason: str) -> Ended:
        if await self._issuer_knows_ids():
            return Ended(State.REFUSED, proved_reason, proved=True)
        return Ended(State.REFUSED, reason)

    async def _issuer_knows_ids(self) -> bool:
        """Whether the issuer knows the witness; false where there is none, or no answer."""
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
                # To get no answer takes long, and most of the run would go by if each row asked.
                self._witnessed = False
                holds = max(_WITNESSED, shared.session.policy.grace, loop.time() - began)
            self._witnessed_until = loop.time() + holds
            return self._witnessed
