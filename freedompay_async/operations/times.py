"""When a request was accepted and asked about, and when it is due again."""

from __future__ import annotations

import asyncio
import time
from math import inf, nextafter
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from freedompay_async.errors import FreedomPayError
    from freedompay_async.traffic.poll_schedule import PollSchedules

__all__ = ["Times"]

# Seconds for which the issuer may hold back a wait without a time limit: one absurd answer must not
# hold it for ever.
_LONGEST_HOLD: Final = 3600.0


class Times:
    """The times of one request, by the clock of the loop; its age, in seconds since its acceptance.

    Args:
        polls: the poll schedules of the client.
        call: the name of its call.
        request_id: its id.
        accepted: when the issuer accepted it; `None`: that is not known by this clock.
        age: its age now, where another clock knows it.

    Attributes:
        age_known: its age was known when the operation was made.
        look_ups: that have begun.
        trouble: the error of the last look-up, if it got no usable answer.
    """

    __slots__ = (
        *("_accepted", "_asked", "_jitter", "_looked", "_made", "_made_outside", "_pending"),
        *("_schedule", "_unseen", "age_known", "look_ups", "trouble"),
    )

    def __init__(
        self,
        polls: PollSchedules,
        call: str,
        request_id: str,
        *,
        accepted: float | None = None,
        age: float | None = None,
    ) -> None:
        self.age_known: Final = age is not None
        self._made_outside = False
        if accepted is None:
            # It may be made where no loop runs, and the clock of the loop is known later.
            try:
                now = asyncio.get_running_loop().time()
            except RuntimeError:
                now, self._made_outside = time.monotonic(), True
            self._made = now - (age or 0.0)
            self._accepted = None if age is None else self._made
        else:
            self._made = self._accepted = accepted
        # A request that was accepted elsewhere, nobody knows when, counts from its first look-up,
        # and its poll schedule is learnt apart.
        self._schedule = polls.of(f"{call}, attached" if self._accepted is None else call)
        # The age at the last look-up.
        self._looked: float | None = None
        # The age when it was last seen in process, and before the first time the age up to which
        # others may have seen it so.
        self._pending = self._unseen = 0.0
        self._asked: float | None = None
        if age is None:
            self._jitter = polls.jitter()
        else:
            # A worker may attach the id again in each of its rounds. So the times depend on the id
            # and the age only, and those that have gone by are taken as used.
            self._jitter = crc32(request_id.encode()) / 2**32
            self._looked = self._unseen = self._schedule.last_due(age, self._jitter)
        self.look_ups = 0
        self.trouble: FreedomPayError | None = None

    def begin(self, now: float) -> float:
        """Note that a look-up begins.

        Returns:
            Seconds since the operation was made; its age, where that was known then.
        """
        self._by_the_loop(now)
        self._asked = now
        self.look_ups += 1
        return now - self._made

    @property
    def age(self) -> float:
        """The age at the last look-up; 0 before the first one."""
        return self._looked or 0.0

    def end(self, now: float) -> None:
        """Note that a look-up is over."""
        if self._accepted is None:
            self._accepted = now
        self._looked = now - self._accepted

    def learn(self, *, ended: bool) -> None:
        """Learn from the last look-up, which has shown whether the request has ended."""
        age = self._looked or 0.0
        if age <= 0:
            return
        # What is in process now was so at any age before. Others may have taught that already, but
        # not that it has ended since.
        seen = self._pending if ended else max(self._pending, self._unseen)
        self._schedule.learn(seen, age, ended=ended)
        self._pending = age

    def pause(self, now: float, deadline: float, *, answered: bool, grace: float | None) -> float:
        """Seconds after which to ask again whether to look it up; 0: look it up now.

        Args:
            now: this moment.
            deadline: when the waiting ends.
            answered: the issuer has said something of it.
            grace: seconds after which an id that is not known has ended; `None`: it never has.
        """
        self._by_the_loop(now)
        if not answered and self._looked is None:
            return 0.0
        if self._accepted is None:
            self._accepted = now
        age = now - self._accepted - self.asked_to_wait(deadline)
        pause = self._schedule.pause(
            age, self._looked or 0.0, self._jitter, trouble=self.trouble is not None
        )
        if grace is None:
            return pause
        # A wait that is longer than the grace time has to end with what is known after it.
        # A hair later, because the sum is rounded: a look-up that is made then has to count.
        ends = nextafter(self._made + grace, inf)
        may_ask = max(ends, self.held_until(deadline))
        if now < may_ask:
            return min(pause, may_ask - now)
        return 0.0 if self._asked is not None and self._asked < ends else pause

    def held_until(self, deadline: float) -> float:
        """Until when the issuer asked to wait with the next look-up."""
        if self.trouble is None or self._accepted is None or self._looked is None:
            return -inf
        return self._accepted + self._looked + self.asked_to_wait(deadline)

    def asked_to_wait(self, deadline: float) -> float:
        """Seconds from the last look-up."""
        asked = (self.trouble.retry_after or 0.0) if self.trouble is not None else 0.0
        return min(asked, _LONGEST_HOLD) if deadline == inf else asked

    def _by_the_loop(self, now: float) -> None:
        if not self._made_outside:
            return
        ahead = now - time.monotonic()
        self._made += ahead
        if self._accepted is not None:
            self._accepted += ahead
        self._made_outside = False
