"""For a journal of your own: what a batch asks of it, and what it gives and raises."""

from freedompay_async.batch.entries import Earlier, Entry, Refusal
from freedompay_async.batch.journal.base import BatchJournal
from freedompay_async.batch.journal.plan_writer import PlanWriter
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
from freedompay_async.batch.lease import (
    Lease,
    LeaseLost,
    NoMoreCards,
    Overtaken,
    Owner,
    Renewal,
)
from freedompay_async.traffic.rate import Rate

__all__ = [
    "BatchJournal",
    "Earlier",
    "EarlierRuns",
    "Entry",
    "Fact",
    "FoundKeys",
    "KeptPlan",
    "Lease",
    "LeaseLost",
    "NoMoreCards",
    "OutageRecord",
    "Overtaken",
    "Owner",
    "PlanWriter",
    "PlannedRecord",
    "Rate",
    "Refusal",
    "Renewal",
    "RowRecord",
    "RunRecord",
    "StepTimes",
    "Summary",
]
