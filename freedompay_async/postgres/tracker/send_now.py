"""Sends one request at once, for somebody who waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.postgres.tracker.steps import Step
from freedompay_async.postgres.tracker.store import no_such_request
from freedompay_async.postgres.tracker.tracked import TrackState
from freedompay_async.postgres.tracker.writing import Written

if TYPE_CHECKING:
    from freedompay_async.postgres.tracker.held import Held
    from freedompay_async.postgres.tracker.steps import Steps
    from freedompay_async.postgres.tracker.store import Store
    from freedompay_async.postgres.tracker.tracked import Tracked

__all__ = ["send_now"]

# Seconds between two looks at a row that a worker holds, or that is not due yet.
_FIRST_LOOK: Final = 0.03
_LOOKS: Final = 0.25
# Less is no time for a call.
_LEAST: Final = 0.02
# Seconds for which the database may take beyond the time, to write what came of a call.
_WRITES: Final = 0.5
_SETTLED: Final = (TrackState.DONE, TrackState.REFUSED, TrackState.UNKNOWN)


async def send_now(
    store: Store, steps: Steps, request_id: str, *, timeout: float, queue: bool | float
) -> Tracked:
    """Send a request and see how it goes on; arguments and errors as in `Tracker.send_now`."""
    deadline = asyncio.get_running_loop().time() + timeout
    try:
        async with asyncio.timeout_at(deadline + _WRITES):
            return await _until(deadline, store, steps, request_id, queue=queue)
    except TimeoutError as error:
        raise store.link.failed(error) from error


async def _until(
    deadline: float, store: Store, steps: Steps, request_id: str, *, queue: bool | float
) -> Tracked:
    loop = asyncio.get_running_loop()
    pause, tried = _FIRST_LOOK, False
    while True:
        left = deadline - loop.time()
        held = await store.take_one(request_id) if left > _LEAST and not tried else None
        if held is not None:
            # A step that could not be made is the worker's from then on.
            tried = await _step(store, steps, held, timeout=left, queue=queue)
            pause = _FIRST_LOOK
        state = await store.find(request_id)
        if state is None:
            raise no_such_request(request_id)
        left = deadline - loop.time()
        if state.state in _SETTLED or left <= 0.0 or (tried and state.tries):
            return state
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LOOKS)


async def _step(
    store: Store, steps: Steps, held: Held, *, timeout: float, queue: bool | float
) -> bool:
    """Make one step of a row that is held; whether it was not answered."""
    try:
        step = await steps.step(held, {"timeout": timeout, "queue": queue})
    except LeaseLost:
        store.drop(held)
        return False
    except asyncio.CancelledError:
        # Whoever waited has gone. What has left is asked about by whoever takes the row next.
        store.note(held, Step(_given_back(held)))
        raise
    try:
        # Where whoever waits goes now, it is written all the same, and nothing else may follow.
        await store.write(held, step)
    except LeaseLost:
        return False
    return step.error is not None and step.written.tries > 0


def _given_back(held: Held) -> Written:
    sends = held.next == "send"
    return Written(
        TrackState.SENT if sends else TrackState(held.state),
        held.next,
        tries=held.tries,
        trouble=held.trouble,
        error=held.error,
        error_code=held.error_code,
        refused=held.refused,
    )
