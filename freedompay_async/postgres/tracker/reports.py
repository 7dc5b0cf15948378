"""What is read of tracked requests: some of them, and all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.postgres.tracker.statements import FIND
from freedompay_async.postgres.tracker.tracked import (
    COLUMNS,
    TrackerReport,
    TrackState,
    tracked,
)

if TYPE_CHECKING:
    from freedompay_async.postgres.tracker.caller_protocol import Caller
    from freedompay_async.postgres.tracker.tracked import Tracked

__all__ = ["find", "listed", "report"]

_FIRST: Final = 100
_FROM: Final = "FROM freedompay.requests WHERE merchant = $1 AND base_url = $2"
_LIST: Final = f"""
SELECT {COLUMNS} {_FROM} AND ($3::text IS NULL OR tag = $3) AND ($4::text IS NULL OR state = $4)
ORDER BY tracked_at, request_id LIMIT $5
"""
_COUNTS: Final = f"""
SELECT state, count(*) AS requests, count(*) FILTER (WHERE ended_at IS NULL) AS pending,
    count(*) FILTER (WHERE next = 'deliver') AS undelivered
{_FROM} GROUP BY state
"""
_OLDEST: Final = f"""
SELECT {COLUMNS} {_FROM} AND ended_at IS NULL ORDER BY tracked_at, request_id LIMIT 1
"""
_NEEDS: Final = "(trouble IS NOT NULL OR delivery_error IS NOT NULL)"
_TROUBLED: Final = f"""
SELECT {COLUMNS}, count(*) OVER () AS troubles {_FROM} AND {_NEEDS}
ORDER BY tracked_at, request_id LIMIT {_FIRST}
"""


async def find(caller: Caller, ours: tuple[str, str], request_id: str) -> Tracked | None:
    """One request; `None`: there is none of this id."""
    rows = await caller.fetch(FIND, *ours, request_id)
    return tracked(rows[0]) if rows else None


async def listed(
    caller: Caller,
    ours: tuple[str, str],
    *,
    tag: str | None,
    state: TrackState | None,
    limit: int,
) -> list[Tracked]:
    """Requests by when they were tracked."""
    value = None if state is None else state.value
    return [tracked(row) for row in await caller.fetch(_LIST, *ours, tag, value, limit)]


async def report(caller: Caller, ours: tuple[str, str]) -> TrackerReport:
    """All of them together."""
    counts = await caller.fetch(_COUNTS, *ours)
    oldest = await caller.fetch(_OLDEST, *ours)
    troubled = await caller.fetch(_TROUBLED, *ours)
    return TrackerReport(
        counts={TrackState(row["state"]): row["requests"] for row in counts},
        pending=sum(row["pending"] for row in counts),
        oldest=tracked(oldest[0]) if oldest else None,
        undelivered=sum(row["undelivered"] for row in counts),
        troubled=tuple(map(tracked, troubled)),
        troubles=troubled[0]["troubles"] if troubled else 0,
    )
