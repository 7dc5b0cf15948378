"""Which call an error has cost, wherever in it that is said. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

from freedompay_async.calls.cancelled import Lost, LostOutcome, mark_of
from freedompay_async.errors import FreedomPayError

__all__ = ["lost_in"]

_OF_DONE: Final = {None: LostOutcome.UNKNOWN, False: LostOutcome.NOT_DONE, True: LostOutcome.DONE}
# How much is known of a request, whoever says it.
_KNOWN: Final = (LostOutcome.UNKNOWN, LostOutcome.ACCEPTED, LostOutcome.DONE)
# What says more first: a call that may have been done must not hide behind one that did nothing.
_ORDER: Final = (LostOutcome.UNKNOWN, LostOutcome.ACCEPTED, LostOutcome.DONE, LostOutcome.NOT_DONE)


def lost_in(error: BaseException) -> Lost | None:
    """Find the call that an error has ended: its id, its method, and whether it may have been done.

        try:
            async with asyncio.timeout(5):
                operation = await fp.cards.issue(client_id=client_id, product_id=2000)
        except TimeoutError as error:
            lost = lost_in(error)
            if lost is not None and lost.outcome is LostOutcome.UNKNOWN:
                await fp.requests.attach(lost.request_id).refresh()

    It looks at the error, at its `__cause__` and `__context__`, and into groups. So it finds a
    cancelled call behind the `TimeoutError` of `asyncio.timeout`, of `asyncio.wait_for` and of
    `anyio.fail_after`. An error of this library says it itself (`done`). Of several calls it gives
    one: first of those that may have been done, and then the nearest. What one error has shown of
    a request, that it was accepted or done, holds for an older one that did not know it.

    Some code drops a cancellation, and leaves nothing to look at: `anyio.move_on_after`, and a task
    group whose tasks are cancelled, because one has failed or with the whole group, as by a time
    limit around it. Catch `asyncio.CancelledError` inside of it, call this function and raise the
    error again. The log has such a call too, as a WARNING.

    Returns:
        The call; `None`: no call of this library is behind the error.
    """
    found: list[Lost] = []
    seen, left = {id(error)}, deque([error])
    while left:
        each = left.popleft()
        lost = _lost(each)
        if lost is not None:
            found.append(lost)
        inside = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        for other in (*inside, each.__cause__, each.__context__):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                left.append(other)
    best: dict[str | None, LostOutcome] = {}
    for lost in found:
        if lost.request_id is not None and lost.outcome in _KNOWN:
            before = best.get(lost.request_id, lost.outcome)
            best[lost.request_id] = max(before, lost.outcome, key=_KNOWN.index)
    found = [
        lost
        for lost in found
        if lost.outcome not in _KNOWN or best.get(lost.request_id, lost.outcome) is lost.outcome
    ]
    return min(found, key=lambda lost: _ORDER.index(lost.outcome), default=None)


def _lost(error: BaseException) -> Lost | None:
    if not isinstance(error, FreedomPayError):
        return mark_of(error)
    if error.request_id is None and error.call is None and error.done is False:
        # Wrong settings, for one: there was no call.
        return None
    return Lost(error.request_id, error.call, _OF_DONE[error.done])
