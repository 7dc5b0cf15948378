"""Looks up thousands of requests when each is due: one heap of due times, one budget of calls."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import asynccontextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import anyio

from freedompay_async.calls.error_hints import asked_to_wait
from freedompay_async.contract.request_ids import is_uuid
from freedompay_async.errors import ConfigurationError, StillProcessing
from freedompay_async.guards.arguments import check_type
from freedompay_async.guards.waiting import Closing, end_of
from freedompay_async.operations.operation import Operation
from freedompay_async.traffic.lane import Lane

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Awaitable,
        Callable,
        Iterable,
    )

    from anyio.abc import TaskGroup

    from freedompay_async.calls.session import Session
    from freedompay_async.events.hub import Hub

__all__ = ["Watch", "check_operation"]

R = TypeVar("R")
# Operations that are put off in one go. More would hold up other calls on the loop.
_AT_ONCE: Final = 64
# A feed is asked for more only while fewer operations than this are about to be looked up, or have
# ended and wait for the reader.
_AHEAD: Final = 1_000
_FEED_IS_OPEN: Final = "The feed of operations had not ended, and may have more."
_GO_ON: Final = "Go on with requests.attach; `request_ids` has them."
_GO_ON_OR_ASK: Final = (
    "Go on with requests.attach, or ask with requests.status where an id is no UUID; `request_ids` "
    "has them."
)


def check_operation(session: Session, value: Operation[Any]) -> None:
    """Refuse an element of what is waited for.

    Raises:
        ConfigurationError: it is no `Operation`, or it is another client's.
    """
    want = "Operations; attach(request_id) makes one of an id"
    check_type("operations", value, Operation, want)
    if value._session.shared is not session.shared:
        # This client would ask with its own keys, and another merchant's ids are not known there.
        raise ConfigurationError(
            "operations: one of them is another client's. Wait for it with that client, or attach "
            "its request_id to this one. Nothing was sent.",
            request_id=value.request_id,
            call=value.call,
        )


class Watch(Generic[R]):
    """Looks each operation up when it is due, and never more at once than `concurrency` allows.

    Args:
        session: of the client.
        give: takes what has ended.
        hub: of those who listen to it.
        timeout: seconds for all; `None`: no end.
        concurrency: look-ups at once.
        rate: look-ups a second.
    """

    def __init__(
        self,
        session: Session,
        give: Callable[[Operation[R]], Awaitable[None]],
        *,
        hub: Hub,
        timeout: float | None,
        concurrency: int,
        rate: float | None,
    ) -> None:
        # After a look-up without an answer an operation is due again later. It holds no slot until
        # then.
        once = dataclasses.replace(session.policy, attempts=1)
        within = session.shared.governor
        lane = Lane(concurrency=concurrency, rate=rate, within=within, hub=hub)
        self._session = session.in_lane(lane, policy=once)
        self._give = give
        self._slots = asyncio.Semaphore(concurrency)
        self._loop = asyncio.get_running_loop()
        self._deadline = inf if timeout is None else self._loop.time() + timeout
        # By numbers, because an operation may be given twice.
        self._pending: dict[int, Operation[R]] = {}
        self._numbers = count()
        # Times, numbers, and whether the operation has been put off: a heap. When its time has
        # come, an operation says whether it is due.
        self._due: list[tuple[float, int, bool]] = []
        self._put_off = 0
        # For these the issuer asked for more time than there is.
        self._given_up: set[int] = set()
        # What is being looked up, each with the other numbers under which it was given too.
        self._looking: dict[Operation[R], list[int]] = {}
        self._reading = self._over = False
        self._woken, self._room = asyncio.Event(), asyncio.Event()

    @property
    def left(self) -> int:
        """How many of the given operations have not ended."""
        return sum(not each.done for each in self._pending.values())

    async def run(
        self, operations: Iterable[Operation[R]], feed: AsyncIterable[Operation[R]] | None
    ) -> None:
        """Give each operation when it has ended.

        Args:
            operations: what is waited for from the beginning.
            feed: gives more of them meanwhile. It is closed in the end.

        Raises:
            StillProcessing: some have not ended in time, or the feed has not.
        """
        ended = [each for each in operations if each.done]
        for operation in operations:
            if not operation.done:
                number = next(self._numbers)
                self._pending[number] = operation
                self._push(self._loop.time(), number)
        for operation in ended:
            await self._give(operation)
        self._reading = feed is not None
        # The feed has a task outside of the group, because anyio cancels what is in a group again
        # and again, and the feed could not close what it holds.
        reader = None if feed is None else asyncio.create_task(self._read(feed))
        try:
            with anyio.move_on_after(self._deadline - self._loop.time()):
                async with anyio.create_task_group() as group:
                    if reader is not None:
                        reader.add_done_callback(partial(self._feed_is_over, group.cancel_scope))
                    await self._look_up(group)
        finally:
            stopped = reader is not None and not reader.done()
            self._over = True
            if reader is not None:
                reader.cancel()
                await end_of(reader)
        failed = None if reader is None or reader.cancelled() else reader.exception()
        await self._give_ended()
        if failed is not None and not stopped:
            raise failed
        if self._pending or self._reading:
            error = self._unfinished()
            if error.__cause__ is None:
                # What the feed raises while it is closed must not hide the ids.
                error.__cause__ = failed
            raise error

    async def _give_ended(self) -> None:
        """Give what has ended, and was not given before the end of the waiting."""
        for number, operation in list(self._pending.items()):
            if operation.done:
                await self._give(operation)
                del self._pending[number]
                self._given_up.discard(number)

    def _feed_is_over(self, scope: anyio.CancelScope, reader: asyncio.Task[None]) -> None:
        if reader.cancelled() or reader.exception() is not None:
            scope.cancel()

    async def _read(self, feed: AsyncIterable[Operation[R]]) -> None:
        """Take operations from the feed, and no faster than they are looked up."""
        async with _closed(aiter(feed)) as operations:
            async for each in operations:
                check_operation(self._session, each)
                number = next(self._numbers)
                self._pending[number] = each
                if self._over:
                    # The feed has dropped its cancellation, and there is no other.
                    return
                if each.done:
                    await self._give(each)
                    del self._pending[number]
                    continue
                self._push(self._loop.time(), number)
                if not number % _AT_ONCE:
                    # A feed may have all of them at hand, and never wait.
                    await asyncio.sleep(0)
                while len(self._pending) - self._put_off - len(self._given_up) >= _AHEAD:
                    self._room.clear()
                    await self._room.wait()
        self._reading = False
        self._woken.set()

    def _push(self, at: float, number: int, *, put_off: bool = False) -> None:
        heappush(self._due, (at, number, put_off))
        self._put_off += put_off
        self._woken.set()

    async def _look_up(self, group: TaskGroup) -> None:
        put_off = 0
        while self._reading or len(self._pending) > len(self._given_up):
            now = self._loop.time()
            if not self._due or self._due[0][0] > now:
                self._woken.clear()
                with anyio.move_on_after(self._due[0][0] - now if self._due else None):
                    await self._woken.wait()
                continue
            # The slot is taken before the task is made: thousands of due ids do not make
            # thousands of tasks.
            await self._slots.acquire()
            _, number, was_put_off = heappop(self._due)
            self._put_off -= was_put_off
            # The poll schedule may have changed since.
            if self._is_due(number):
                self._looking[self._pending[number]] = []
                group.start_soon(self._look, number)
                continue
            self._slots.release()
            self._room.set()
            put_off += 1
            if not put_off % _AT_ONCE:
                await asyncio.sleep(0)

    async def _look(self, number: int) -> None:
        operation = self._pending[number]
        try:
            if not operation.done:
                await operation._look(self._session, None)
        finally:
            self._slots.release()
            same = self._looking.pop(operation)
        # When one comes up, it says whether it is due.
        now = self._loop.time()
        for each in same:
            self._push(now, each)
        if operation.done:
            await self._give(operation)
            del self._pending[number]
            self._room.set()
            self._woken.set()
        else:
            self._push(now, number)

    def _is_due(self, number: int) -> bool:
        """Whether to look it up now; if not, and if there is time, it comes up again."""
        now, operation = self._loop.time(), self._pending[number]
        if operation in self._looking:
            self._looking[operation].append(number)
            return False
        held_until = operation._times.held_until(self._deadline)
        if held_until >= self._deadline:
            self._given_up.add(number)
            return False
        pause = max(operation._pause(now, self._deadline), held_until - now)
        if pause > 0:
            self._push(now + pause, number, put_off=True)
        return pause <= 0

    def _unfinished(self) -> StillProcessing:
        ids = tuple(each.request_id for each in self._pending.values())
        held = [self._pending[number] for number in self._given_up]
        longest = max((each._times.asked_to_wait(self._deadline) for each in held), default=0.0)
        parts = [f"{len(ids)} requests have not ended, and the waiting has stopped."]
        parts += [_FEED_IS_OPEN] if self._reading else []
        parts += [_GO_ON if all(map(is_uuid, ids)) else _GO_ON_OR_ASK] if ids else []
        parts += [asked_to_wait(longest, too_long=True)] if held else []
        error = StillProcessing(" ".join(parts), retry_after=longest or None)
        error.request_ids = ids
        if held:
            error.wait_too_long, error.__cause__ = True, held[0]._times.trouble
        return error


@asynccontextmanager
async def _closed(iterator: AsyncIterator[R]) -> AsyncGenerator[AsyncIterator[R]]:
    """The iterator, which is closed in the end if it can be."""
    try:
        yield iterator
    finally:
        if isinstance(iterator, Closing):
            await iterator.aclose()
