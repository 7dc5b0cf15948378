"""The resources that all rows of a run share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import ceil
from random import random
from typing import TYPE_CHECKING, Final, Literal

import anyio

from freedompay_async.batch.documents import PLANNED_PLACE, DocumentPlace
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
    from freedompay_async.batch.limits import Limits
    from freedompay_async.batch.outage import PatientLane
    from freedompay_async.batch.progress import Progress
    from freedompay_async.batch.stopping import Stopping
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.models import RequestState

__all__ = ["PASSING", "SAYS_NOTHING", "RunResources", "too_long", "why"]

PASSING: Final = (NotSent, OutcomeUnknown, RateLimited)
"""Errors of a look-up whose reasons pass."""
SAYS_NOTHING: Final = (*PASSING, ProtocolError)
"""Errors of a look-up after which no more is known of the request than before."""


@dataclass(slots=True, kw_only=True)
class RunResources:
    """The resources that all rows of a run share.

    Attributes:
        session: its calls wait in the lane.
        settings: of the batch; the request ids depend on them.
        room: set when a row may have made room for another.
        witness: a request id that the issuer has accepted.
        changed: by the name of each call whose contract was another one in the plan: what has
            changed.
        documents: where this machine has the documents of the plan.
        held: rows left because the issuer asked to wait for too long, since it last accepted a
            request.
        held_questions: rows left because the issuer asked to wait for too long with a look-up,
            since it last answered one.
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
    documents: DocumentPlace = PLANNED_PLACE
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
        """Look an intent up; `None`: the issuer does not know the id.

        Args:
            request_id: of the intent.
            again_after: errors after which it is looked up again, for `settle` seconds in all.
            nothing_for: seconds for which it is looked up again after an answer that does not show
                its state.
            trouble: what `progress` shows until it is looked up again.

        Raises:
            ProtocolError: no answer has shown its state for so long.
            Held: the issuer asks to wait for longer than there is time.
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
        """Look an intent up as `ask` does; an answer that does not show its state is no answer.

        Raises:
            Stopped: the run stops, or there was no answer for too long.
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
    """The error that leaves a row, because the issuer asks to wait for longer than this limit."""
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
    return Held(reason, question=question, pause=error.retry_after or Held.pause)


def why(error: FreedomPayError) -> str:
    """What happened, without what to do."""
    return error.text.split(". ", 1)[0]
