"""An accepted request, its result, and waiting for it."""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from freedompay_async.calls.cancelled import note_wait_cancelled
from freedompay_async.contract.models.results import IssuedCards
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    StillProcessing,
)
from freedompay_async.guards.arguments import check_number
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying
from freedompay_async.operations.held import result_of
from freedompay_async.operations.unfinished import (
    failed,
    question_denied,
    question_not_made,
    say_not_asked,
    still_processing,
)
from freedompay_async.traffic.waited import Waited
from freedompay_async.transport.handler_errors import is_handler_error

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import RequestState

__all__ = ["Operation"]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
log: Final = logging.getLogger("freedompay_async")
# After a look-up that failed in one of these ways the request is looked up again.
_PASSING = (NotSent, OutcomeUnknown, ProtocolError, RateLimited)
# The part of its time after which a wait looks once that would end without any look-up.
_LAST_LOOK: Final = 0.9
# Seconds for which the issuer may hold back a wait without a time limit: one absurd answer must not
# hold it for ever.
_LONGEST_HOLD: Final = 3600.0


class Operation(Staying, Generic[R_co]):
    """A request that the issuer accepted, or one attached by its id.

    It belongs to its client, and is not pickled. Take its `request_id` to another process, and go
    on there with `requests.attach`.

    Attributes:
        request_id: all that is needed to go on with it, in any process.
        answer: the last thing the issuer said of it; `None` if it has not been asked yet.
    """

    __slots__ = (
        *("_accepted", "_call", "_cards", "_holder", "_jitter", "_looked", "_looked_up"),
        *("_pending", "_result", "_schedule", "_session", "_success", "_trouble", "_waited"),
        *("answer", "request_id"),
    )

    def __init__(
        self,
        session: Session,
        call: Call[R_co],
        request_id: str,
        answer: RequestState | None = None,
        *,
        accepted: float | None = None,
        cards: int | None = None,
        holder: str | None = None,
    ) -> None:
        self.request_id = request_id
        self.answer = answer
        self._session = session
        self._call = call
        # How many were ordered. The row says it of a call that always orders as many.
        self._cards = call.cards if cards is None else cards
        self._holder = holder
        # By the clock of the loop. A request that was accepted elsewhere counts from its first
        # look-up, and its poll schedule is learnt apart.
        self._accepted = accepted
        self._schedule = session.shared.polls.of(
            call.name if accepted is not None else f"{call.name}, attached"
        )
        self._jitter = session.shared.polls.jitter()
        # Ages: at the last look-up, and at the last one that has shown it in process.
        self._looked: float | None = None
        self._pending = 0.0
        self._trouble: FreedomPayError | None = None
        # The last answer before this one that said success or named something.
        self._success: RequestState | None = None
        # Whether a look-up has been answered.
        self._looked_up = False
        # How long its look-ups have waited for their slots.
        self._waited: Final = Waited()
        self._result: R_co | None = None if answer is None else self._read(answer)

    @property
    def done(self) -> bool:
        """Whether the request has ended and `result()` gives its end at once."""
        return self._result is not None or (self.answer is not None and self.answer.failed)

    async def refresh(self, *, timeout: float | None = None) -> RequestState | None:
        """Ask once; `None`: the issuer does not know the id, or not yet.

        Raises:
            FreedomPayError: the question itself failed.
        """
        return await self._refresh(self._session, timeout)

    async def result(self, *, timeout: float | None = None) -> R_co:
        """Wait for the end of the request.

        Args:
            timeout: seconds to wait; without it, as long as a call may take. If the issuer asks for
                more, the wait ends at once.

        Raises:
            RequestFailed: the request ended with an error. It was not done, unless the answer names
                what it made: `done` is `None` there.
            StillProcessing: it had not ended in time; go on with the `request_id`. With `done` it
                has succeeded, and the issuer has not named all that it made: `card_ids` has the ids
                so far.
            AuthenticationError: the question was refused, which says nothing of the request. `done`
                tells what is known of that.
        """
        try:
            _check_wait(timeout)
        except ConfigurationError as error:
            error.call, error.request_id = self._call.name, self.request_id
            raise
        if self.done:
            return self._end()
        try:
            return await self._end_in(timeout)
        except asyncio.CancelledError as error:
            accepted = self.answer is not None
            note_wait_cancelled(error, self._call.name, self.request_id, accepted=accepted)
            raise

    async def _end_in(self, timeout: float | None) -> R_co:
        """As `result()`, for a caller that keeps the id: cancelled, it says nothing of it."""
        if not self.done:
            await self._wait(self._session.timeout if timeout is None else timeout)
        return self._end()

    async def _wait(self, seconds: float) -> None:
        loop = running_loop()
        deadline = loop.time() + seconds
        looked = False
        while not self.done:
            if self._held_until(deadline) >= deadline:
                raise self._unfinished(wait_too_long=True)
            now = loop.time()
            left, pause = deadline - now, self._pause(now, deadline)
            if pause >= left > 0 and not looked:
                # By the poll schedule it is not done before the end of the wait. It may be all the
                # same.
                await asyncio.sleep(left * _LAST_LOOK)
                left -= left * _LAST_LOOK
            elif pause >= left:
                raise self._unfinished()
            elif pause > 0:
                await asyncio.sleep(pause)
                continue
            if not self.done:
                await self._look(self._session, min(left, self._session.timeout))
                looked = True

    def _held_until(self, deadline: float) -> float:
        """Until when the issuer asked to wait with the next look-up, by the clock of the loop."""
        if self._accepted is None or self._looked is None:
            return -inf
        return self._accepted + self._looked + self._asked_to_wait(deadline)

    def _asked_to_wait(self, deadline: float) -> float:
        """Seconds from the last look-up."""
        asked = (self._trouble.retry_after or 0.0) if self._trouble is not None else 0.0
        return min(asked, _LONGEST_HOLD) if deadline == inf else asked

    async def _refresh(self, session: Session, timeout: float | None) -> RequestState | None:
        loop = running_loop()
        try:
            state = await session.look_up(self.request_id, timeout=timeout, waited=self._waited)
        finally:
            now = loop.time()
            if self._accepted is None:
                self._accepted = now
            age = self._looked = now - self._accepted
        # The wait that the issuer asked for before is over, whoever looked it up.
        self._trouble = None
        if state is not None and not self.done:
            self._keep(state)
            if age > 0:
                self._schedule.learn(self._pending, age, ended=self.done)
                self._pending = age
        return state

    def _keep(self, state: RequestState) -> None:
        """Keep an answer. One that tells of a success or names something is not lost to a later one
        that says less, or the opposite.

        A success without a name in the first answer does not count: on the vendor's pages it may
        say no more than that the call was taken.
        """
        last, by_look_up = self.answer, self._looked_up
        self._looked_up = True
        succeeded = last is not None and last.succeeded and (by_look_up or last.named)
        if last is not None and (succeeded or last.named):
            self._success = last
        if not succeeded or state.final:
            self.answer, self._result = state, self._read(state)

    async def _look(self, session: Session, timeout: float | None) -> None:
        try:
            await self._refresh(session, timeout)
        except _PASSING as error:
            self._trouble = error
        except AuthenticationError as error:
            raise question_denied(
                error, call=self._call, request_id=self.request_id, done=self._done
            ) from error
        except ConfigurationError as error:
            say_not_asked(error, call=self._call, request_id=self.request_id, done=self._done)
            raise
        except FreedomPayError:
            raise
        except Exception as error:
            if is_handler_error(error):
                raise
            # A signer raised it, for one. The caller has to know of the request all the same.
            raise question_not_made(
                error, call=self._call, request_id=self.request_id, done=self._done
            ) from error

    @property
    def _done(self) -> bool | None:
        """Whether the request was done, as far as the issuer has said.

        In the error of a look-up, `done` would speak of the look-up.
        """
        return True if self.answer is not None and self.answer.succeeded else None

    def _pause(self, now: float, deadline: float) -> float:
        """Seconds after which to ask again whether to look it up; 0: look it up now."""
        if self.done or (self.answer is None and self._looked is None):
            return 0.0
        if self._accepted is None:
            self._accepted = now
        age = now - self._accepted - self._asked_to_wait(deadline)
        return self._schedule.pause(
            age, self._looked or 0.0, self._jitter, trouble=self._trouble is not None
        )

    def _read(self, state: RequestState) -> R_co | None:
        result = result_of(self._call, state, cards=self._cards, client_id=self._holder)
        if isinstance(result, IssuedCards) and result.differs:
            log.error(
                "%s: %s: %s. Ask the issuer whose they are.",
                self._call.name,
                result.differs,
                state.names,
                extra={"request_id": self.request_id, "call": self._call.name},
            )
        return result

    def _end(self) -> R_co:
        if self._result is not None:
            return self._result
        raise failed(
            self._call,
            self.request_id,
            answer=self.answer,
            success=self._success,
            redaction=self._session.shared.outgoing.about(self.request_id, codes=self._call.codes),
        )

    def _unfinished(self, *, wait_too_long: bool = False) -> StillProcessing:
        return still_processing(
            self._call,
            self.request_id,
            answer=self.answer,
            success=self._success,
            trouble=self._trouble,
            cards=self._cards,
            wait_too_long=wait_too_long,
        )

    def _instead(self) -> str:
        return (
            f"keep its request_id, and go on with requests.attach({self.request_id!r}) in any "
            "process"
        )

    def __repr__(self) -> str:
        state = "not asked yet" if self.answer is None else self.answer.request_status
        return f"Operation({self._call.name}, request_id={self.request_id!r}, {state})"


def _check_wait(seconds: object) -> None:
    """Raise `ConfigurationError` if it is no time to wait. A time that is over already is one."""
    over = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds <= 0
    if seconds is not None and not over:
        check_number("timeout", seconds, unit="seconds", endless=True)
