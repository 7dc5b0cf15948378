"""When to look at an accepted request: learnt from the requests that have ended; pure, no clock of
its own.

All times are seconds since a request was accepted. When one has ended is only known to lie between
two looks, so what is learnt is, for steps of a logarithmic scale, what share of the requests that
are still in process ends there; how many have ended by any age follows.

A request is worth a first look a quarter later than the age by which about half of its kind have
ended, and from then on whenever its age has grown by a quarter: the later half is then seen late by
at most a quarter of the time it took, with the fewest looks.
"""

from __future__ import annotations

from math import ceil, log
from random import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.settings.policy import Policy

__all__ = ["PollSchedule", "PollSchedules"]

# A look that comes so much later than the end of the request, for its age, is in time.
_LATE: Final = 0.25
_STEP: Final = (1 + _LATE) ** (1 / 3)
# The share that may have ended before the first look is worth while. A little less than half,
# because an estimate may err.
_BEFORE: Final = 0.45
# Where a quarter are far quicker than the half, no first look comes later than so many times what
# they take.
_FAR: Final = 4.0
# So many of the latest looks at an age count; the older ones fade.
_MEMORY: Final = 250.0
# How many looks are believed as much as what was supposed before the first of them.
_BELIEF: Final = 2.0
_ENDS_TO_KNOW: Final = 32
_LOOKS_TO_PLAN: Final = 16
# How many may look where nothing is known, until their answers are there.
_SCOUTS: Final = 32
# The share that looks early, because what ended before a first look shows only to them, and how
# early.
_EARLY: Final = 0.08
_EARLIEST: Final = 0.3
_JITTER: Final = 0.1


class PollSchedule:
    """When to look at requests of one kind."""

    def __init__(self, policy: Policy) -> None:
        self._first: Final = policy.poll_first
        self._growth: Final = max(policy.poll_growth, 1.0)
        self._most: Final = policy.poll_most
        # Below it all ages are one; above the last step the longest pause is all that counts.
        self._least: Final = self._first / 16
        steps = ceil(log(max(self._first, self._most) / _LATE * 4 / self._least) / log(_STEP))
        self._alive: Final = [0.0] * steps
        self._ended: Final = [0.0] * steps
        self._hazard: Final = [0.0] * steps
        self._typical = self._first
        self._looks = self._ends = self._news = self._scouts = 0
        self._plan()

    def pause(self, age: float, looked: float, jitter: float, *, trouble: bool = False) -> float:
        """Seconds until it is to be asked again whether to look; 0: look now.

        What is learnt meanwhile may bring a look forward or put it off, so the pause may end before
        the look is due.

        Args:
            age: now.
            looked: at the last look; 0, if there was none.
            jitter: from 0 to 1, the same for all looks at one request: it spreads those at many.
            trouble: the last look has shown nothing.
        """
        if self._news >= _LOOKS_TO_PLAN:
            self._plan()
        spread = 1 - _JITTER + 2 * _JITTER * jitter
        left = (
            looked
            + min(self._wait(looked, jitter, spread, trouble=trouble), self._most * spread)
            - age
        )
        if left > 1e-6:
            return min(left, max(self._first, age / 8) * spread)
        if self._ends < _ENDS_TO_KNOW:
            # Thousands that were accepted at once wait for what a few of them find out; not for
            # ever, should those not come back.
            if self._scouts >= _SCOUTS and -left < looked + self._first + 1.0:
                return max(age, self._first) * (_STEP - 1)
            self._scouts += 1
        return 0.0

    def __repr__(self) -> str:
        return f"PollSchedule({self._looks} looks, {self._ends} ended)"

    def _wait(self, looked: float, jitter: float, spread: float, *, trouble: bool) -> float:
        """From one look to the next."""
        if trouble or self._looks < _LOOKS_TO_PLAN or (looked and self._ends < _ENDS_TO_KNOW):
            return (self._first + looked * (self._growth - 1)) * spread
        if not looked and jitter < _EARLY:
            return self._typical * (_EARLIEST + (1 - _EARLIEST) * jitter / _EARLY)
        return max(self._typical * spread - looked, looked * _LATE)

    def learn(self, pending: float, age: float, *, ended: bool) -> None:
        """A look at this age: it had ended, or was still in process; `pending` is the age at which
        it last was, or 0.
        """
        first, end = self._step(pending), self._step(age)
        self._news += 1
        self._looks += 1
        self._ends += ended
        if not ended:
            for step in range(first, end):
                self._count(step, 1.0, 0.0)
            return
        if end == len(self._alive) - 1:
            # The last step is for all that is above: nothing outlives it, and what ends there has
            # not outlived the one before.
            end += 1
        # Where in between it has ended is as likely as what is known so far has it.
        first = min(first, end - 1) if end else 0
        last = max(end, first + 1)
        left, shares = 1.0, [0.0] * (last - first)
        for step in range(first, last):
            shares[step - first] = left * self._hazard[step]
            left -= shares[step - first]
        alive, whole = 1.0, 1 - left
        for step in range(first, last):
            share = shares[step - first] / whole
            self._count(step, alive, share)
            alive = max(0.0, alive - share)

    def _count(self, step: int, alive: float, ended: float) -> None:
        keep = 1 - alive / _MEMORY
        self._alive[step] = self._alive[step] * keep + alive
        self._ended[step] = self._ended[step] * keep + ended

    def _step(self, age: float) -> int:
        """The number of whole steps up to an age, or nearly."""
        return (
            min(max(0, round(log(age / self._least) / log(_STEP)) + 1), len(self._alive) - 1)
            if age > 0
            else 0
        )

    def _plan(self) -> None:
        """Where nothing is known, it goes on as just before, and a half of what is left ends while
        the age doubles.
        """
        self._news = self._scouts = 0
        usual = 1 - 1 / _STEP
        hazard, left, before = usual / 4, 1.0, []
        for step, (alive, ended) in enumerate(zip(self._alive, self._ended, strict=True)):
            guess = usual / 4 if self._least * _STEP**step < self._first else usual
            hazard = (ended + _BELIEF * (guess + hazard) / 2) / (alive + _BELIEF)
            self._hazard[step] = hazard
            left *= 1 - hazard
            before.append(1 - left)
        # Of those that end at all.
        early, half = (self._age(before, share * before[-1]) for share in (_BEFORE / 2, _BEFORE))
        self._typical = min((1 + _LATE) * half, _FAR * early)

    def _age(self, before: list[float], share: float) -> float:
        """The age by which such a share has ended."""
        step = next(step for step, each in enumerate(before) if each >= share)
        lower = before[step - 1] if step else 0.0
        return self._least * float(_STEP ** (step - 1 + (share - lower) / (before[step] - lower)))


class PollSchedules:
    """What a client has learnt of each kind of request."""

    def __init__(self, policy: Policy, rng: Callable[[], float] = random) -> None:
        self.jitter: Final = rng
        self._policy: Final = policy
        self._kinds: Final[dict[str, PollSchedule]] = {}

    def of(self, kind: str) -> PollSchedule:
        if kind not in self._kinds:
            self._kinds[kind] = PollSchedule(self._policy)
        return self._kinds[kind]
