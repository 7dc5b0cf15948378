"""What is known of a tracked request, and of all of them together."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - these types are public
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.postgres.tracker.answers import kept_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.contract.models.answers import RequestState

__all__ = ["COLUMNS", "TrackState", "Tracked", "TrackerReport", "tracked"]


class TrackState(StrEnum):
    """How far a tracked request is."""

    INTENDED = "intended"
    """It was surely never sent."""
    SENT = "sent"
    """It may have been sent, and the issuer's answer is not known."""
    ACCEPTED = "accepted"
    """The issuer has accepted it, and it goes on there."""
    DONE = "done"
    """It has succeeded, and the answer names all that it made."""
    REFUSED = "refused"
    """The issuer has refused it, or it has failed. Until it has `ended`, the issuer is asked about
    it once more after the grace time.
    """
    UNKNOWN = "unknown"
    """It is not known whether it was done, and asking goes no further: a person has to look."""


class Tracked(Struct, frozen=True, kw_only=True):
    """A tracked request. All times are of the database, with a time zone.

    Attributes:
        request_id: its id, in every process and at the issuer.
        call: the method, such as `cards.issue`.
        tag: of the application, such as `order/17`.
        state: how far it is.
        card_ids: the ids of the cards that the issuer has named for it.
        client_id, transaction_id: of what the issuer has named for it.
        error: why it was refused, or is not known, in words that say what is safe to do.
        error_code: the issuer's own code.
        tracked_at, first_sent, accepted_at, ended_at: when; `None`: not yet.
        delivered_at: when the handler of ends has handled its end; `None`: not yet.
        delivery_error: what the handler raised last, without a value of the request.
        delivery_tries: how often the handler has failed since the end.
        tries: how often in a row it could not be sent or asked about.
        trouble: why it goes no further, for a person; `None`: nothing is in its way.
        found: the issuer knew the id before this database sent it: somebody has used it elsewhere.
    """

    request_id: str
    call: str
    tag: str | None
    state: TrackState
    card_ids: tuple[str, ...] = ()
    client_id: str | None = None
    transaction_id: str | None = None
    error: str | None = None
    error_code: str | None = None
    tracked_at: datetime
    first_sent: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    delivered_at: datetime | None = None
    delivery_error: str | None = None
    delivery_tries: int = 0
    tries: int = 0
    trouble: str | None = None
    found: bool = False

    @property
    def ended(self) -> bool:
        """Whether this is its end. An unknown one ends anew if it is settled later."""
        return self.ended_at is not None


class TrackerReport(Struct, frozen=True, kw_only=True):
    """What is on the way, and what needs a person.

    Attributes:
        counts: tracked requests by state.
        pending: those that have not ended.
        oldest: of those, the one that was tracked first.
        undelivered: ends that the handler has not handled yet.
        troubled: those that need a person, or whose handler fails: the oldest 100.
        troubles: how many there are of those.
    """

    counts: dict[TrackState, int]
    pending: int
    oldest: Tracked | None
    undelivered: int
    troubled: tuple[Tracked, ...]
    troubles: int


COLUMNS: Final = (
    "request_id, call, tag, state, answer, error, error_code, tracked_at, first_sent, accepted_at, "
    "ended_at, delivered_at, delivery_error, delivery_tries, tries, trouble, found"
)
"""What `tracked` reads of a row."""


def tracked(row: Mapping[str, Any]) -> Tracked:
    """A row of the table."""
    fields = {name: row[name] for name in COLUMNS.split(", ")}
    answer: RequestState | None = kept_answer(fields.pop("answer"))
    if answer is not None:
        fields |= {
            "card_ids": answer.card_ids,
            "client_id": _text(answer.client_id),
            "transaction_id": _text(answer.transaction_id),
        }
    fields["state"] = TrackState(fields["state"])
    return Tracked(**fields)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
