"""The worker of a tracker: takes what is due, some at a time, until it is stopped.

A request that waits is a row with a due time. Here is only what is worked on in this moment.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    JournalError,
    NotSent,
    OutcomeUnknown,
)
from freedompay_async.events.hub import Hub
from freedompay_async.postgres.connection.pooling import words
from freedompay_async.postgres.tracker.purging import purge
from freedompay_async.postgres.workers.news import Change, News
from freedompay_async.postgres.workers.wake import requests_entrypoint
from freedompay_async.postgres.workers.wakeups import WakeUps
from freedompay_async.traffic.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.calls.session import Session
    from freedompay_async.postgres.tracker.delivery import Delivery
    from freedompay_async.postgres.tracker.held import Held
    from freedompay_async.postgres.tracker.steps import Step, Steps
    from freedompay_async.postgres.tracker.store import Store

__all__ = ["Working"]

# Seconds between two looks for what is due: at most, and at least.
_LOOK: Final = 2.0
_LOOK_LEAST: Final = 0.02
# Rows that are taken at once at most.
_MOST: Final = 256
# Wake-ups that are fetched together.
_JOBS: Final = 100
# Seconds between two looks for bodies that are to go.
_PURGE: Final = 600.0
# So many calls in a row without an answer are an outage: one at a time finds out when it ends.
_OUTAGE: Final = 8
# Seconds until the next call after the issuer has refused the key, or answers nothing.
_REFUSED_PAUSE: Final = 30.0
_OUTAGE_PAUSE: Final = 1.0


class Working:
    """Works on the requests of a store until it is stopped.

    Args:
        store: of the requests.
        pool: of asyncpg; one of its connections listens.
        steps: makes the steps of a session.
        session: of the client; its governor gives the slots.
        delivery: of ends; `None`: there is no handler here.
        concurrency: requests that are worked on at once.
        keep_bodies: seconds for which bodies are kept after the end.
        tell: called with each change.
    """

    def __init__(
        self,
        store: Store,
        pool: Any,
        steps: Callable[[Session], Steps],
        session: Session,
        *,
        delivery: Delivery | None,
        concurrency: int,
        keep_bodies: float,
        tell: Callable[[News], object],
    ) -> None:
        hub = Hub("tracker")
        self._hub: Final = hub
        self._governor: Final = session.shared.governor
        lane = Lane(concurrency=concurrency, within=self._governor, hub=hub)
        self._steps: Final = steps(session.in_lane(lane))
        self._store: Final = store
        self._pool: Final = pool
        self._delivery: Final = delivery
        self._concurrency: Final = concurrency
        self._keep_bodies: Final = keep_bodies
        self._listener: Final = tell
        self._kinds = ["send", "look"] if delivery is None else ["deliver", "send", "look"]
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._awake: Final = asyncio.Event()
        self._away = self._stopped = self._refused = False
        # Since the key was last refused, the issuer has answered.
        self._answered = False
        # Calls in a row that the issuer has not answered.
        self._unanswered = 0
        # Requests that are handed to the handler.
        self._delivering = 0
        self._paused_until = 0.0
        self._outdated: ConfigurationError | None = None

    def stop(self) -> None:
        """Take nothing more; `run` ends when what is on the way has ended."""
        if not self._stopped:
            self._stopped = True
            self._tell(Change.DRAINING, "nothing new is begun, and what is on the way is settled")
            self._awake.set()

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            ConfigurationError: nothing may be sent from this database.
        """
        merchant, host = self._store.ours
        await self._store.check()
        self._tell(Change.LOOKING, f"working on requests of merchant {merchant} at {host}")
        wakeups = WakeUps(
            self._pool,
            wake=self._awake.set,
            hold=self._woken,
            entrypoint=requests_entrypoint(*self._store.ours),
            at_once=_JOBS,
        )
        with self._governor.hub.joined(self._hub):
            async with asyncio.TaskGroup() as group:
                waking = group.create_task(self._wake(wakeups))
                purging = group.create_task(self._purge())
                try:
                    while not self._stopped:
                        await self._round(group)
                    while self._tasks:
                        await asyncio.wait(self._tasks)
                finally:
                    wakeups.stop()
                    purging.cancel()
                await waking
        if self._outdated is not None:
            raise self._outdated

    # What is taken

    async def _round(self, group: asyncio.TaskGroup) -> None:
        """Take what is due, and wait until there may be more."""
        self._awake.clear()
        wait = _LOOK
        try:
            wait = await self._take(group)
        except JournalError as error:
            self._away_because(error)
        except ConfigurationError as error:
            self._drain_because(error)
        else:
            self._back()
        await asyncio.sleep(_LOOK_LEAST)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._awake.wait()

    async def _take(self, group: asyncio.TaskGroup) -> float:
        """Take what is due, as far as there is room, and begin with it; the seconds until there may
        be more.
        """
        # Each kind is first in its turn, so that none waits for ever.
        self._kinds.append(self._kinds.pop(0))
        taken, more = 0, False
        for kind in self._kinds:
            room = min(self._room(kind), _MOST)
            if room > 0:
                # What is held is worked on, whatever becomes of the next statement.
                for held in await self._store.take(kind, room):
                    self._begin(held, group)
                    taken, room = taken + 1, room - 1
                more = more or room == 0
        kinds = [kind for kind in self._kinds if self._room(kind) > 0]
        paused = self._paused_until - asyncio.get_running_loop().time()
        longest = min(_LOOK, paused) if paused > 0 else _LOOK
        if not kinds or more:
            return 0.0 if kinds else longest
        due = await self._store.next_due(kinds)
        if not taken and due is not None and due < -_LOOK:
            # They are due and can't be taken.
            await self._store.check()
        # What is overdue is locked by somebody's transaction: it is looked for less and less often.
        return longest if due is None else min(abs(due), longest)

    def _room(self, kind: str) -> int:
        """How many rows of this kind may be begun now."""
        free = self._concurrency - len(self._tasks)
        if kind == "deliver":
            # Handlers do not need the issuer.
            return min(free, self._places)
        if asyncio.get_running_loop().time() < self._paused_until:
            return 0
        calls = len(self._tasks) - self._delivering
        return free if self._unanswered < _OUTAGE else min(free, 1 - calls)

    @property
    def _places(self) -> int:
        """Ends that may be handed over now. More would only wait, and take the room of sends."""
        return 0 if self._delivery is None else self._delivery.places - self._delivering

    def _begin(self, held: Held, group: asyncio.TaskGroup) -> None:
        self._delivering += held.next == "deliver"
        task = group.create_task(self._work_on(held))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        # A task that is cancelled before it has begun does nothing at all.
        task.add_done_callback(lambda _: self._store.drop(held))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._awake.set()

    # One row

    async def _work_on(self, held: Held) -> None:
        delivers = held.next == "deliver"
        try:
            if delivers:
                await self._deliver(held)
                return
            step = await self._steps.step(held, {})
            self._note(held, step)
            if step.written.ended and self._places > 0:
                delivers = True
                self._delivering += 1
                step = step._replace(written=step.written._replace(held=True))
            await self._store.write(held, step)
            if step.written.held:
                await self._deliver(held)
        except LeaseLost:
            pass
        except JournalError as error:
            self._away_because(error)
        finally:
            self._delivering -= delivers

    async def _deliver(self, held: Held) -> None:
        if self._delivery is None:
            return
        why = await self._delivery.deliver(held)
        if why is not None:
            self._tell(
                Change.NOT_DELIVERED,
                f"the handler of the end of request {held.request_id} fails: {why}",
            )

    def _note(self, held: Held, step: Step) -> None:
        """Find out from a step whether the issuer answers."""
        error = step.error
        if isinstance(error, AuthenticationError):
            if self._answered and held.tries:
                # Others are answered, so the key is good: it is this request that is refused again.
                return
            self._answered = False
            self._paused_until = asyncio.get_running_loop().time() + _REFUSED_PAUSE
            if not self._refused:
                self._refused = True
                self._tell(
                    Change.FAILED,
                    f"{error} It is tried again in {_REFUSED_PAUSE:.0f} s.",
                    again_in=_REFUSED_PAUSE,
                )
            return
        self._refused = False
        self._answered = self._answered or error is None
        if isinstance(error, NotSent | OutcomeUnknown) and error.http_status is None:
            self._unanswered += 1
            if self._unanswered >= _OUTAGE:
                self._paused_until = asyncio.get_running_loop().time() + _OUTAGE_PAUSE
            if self._unanswered == _OUTAGE:
                self._tell(Change.ISSUER_AWAY, f"the issuer does not answer: {error.text}")
            return
        if self._unanswered >= _OUTAGE and (error is None or error.http_status is not None):
            self._tell(Change.ISSUER_BACK, "the issuer answers again")
        self._unanswered = 0

    # Beside the rows

    async def _woken(self, _request_id: str) -> float | None:
        self._awake.set()
        return None

    async def _wake(self, wakeups: WakeUps) -> None:
        try:
            await wakeups.run()
        except ConfigurationError as error:
            self._drain_because(error)

    async def _purge(self) -> None:
        while True:
            with suppress(JournalError):
                await purge(self._store, self._keep_bodies)
            await asyncio.sleep(_PURGE)

    def _drain_because(self, error: ConfigurationError) -> None:
        self._outdated = self._outdated or error
        self.stop()

    def _away_because(self, error: JournalError) -> None:
        if not self._away:
            self._away = True
            why = words(error.__cause__ or error)
            self._tell(Change.DATABASE_AWAY, f"waiting for the database: {why}")

    def _back(self) -> None:
        if self._away:
            self._away = False
            self._tell(Change.DATABASE_BACK, "the database answers again")

    def _tell(self, change: Change, text: str, *, again_in: float | None = None) -> None:
        self._listener(News(change=change, text=text, again_in=again_in))
