"""How many repeats a client may make, so that it does not multiply an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.settings.policy import Policy

__all__ = ["RetryBudget"]


class RetryBudget:
    """Some repeats a second, and a share of the number of first attempts.

    A repeat is never refused. It waits, and the deadline of its call decides.
    """

    def __init__(self, policy: Policy) -> None:
        self._rate: Final = policy.retries_per_second
        self._ratio: Final = policy.retry_ratio
        self._most: Final = policy.retries_per_second * 5
        self._tokens = self._most
        self._at: float | None = None

    def first(self) -> None:
        self._tokens = min(self._most, self._tokens + self._ratio)

    def repeat(self, now: float) -> float:
        """Take one repeat; the seconds to wait before it."""
        if self._at is not None:
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    def give_back(self) -> None:
        """Give a repeat back that was not made, because its call had no time left."""
        self._tokens = min(self._most, self._tokens + 1)
