"""The report of a batch: counts, and the rows that need a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.outcome import Outcome, State
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.portable import Portable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.journal.records import RowRecord

__all__ = ["Report", "make_report", "outcomes"]

_CHUNK: Final = 1_000


class Report(Portable, frozen=True, kw_only=True):
    """How many rows are in each state; the sum of the states is `rows`.

    Attributes:
        has_plan: the journal has a plan. Without one, all counts are 0, and nothing is complete.
        inactive: issued cards whose activation was wanted, and was refused or is not known.
        found: rows whose key an earlier run or file had used, and nobody has said for whom.
        accepted: rows whose key was used before, and which somebody has accepted as the same
            people's. They are counted in other states.
        unproved: refused rows of which nothing proves that they were not done.
        problems: every row that is refused, unknown, found, doubtful or inactive, or that could not
            be sent.
    """

    has_plan: bool
    batch: str
    merchant: str
    rows: int
    issued: int
    refused: int
    unknown: int
    found: int
    doubtful: int
    started: int
    planned: int
    inactive: int
    accepted: int
    unproved: int
    problems: tuple[Outcome, ...]

    @property
    def left(self) -> int:
        """Rows that a later run goes on with; unknown rows are not counted."""
        return self.started + self.planned

    @property
    def complete(self) -> bool:
        """There is a plan, every row of it has its card, and the card is active if that was
        wanted.
        """
        return self.has_plan and 0 < self.rows == self.issued and not self.inactive


async def make_report(journal: BatchJournal) -> Report:
    """Counts, and the rows that need a person."""
    summary = await journal.summary()
    problems = tuple(_outcome_of(row, summary.settings) for row in summary.problems)
    return Report(
        has_plan=bool(summary.settings),
        batch=summary.settings.get("batch", ""),
        merchant=summary.settings.get("merchant", ""),
        rows=sum(summary.counts.values()),
        **{state.value: summary.counts.get(state, 0) for state in State},
        accepted=summary.accepted,
        unproved=sum(each.state is State.REFUSED and not each.proved for each in problems),
        inactive=sum(each.state is State.ISSUED and each.reason is not None for each in problems),
        problems=problems,
    )


async def outcomes(journal: BatchJournal) -> AsyncIterator[Outcome]:
    """Every row in the order of the file, a chunk in memory at a time."""
    settings, last = await journal.settings(), 0
    while chunk := await journal.rows(after=last, limit=_CHUNK):
        for row in chunk:
            yield _outcome_of(row, settings)
        if len(chunk) < _CHUNK:
            return
        last = chunk[-1].number


def _outcome_of(row: RowRecord, settings: Mapping[str, str]) -> Outcome:
    return Outcome(
        number=row.number,
        line=row.line,
        key=row.key,
        state=row.state,
        client_id=row.client_id,
        card_id=row.card_id,
        # What was sent went out under the id that is written down, even where an earlier version
        # read the names otherwise.
        client_request_id=row.client_request_id or _to_be_sent(settings, row.key, "client"),
        card_request_id=row.card_request_id or _to_be_sent(settings, row.key, "card"),
        reason=row.reason,
        found=row.found,
        proved=row.proved,
    )


def _to_be_sent(settings: Mapping[str, str], key: str, step: str) -> str:
    try:
        return derive_request_id(settings["merchant"], settings["batch"], key, step)
    except ConfigurationError:
        # Such a row can't be sent, and the report has to show the others.
        return ""
