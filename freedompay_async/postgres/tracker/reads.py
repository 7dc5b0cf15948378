"""What an application reads of its tracked requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.guards.arguments import check_text, check_whole, refusal
from freedompay_async.guards.staying import Staying
from freedompay_async.postgres.tracker import reports
from freedompay_async.postgres.tracker.callers import reading
from freedompay_async.postgres.tracker.tracked import TrackState

if TYPE_CHECKING:
    from freedompay_async.postgres.tracker.tracked import Tracked, TrackerReport

__all__ = ["Reads"]


class Reads(Staying):
    """The reading half of a `Tracker`.

    Args:
        ours: merchant and host.
    """

    def __init__(self, ours: tuple[str, str]) -> None:
        self._ours: Final = ours

    async def get(self, db: object, request_id: str) -> Tracked | None:
        """How a request stands; `None`: it is not tracked."""
        request_id = checked_request_id(request_id)
        async with reading(db) as caller:
            return await reports.find(caller, self._ours, request_id)

    async def list(
        self,
        db: object,
        *,
        tag: str | None = None,
        state: TrackState | str | None = None,
        limit: int = 100,
    ) -> list[Tracked]:
        """Requests by when they were tracked, the first ones first.

        Args:
            db: a connection.
            tag: only those with it.
            state: only those in it.
            limit: so many at most.
        """
        check_whole("limit", limit)
        tag = None if tag is None else check_text("tag", tag)
        if state is not None and state not in tuple(TrackState):
            raise refusal("state", state, f"one of {', '.join(TrackState)}")
        async with reading(db) as caller:
            return await reports.listed(
                caller,
                self._ours,
                tag=tag,
                state=None if state is None else TrackState(state),
                limit=limit,
            )

    async def report(self, db: object) -> TrackerReport:
        """What is on the way, and what needs a person."""
        async with reading(db) as caller:
            return await reports.report(caller, self._ours)
