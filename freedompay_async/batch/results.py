"""The result of an accepted request, and the operation of one that can only be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from freedompay_async.batch.ending import not_all_named
from freedompay_async.batch.run_resources import too_long
from freedompay_async.batch.stopping import Stopped, Wait
from freedompay_async.errors import OutcomeUnknown, StillProcessing
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.calls import Call

__all__ = ["looked_up", "result_of"]

R = TypeVar("R")


async def result_of(shared: RunResources, operation: Operation[R]) -> R:
    """The result, for which the row waits `Limits.wait` seconds at most.

    The time in which its look-ups waited for their turns does not count.

    Raises:
        Ended: it was done, and the issuer has not named all that it made.
        Held: the issuer asks to wait for longer than there is time.
        Stopped: the run stops, or the request has not ended in time.
        OutcomeUnknown: the issuer accepted it, and does not know it any more.
        RequestFailed: it failed.
    """
    limits, wait = shared.limits, shared.limits.wait
    if operation.done:
        return await operation.result()
    shared.progress.waiting += 1
    shared.room.set()
    try:
        while True:
            before = operation._waited.seconds
            try:
                with Wait(shared.stopping):
                    result = await operation._end_in(wait)
                shared.held_questions = 0
                return result
            except StillProcessing as error:
                in_queue = operation._waited.seconds - before
                if in_queue > 0:
                    # Not less than one look-up may take, or its answer would come too late.
                    wait = max(in_queue, min(limits.wait, shared.session.policy.attempt_timeout))
                    continue
                if error.wait_too_long:
                    if shared.witness == operation.request_id:
                        # The outage check asks about another request from now on.
                        shared.witness = None
                    raise too_long(error, "wait", limits, question=True) from error
                if error.done:
                    raise not_all_named(
                        error.call or "", error.card_ids, request_id=operation.request_id
                    ) from error
                if operation.answer is None and error.__cause__ is None:
                    raise OutcomeUnknown(
                        "the issuer accepted it, and request/status does not know it.",
                        request_id=operation.request_id,
                    ) from error
                raise Stopped from error
    finally:
        shared.progress.waiting -= 1


async def looked_up(
    shared: RunResources, call: Call[R], request_id: str, *, changed: str | None = None
) -> Operation[R]:
    """The operation of an intent whose bytes can't be made again.

    `changed`: how the contract of the call has changed since the batch was planned.
    """
    state = await shared.ask_patiently(request_id)
    if state is None:
        why = f": the contract of {call.name} has changed since the batch was planned ({changed})"
        raise OutcomeUnknown(
            "it was sent by an earlier run, the issuer does not know the id, and the same "
            f"bytes can't be made again to re-send it{'' if changed is None else why}.",
            request_id=request_id,
        )
    return Operation(shared.session, call, request_id, state)
