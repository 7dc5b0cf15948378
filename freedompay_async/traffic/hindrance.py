"""Why a call can't leave now, and for about how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from freedompay_async.errors import WaitReason

__all__ = ["Hindrance"]


class Hindrance(NamedTuple):
    """What a call has to wait for.

    Attributes:
        reason: what is missing.
        seconds: until the call may leave: for a rate the time to its turn, for a place an estimate.
        for_place: a place is missing. Otherwise the turn comes by itself after `seconds`.
    """

    reason: WaitReason
    seconds: float
    for_place: bool = False
