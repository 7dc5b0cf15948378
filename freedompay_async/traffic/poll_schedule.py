"""When to look up an accepted request, learnt from the requests that have ended. Pure; it has no
clock.

All times are seconds since a request was accepted, its age. A request ends at some age between two
look-ups. So ages are cut into steps of a logarithmic scale, and for each step the schedule learns
which share of the requests still in process ends there. From that follows how many have ended by
any age.

The first look-up comes a quarter later than the age by which about half of a kind have ended. The
next ones come whenever the age has grown by a quarter. So the ends of the later half are seen late
by at most a quarter of the time they took, with the fewest look-ups.
"""

from __future__ import annotations

from math import ceil, log
from random import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.settings.policy import Policy

__all__ = ["PollSchedule", "PollSchedules"]

# A look-up is in time if it is late by at most this share of the request's age.
_LATE: Final = 0.25
_STEP: Final = (1 + _LATE) ** (1 / 3)
# The share that has ended when the first look-up pays. A little less than half, because an estimate
# may err.
_BEFORE: Final = 0.45
# The first look-up comes no later than this many times the age by which a quarter have ended.
_FAR: Final = 4.0
# About this many of the latest look-ups at an age count; older ones fade.
_MEMORY: Final = 250.0
# What is assumed before the first look-up weighs as much as this many look-ups.
_BELIEF: Final = 2.0
_ENDS_TO_KNOW: Final = 32
_LOOKS_TO_PLAN: Final = 16
# As long as nothing is known, this many requests are looked up at once; the others wait for them.
_SCOUTS: Final = 32
# This share is looked up early, because only early look-ups show what ends before the usual first
# one; and how early.
_EARLY: Final = 0.08
_EARLIEST: Final = 0.3
_JITTER: Final = 0.1


class PollSchedule:
    """When to look up requests of one kind."""

    def __init__(self, policy: Policy) -> None:
        self._first: Final = policy.poll_first
        self._growth: Final = max(policy.poll_growth, 1.0)
        self._most: Final = policy.poll_most
        # All ages below it are one step. Above the last step only the longest pause counts.
        self._least: Final = self._first / 16
        steps = ceil(log(max(self._first, self._most) / _LATE * 4 / self._least) / log(_STEP))
        self._alive: Final = [0.0] * steps
        self._ended: Final = [0.0] * steps
        self._hazard: Final = [0.0] * steps
        self._typical = self._first
        self._looks = self._ends = self._news = self._scouts = 0
        self._plan()

    def pause(self, age: float, looked: float, jitter: float, *, trouble: bool = False) -> float:
        """Seconds to wait before this method is called again; 0: look up the request now.

        The pause may end before the look-up is due, because what is learnt meanwhile may bring the
        look-up forward or put it off.

        Args:
            age: now.
            looked: the age at the last look-up; 0 if there was none.
            jitter: from 0 to 1, the same for all look-ups of one request. It spreads the look-ups
                of many requests.
            trouble: the last look-up has shown nothing.
        """
        left = self.left(age, looked, jitter, trouble=trouble)
        if left > 1e-6:
            spread = 1 - _JITTER + 2 * _JITTER * jitter
            return min(left, max(self._first, age / 8) * spread)
        if self._ends < _ENDS_TO_KNOW:
            # Thousands that were accepted at once wait for what a few of them show, but not for
            # ever, because those few may get no answer.
            if self._scouts >= _SCOUTS and -left < looked + self._first + 1.0:
                return max(age, self._first) * (_STEP - 1)
            self._scouts += 1
        return 0.0

    def left(self, age: float, looked: float, jitter: float, *, trouble: bool = False) -> float:
        """Seconds until the request is due by what is known now; less than 0: it is overdue. For
        whoever keeps a due time, and asks `pause` when it has come.

        Args:
            age: now.
            looked: as for `pause`.
            jitter: as for `pause`.
            trouble: as for `pause`.
        """
        if self._news >= _LOOKS_TO_PLAN:
            self._plan()
        spread = 1 - _JITTER + 2 * _JITTER * jitter
        wait = self._wait(looked, jitter, spread, trouble=trouble)
        return looked + min(wait, self._most * spread) - age

    def last_due(self, age: float, jitter: float) -> float:
        """The age of the last look-up of a request that is looked up whenever it is due; 0: none
        was due.

        Args:
            age: now.
            jitter: as for `pause`.
        """
        if self._news >= _LOOKS_TO_PLAN:
            self._plan()
        spread = 1 - _JITTER + 2 * _JITTER * jitter
        looked = before = 0.0
        while True:
            wait = self._wait(looked, jitter, spread, trouble=False)
            wait = min(wait, self._most * spread)
            if looked + wait > age:
                return looked
            if wait == before and looked >= self._typical * spread:
                # From here on all waits are equal, and a request may be days old.
                return looked + (age - looked) // wait * wait
            looked, before = looked + wait, wait

    def __repr__(self) -> str:
        return f"PollSchedule({self._looks} looks, {self._ends} ended)"

    def _wait(self, looked: float, jitter: float, spread: float, *, trouble: bool) -> float:
        """Seconds from one look-up to the next."""
        if trouble or self._looks < _LOOKS_TO_PLAN or (looked and self._ends < _ENDS_TO_KNOW):
            return (self._first + looked * (self._growth - 1)) * spread
        if not looked and jitter < _EARLY:
            return self._typical * (_EARLIEST + (1 - _EARLIEST) * jitter / _EARLY)
        return max(self._typical * spread - looked, looked * _LATE)

    def learn(self, pending: float, age: float, *, ended: bool) -> None:
        """Learn from a look-up.

        Args:
            pending: the age at which the request was last seen in process; 0 if it never was.
            age: at this look-up.
            ended: the request had ended; otherwise it was still in process.
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
            # The last step has all higher ages: nothing outlives it, and what ends there has not
            # outlived the step before.
            end += 1
        # The end lies in each step between with the likelihood that is known so far.
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
        """The step of an age, rounded."""
        return (
            min(max(0, round(log(age / self._least) / log(_STEP)) + 1), len(self._alive) - 1)
            if age > 0
            else 0
        )

    def _plan(self) -> None:
        """Compute the shares anew. Where nothing is known, a step is like the one before it, and
        half of the rest ends while the age doubles.
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
        # Shares of the requests that end at all.
        early, half = (self._age(before, share * before[-1]) for share in (_BEFORE / 2, _BEFORE))
        self._typical = min((1 + _LATE) * half, _FAR * early)

    def _age(self, before: list[float], share: float) -> float:
        """The age by which this share has ended."""
        step = next(step for step, each in enumerate(before) if each >= share)
        lower = before[step - 1] if step else 0.0
        return self._least * float(_STEP ** (step - 1 + (share - lower) / (before[step] - lower)))


class PollSchedules:
    """The poll schedules of a client: one for each kind of request."""

    def __init__(self, policy: Policy, rng: Callable[[], float] = random) -> None:
        self.jitter: Final = rng
        self._policy: Final = policy
        self._kinds: Final[dict[str, PollSchedule]] = {}

    def of(self, kind: str) -> PollSchedule:
        if kind not in self._kinds:
            self._kinds[kind] = PollSchedule(self._policy)
        return self._kinds[kind]
