"""Tells listeners of the rows of a batch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freedompay_async.events.kinds import RowEnded

if TYPE_CHECKING:
    from freedompay_async.batch.outcome import Outcome
    from freedompay_async.events.hub import Hub

__all__ = ["tell_of_row"]


def tell_of_row(hub: Hub, outcome: Outcome, *, began: float) -> None:
    """Tell how a row has ended, without its reason: that is prose, and may be anybody's.

    Args:
        hub: of those who listen to the batch.
        outcome: of the row.
        began: when the run began with it, by the clock of the loop.
    """
    if hub.listeners:
        hub.emit(
            RowEnded(
                lane=hub.lane,
                number=outcome.number,
                line=outcome.line,
                key=outcome.key,
                state=outcome.state.value,
                client_id=outcome.client_id,
                card_id=outcome.card_id,
                seconds=asyncio.get_running_loop().time() - began,
            )
        )
