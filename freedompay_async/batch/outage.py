"""The lane of a batch. In an outage every row waits, and one look-up a second finds out whether the
outage is over.
"""

from __future__ import annotations

import asyncio
import time
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.codec.answer_form import is_page
from freedompay_async.codec.messages import Evidence
from freedompay_async.errors import NotSent, RateLimited, WaitReason
from freedompay_async.events.kinds import OutageBegan, OutageEnded
from freedompay_async.traffic.governor import Governor, NoTurn, Rank
from freedompay_async.traffic.hindrance import Hindrance
from freedompay_async.traffic.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.progress import Progress
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.errors import FreedomPayError
    from freedompay_async.events.hub import Hub
    from freedompay_async.traffic.rate import Rate

__all__ = ["PatientLane"]

# The issuer is asked at most this often, in seconds, whatever the number of rows.
_PAUSE: Final = 1.0


class PatientLane(Lane):
    """A lane that holds its calls while the issuer does not answer; that time is not counted as
    theirs.

    A call without an answer holds the others until a look-up of an id decides. If the look-up is
    answered, only that one call had no answer. If not, it is an outage until something is answered.

    Args:
        concurrency: calls in flight at once.
        rate: calls a second at most.
        within: the governor of the client, which this lane takes its slots from.
        hub: of those who listen to the batch.
        longest: seconds without any answer, or with no answer but 429, after which the run ends.
        progress: shows the trouble while it lasts.
        end: called with the reason why the run has to end.
        outage_began: called when an outage is certain, with the time since which nothing is
            answered, in seconds since the epoch.
        outage_ended: called when it is over, with the time in seconds since the epoch.
    """

    patient = True
    unsure = False
    """While it is set, an answer of any form counts as one: the ids that are looked up may be
    unknown to the issuer, and it may fail on those.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        rate: float | Rate | None,
        within: Governor | None = None,
        hub: Hub | None = None,
        longest: float,
        progress: Progress,
        end: Callable[[FreedomPayError], None],
        outage_began: Callable[[float], None],
        outage_ended: Callable[[float], None],
    ) -> None:
        super().__init__(concurrency=concurrency, rate=rate, within=within, hub=hub)
        # A rate that others share is no number; its turns keep the issuer from more.
        slow = 1.0 / rate if isinstance(rate, int | float) else 0.0
        self._pause: Final = max(_PAUSE, slow)
        self._longest: Final = longest
        self._progress: Final = progress
        self._end: Final = end
        self._outage_began: Final = outage_began
        self._outage_ended: Final = outage_ended
        self._last_answer = self._last_turn = -inf
        self._unanswered_since: float | None = None
        self._unanswered_seconds = 0.0
        self._refusing_since: float | None = None
        self._outage = False
        self._suspected: Final = asyncio.Event()
        self._news = asyncio.Event()
        self._closed = False

    @property
    def _unanswered(self) -> bool:
        return self._unanswered_since is not None

    def seconds_without_answer(self) -> float:
        """Seconds for which the issuer has answered nothing, in all so far."""
        since = self._unanswered_since
        return self._unanswered_seconds + (
            0.0 if since is None else asyncio.get_running_loop().time() - since
        )

    def __repr__(self) -> str:
        state = (
            "in an outage" if self._outage else "unanswered" if self._unanswered else "answering"
        )
        return f"PatientLane({self.busy} active, {self.waiting} queued, {state})"

    def ready(self) -> bool:
        return not self._unanswered and super().ready()

    def hindrance(self) -> Hindrance | None:
        if self._unanswered:
            # The next look-up, which may end it, comes within this time.
            return Hindrance(WaitReason.OUTAGE, self._pause, for_slot=True)
        return super().hindrance()

    def take(self) -> bool:
        taken = super().take()
        if taken:
            self._last_turn = asyncio.get_running_loop().time()
        return taken

    async def acquire(self) -> None:
        while True:
            await super().acquire()
            # While this call waited for its turn, the issuer may have stopped to answer.
            if not self._unanswered:
                self._last_turn = asyncio.get_running_loop().time()
                return
            # Other calls of the client get the slot; they may find out that the issuer answers.
            self.release()
            while self._unanswered:
                if self._closed and self._outage:
                    raise NoTurn("the issuer does not answer, and the run stops")
                await self._news.wait()

    def close(self) -> None:
        """Let no call wait for the end of an outage any more. While the issuer answers, calls go
        on.
        """
        self._closed = True
        self._wake()

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        super().observe(verdict, began=began, now=now, kind=kind)
        if _of_the_issuer(verdict) or (self.unsure and verdict.reply is not None):
            self._last_answer = now
            self._progress.over()
            if verdict.evidence is Evidence.LIMITED:
                self._refused(now)
            else:
                self._refusing_since = None
            if self._unanswered_since is not None:
                self._unanswered_seconds += now - self._unanswered_since
                if self._outage:
                    self._outage_ended(time.time())
                    if self.hub.everybody:
                        seconds = now - self._unanswered_since
                        ended = OutageEnded(lane=self.hub.lane, seconds=seconds)
                        self.hub.emit_to_everybody(ended)
                self._outage, self._unanswered_since = False, None
                self._suspected.clear()
                self._wake()
        elif began >= self._last_answer or (
            self._last_turn >= self._last_answer and now - self._last_answer > self._pause
        ):
            # A call that began before the last answer proves no silence, unless that answer is
            # long ago and others wait for one too.
            self._progress.trouble = verdict.reason
            if self._unanswered_since is None:
                self._unanswered_since = now
                self._suspected.set()

    def _refused(self, now: float) -> None:
        if self._refusing_since is None:
            self._refusing_since = now
        refusing = now - self._refusing_since
        if refusing > self._longest:
            self._end(
                RateLimited(
                    f"for {refusing:.0f} s the issuer has answered every call with HTTP 429. The "
                    "rows that are left can be resumed.",
                    http_status=429,
                )
            )

    async def watch(self, ask: Callable[[Lane], Awaitable[object]]) -> None:
        """Look an id up, in a lane of its own, while the issuer does not answer. Runs until it is
        cancelled.
        """
        lane = _Aside(self)
        while True:
            await self._suspected.wait()
            await ask(lane)
            if self._unanswered_since is not None:
                seconds = asyncio.get_running_loop().time() - self._unanswered_since
                if not self._outage:
                    self._outage = True
                    self._outage_began(time.time() - seconds)
                    if self.hub.everybody:
                        began = OutageBegan(lane=self.hub.lane, seconds=seconds)
                        self.hub.emit_to_everybody(began)
                self._wake()
                if seconds > self._longest:
                    self._end(
                        NotSent(
                            f"no answer from the issuer for {seconds:.0f} s "
                            f"({self._progress.trouble}). The rows that are left can be resumed."
                        )
                    )
            await asyncio.sleep(self._pause)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class _Aside(Lane):
    """For the look-up that finds out whether the issuer answers: it does not wait, and the lane of
    the batch gets its verdict.
    """

    rank = Rank.INTERACTIVE

    def __init__(self, lane: PatientLane) -> None:
        super().__init__(concurrency=1, within=lane._within, hub=lane.hub)
        self._lane: Final = lane

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        self._lane.observe(verdict, began=began, now=now, kind=kind)


def _of_the_issuer(verdict: Verdict) -> bool:
    """Whether the issuer itself has answered.

    A 5xx proves nothing, and an HTML page comes from a proxy, whatever its status. Other texts may
    be the issuer's own.
    """
    if verdict.reply is None or verdict.evidence is Evidence.NO_ANSWER:
        return False
    return (
        verdict.answer is not None
        or verdict.evidence is Evidence.LIMITED
        or not is_page(verdict.reply.body)
    )
