"""Why a call can't leave now, and for about how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from freedompay_async.errors import WaitReason

__all__ = ["BRIEF", "Hindrance"]

BRIEF: Final = 0.1
"""Seconds. A turn of a rate that comes within them is waited for by every call, as no queue."""


class Hindrance(NamedTuple):
    """What a call has to wait for.

    Attributes:
        reason: what is missing.
        seconds: until the call may leave: for a rate the time to its turn, for a slot an estimate.
        for_slot: a slot is missing. Otherwise the turn comes by itself after `seconds`.
    """

    reason: WaitReason
    seconds: float
    for_slot: bool = False

    @property
    def brief(self) -> bool:
        """Whether even a call that waits in no queue waits for it."""
        return not self.for_slot and self.seconds <= BRIEF
