"""The yes of a person to a batch on a live host. The journal keeps it, so nobody is asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from freedompay_async.batch.journal.records import Fact

if TYPE_CHECKING:
    from freedompay_async.batch.journal.base import BatchJournal

__all__ = ["confirm", "confirmation", "is_confirmed"]


async def is_confirmed(journal: BatchJournal) -> bool:
    """Whether somebody has said yes to the plan of this journal."""
    return Fact.CONFIRMED_AT in await journal.facts()


def confirmation() -> dict[Fact, str]:
    """The yes, with the time, as a journal keeps it."""
    return {Fact.CONFIRMED_AT: datetime.now(UTC).isoformat(timespec="seconds")}


async def confirm(journal: BatchJournal) -> None:
    """Keep the yes, with the time."""
    await journal.keep(confirmation())
