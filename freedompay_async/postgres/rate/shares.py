"""How the calls a second of a shared rate are split among those who want some. Pure.

All rates and shares are calls a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CUT", "DEAF", "Holder", "Shared", "Use", "next_want", "split"]

CUT: Final = 0.7
"""HTTP 429 cuts the rate of all to this part."""
DEAF: Final = 1.0
"""Calls that began less than so many seconds after a cut left before everybody knew of it."""
# The rate is back at what was refused after so many seconds, and then passes it with growing speed,
# along the curve of TCP CUBIC (RFC 9438).
_BACK: Final = 10.0
# What somebody wants who has just begun, and of whom nothing is known yet.
_FIRST: Final = 5.0
# Who has used nearly all of its share, while calls waited, could use more.
_NEARLY: Final = 0.9
# What is wanted above what was used, so that calls that come unevenly need not wait.
_ROOM: Final = 1.5
# What was used fades to this part in a second.
_FADING: Final = 0.6


class Holder(NamedTuple):
    """Somebody who has a share.

    Attributes:
        share: what it may use.
        want: what it would use if it could.
    """

    share: float
    want: float


class Shared(NamedTuple):
    """What is known of a shared rate at one moment.

    Attributes:
        per_second: what all may use together.
        refused_at: what all might use when the issuer answered 429 last; `None`: it never did.
        since: seconds since then; 0 where it never did.
    """

    per_second: float
    refused_at: float | None = None
    since: float = 0.0

    def allowed(self, later: float = 0.0) -> float:
        """What all may use together, after what a 429 has taught; `later`: seconds after that
        moment.
        """
        if self.refused_at is None:
            return self.per_second
        curve = (1 - CUT) * ((self.since + later) / _BACK - 1) ** 3
        return min(self.per_second, self.refused_at * (1 + curve))

    def refused(self, age: float) -> Shared:
        """The same after a 429 for a call that began `age` seconds ago. It says nothing new where
        the call left before everybody knew of the one before.
        """
        if self.refused_at is not None and self.since - age <= DEAF:
            return self
        return Shared(self.per_second, self.allowed(), 0.0)

    def fair(self, want: float, others: Sequence[Holder]) -> float:
        """The part of one who wants so much beside these others."""
        return split(self.allowed(), [want, *(each.want for each in others)])[0]

    def left(self, others: Sequence[Holder]) -> float:
        """What none of these may still use. Who has too much gives way at its next renewal."""
        return max(0.0, self.per_second - sum(each.share for each in others))


def split(total: float, wants: Sequence[float]) -> list[float]:
    """The share of each, in the same order: who wants less than an even part gets what it wants,
    and the others split the rest evenly.
    """
    shares = [0.0] * len(wants)
    left = total
    for before, at in enumerate(sorted(range(len(wants)), key=wants.__getitem__)):
        shares[at] = min(wants[at], left / (len(wants) - before))
        left -= shares[at]
    return shares


class Use(NamedTuple):
    """What a process has done with its share since it has renewed it last.

    Attributes:
        share: that it had.
        calls: that left.
        seconds: how long that was.
        waited: whether calls had to wait for their turns.
    """

    share: float
    calls: int
    seconds: float
    waited: bool


def next_want(before: float, use: Use, per_second: float) -> tuple[float, float]:
    """What a process wants next.

    Args:
        before: what it used a second, as this function has said last; 0.0 at first.
        use: of its share since then.
        per_second: what all may use together.

    Returns:
        What it wants, and what it used a second, of late.
    """
    seconds = max(use.seconds, 1e-3)
    used = max(use.calls / seconds, before * _FADING**seconds)
    if use.waited and use.share > 0 and use.calls + 1 >= _NEARLY * use.share * seconds:
        return per_second, used
    return min(per_second, max(_FIRST, used * _ROOM)), used
