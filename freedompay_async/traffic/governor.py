"""Decides when a call of a client may leave: how many at once, and how many a second."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.codec.messages import Evidence
from freedompay_async.errors import ConfigurationError, WaitReason
from freedompay_async.events.hub import Hub
from freedompay_async.events.kinds import LimitKind, LimitLearnt, LimitLifted
from freedompay_async.events.stats import RateSource, Stats
from freedompay_async.traffic.concurrency_limit import ConcurrencyLimit
from freedompay_async.traffic.hindrance import Hindrance
from freedompay_async.traffic.own_rate import OwnRate

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.traffic.rate import Rate

__all__ = ["Governor", "NoTurn", "Rank"]

# A timer comes up to so many seconds late.
_GRAIN: Final = 0.02
# Seconds that a call is taken to hold its slot, until one has ended.
_UNKNOWN_TIME: Final = 1.0
# The time that a call holds its slot is a mean over about this many of the latest.
_TIMES: Final = 16.0


class NoTurn(Exception):
    """A call will get no slot. Nothing was sent."""


class Rank(IntEnum):
    """Which of the queued calls goes first."""

    INTERACTIVE = 0
    """Somebody waits for this very call: block this card."""
    BACKGROUND = 1
    """A call of a batch, or a look-up of what is pending."""


class Governor:
    """Gives slots to the calls of one client, and queues the calls that have to wait.

    It keeps two limits: of slots in use (`ConcurrencyLimit`), and of slots given a second
    (`OwnRate`, unless it is given one that others share). The answers of the issuer lower them for
    a while: 429 the rate, 503 and growing latency the concurrency. Interactive calls pass those in
    the background; within a rank the first to come is the first to go.

    Args:
        concurrency: slots.
        rate: calls a second at most, or a `Rate` that others share; `None`: no limit but the
            issuer's own.
        bucket: seconds of a rate of its own that are saved up while nothing leaves. After a pause
            so many calls leave at once, and at least one; in the long run no more than the rate
            allows.
        hub: of those who listen to the client; left out, nobody does yet.

    Attributes:
        hub: the same.

    Raises:
        ConfigurationError: a limit that allows nothing.
    """

    patient: bool = False
    """Whether the wait in the queue is not counted in the time of a call."""
    rank: Rank = Rank.INTERACTIVE

    def __init__(
        self,
        *,
        concurrency: int,
        rate: float | Rate | None = None,
        bucket: float = 0.0,
        hub: Hub | None = None,
    ) -> None:
        if concurrency < 1:
            raise ConfigurationError(
                f"concurrency={concurrency!r}: it must be at least 1. Nothing was sent."
            )
        if isinstance(rate, int | float) and not rate > 0:
            raise ConfigurationError(
                f"rate={rate!r}: calls a second, more than 0. Nothing was sent."
            )
        self.hub: Final = hub or Hub()
        self._concurrency: Final = ConcurrencyLimit(concurrency)
        self._rate: Final[Rate] = (
            OwnRate(rate, bucket=bucket) if rate is None or isinstance(rate, int | float) else rate
        )
        # Each gets what its turn has cost, as `Rate.take` says it.
        self._interactive: Final[deque[asyncio.Future[float]]] = deque()
        self._background: Final[deque[asyncio.Future[float]]] = deque()
        # How many wait, by rank, without those whose callers have left.
        self._waiting: Final = [0, 0]
        self._busy = 0
        self._took: float | None = None
        # What listeners know, as far as there are any.
        self._told_limit, self._rate_learnt = concurrency, False
        self._turn_asked = False

    @property
    def busy(self) -> int:
        """Calls on the way."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return sum(self._waiting)

    def ready(self, rank: Rank = Rank.INTERACTIVE) -> bool:
        """Whether a call of this rank would get a slot at once."""
        if (
            self._busy >= self._concurrency.limit
            or (self._interactive and _some(self._interactive))
            or (rank and self._background and _some(self._background))
        ):
            return False
        if self._rate.free:
            return True
        now = asyncio.get_running_loop().time()
        return self._rate.turn(now) <= now

    def hindrance(self, rank: Rank = Rank.INTERACTIVE) -> Hindrance | None:
        """What keeps a call of this rank from leaving now; `None`: nothing.

        The seconds are exact for the turn of a rate if nobody of a higher rank comes. For a slot
        they are an estimate: slots come free as often as calls have ended of late, and those who
        wait get theirs before. Until a call has ended, it is taken to hold its slot for a second.
        """
        limit, most = self._concurrency.limit, self._concurrency.most
        before = self._waiting[0] + (self._waiting[1] if rank else 0)
        took = _UNKNOWN_TIME if self._took is None else self._took
        for_slot = max(0.0, before + 1 + self._busy - limit) * took / limit
        turn, rate_reason = 0.0, WaitReason.RATE
        if not self._rate.free:
            now = asyncio.get_running_loop().time()
            turn = self._rate.wait(now, before)
            if self._rate.learnt(now):
                rate_reason = WaitReason.LEARNT_LIMIT
        if self._busy >= limit or for_slot > turn:
            learnt = limit < most and self._busy < most
            reason = WaitReason.LEARNT_LIMIT if learnt else WaitReason.PLACE
            return Hindrance(reason, max(for_slot, turn), for_slot=True)
        return Hindrance(rate_reason, turn) if turn or before else None

    def take(self, rank: Rank = Rank.INTERACTIVE) -> bool:
        """Take a slot if there is one at once."""
        if not self.ready(rank):
            return False
        if not self._rate.free:
            self._rate.take(asyncio.get_running_loop().time())
        self._busy += 1
        return True

    async def acquire(self, rank: Rank = Rank.INTERACTIVE) -> None:
        """Take a slot; wait in the queue until there is one."""
        if self.take(rank):
            return
        waiter: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        (self._background if rank else self._interactive).append(waiter)
        self._waiting[rank] += 1
        self._serve()
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                # It got a slot in the moment in which its caller left. The turn is the next one's.
                self._rate.give_back(waiter.result())
                self.release()
            else:
                self._waiting[rank] -= 1
            waiter.cancel()
            raise

    def hold(self, most: int) -> int:
        """Take up to so many slots for something that is no call; the rate is not charged. Release
        each of them.
        """
        held = max(0, min(most, self._concurrency.limit - self._busy))
        self._busy += held
        return held

    def held_slot(self, seconds: float) -> None:
        """Learn how long a call has held its slot, which `hindrance` reckons with."""
        before = self._took
        self._took = seconds if before is None else before + (seconds - before) / _TIMES

    def release(self) -> None:
        self._busy -= 1
        if self._interactive or self._background:
            self._serve()

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        """Learn from the end of a call of this kind that got its slot at `began`. Both times are
        seconds by the clock of the loop.
        """
        took, before = now - began, self._took
        # As `held_slot`, without the cost of a call.
        self._took = took if before is None else before + (took - before) / _TIMES
        reply = verdict.reply
        if reply is None:
            return
        if verdict.evidence is Evidence.LIMITED:
            # A low rate of the caller's own may be as low as what is learnt.
            if self._rate.limited(now, began) and self._rate.learnt(now):
                self._rate_learnt = True
                if self.hub.everybody:
                    value = self._rate.rate(now)
                    self.hub.emit_to_everybody(LimitLearnt(limit=LimitKind.RATE, value=value))
            return
        self._rate.accepted(now)
        changed = self._concurrency.answered(
            now, took, kind, busy=self._busy, unavailable=reply.status == 503
        )
        if changed or self._rate_learnt:
            self._tell_limits(now)
        if self._interactive or self._background:
            # There may be more slots now.
            self._serve()

    def _tell_limits(self, now: float) -> None:
        """Tell what an answer has changed."""
        hub, limit, before = self.hub, self._concurrency.limit, self._told_limit
        self._told_limit = limit
        if self._rate_learnt and not self._rate.learnt(now):
            self._rate_learnt = False
            if hub.everybody:
                hub.emit_to_everybody(LimitLifted(limit=LimitKind.RATE))
        if not hub.everybody or limit == before:
            return
        if limit < before:
            hub.emit_to_everybody(LimitLearnt(limit=LimitKind.CONCURRENCY, value=limit))
        elif limit == self._concurrency.most:
            hub.emit_to_everybody(LimitLifted(limit=LimitKind.CONCURRENCY))

    def stats(self, now: float, *, idle: int | None) -> Stats:
        """What the client is doing; `idle`: connections of its transport."""
        rate = self._rate.rate(now)
        interactive, background = self._waiting
        return Stats(
            places=self._concurrency.limit,
            max_places=self._concurrency.most,
            in_flight=self._busy,
            waiting_interactive=interactive,
            waiting_background=background,
            rate=None if rate == inf else rate,
            rate_source=RateSource.LEARNT if self._rate.learnt(now) else self._rate.source,
            idle=idle,
        )

    def _serve(self) -> None:
        """Give the free slots to the first in the queue."""
        for rank, queue in enumerate((self._interactive, self._background)):
            while queue and self._busy < self._concurrency.limit:
                if queue[0].done():
                    queue.popleft()  # Its caller has left.
                    continue
                cost = 0.0
                if not self._rate.free:
                    now = asyncio.get_running_loop().time()
                    turn = self._rate.turn(now)
                    if turn > now:
                        if not self._turn_asked:
                            self._turn_asked = True
                            self._rate.call_at(turn, self._in_time)
                        return
                    # In a queue the lateness of a timer is made up for; idle time is not.
                    cost = self._rate.take(now, late=_GRAIN)
                self._busy += 1
                self._waiting[rank] -= 1
                queue.popleft().set_result(cost)

    def __repr__(self) -> str:
        return f"Governor({self.busy} active, {self.waiting} queued)"

    def _in_time(self) -> None:
        self._turn_asked = False
        self._serve()


def _some(queue: deque[asyncio.Future[float]]) -> bool:
    """Whether a call waits in the queue. Calls whose callers have left are taken out."""
    while queue and queue[0].done():
        queue.popleft()
    return bool(queue)
