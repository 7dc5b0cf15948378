"""What a batch asks of a journal.

A run is an owner: it takes rows, and each comes with a lease, the token that every write for the
row shows. A journal may serve several owners at once. Who has lost a lease writes nothing any more:
a write that is awaited raises `LeaseLost`, and one that is not awaited does nothing.

What an awaited method has returned from is on the disk. A journal may write many at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from freedompay_async.batch.entries import Entry, Refusal
    from freedompay_async.batch.journal.records import (
        EarlierRuns,
        Fact,
        FoundKeys,
        KeptPlan,
        OutageRecord,
        PlannedRecord,
        RowRecord,
        RunRecord,
        StepTimes,
        Summary,
    )
    from freedompay_async.batch.lease import Owner
    from freedompay_async.batch.outcome import State

__all__ = ["BatchJournal", "PlanWriter"]

T = TypeVar("T")


class PlanWriter(Protocol):
    """A plan while it is made: within one transaction, in a thread that may block."""

    def settings(self) -> Mapping[str, str]:
        """Of the plan that is there; empty where there is none."""
        ...

    def count(self) -> int:
        """Rows of the plan that is there."""
        ...

    def add(self, rows: Sequence[PlannedRecord]) -> None:
        """Write some rows."""
        ...

    def begin(self, settings: Mapping[str, str]) -> None:
        """Write the settings: from then on the journal has this plan."""
        ...

    def facts(self) -> Mapping[Fact, str]: ...

    def keep(self, facts: Mapping[Fact, str]) -> None: ...


@runtime_checkable
class BatchJournal(Protocol):
    """Where a batch keeps its plan, its intents and its ends."""

    @property
    def name(self) -> str:
        """What messages call it."""
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

    def new_owner(self) -> Owner:
        """A new run.

        Raises:
            ConfigurationError: a run is on, and this journal has one at a time.
        """
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

    async def take(self, limit: int, owner: Owner) -> list[Entry]:
        """Rows that have not ended and that nobody holds, in the order of the file, with a lease.

        An owner gets each row once; no row is left for it where the list is empty.

        Raises:
            LeaseLost: the owner was released.
        """
        ...

    async def renew(self, owner: Owner) -> float:
        """Hold the rows of this owner for longer: for so many seconds from now; `inf`: until they
        are given back.

        Raises:
            LeaseLost: the owner was released, or has renewed too late.
        """
        ...

    def holds(self, row: Entry) -> bool:
        """Whether the lease of this row lasts, as far as is known here. Asked before each send."""
        ...

    async def hand_back(self, rows: Sequence[Entry]) -> None:
        """Let others take these rows, as they stand. Rows that are lost already don't matter."""
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
        the clock was set back. Only then may it be sent.

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

    def end(
        self, row: Entry, state: State, reason: str | None, *, proved: bool = False
    ) -> Awaitable[str | None]:
        """Keep how the row ended. A card that another row has too makes both doubtful: then the
        result is the reason that this row has got.

        Raises:
            JournalError: it can't be written.
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
