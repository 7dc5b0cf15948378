"""One step of a row: it is looked up if it may have been sent before, or recorded and then sent.

An intent is in the journal before it is sent: `RowSteps._record_and_start` is the only place of a
batch that sends one. `row_flow.py` has the order of the steps.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from freedompay_async.batch.ending import Ended, failed
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.input.documents import DocumentProblem
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.outcome import State
from freedompay_async.batch.results import looked_up, result_of
from freedompay_async.batch.run_resources import too_long
from freedompay_async.batch.send import Send
from freedompay_async.batch.stopping import Stopped, Wait
from freedompay_async.batch.used_before import used_before
from freedompay_async.calls.compose import Composer
from freedompay_async.errors import (
    DuplicateRequest,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.first_check import FirstCheck
    from freedompay_async.batch.refusals import Refusals
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId, RequestState
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["UNKNOWN", "RowSteps"]

R = TypeVar("R")
# Seconds between two tries of a row that can't be sent although the issuer can be reached.
_LONGEST_PAUSE: Final = 30.0
UNKNOWN: Final = (OutcomeUnknown, DuplicateRequest, ProtocolError)
"""Errors after which it is not known whether a step was done."""


class RowSteps:
    """Carries out the steps of rows.

    Args:
        shared: resources of the run.
        first: decides which rows are looked up before their first send.
        refusals: looks up refused steps again.
        guard: called with the step before its intent is recorded, and with whether it was called
            for that intent before. It raises where the step must not be sent.
        ahead: slots for intents that are recorded and wait to be sent.
    """

    def __init__(
        self,
        shared: RunResources,
        first: FirstCheck,
        refusals: Refusals,
        *,
        guard: Callable[[str, bool], None],
        ahead: asyncio.Semaphore,
    ) -> None:
        self._shared: Final = shared
        self._first: Final = first
        self._refusals: Final = refusals
        self._guard: Final = guard
        self._ahead: Final = ahead
        # A document has up to 2 MB, so only some of the rows in progress may hold theirs.
        self._documents: Final = asyncio.Semaphore(shared.limits.concurrency * 2)

    async def step(
        self, row: Entry, step: str, call: Call[R], compose: Callable[[], Awaitable[BodyWithId]]
    ) -> R:
        """The result of a step.

        Raises:
            Ended: the row ends with it.
        """
        try:
            operation = await self._begun_earlier(row, step, call)
            if operation is None:
                operation, used = await self._sent(row, step, call, compose)
                await self._check_use(row, step, operation.answer, used=used)
                self._shared.journal.accepted(row, step)
            result = await result_of(self._shared, operation)
            self._shared.journal.step_ended(row, step)
            return result
        except (RequestFailed, *UNKNOWN) as error:
            raise failed(row, error) from error

    async def _begun_earlier(self, row: Entry, step: str, call: Call[R]) -> Operation[R] | None:
        """The operation of a step that needs no send; `None`: it has to be sent."""
        request_id, earlier = row.request_id(step, self._shared.settings), row.sent.get(step)
        if earlier is not None and earlier.accepted:
            return Operation(self._shared.session, call, request_id, surely_accepted=True)
        if row.refused or (earlier is not None and earlier.refused):
            operation, used = await self._refusals.of_an_earlier_run(row, step, call, earlier)
            await self._check_use(row, step, operation.answer, used=used)
            return operation
        if earlier is not None or not self._first.asks(row, step):
            return None
        state = await self._first.state(request_id)
        if state is None and row.found and step == "client":
            raise OutcomeUnknown(
                "the issuer knew the request id of this row's client before, and does not know it "
                "any more; nothing was sent.",
                request_id=request_id,
                call=call.name,
            )
        if state is None:
            return None
        await self._check_use(row, step, state, used=True)
        return Operation(self._shared.session, call, request_id, state)

    async def _check_use(
        self, row: Entry, step: str, state: RequestState | None, *, used: bool
    ) -> None:
        """Let a row that was used before this journal go on only if somebody has accepted that.

        Raises:
            Ended: nobody has.
        """
        if not used or row.found:
            return
        row.found = True
        if not row.accepted_found:
            # Written at once: a run that is killed here must not be resumed as if the use were
            # its own.
            await self._shared.journal.go_on(row)
            raise await used_before(self._shared, row, step, state)

    async def _sent(
        self, row: Entry, step: str, call: Call[R], compose: Callable[[], Awaitable[BodyWithId]]
    ) -> tuple[Operation[R], bool]:
        """Send a step; its operation, and whether its id was used before this journal used it."""
        shared, earlier = self._shared, row.sent.get(step)
        request_id = row.request_id(step, shared.settings)
        has_document = step == "client" and row.planned.row.document is not None
        async with self._documents if has_document else nullcontext():
            try:
                body = await compose()
            except DocumentProblem as error:
                if earlier is None:
                    raise Ended(
                        State.PLANNED,
                        f"nothing was sent: {error}. Put the planned document back, and resume",
                    ) from error
                return await looked_up(shared, call, request_id), False
            body.request_id = request_id
            if earlier is not None:
                resources = shared.session.shared
                made = resources.encode(call, body)
                if resources.fingerprint(call, made) != earlier.body_sha256:
                    changed = shared.changed.get(call.name)
                    return await looked_up(shared, call, request_id, changed=changed), False
            sent_at = None if earlier is None else shared.clock.sent_at(earlier.sent_at)
            options: ChangeOptions = {"request_id": request_id}
            own = earlier is not None
            send = Send(row, step, call, body, options, sent_at)
            # A known request is our own only where the answer to an earlier send of ours was lost.
            # After a 429, or an id that was unknown just before, somebody else may have used it.
            try:
                operation: Operation[R] = await self._carried_out(send)
            except (RequestFailed, OutcomeUnknown, DuplicateRequest) as error:
                if error.proved or not (error.refused or isinstance(error, DuplicateRequest)):
                    raise
                refused, shared.held = error, 0
            else:
                shared.witness, shared.held = request_id, 0
                found = operation.answer is not None and operation.answer.found
                return operation, found and not own
        refusal = Refusal.OWN if own else Refusal.PERHAPS_USED
        return await self._refusals.of_this_run(row, step, call, refused, refusal=refusal)

    async def _carried_out(self, send: Send) -> Operation[Any]:
        """Send an intent until it is answered: an outage or a limit is no fault of its row.

        Raises:
            Held: the issuer asks to wait for longer than there is time.
        """
        shared, pause, waited = self._shared, 1.0, 0.0
        while True:
            try:
                return await self._record_and_start(send)
            except NotSent:
                self._take_back(send)
                # Others are answered and this one can't be sent, so trying harder does not help.
                wait, pause = pause * (1.0 + random()), min(pause * 2, _LONGEST_PAUSE)
            except RateLimited as error:
                send.answered = True
                asked = error.retry_after or 0.0
                if asked >= shared.limits.settle:
                    raise too_long(error, "settle", shared.limits) from error
                if waited >= shared.limits.outage:
                    raise too_long(error, "outage", shared.limits) from error
                shared.progress.trouble = error.text
                wait = asked + 1.0 + random()
                waited += wait
            except OutcomeUnknown as error:
                if error.wait_too_long and not error.refused:
                    raise too_long(error, "settle", shared.limits) from error
                if shared.stopping.now and not error.refused:
                    raise Stopped from error
                raise
            with Wait(shared.stopping):
                await anyio.sleep(wait)

    async def _record_and_start(self, send: Send) -> Operation[Any]:
        """Sign an intent, write it into the journal, then send it.

        A stop of the run ends the waits for the signer, for a slot and to leave. It does not end
        the write, nor anything after the request has left.
        """
        if send.sent_at is not None:
            return await self._start(send, partial(self._check_lease, send.row))
        has_slot, left = False, False
        # A signer may be slow. It is asked first, so that no recorded intent and no slot waits.
        signed = self._shared.session.sign(send.call, send.body, send.options)
        if not isinstance(signed, Composer):
            with Wait(self._shared.stopping):
                signed = await signed

        def on_leave() -> None:
            nonlocal left
            self._check_lease(send.row)
            left = True
            wait.off()
            give_slot_back()

        def give_slot_back() -> None:
            nonlocal has_slot
            if has_slot:
                has_slot = False
                self._ahead.release()

        try:
            if not send.recorded:
                with Wait(self._shared.stopping):
                    await self._ahead.acquire()
                has_slot = True
                await self._record(send, signed.body)
            with Wait(self._shared.stopping) as wait:
                return await self._start(send, on_leave, signed)
        except BaseException:
            if not left:
                self._take_back(send)
            raise
        finally:
            give_slot_back()

    async def _record(self, send: Send, body: bytes) -> None:
        shared = self._shared
        self._guard(send.step, send.counted)
        send.counted = True
        now, set_back = shared.clock.now()
        await shared.journal.record_intent(
            send.row,
            send.step,
            request_id=send.body.request_id,
            body_sha256=shared.session.shared.fingerprint(send.call, body),
            sent_at=now,
            set_back=set_back,
        )
        send.recorded = True

    def _check_lease(self, row: Entry) -> None:
        """Keep a request from leaving whose row another run may have by now."""
        if not self._shared.journal.holds(row):
            raise LeaseLost

    async def _start(
        self,
        send: Send,
        on_leave: Callable[[], None],
        signed: Composer | None = None,
    ) -> Operation[Any]:
        return await start(
            self._shared.session,
            send.call,
            send.body,
            send.options,
            sent_at=send.sent_at,
            on_leave=on_leave,
            ask_once=True,
            signed=signed,
        )

    def _take_back(self, send: Send) -> None:
        """Forget an intent that was surely not sent.

        Nobody waits for this write: if it is lost, the next run only asks about the intent once.
        """
        if send.recorded and not send.answered and send.sent_at is None:
            self._shared.journal.take_back(send.row, send.step)
            send.recorded = False
