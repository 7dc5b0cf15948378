"""What a plan asks of a journal while it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freedompay_async.batch.journal.records import Fact, PlannedRecord

__all__ = ["PlanWriter"]


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
