"""Waiting for thousands of accepted requests: one heap of due times, one budget of calls."""

from __future__ import annotations

import asyncio
import dataclasses
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import anyio

from freedompay_async.calls.error_hints import asked_to_wait
from freedompay_async.errors import StillProcessing
from freedompay_async.guards.arguments import check_number, check_type, check_whole, refusal
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.stream import stream
from freedompay_async.traffic.lane import Lane

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

    from freedompay_async.calls.session import Session

__all__ = ["as_completed"]

R = TypeVar("R")
# Operations that are put off in one go. More would hold up other calls on the loop.
_AT_ONCE: Final = 64


def as_completed(
    session: Session,
    operations: Iterable[Operation[R]],
    *,
    timeout: float | None,
    concurrency: int,
    rate: float | None,
) -> AsyncGenerator[Operation[R]]:
    """Yield each operation when it has ended.

    Raises:
        StillProcessing: some have not ended in `timeout` seconds; `request_ids` has them.
    """
    try:
        pending = list(operations)
    except TypeError:
        raise refusal("operations", operations, "Operations in a list") from None
    for each in pending:
        check_type(
            "operations", each, Operation, "Operations; attach(request_id) makes one of an id"
        )
    check_whole("concurrency", concurrency, unit="calls")
    if rate is not None:
        check_number("rate", rate, unit="calls a second")
    if timeout is not None:
        check_number("timeout", timeout, unit="seconds", endless=True)

    async def work(give: Callable[[Operation[R]], Awaitable[None]]) -> None:
        await _Watch(session, pending, timeout=timeout, concurrency=concurrency, rate=rate).run(
            give
        )

    def tell(error: asyncio.CancelledError) -> None:
        left = sum(not each.done for each in pending)
        error.add_note(f"{left} requests have not ended: go on with requests.attach")

    return stream(work, on_cancelled=tell)


class _Watch(Generic[R]):
    """Looks each operation up when it is due, and never more at once than `concurrency` allows."""

    def __init__(
        self,
        session: Session,
        operations: list[Operation[R]],
        *,
        timeout: float | None,
        concurrency: int,
        rate: float | None,
    ) -> None:
        # After a look-up without an answer an operation is due again later. It holds no place until
        # then.
        once = dataclasses.replace(session.policy, attempts=1)
        self._session = session.in_lane(
            Lane(concurrency=concurrency, rate=rate, within=session.shared.governor), policy=once
        )
        self._places = asyncio.Semaphore(concurrency)
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._deadline = inf if timeout is None else now + timeout
        self._pending = dict(enumerate(operations))
        # Times and numbers, in order and so a heap. When its time has come, an operation says
        # whether it is due.
        self._due = [(now, number) for number, each in self._pending.items() if not each.done]
        # For these the issuer asked for more time than there is.
        self._given_up: set[int] = set()
        self._woken = asyncio.Event()

    async def run(self, give: Callable[[Operation[R]], Awaitable[None]]) -> None:
        for number, operation in list(self._pending.items()):
            if operation.done:
                await give(operation)
                del self._pending[number]
        put_off = 0
        with anyio.move_on_after(self._deadline - self._loop.time()):
            async with anyio.create_task_group() as group:
                while len(self._pending) > len(self._given_up):
                    now = self._loop.time()
                    if self._due and self._due[0][0] <= now:
                        # The place is taken before the task is made: thousands of due ids do not
                        # make thousands of tasks.
                        await self._places.acquire()
                        _, number = heappop(self._due)
                        # The poll schedule may have changed since.
                        if self._put_off(number):
                            self._places.release()
                            put_off += 1
                            if not put_off % _AT_ONCE:
                                await asyncio.sleep(0)
                            continue
                        group.start_soon(self._look, number, give)
                        continue
                    self._woken.clear()
                    with anyio.move_on_after(self._due[0][0] - now if self._due else None):
                        await self._woken.wait()
        if self._pending:
            raise self._unfinished()

    async def _look(self, number: int, give: Callable[[Operation[R]], Awaitable[None]]) -> None:
        operation = self._pending[number]
        try:
            if not operation.done:
                await operation._look(self._session, None)
        finally:
            self._places.release()
        if operation.done:
            await give(operation)
            del self._pending[number]
        else:
            # When it comes up, it says whether it is due.
            heappush(self._due, (self._loop.time(), number))
        self._woken.set()

    def _put_off(self, number: int) -> bool:
        """Whether a look-up is too early; if there is time, it comes up again when it is due."""
        now, operation = self._loop.time(), self._pending[number]
        held_until = operation._held_until(self._deadline)
        if held_until >= self._deadline:
            self._given_up.add(number)
            return True
        pause = max(operation._pause(now, self._deadline), held_until - now)
        if pause > 0:
            heappush(self._due, (now + pause, number))
        return pause > 0

    def _unfinished(self) -> StillProcessing:
        ids = tuple(each.request_id for each in self._pending.values())
        held = [self._pending[number] for number in self._given_up]
        longest = max((each._asked_to_wait(self._deadline) for each in held), default=0.0)
        why = f" {asked_to_wait(longest, too_long=True)}" if held else ""
        error = StillProcessing(
            (
                f"{len(ids)} requests have not ended, and the waiting has stopped. Go on with "
                f"requests.attach; `request_ids` has them.{why}"
            ),
            retry_after=longest or None,
        )
        error.request_ids = ids
        if held:
            error.wait_too_long, error.__cause__ = True, held[0]._trouble
        return error
