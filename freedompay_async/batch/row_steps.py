"""One step of a row: it is looked up if it may have been sent before, or recorded and then sent.

`row_sending.py` sends it, and `row_flow.py` has the order of the steps.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, TypeVar

from freedompay_async.batch.ending import Ended, failed
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.input.documents import DocumentProblem
from freedompay_async.batch.outcome import State
from freedompay_async.batch.results import looked_up, result_of
from freedompay_async.batch.row_sending import RowSending
from freedompay_async.batch.send import Send
from freedompay_async.batch.stopping import Unreadable
from freedompay_async.batch.used_before import used_before
from freedompay_async.errors import (
    DuplicateRequest,
    OutcomeUnknown,
    ProtocolError,
    RequestFailed,
)
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.entries import Earlier, Entry
    from freedompay_async.batch.first_check import FirstCheck
    from freedompay_async.batch.refusals import Refusals
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId, RequestState
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["UNKNOWN", "RowSteps"]

R = TypeVar("R")
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
        self._sending: Final = RowSending(shared, guard=guard, ahead=ahead)
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
                return await self._without_document(call, request_id, earlier, error), False
            body.request_id = request_id
            if earlier is not None and earlier.body_sha256:
                resources = shared.session.shared
                made = resources.encode(call, body)
                if resources.fingerprint(call, made) != earlier.body_sha256:
                    changed = shared.changed.get(call.name)
                    return await looked_up(shared, call, request_id, changed=changed), False
            sent_before = None if earlier is None else shared.clock.sends_of(earlier)
            options: ChangeOptions = {"request_id": request_id}
            own = earlier is not None
            bytes_known = earlier is not None and bool(earlier.body_sha256)
            send = Send(row, step, call, body, options, sent_before, bytes_known, bytes_known)
            # A known request is our own only where the answer to an earlier send of ours was lost.
            # After a 429, or an id that was unknown just before, somebody else may have used it.
            try:
                operation: Operation[R] = await self._sending.carry_out(send)
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

    async def _without_document(
        self, call: Call[R], request_id: str, earlier: Earlier | None, error: DocumentProblem
    ) -> Operation[R]:
        """The operation of a step whose body can't be made here, if the issuer knows it.

        Raises:
            Ended: nothing was sent, and nobody else works on the batch.
            Unreadable: another machine may have the document.
        """
        shared = self._shared
        if not shared.journal.shared:
            if earlier is None:
                raise Ended(
                    State.PLANNED,
                    f"nothing was sent: {error}. Put the planned document back, and resume",
                ) from error
            return await looked_up(shared, call, request_id)
        state = None if earlier is None else await shared.ask_patiently(request_id)
        if state is None:
            raise Unreadable(f"handed back, because this machine can't send it: {error}") from error
        return Operation(shared.session, call, request_id, state)
