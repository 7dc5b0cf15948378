"""What a client is doing at one moment."""

from __future__ import annotations

from enum import StrEnum

from freedompay_async.redaction.portable import Portable

__all__ = ["RateSource", "Stats"]


class RateSource(StrEnum):
    """Who has set the rate that holds at a moment."""

    NONE = "none"
    """There is no rate."""
    YOURS = "yours"
    """`rate` of the client."""
    SHARED = "shared"
    """The share that this process has of a rate that several have."""
    LEARNT = "learnt"
    """The issuer's HTTP 429."""


class Stats(Portable, frozen=True, kw_only=True):
    """What a client is doing at this moment, its batches included.

    Attributes:
        places: the slots: calls that may be on the way at once. Fewer than `max_places`: that was
            learnt from HTTP 503 or slow answers.
        max_places: `max_connections` of the client.
        in_flight: calls that have a slot, and connections that are being opened beforehand
            (`warm_up`), which take one each.
        waiting_interactive: calls that wait for a slot, and that somebody waits for.
        waiting_background: calls that wait behind those: of batches and of `as_completed`. A batch
            that waits for its own limits is not counted.
        rate: calls a second that may leave; `None`: any number.
        rate_source: who has set it.
        idle: open connections that no call has; `None`: the transport can't know.
    """

    places: int
    max_places: int
    in_flight: int
    waiting_interactive: int
    waiting_background: int
    rate: float | None
    rate_source: RateSource
    idle: int | None
