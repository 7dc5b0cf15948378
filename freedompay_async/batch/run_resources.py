"""What all rows of a run share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import ceil
from random import random
from typing import TYPE_CHECKING, Final, Literal

import anyio

from freedompay_async.batch.stopping import Held, Stopped, Wait
from freedompay_async.errors import (
    FreedomPayError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
)
from freedompay_async.traffic.waited import Waited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.batch.clock import Clock
    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.limits import Limits, Progress
    from freedompay_async.batch.outage import PatientLane
    from freedompay_async.batch.stopping import Stopping
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.models import RequestState

__all__ = ["PASSING", "SAYS_NOTHING", "RunResources", "too_long", "why"]

PASSING: Final = (NotSent, OutcomeUnknown, RateLimited)
"""What becomes of a question for reasons that pass."""
SAYS_NOTHING: Final = (*PASSING, ProtocolError)
"""After each of these as much is known of a request as before the question."""


@dataclass(slots=True, kw_only=True)
class RunResources:
    """What all rows of a run share.

    Attributes:
        session: its calls wait in the lane.
        settings: of the batch; the request ids depend on them.
        room: set when a row may have made room for another.
        witness: a request id that the issuer has accepted.
        changed: of each call whose contract is not the one of the plan, what has changed.
        held: rows that were left since the issuer last took a request, because it asked to wait
            with them for too long.
        held_questions: the same since it last answered a question, of questions about rows.
    """

    session: Session
    lane: PatientLane
    journal: BatchJournal
    limits: Limits
    progress: Progress
    settings: Mapping[str, str]
    clock: Clock
    stopping: Stopping
    room: asyncio.Event
    witness: str | None
    changed: Mapping[str, str] = field(default_factory=dict)
    held: int = 0
    held_questions: int = 0

    async def ask(
        self,
        request_id: str,
        *,
        again_after: tuple[type[FreedomPayError], ...] = PASSING,
        nothing_for: float = 0.0,
        trouble: str | None = None,
    ) -> RequestState | None:
        """What the issuer says of an intent; `None`: it does not know the id.

        Args:
            request_id: of the intent.
            again_after: after these it is asked again, for `settle` seconds in all.
            nothing_for: seconds for which it is asked again after an answer that says nothing of
                it.
            trouble: what `progress` says until it is asked again.

        Raises:
            ProtocolError: nothing was said for so long.
            Held: the issuer asks for more patience than there is time for.
            Stopped: the run stops, or there was no answer for too long.
        """
        loop = asyncio.get_running_loop()
        began, waited = loop.time(), Waited()
        while True:
            try:
                with Wait(self.stopping):
                    state = await self.session.look_up(request_id, waited=waited)
                self.held_questions = 0
                return state
            except SAYS_NOTHING as error:
                spent = loop.time() - began - waited.seconds
                asked = error.retry_after or 0.0
                if asked and again_after:
                    if asked >= self.limits.settle - spent:
                        raise too_long(error, "settle", self.limits, question=True) from error
                elif isinstance(error, ProtocolError):
                    if spent >= nothing_for:
                        raise
                elif not isinstance(error, again_after):
                    raise
                elif spent >= self.limits.settle:
                    raise Stopped from error
                pause = asked + 1.0 + random()
                if trouble is not None:
                    self.progress.trouble = f"{trouble}: {why(error)}"
            with Wait(self.stopping):
                await anyio.sleep(pause)

    async def ask_patiently(self, request_id: str) -> RequestState | None:
        """The same, where an answer that says nothing is no answer.

        Raises:
            Stopped: the run stops, or nothing was said for too long.
        """
        try:
            return await self.ask(request_id, nothing_for=self.limits.settle)
        except ProtocolError as error:
            raise Stopped from error


def too_long(
    error: FreedomPayError,
    limit: Literal["settle", "wait", "outage"],
    limits: Limits,
    *,
    question: bool = False,
) -> Held:
    """The end of the work on a row that the issuer asks more patience for than this limit leaves."""
    seconds = f"Limits.{limit} is {getattr(limits, limit):g} s"
    asked = (
        f"asked to wait {ceil(error.retry_after)} s"
        if error.retry_after
        else "answers 429 and does not say for how long"
    )
    reason = (
        f"the issuer {asked}, longer than there was time left for ({seconds}). Rows are left as "
        "they are: resume later"
    )
    return Held(reason, question=question)


def why(error: FreedomPayError) -> str:
    """What happened, without what follows from it."""
    return error.text.split(". ", 1)[0]
