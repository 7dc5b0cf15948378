"""One pass over the rows of a batch that have not ended: how many rows at once, the resources they
share, and the end of the pass.
"""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio

from freedompay_async.batch.clock import Clock
from freedompay_async.batch.contracts import changed_since
from freedompay_async.batch.documents import DocumentPlace
from freedompay_async.batch.first_check import SAMPLE, FirstCheck
from freedompay_async.batch.held_rows import HeldRows
from freedompay_async.batch.journal.records import Fact
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.limits import plain_numbers
from freedompay_async.batch.outage import PatientLane
from freedompay_async.batch.refusals import Refusals
from freedompay_async.batch.row_events import tell_of_row
from freedompay_async.batch.row_flow import RowFlow
from freedompay_async.batch.row_steps import RowSteps
from freedompay_async.batch.run_resources import RunResources
from freedompay_async.batch.stopping import Held, Stopped, Stopping, Wait
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    JournalError,
    NotSent,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.first_check import Check
    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.journal.records import EarlierRuns
    from freedompay_async.batch.lease import Owner
    from freedompay_async.batch.limits import Limits
    from freedompay_async.batch.outcome import Outcome
    from freedompay_async.batch.plan import Plan
    from freedompay_async.batch.progress import Progress
    from freedompay_async.calls.session import Session
    from freedompay_async.events.hub import Hub
    from freedompay_async.traffic.lane import Lane

__all__ = ["Run"]

# Rows that begin in one go: more would hold up other calls on the loop.
_AT_ONCE: Final = 16
# Seconds in which connections are opened beforehand. They take slots meanwhile.
_OPENING: Final = 1.0
# A few held rows prove nothing, however few are in flight at once.
_FEWEST_HELD: Final = 16
# Errors that end the whole run.
_FATAL: Final = (AuthenticationError, ConfigurationError, JournalError)


class Run:
    """One pass over the rows that have not ended."""

    def __init__(
        self,
        session: Session,
        journal: BatchJournal,
        limits: Limits,
        progress: Progress,
        plan: Callable[[], Awaitable[Plan]],
        *,
        hub: Hub,
        owner: Owner,
        check_first: Check,
        documents: str | None,
    ) -> None:
        # A call that was not sent returns at once: the run decides for all rows together when to
        # try again.
        once = dataclasses.replace(session.policy, attempts=1)
        self._lane: Final = PatientLane(
            concurrency=limits.concurrency,
            rate=None if limits.rate is None else journal.shared_rate(limits.rate),
            within=session.shared.governor,
            hub=hub,
            longest=limits.outage,
            progress=progress,
            end=self._end_with,
            outage_began=partial(journal.outage_began, owner),
            outage_ended=partial(journal.outage_ended, owner),
        )
        self._session: Final = session.in_lane(self._lane, timeout=limits.settle, policy=once)
        self._journal: Final = journal
        self.owner: Final = owner
        self._read_plan: Final = plan
        self._limits: Final = limits
        self._progress: Final = progress
        self._check_first: Final = check_first
        self._documents: Final = documents
        # A row that waits for the issuer makes no call, so there are more rows than calls. They
        # have a limit, because every row costs memory and time. Under a rate there are only as many
        # rows as the rate serves, so that no look-up waits long in the queue.
        rationed = [] if limits.rate is None else [max(1, int(limits.rate * 5))]
        self._most_rows: Final = min([limits.concurrency * 8, *rationed])
        # Rows in flight, and rows that are ready to follow, so that no slot waits for a slow sync.
        ahead = max(limits.concurrency // 2, 1)
        self._most_active: Final = min(limits.concurrency + ahead, self._most_rows)
        self._room: Final = asyncio.Event()
        # An intent that is recorded and waits to be sent has to be looked up if the run is killed,
        # and after an hour nothing proves that it was not sent. So few of them wait.
        self._ahead: Final = asyncio.Semaphore(min(ahead, self._most_rows))
        self._stopping: Final = Stopping()
        self._held: Final = HeldRows(
            journal,
            owner,
            progress,
            self._stopping,
            active=self._most_active,
            stop=self.stop,
            fail=self._end_with,
            used_up=self._used_up,
        )
        self._full = False
        self._fatal: FreedomPayError | None = None
        self._cards = self._most_cards = 0
        self._shared: RunResources | None = None

    @property
    def lost(self) -> bool:
        """Whether it has lost its rows, and was not to stop anyhow."""
        return self._held.lost

    def stop(self) -> None:
        """Start no new row; settle the calls in flight."""
        self._lane.close()
        self._stopping.stop()
        self._room.set()

    async def work(self, give: Callable[[Outcome], Awaitable[None]]) -> None:
        """Work on every row that has not ended, and give its outcome to `give`.

        Raises:
            AuthenticationError: the issuer refuses this merchant; the rows are left as they are.
            ConfigurationError: a guard stopped the run.
            JournalError: the journal can't be written.
            NotSent: there was no answer at all for too long.
        """
        plan = await self._read_plan()
        before, facts = await self._journal.earlier_runs(), await self._journal.facts()
        shared = self._begin(plan, before, facts)
        first = FirstCheck(shared, self._check_first)
        first.remember(facts)
        self._journal.begin_run(self.owner, plain_numbers(self._limits))
        steps = RowSteps(shared, first, Refusals(shared), guard=self._guard, ahead=self._ahead)
        flow = RowFlow(shared, steps)
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._lane.watch, self._knock)
            watch.start_soon(self._held.renew)
            await self._check(
                first,
                rows=plan.rows,
                begun=before.begun,
                asking=lambda: watch.start_soon(self._open_connections, plan.rows),
            )
            await self._each(flow, give)
            watch.cancel_scope.cancel()
        self._journal.clock_set_back(self.owner, shared.clock.now()[1])
        if self._fatal is not None:
            raise self._fatal

    def _begin(self, plan: Plan, before: EarlierRuns, facts: Mapping[Fact, str]) -> RunResources:
        self._lane.hub.lane = f"batch {plan.settings['batch']}"
        self._progress.rows, self._progress.earlier = plan.rows, before.ended
        # Others may still take back what they have written, and this run orders it.
        most, self._cards = plan.rows + before.cards * self._journal.shared, before.cards
        self._most_cards = min(most, self._limits.max_cards or most)
        self._shared = RunResources(
            session=self._session,
            lane=self._lane,
            journal=self._journal,
            limits=self._limits,
            progress=self._progress,
            settings=plan.settings,
            clock=Clock(newest=before.newest, set_back=before.set_back),
            witness=before.witness,
            changed=changed_since(facts),
            documents=DocumentPlace(facts.get(Fact.DOCUMENTS), self._documents),
            stopping=self._stopping,
            room=self._room,
        )
        return self._shared

    async def _check(
        self, first: FirstCheck, *, rows: int, begun: bool, asking: Callable[[], object]
    ) -> None:
        try:
            with Wait(self._stopping) as wait:
                async with self._journal.first_check(self.owner) as known:
                    wait.off()
                    if known:
                        first.remember(await self._journal.facts())
                    else:
                        await first.begin(rows=rows, begun=begun, asking=asking)
        except LeaseLost:
            self._held.gone()
        except Stopped:
            pass
        except _FATAL as error:
            self._end_with(error)

    async def _open_connections(self, rows: int) -> None:
        """Open what the first rows need while the first questions are away. Those have begun, and
        so get their connections first. What can't be opened now is opened by the rows.
        """
        limits, loop = self._limits, asyncio.get_running_loop()
        count = min(limits.concurrency, rows) - SAMPLE
        if limits.rate is None and count > 0:
            with suppress(NotSent):
                await self._session.shared.warm_up(count, until=loop.time() + _OPENING)

    async def _each(self, flow: RowFlow, give: Callable[[Outcome], Awaitable[None]]) -> None:
        # asyncio's own group: a task of it costs half of one of anyio's, and each row has one.
        async with aclosing(self._held.each()) as rows, asyncio.TaskGroup() as group:
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
        progress, began = self._progress, asyncio.get_running_loop().time()
        try:
            outcome = await flow.issue(row)
            progress.count(outcome.state)
            tell_of_row(self._lane.hub, outcome, began=began)
            await give(outcome)
        except Stopped as left:
            progress.left += 1
            if isinstance(left, LeaseLost):
                self._held.gone()
            elif isinstance(left, Held):
                self._left_because(left)
            elif left.reason is not None:
                progress.trouble = progress.left_because = left.reason
            await self._held.hand_back(row, left)
        except _FATAL as error:
            progress.left += 1
            self._end_with(error)
        finally:
            progress.in_progress -= 1
            self._room.set()

    def _left_because(self, held: Held) -> None:
        """Note that a row was left because the issuer asked to wait for too long; others go on.

        The run stops when more rows were left one after another than can be in flight at once:
        then calls that were sent after the first fared no better. Each of those rows has sent its
        request, which may be sent again for an hour only. Held look-ups are counted by themselves.
        """
        self._progress.trouble = self._progress.left_because = str(held)
        if self._shared is not None:
            self._shared.held += not held.question
            self._shared.held_questions += held.question
            most = max(self._limits.concurrency, _FEWEST_HELD)
            if max(self._shared.held, self._shared.held_questions) > most:
                self.stop()

    async def _place(self) -> None:
        """Wait until there is room for one more row."""
        progress = self._progress
        while not self._stopping.now and (
            progress.rows_at_work >= self._most_rows or progress.rows_active >= self._most_active
        ):
            self._room.clear()
            await self._room.wait()

    async def _knock(self, lane: Lane) -> None:
        """Look an id up, which changes nothing; the lane gets the verdict.

        An id that the issuer knows is better: its answer about others is not public.
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
                # What is allowed already goes on, so that as many as are allowed are made.
                self._used_up(self._most_cards, self._cards)
                self._full = True
                self._room.set()
                raise Stopped
            self._cards += 1

    def _used_up(self, most: int, ordered: int) -> None:
        """End with the guard's error when the rows at work have ended."""
        guard = (
            f"stopped before card {ordered + 1}: at most {most} are "
            "allowed. The rows that are left can be resumed."
        )
        self._fatal = self._fatal or ConfigurationError(guard)
