"""A row that a run works on, as its journal gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from freedompay_async.batch.outcome import Outcome
from freedompay_async.contract.request_ids import derive_request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.batch.kept import PlannedRow
    from freedompay_async.batch.lease import Lease
    from freedompay_async.batch.outcome import State

__all__ = ["Earlier", "Entry", "Refusal"]


class Refusal(IntEnum):
    """How an intent was refused, and so whose use it is if the issuer knows its id later."""

    NONE = 0
    OWN = 1
    """An earlier run had sent it, and the answer was lost: the use is our own."""
    PERHAPS_USED = 2
    """The first send of this journal was refused: the use may be somebody else's."""


class Earlier(NamedTuple):
    """A step that an earlier run has begun."""

    sent_at: float
    """In seconds since the epoch."""
    accepted: bool
    body_sha256: bytes
    """Empty: what was sent is not known, nor whether anything was."""
    refused: Refusal = Refusal.NONE
    quiet_since: float | None = None
    """Since when surely nobody sends it any more, in seconds since the epoch; `None`: since
    `sent_at`. An owner that has lost its lease may have sent it late.
    """


@dataclass(slots=True)
class Entry:
    """A row that has not ended."""

    number: int
    line: int
    key: str
    planned: PlannedRow
    client_id: str | None
    card_id: str | None
    sent: Mapping[str, Earlier]
    found: bool = False
    """One of its request ids was used before this journal."""
    accepted_found: bool = False
    """Somebody has said that it was used for the same person."""
    refused: bool = False
    """The issuer has refused its next step in an earlier run, and nothing proves that it was not
    done.
    """
    reason: str | None = None
    card_ids: tuple[str, ...] = ()
    """Every card that its end names."""
    lease: Lease | None = None
    """The token of every write for this row."""
    client_ended_at: float | None = None
    """When the result of this step was known, in seconds since the epoch."""
    card_ended_at: float | None = None
    _request_ids: dict[str, str] = field(default_factory=dict)

    def request_id(self, step: str, settings: Mapping[str, str]) -> str:
        """The request id of a step; the settings are those of the batch, which never change."""
        known = self._request_ids.get(step)
        if known is None:
            known = self._request_ids[step] = derive_request_id(
                settings["merchant"], settings["batch"], self.key, step
            )
        return known

    def card_product_id(self, settings: Mapping[str, str]) -> int:
        """The product of its card: the row's own, the batch's, or the product of the client."""
        row = self.planned.row
        return row.card_product_id or int(settings.get("card_product") or row.product_id)

    def outcome(
        self, state: State, reason: str | None, settings: Mapping[str, str], *, proved: bool = False
    ) -> Outcome:
        """The outcome of the row."""
        return Outcome(
            number=self.number,
            line=self.line,
            key=self.key,
            state=state,
            client_id=self.client_id,
            card_id=self.card_id,
            client_request_id=self.request_id("client", settings),
            card_request_id=self.request_id("card", settings),
            reason=reason,
            found=self.found,
            proved=proved,
        )
