"""What a batch asks of a journal.

A run is an owner: it takes rows, and each comes with a lease, the token that every write for the
row shows. A journal may serve several owners at once. Who has lost a lease writes nothing any more:
a write that is awaited raises `LeaseLost`, and one that is not awaited does nothing. The one
exception is `keep_success`: that a card was made is kept, whoever has heard of it.

What an awaited method has returned from is on the disk. A journal may write many at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from freedompay_async.batch.entries import Entry, Refusal
    from freedompay_async.batch.journal.plan_writer import PlanWriter
    from freedompay_async.batch.journal.records import (
        EarlierRuns,
        Fact,
        FoundKeys,
        KeptPlan,
        OutageRecord,
        RowRecord,
        RunRecord,
        StepTimes,
        Summary,
    )
    from freedompay_async.batch.lease import Owner, Renewal
    from freedompay_async.batch.outcome import State
    from freedompay_async.traffic.rate import Rate

__all__ = ["BatchJournal"]

T = TypeVar("T")


@runtime_checkable
class BatchJournal(Protocol):
    """Where a batch keeps its plan, its intents and its ends."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several owners, on several machines, may work on the batch at once. Then an owner
        that has lost its rows may begin anew, and a row that one machine can't work on may be
        another's.
        """
        ...

    # The plan

    async def plan(self, work: Callable[[PlanWriter], T]) -> T:
        """Run `work` in a thread with a writer; all that it writes is kept, or nothing if it
        raises.

        Raises:
            JournalError: it can't be written.
        """
        ...

    async def kept_plan(self) -> KeptPlan:
        """The plan that is there.

        Raises:
            ConfigurationError: there is none, or rows of it are missing.
        """
        ...

    async def settings(self) -> Mapping[str, str]:
        """Of the plan; empty where there is none."""
        ...

    async def facts(self) -> Mapping[Fact, str]:
        """What is kept beside the settings."""
        ...

    async def keep(self, facts: Mapping[Fact, str]) -> None:
        """Keep these facts in place of those of the same names."""
        ...

    async def keys(self, numbers: Sequence[int]) -> list[str]:
        """The keys of these rows, in the order of the numbers."""
        ...

    async def accept_found(self, keys: Sequence[str] | None) -> FoundKeys:
        """Accept the earlier use of rows that are found now; `None`: of all of them.

        Nothing is accepted where a key is strange or ambiguous.
        """
        ...

    # Runs

    async def earlier_runs(self) -> EarlierRuns:
        """What earlier runs have left."""
        ...

    def new_owner(self, *, again: bool = False) -> Owner:
        """A new run. `again`: it goes on with one that has lost its rows, so what somebody has said
        of the batch meanwhile holds: a stop, and its limits.

        Raises:
            ConfigurationError: a run is on, and this journal has one at a time.
        """
        ...

    def shared_rate(self, per_second: float) -> float | Rate:
        """What limits the calls of the batch to so many a second over all its owners."""
        ...

    def begin_run(self, owner: Owner, limits: Mapping[str, float | None]) -> None:
        """Note what the run may take, and when it begins. Not awaited."""
        ...

    def release(self, owner: Owner) -> None:
        """End the run: note when, and give back every row that it holds. Not awaited."""
        ...

    def outage_began(self, owner: Owner, at: float) -> None:
        """Note that the issuer answers nothing since then. Not awaited."""
        ...

    def outage_ended(self, owner: Owner, at: float) -> None:
        """Note that the issuer answers again. Not awaited."""
        ...

    def clock_set_back(self, owner: Owner, seconds: float) -> None:
        """Note what no intent can say any more, because the run ends. Not awaited."""
        ...

    def first_check(self, owner: Owner) -> AbstractAsyncContextManager[bool]:
        """Let one owner at a time look ids up before the first send; the others wait.

        The value says whether an owner has finished that before. A context that ends without an
        error has finished it.

        Raises:
            LeaseLost: the owner was released.
        """
        ...

    async def take(self, limit: int, owner: Owner) -> list[Entry]:
        """Rows that have not ended and that nobody holds, in the order of the file, with a lease;
        `limit` of them or fewer. While others hold rows that this owner may still get, it waits.

        An owner gets each row once; no row is left for it where the list is empty. If this is
        cancelled, the rows that it has taken come free when the owner is released.

        Raises:
            LeaseLost: the owner was released.
            NoMoreCards: the batch has as many cards as it may have.
        """
        ...

    async def renew(self, owner: Owner) -> Renewal:
        """Hold the rows of this owner for longer.

        Raises:
            LeaseLost: the owner was released, or has renewed too late.
        """
        ...

    def holds(self, row: Entry) -> bool:
        """Whether the lease of this row lasts, as far as is known here. Asked before each send."""
        ...

    async def hand_back(
        self, rows: Sequence[Entry], *, pause: float = 0.0, reason: str | None = None
    ) -> None:
        """Let others take these rows, as they stand. Rows that are lost already don't matter.

        Args:
            rows: of this owner, which doesn't get them again.
            pause: seconds after which others may take them.
            reason: why their owner can't go on with them.
        """
        ...

    async def may_have_been_sent_since(self, taken: float) -> int:
        """Take what may be older than the truth for what it is, such as a restored backup.

        Every step of a row that has not ended may have been sent since `taken`, in seconds since
        the epoch, whatever is written of it. So the issuer is asked about each before it is sent.

        Returns:
            The number of such rows.
        """
        ...

    # A row

    def record_intent(
        self,
        row: Entry,
        step: str,
        *,
        request_id: str,
        body_sha256: bytes,
        sent_at: float,
        set_back: float = 0.0,
    ) -> Awaitable[None]:
        """Keep that a step is about to be sent, what is known of its row, and by how many seconds
        the clock was set back. Only then may it be sent. Of an intent whose bytes are not known
        (see `Earlier`) they are known from then on, and its times stay.

        Raises:
            JournalError: it can't be written.
            LeaseLost: nothing is written.
        """
        ...

    def take_back(self, row: Entry, step: str) -> None:
        """Forget an intent that was surely not sent. Not awaited: if it is lost, the next run
        asks for nothing.
        """
        ...

    def accepted(self, row: Entry, step: str) -> None:
        """Note that the issuer has taken a step. Not awaited: if it is lost, the next run asks."""
        ...

    def step_ended(self, row: Entry, step: str) -> None:
        """Note that the result of a step is known; it is kept with the next write of the row."""
        ...

    def go_on(self, row: Entry) -> Awaitable[None]:
        """Keep what is known of a row that goes on, whatever it was before.

        Raises:
            JournalError: it can't be written.
            LeaseLost: nothing is written.
        """
        ...

    def claim_card(self, row: Entry) -> Awaitable[bool]:
        """Keep that the row has its card; whether another row has it too.

        Raises:
            JournalError: it can't be written.
            LeaseLost: nothing is written.
        """
        ...

    def refuse(
        self, row: Entry, step: str, refusal: Refusal, *, state: State, reason: str
    ) -> Awaitable[None]:
        """Keep that a step was refused, and how the row stands until it has been asked about again.

        Raises:
            JournalError: it can't be written.
            LeaseLost: nothing is written.
        """
        ...

    def keep_success(self, row: Entry) -> Awaitable[None]:
        """Keep the ids of a row that its owner has lost: what was made exists, whoever has the row.

        The next owner gets them with the row. A row that has ended without them is open again, and
        one that has ended with another card is doubtful. Nothing negative ends a row before its
        owner has got them.

        Raises:
            JournalError: it can't be written.
        """
        ...

    def end(
        self, row: Entry, state: State, reason: str | None, *, proved: bool = False
    ) -> Awaitable[str | None]:
        """Keep how the row ended. A card that another row has too makes both doubtful: then the
        result is the reason that this row has got.

        Raises:
            JournalError: it can't be written.
            Overtaken: the row is open still, because something was made for it that its owner does
                not know of (`keep_success`).
            LeaseLost: nothing is written.
        """
        ...

    # What was kept

    async def summary(self) -> Summary:
        """Counts, and the rows that need a person."""
        ...

    async def rows(self, *, after: int, limit: int) -> list[RowRecord]:
        """Rows in the order of the file, from the one after this number."""
        ...

    async def step_times(self, *, after: int, limit: int) -> list[StepTimes]:
        """Of the steps of at most so many rows, from the one after this number."""
        ...

    async def runs(self) -> list[RunRecord]:
        """In the order in which they began."""
        ...

    async def outages(self) -> list[OutageRecord]:
        """In the order in which they began."""
        ...
