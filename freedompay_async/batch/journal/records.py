"""What a journal gives when it is read."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.batch.outcome import State

__all__ = [
    "EarlierRuns",
    "Fact",
    "FoundKeys",
    "KeptPlan",
    "OutageRecord",
    "PlannedRecord",
    "RowRecord",
    "RunRecord",
    "StepTimes",
    "Summary",
]


class Fact(StrEnum):
    """What a journal keeps of its batch beside the settings; each is a text."""

    CONFIRMED_AT = "confirmed_at"
    """When somebody has said yes to the batch on a live host."""
    OUT_FORM = "out_form"
    """How a CSV file of outcomes is written."""
    CHECK_FIRST = "check_first"
    """`all`: each row is asked about before its first send."""
    DOCUMENTS = "documents"
    """The folder that every document lies under, as a machine that runs the batch may have it
    elsewhere.
    """
    CONTRACT = "contract"
    """The contract that the batch has now, in JSON."""
    CONTRACT_CHANGED = "contract_changed"
    """What has changed in it since the plan, in JSON."""


class PlannedRecord(NamedTuple):
    """One row of a plan, as it is written."""

    number: int
    """From 1, without a gap."""
    key: str
    line: int
    """Of the file."""
    data: bytes
    """JSON of a `PlannedRow`."""


class KeptPlan(NamedTuple):
    """The plan of a journal."""

    rows: int
    settings: Mapping[str, str]


class EarlierRuns(NamedTuple):
    """What earlier runs have left."""

    ended: int
    """Rows that have ended."""
    cards: int
    """Cards that were ever ordered."""
    newest: float
    """Seconds since the epoch of the last intent; 0 where there is none."""
    set_back: float
    """Seconds by which the clock was set back in all, as far as runs have seen it."""
    begun: bool
    """There is an intent."""
    witness: str | None
    """A request id that the issuer has accepted."""


class FoundKeys(NamedTuple):
    """What became of keys whose earlier use was to be accepted."""

    accepted: int = 0
    """Rows that were not accepted before."""
    not_found: tuple[str, ...] = ()
    """Keys of rows that were not used before."""
    strange: tuple[str, ...] = ()
    """Keys that no row has."""
    ambiguous: tuple[str, ...] = ()
    """Keys that several rows have, in the journal of an earlier version."""


class RowRecord(NamedTuple):
    """How a row stands."""

    number: int
    line: int
    key: str
    state: State
    client_id: str | None
    card_id: str | None
    reason: str | None
    found: bool
    proved: bool
    client_request_id: str | None
    """The id that its first step was sent under; `None` where it was not sent."""
    card_request_id: str | None


class Summary(NamedTuple):
    """How a batch stands, read at one moment."""

    settings: Mapping[str, str]
    counts: Mapping[State, int]
    """Rows in each state; states without rows may be missing."""
    accepted: int
    """Rows that were used before and are accepted."""
    problems: tuple[RowRecord, ...]
    """Rows that are refused, unknown, found or doubtful, or have a reason."""


class StepTimes(NamedTuple):
    """When a step was sent, accepted and ended, in seconds since the epoch; `None`: not known."""

    number: int
    step: str
    sent_at: float
    accepted_at: float | None
    ended_at: float | None


class RunRecord(NamedTuple):
    """One run of the batch; times in seconds since the epoch."""

    owner: str
    limits: Mapping[str, float | None]
    began_at: float
    ended_at: float | None
    """`None`: it goes on, was killed, or ended after its journal was closed."""


class OutageRecord(NamedTuple):
    """Time in which the issuer has answered nothing, in seconds since the epoch."""

    owner: str
    """The run."""
    began_at: float
    ended_at: float | None
    """`None`: it was not over when the run ended."""
