"""The lane of a batch: in an outage every row waits, and a harmless question a second finds out
whether it is over.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.codec.decode import is_page
from freedompay_async.codec.messages import Evidence
from freedompay_async.errors import NotSent, RateLimited
from freedompay_async.traffic.governor import Governor, NoTurn, Rank
from freedompay_async.traffic.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.limits import Progress
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.errors import FreedomPayError

__all__ = ["PatientLane"]

# The issuer is asked at most this often, in seconds, whatever the number of rows.
_PAUSE: Final = 1.0


class PatientLane(Lane):
    """A lane that holds its calls while the issuer is silent, and takes nothing from their time for
    it.

    A call without an answer raises the suspicion, and holds the others; a harmless question
    decides. If it is answered, the silence was of that one call; if not, it is an outage until
    something is answered.

    Args:
        concurrency: calls on the way at once.
        rate: calls a second at most.
        within: whose share it is.
        longest: seconds without any answer, or with no other than 429, after which `end` is told.
        progress: shows the trouble while it lasts.
        end: told why the run has to stop.
    """

    patient = True
    unsure = False
    """Only ids are asked about that the issuer may not know, and it may break over those: an answer
    of any form is no silence.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        rate: float | None,
        within: Governor | None = None,
        longest: float,
        progress: Progress,
        end: Callable[[FreedomPayError], None],
    ) -> None:
        super().__init__(concurrency=concurrency, rate=rate, within=within)
        self._pause: Final = max(_PAUSE, 1.0 / rate) if rate else _PAUSE
        self._longest: Final = longest
        self._progress: Final = progress
        self._end: Final = end
        self._last_answer = self._last_turn = -inf
        self._silent_since: float | None = None
        self._silences = 0.0
        self._refusing_since: float | None = None
        self._outage = False
        self._suspected: Final = asyncio.Event()
        self._news = asyncio.Event()
        self._closed = False

    @property
    def _silent(self) -> bool:
        return self._silent_since is not None

    def seconds_without_answer(self) -> float:
        """Seconds for which the issuer has been silent so far."""
        since = self._silent_since
        return self._silences + (
            0.0 if since is None else asyncio.get_running_loop().time() - since
        )

    def __repr__(self) -> str:
        state = "in an outage" if self._outage else "silent" if self._silent else "answered"
        return f"PatientLane({self.busy} active, {self.waiting} queued, {state})"

    def ready(self) -> bool:
        return not self._silent and super().ready()

    def take(self) -> bool:
        taken = super().take()
        if taken:
            self._last_turn = asyncio.get_running_loop().time()
        return taken

    async def acquire(self) -> None:
        while True:
            await super().acquire()
            # Waiting for the turn may have taken long enough for the silence to begin.
            if not self._silent:
                self._last_turn = asyncio.get_running_loop().time()
                return
            # The place is for others of the client, who may find out that the silence is over.
            self.release()
            while self._silent:
                if self._closed and self._outage:
                    raise NoTurn("the issuer does not answer, and the run stops")
                await self._news.wait()

    def close(self) -> None:
        """Nobody waits for the end of an outage any more; while the issuer answers, what is on the
        way goes on.
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
            if self._silent_since is not None:
                self._silences += now - self._silent_since
                self._outage, self._silent_since = False, None
                self._suspected.clear()
                self._wake()
        elif began >= self._last_answer or (
            self._last_turn >= self._last_answer and now - self._last_answer > self._pause
        ):
            # What began earlier is no news: the issuer has answered since. Unless that is long ago,
            # and others wait for an answer too.
            self._progress.trouble = verdict.reason
            if self._silent_since is None:
                self._silent_since = now
                self._suspected.set()

    def _refused(self, now: float) -> None:
        if self._refusing_since is None:
            self._refusing_since = now
        refusing = now - self._refusing_since
        if refusing > self._longest:
            told = f"for {refusing:.0f} s the issuer has answered every call with HTTP 429"
            self._end(
                RateLimited(f"{told}. The rows that are left can be resumed.", http_status=429)
            )

    async def watch(self, ask: Callable[[Lane], Awaitable[object]]) -> None:
        """Ask, in a lane of its own, while the issuer is silent; runs until it is cancelled."""
        lane = _Aside(self)
        while True:
            await self._suspected.wait()
            await ask(lane)
            if self._silent_since is not None:
                self._outage = True
                self._wake()
                silent = asyncio.get_running_loop().time() - self._silent_since
                if silent > self._longest:
                    told = (
                        f"no answer from the issuer for {silent:.0f} s ({self._progress.trouble})"
                    )
                    self._end(NotSent(f"{told}. The rows that are left can be resumed."))
            await asyncio.sleep(self._pause)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class _Aside(Lane):
    """For the question whether the issuer is there: it waits for nobody, and what it hears is heard
    by the lane beside it.
    """

    rank = Rank.INTERACTIVE

    def __init__(self, lane: PatientLane) -> None:
        super().__init__(concurrency=1, within=lane._within)
        self._lane: Final = lane

    def observe(self, verdict: Verdict, *, began: float, now: float, kind: str) -> None:
        self._lane.observe(verdict, began=began, now=now, kind=kind)


def _of_the_issuer(verdict: Verdict) -> bool:
    """A 5xx proves nothing, and an HTML page comes from a proxy, whatever its status.

    Other texts may be the issuer's own.
    """
    if verdict.reply is None or verdict.evidence is Evidence.NO_ANSWER:
        return False
    return (
        verdict.answer is not None
        or verdict.evidence is Evidence.LIMITED
        or not is_page(verdict.reply.body)
    )
