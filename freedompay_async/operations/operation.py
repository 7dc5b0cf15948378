"""An accepted request, its result, and waiting for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from freedompay_async.calls.cancelled import note_wait_cancelled
from freedompay_async.calls.error_hints import way_to_ask
from freedompay_async.contract.calls import IdField, Retry
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
from freedompay_async.events.kinds import RequestEnded
from freedompay_async.guards.arguments import check_number
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying
from freedompay_async.operations.times import Times
from freedompay_async.operations.told import Told
from freedompay_async.operations.unfinished import (
    failed,
    not_known,
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
    from freedompay_async.operations.status import OperationStatus

__all__ = ["Operation"]

R_co = TypeVar("R_co", covariant=True)
# After a look-up that failed in one of these ways the request is looked up again.
_PASSING = (NotSent, OutcomeUnknown, ProtocolError, RateLimited)
# The part of its time after which a wait looks once that would end without any look-up.
_LAST_LOOK: Final = 0.9


class Operation(Staying, Generic[R_co]):
    """A request that the issuer accepted, or one attached by its id.

    It belongs to its client, and is not pickled. Take its `request_id` to another process, and go
    on there with `requests.attach`.

    Attributes:
        request_id: all that is needed to go on with it, in any process.
    """

    __slots__ = ("_call", "_session", "_times", "_told", "_waited", "request_id")

    def __init__(
        self,
        session: Session,
        call: Call[R_co],
        request_id: str,
        answer: RequestState | None = None,
        *,
        accepted: float | None = None,
        age: float | None = None,
        cards: int | None = None,
        holder: str | None = None,
        result: R_co | None = None,
        surely_accepted: bool = False,
    ) -> None:
        # `accepted` is by the clock of the loop; `age` is for what another clock knows.
        # `result`: that of a call which can't be asked about.
        # `surely_accepted`: an earlier process saw that the issuer accepted it.
        self.request_id = request_id
        self._session = session
        self._call = call
        self._times: Final = Times(
            session.shared.polls, call.name, request_id, accepted=accepted, age=age
        )
        self._told: Final = Told(
            call,
            request_id,
            answer,
            cards=cards,
            holder=holder,
            result=result,
            grace=None if surely_accepted else session.policy.grace,
        )
        # How long its look-ups have waited for their slots.
        self._waited: Final = Waited()
        self._tell_end(session)

    @property
    def call(self) -> str | None:
        """The method of the request, such as `cards.issue`; `None`: it was attached by its id
        alone.
        """
        return None if self._call.id_field is IdField.ASKED_ABOUT else self._call.name

    @property
    def answer(self) -> RequestState | None:
        """The last thing the issuer said of it; `None`: nothing yet, or it does not know the id."""
        return self._told.answer

    @property
    def status(self) -> OperationStatus:
        """What is known of the request so far. It asks nothing."""
        return self._told.status

    @property
    def done(self) -> bool:
        """Whether the request has ended and `result()` gives its end at once.

        One that was attached by its id ends too where the issuer does not know the id after the
        grace time. It goes on if a later `refresh()` finds it.
        """
        return self._told.ended or self._told.not_known

    async def refresh(self, *, timeout: float | None = None) -> RequestState | None:
        """Ask once; `None`: the issuer does not know the id, or not yet, as `status` tells. How the
        request has ended is no error here, only in `result()`.

        Raises:
            ConfigurationError: its call can't be asked about.
            FreedomPayError: the question itself failed.
        """
        if self._call.retry is Retry.UNASKABLE and self._told.result is not None:
            raise ConfigurationError(
                "request/status does not know this call, and its result is here. Nothing was sent.",
                call=self._call.name,
                request_id=self.request_id,
            )
        return await self._refresh(self._session, timeout)

    async def result(self, *, timeout: float | None = None) -> R_co:
        """Wait for the end of the request.

        Args:
            timeout: seconds to wait; without it, as long as a call may take. If the issuer asks for
                more, the wait ends at once.

        Raises:
            RequestFailed: the request ended with an error. It was not done, unless the answer names
                what it made: `done` is `None` there.
            NotKnown: it was attached by its id, and a look-up after the grace time (`Policy.grace`)
                did not know the id. Nothing shows that the issuer ever accepted it.
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
            if self._times.held_until(deadline) >= deadline:
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

    async def _refresh(self, session: Session, timeout: float | None) -> RequestState | None:
        loop, times, told = running_loop(), self._times, self._told
        age = times.begin(loop.time())
        try:
            state = await session.look_up(self.request_id, timeout=timeout, waited=self._waited)
        finally:
            times.end(loop.time())
        # The wait that the issuer asked for before is over, whoever looked it up.
        times.trouble = None
        was_done = self.done
        if state is None:
            told.keep_unknown(age)
        elif not told.ended:
            told.keep(state)
            times.learn(ended=told.ended)
        if not was_done:
            self._tell_end(session)
        return state

    def _tell_end(self, session: Session) -> None:
        hub, times = session.hub, self._times
        if hub.listeners and self.done:
            hub.emit(
                RequestEnded(
                    call=self._call.name,
                    request_id=self.request_id,
                    lane=hub.lane,
                    outcome=self.status.value,
                    seconds=times.age,
                    look_ups=times.look_ups,
                )
            )

    async def _look(self, session: Session, timeout: float | None) -> None:
        try:
            await self._refresh(session, timeout)
        except _PASSING as error:
            self._times.trouble = error
        except AuthenticationError as error:
            raise question_denied(
                error, call=self._call, request_id=self.request_id, done=self._told.done
            ) from error
        except ConfigurationError as error:
            say_not_asked(error, call=self._call, request_id=self.request_id, done=self._told.done)
            raise
        except FreedomPayError:
            raise
        except Exception as error:
            if is_handler_error(error):
                raise
            # A signer raised it, for one. The caller has to know of the request all the same.
            raise question_not_made(
                error, call=self._call, request_id=self.request_id, done=self._told.done
            ) from error

    def _pause(self, now: float, deadline: float) -> float:
        """Seconds after which to ask again whether to look it up; 0: look it up now."""
        if self.done:
            return 0.0
        answered, grace = self.answer is not None, self._told.grace
        return self._times.pause(now, deadline, answered=answered, grace=grace)

    def _end(self) -> R_co:
        told = self._told
        if told.result is not None:
            return told.result
        if told.answer is None:
            age, accepted = told.unknown_at or 0.0, self._times.age_known
            raise not_known(self._call, self.request_id, age=age, accepted=accepted)
        raise failed(
            self._call,
            self.request_id,
            answer=told.answer,
            success=told.success,
            redaction=self._session.shared.outgoing.about(self.request_id, codes=self._call.codes),
        )

    def _unfinished(self, *, wait_too_long: bool = False) -> StillProcessing:
        return still_processing(
            self._call,
            self.request_id,
            answer=self._told.answer,
            success=self._told.success,
            trouble=self._times.trouble,
            cards=self._told.cards,
            asked=self._told.unknown_at is not None,
            unknown=self._told.unknown,
            wait_too_long=wait_too_long,
        )

    def _instead(self) -> str:
        go_on = way_to_ask(self.request_id)
        return f"keep its request_id, and go on with {go_on}({self.request_id!r}) in any process"

    def __repr__(self) -> str:
        return f"Operation({self._call.name}, request_id={self.request_id!r}, {self.status})"


def _check_wait(seconds: object) -> None:
    """Raise `ConfigurationError` if it is no time to wait. A time that is over already is one."""
    over = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds <= 0
    if seconds is not None and not over:
        check_number("timeout", seconds, unit="seconds", endless=True)
