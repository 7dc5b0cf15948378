"""One pass over the rows of a batch that have not ended: how many at once, what they share, and how
the pass ends.
"""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

import anyio

from freedompay_async.batch.entries import standing, unfinished
from freedompay_async.batch.first_check import FirstCheck
from freedompay_async.batch.outage import PatientLane
from freedompay_async.batch.refusals import Refusals
from freedompay_async.batch.row_flow import RowFlow
from freedompay_async.batch.row_steps import RowSteps
from freedompay_async.batch.run_resources import RunResources
from freedompay_async.batch.stopping import Held, Stopped, Stopping
from freedompay_async.batch.writes import clock_was_set_back
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    JournalError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.entries import Entry, Standing
    from freedompay_async.batch.first_check import Check
    from freedompay_async.batch.journal.sqlite import Journal
    from freedompay_async.batch.limits import Limits, Progress
    from freedompay_async.batch.plan import Plan
    from freedompay_async.batch.report import Outcome
    from freedompay_async.calls.session import Session
    from freedompay_async.traffic.lane import Lane

__all__ = ["Run"]

# Rows that begin in one go: more would hold up other calls on the loop.
_AT_ONCE: Final = 16
# Of a few rows in a row nothing is concluded, however few are on the way at once.
_FEWEST_HELD: Final = 16
# What ends the whole run.
_FATAL: Final = (AuthenticationError, ConfigurationError, JournalError)


class Run:
    """One pass over the rows that have not ended."""

    def __init__(
        self,
        session: Session,
        journal: Journal,
        limits: Limits,
        progress: Progress,
        plan: Callable[[], Awaitable[Plan]],
        *,
        check_first: Check,
    ) -> None:
        # What was not sent comes back at once, so that the run decides for all rows together when
        # to try again.
        once = dataclasses.replace(session.policy, attempts=1)
        self._lane: Final = PatientLane(
            concurrency=limits.concurrency,
            rate=limits.rate,
            within=session.shared.governor,
            longest=limits.outage,
            progress=progress,
            end=self._end_with,
        )
        self._session: Final = session.in_lane(self._lane, timeout=limits.settle, policy=once)
        self._journal: Final = journal
        self._read_plan: Final = plan
        self._limits: Final = limits
        self._progress: Final = progress
        self._check_first: Final = check_first
        # A row that waits for the issuer makes no call, so many more rows than calls; and no more
        # than that where the issuer is quick, because every row costs memory and time. Where calls
        # are rationed, only as many rows as they serve, so that none waits long for its turn to
        # ask.
        rationed = [] if limits.rate is None else [max(1, int(limits.rate * 5))]
        self._most_rows: Final = min([limits.concurrency * 8, *rationed])
        # On the way, and ready to follow: enough that no place waits for a slow sync.
        ahead = max(limits.concurrency // 2, 1)
        self._most_active: Final = min(limits.concurrency + ahead, self._most_rows)
        self._room: Final = asyncio.Event()
        # What is on the disk and waits for its turn is asked about if the run is killed, and after
        # an hour nobody can tell that it was not sent, so it is not all of them.
        self._ahead: Final = asyncio.Semaphore(min(ahead, self._most_rows))
        self._stopping: Final = Stopping()
        self._full = False
        self._fatal: FreedomPayError | None = None
        self._cards = self._most_cards = 0
        self._shared: RunResources | None = None

    def stop(self) -> None:
        """Start no new row; settle what is on the way."""
        self._lane.close()
        self._stopping.stop()
        self._room.set()

    async def work(self, give: Callable[[Outcome], Awaitable[None]]) -> None:
        """Every row that has not ended.

        Raises:
            AuthenticationError: the issuer refuses this merchant; the rows are left as they are.
            ConfigurationError: a guard stopped the run.
            JournalError: the journal can't be written.
            NotSent: there was no answer at all for too long.
        """
        plan = await self._read_plan()
        before = await standing(self._journal)
        shared = self._begin(plan, before)
        first = FirstCheck(shared, self._check_first, remembered=before.check_all)
        steps = RowSteps(shared, first, Refusals(shared), guard=self._guard, ahead=self._ahead)
        flow = RowFlow(shared, steps)
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._lane.watch, self._knock)
            await self._check(first, rows=plan.rows, begun=before.begun)
            await self._each(flow, give)
            watch.cancel_scope.cancel()
        clock_was_set_back(self._journal, shared.clock.now()[1])
        if self._fatal is not None:
            raise self._fatal

    def _begin(self, plan: Plan, before: Standing) -> RunResources:
        self._progress.rows, self._progress.earlier = plan.rows, before.ended
        self._cards, self._most_cards = (
            before.cards,
            min(plan.rows, self._limits.max_cards or plan.rows),
        )
        self._shared = RunResources(
            session=self._session,
            lane=self._lane,
            journal=self._journal,
            limits=self._limits,
            progress=self._progress,
            settings=plan.settings,
            clock=before.clock,
            witness=before.witness,
            changed=before.changed,
            stopping=self._stopping,
            room=self._room,
        )
        return self._shared

    async def _check(self, first: FirstCheck, *, rows: int, begun: bool) -> None:
        try:
            await first.begin(rows=rows, begun=begun)
        except Stopped:
            pass
        except _FATAL as error:
            self._end_with(error)

    async def _each(self, flow: RowFlow, give: Callable[[Outcome], Awaitable[None]]) -> None:
        # asyncio's own group, because a task of it costs half of one of anyio's, and there is one
        # for each row.
        async with aclosing(unfinished(self._journal)) as rows, asyncio.TaskGroup() as group:
            async for row in rows:
                await self._place()
                if self._stopping.now or self._full:
                    break
                self._progress.in_progress += 1
                if not self._progress.in_progress % _AT_ONCE:
                    await asyncio.sleep(0)
                group.create_task(self._row(flow, row, give))

    async def _row(
        self, flow: RowFlow, row: Entry, give: Callable[[Outcome], Awaitable[None]]
    ) -> None:
        progress = self._progress
        try:
            outcome = await flow.issue(row)
            progress.count(outcome.state)
            await give(outcome)
        except Held as held:
            progress.left += 1
            self._left_because(held)
        except Stopped:
            progress.left += 1
        except _FATAL as error:
            progress.left += 1
            self._end_with(error)
        finally:
            progress.in_progress -= 1
            self._room.set()

    def _left_because(self, held: Held) -> None:
        """Of one row that the issuer asked to wait with for too long; the others go on.

        More of them in a row than can be on the way at once: what was sent after the first has
        fared no better, and the run stops. Each of them has sent its request, which may be sent
        again for an hour only. Where only questions are held, others are counted alike.
        """
        self._progress.trouble = self._progress.left_because = str(held)
        if self._shared is not None:
            self._shared.held += not held.question
            self._shared.held_questions += held.question
            if max(self._shared.held, self._shared.held_questions) > max(
                self._limits.concurrency, _FEWEST_HELD
            ):
                self.stop()

    async def _place(self) -> None:
        """Until there is room for one more row."""
        progress = self._progress
        while not self._stopping.now and (
            progress.rows_at_work >= self._most_rows or progress.rows_active >= self._most_active
        ):
            self._room.clear()
            await self._room.wait()

    async def _knock(self, lane: Lane) -> None:
        """A harmless question; the lane hears what becomes of it.

        What an issuer says of an id that it does not know is not public.
        """
        with suppress(FreedomPayError):
            await self._session.in_lane(lane).look_up(
                (self._shared and self._shared.witness) or new_request_id()
            )

    def _end_with(self, error: FreedomPayError) -> None:
        self._fatal = self._fatal or error
        self.stop()

    def _guard(self, step: str, counted: bool) -> None:  # noqa: FBT001
        self._stopping.check()
        if self._full:
            raise Stopped
        if step == "card" and not counted:
            if self._cards >= self._most_cards:
                guard = (
                    f"stopped before card {self._cards + 1}: at most {self._most_cards} are "
                    "allowed. The rows that are left can be resumed."
                )
                # What is allowed already goes on, so that as many as are allowed are made.
                self._fatal, self._full = self._fatal or ConfigurationError(guard), True
                self._room.set()
                raise Stopped
            self._cards += 1
