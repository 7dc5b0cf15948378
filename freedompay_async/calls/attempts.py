"""The attempts of one call, and its look-ups: each is signed, gets a slot, is sent and read."""

from __future__ import annotations

import logging
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.calls.async_signing import NotSignedError, signed_in_time
from freedompay_async.calls.call_events import CallEvents
from freedompay_async.calls.compose import look_up_message
from freedompay_async.calls.reading import LARGE, read_look_up_reply, read_own_reply
from freedompay_async.calls.slot import NoTimeLeftError, Slots
from freedompay_async.calls.states import State
from freedompay_async.codec.messages import Evidence, Message, Reply, Verdict
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.traffic.governor import NoTurn, Rank
from freedompay_async.transport.base import Attempt, TransportError
from freedompay_async.transport.handler_errors import is_handler_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.calls.call_state import CallState
    from freedompay_async.calls.clock import Clock
    from freedompay_async.calls.compose import Composer
    from freedompay_async.calls.reuse import IdUse
    from freedompay_async.calls.shared_resources import SharedResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.redaction.redaction import Redaction
    from freedompay_async.traffic.governor import Governor
    from freedompay_async.traffic.lane import Lane
    from freedompay_async.traffic.waited import Waited

__all__ = ["Attempts", "Work"]

log: Final = logging.getLogger("freedompay_async")
_OTHER_BODY: Final = (
    "%s: this client has sent another body under the same request id, and the issuer takes one of "
    "them at most"
)


_NO_LIMIT: Final = Verdict(Evidence.LIMITED)


class Work(StrEnum):
    """A part of an attempt that runs code of the caller's."""

    SIGNING = "the signing"
    SENDING = "the sending"
    READING = "the reading of the answer"


class Attempts:
    """Makes the attempts and the look-ups of one call, one after the other.

    Args:
        shared: what all calls of the client share.
        call: the row.
        composer: makes the messages.
        state: of the call.
        clock: of the call. A wait in a patient lane is added to its deadline.
        lane: gives the slots.
        on_leave: called at each attempt of the call itself, when it has its slot and is about to be
            written. What it returns is asked again when the connection is there.
        waited: the seconds of waiting for slots are added to it.

    Attributes:
        events: tells listeners of the call; `None`: nobody listened when it began.
        current: the attempt of the call itself whose answer has not been read yet.
        work: the part of an attempt that is running; its errors say nothing of the issuer.
    """

    __slots__ = (
        *("_call", "_clock", "_composer", "_lane", "_limited", "_on_leave", "_sent", "_shared"),
        *("_slots", "_state", "_waited", "_warned", "current", "events", "work"),
    )

    def __init__(
        self,
        shared: SharedResources,
        call: Call[Any],
        *,
        composer: Composer,
        state: CallState,
        clock: Clock,
        lane: Lane | Governor,
        on_leave: Callable[[], Callable[[], bool] | None] | None,
        waited: Waited | None,
    ) -> None:
        self.events: CallEvents | None = None
        if (hub := lane.hub).listeners:
            self.events = CallEvents(hub, call.name, composer, hub.next_call())
        self.current: Attempt | None = None
        self.work: Work | None = None
        self._shared = shared
        self._call = call
        self._composer = composer
        self._state = state
        self._clock = clock
        self._lane = lane
        self._on_leave = on_leave
        self._sent = 0
        # The last answer, where it was HTTP 429.
        self._limited = _NO_LIMIT
        self._warned = False
        self._waited = waited
        self._slots: Slots | None = None

    @property
    def slots(self) -> Slots:
        """Gets the attempts their slots. Most calls get theirs at once, and need none of it."""
        if self._slots is None:
            self._slots = Slots(
                self._shared.governor,
                self._call,
                composer=self._composer,
                state=self._state,
                clock=self._clock,
                lane=self._lane,
                events=self.events,
                waited=self._waited,
            )
        return self._slots

    async def send(self) -> Verdict:
        """One attempt of the call itself.

        Raises:
            Busy: its slot is not free, and the call waits for none.
        """
        shared, call = self._shared, self._call
        composer, state = self._composer, self._state
        before = composer.request_id
        try:
            self.work = Work.SIGNING
            message = composer.compose(shared.signers[call.section])
            if not isinstance(message, Message):
                message = await signed_in_time(message, self._clock.deadline)
            self.work = None
        except NotSignedError as error:
            self.work = None
            composer.request_id = before or composer.request_id
            return Verdict(Evidence.NOT_SENT, str(error))
        own = composer.id
        if composer.secrets and call.one_id:
            # The issuer's later texts about this id must not show them.
            shared.outgoing.note(own, composer.secrets)
        state.sending(self._clock.now())
        changes = call.changes and call.one_id
        # The first time they may always leave, unless another process may send them too.
        aged = changes and (state.state is not State.NEVER_SENT or state.rules.aged_from_its_begin)
        use = None
        if changes and (call.body_id or state.rules.header_id):
            use = shared.bodies.before_attempt(own, message.path, message.body)
        self.current = attempt = self._new_attempt(self._may_leave if aged else None)
        try:
            try:
                reply = await self._try(message, attempt, own=True)
            finally:
                if use is not None:
                    # Another call of this client may have the id too, and may have been the first.
                    state.shared_id = shared.bodies.attempts(own) > self._sent + 1
                    self._sent += attempt.sent
                    self._note_body(own, use, sent=attempt.sent)
                if attempt.began is None:
                    # It got no slot: an error about a read names the id of an attempt that was
                    # made.
                    composer.request_id = before or composer.request_id
            verdict = await self._read(call, reply, read_own_reply)
        except BaseException as error:
            if self.events is not None:
                self.events.broke(attempt, error, own=True, now=self._clock.now())
            raise
        self.current = None
        self._observe(call, verdict, attempt)
        if verdict.evidence is Evidence.LIMITED:
            self._limited = verdict
        return verdict

    async def ask(self) -> tuple[Verdict, float]:
        """One look-up, and when it was asked."""
        call = self._shared.row(REQUESTS_STATUS)
        asked_at = self._clock.now()
        try:
            self.work = Work.SIGNING
            message = look_up_message(call, self._composer.id, self._shared.signers[call.section])
            if not isinstance(message, Message):
                message = await signed_in_time(message, self._clock.deadline)
            self.work = None
        except NotSignedError as error:
            self.work = None
            return Verdict(Evidence.NOT_SENT, str(error)), asked_at
        attempt = self._new_attempt()
        asked_at = self._clock.now()
        try:
            reply = await self._try(message, attempt, own=False)
            verdict = await self._read(call, reply, read_look_up_reply)
        except BaseException as error:
            if self.events is not None:
                self.events.broke(attempt, error, own=False, now=self._clock.now())
            raise
        self._observe(call, verdict, attempt)
        return verdict, attempt.began or asked_at

    def redaction(self) -> Redaction:
        """What the issuer's texts about this call must not show."""
        composer = self._composer
        return self._shared.outgoing.about(
            composer.request_id, composer.secrets, codes=self._call.codes
        )

    def _may_leave(self, after: float) -> bool:
        return self._state.may_leave(self._clock.now_with_sleep() + after)

    def _new_attempt(self, may_leave: Callable[[float], bool] | None = None) -> Attempt:
        return Attempt(
            deadline=self._clock.deadline,
            seconds=self._state.rules.policy.attempt_timeout,
            may_leave=may_leave,
            urgent=self._lane.rank is Rank.INTERACTIVE,
        )

    async def _try(self, message: Message, attempt: Attempt, *, own: bool) -> Reply | Verdict:
        """The answer, or a verdict where none came; `own`: of the call itself, no look-up."""
        final, events = False, self.events
        if events is not None:
            events.waited = 0.0
        try:
            if not self._lane.take():
                await self.slots.wait(attempt, own=own)
            try:
                if own and self._on_leave is not None and (may := self._on_leave()) is not None:
                    attempt.ask_too(may)
                attempt.began = self._clock.now()
                if events is not None:
                    events.began(own=own)
                self.work = Work.SENDING
                return await self._shared.transport.send(message, attempt)
            finally:
                self._lane.release()
        except NoTimeLeftError:
            # The call ends as it would have without another attempt.
            return replace(self._limited, final=True)
        except NoTurn as error:
            final, reason = True, str(error)
        except TransportError as error:
            final, reason = error.final, error.reason
        except TimeoutError as error:
            if is_handler_error(error):
                raise
            reason = (
                "the deadline came" if attempt.sent else "it was still in the queue at the deadline"
            )
        evidence = Evidence.NO_ANSWER if attempt.sent else Evidence.NOT_SENT
        return Verdict(evidence, reason, final=final)

    async def _read(
        self,
        call: Call[Any],
        reply: Reply | Verdict,
        read: Callable[[Call[Any], Reply, Redaction], Verdict],
    ) -> Verdict:
        self.work = None
        if isinstance(reply, Verdict):
            return reply
        self.work, redaction = Work.READING, self.redaction()
        if len(reply.body) <= LARGE:
            verdict = read(call, reply, redaction)
            self.work = None
            return verdict
        work, deadline = partial(read, call, reply, redaction), self._clock.deadline
        try:
            verdict = await self._shared.reading.in_thread(work, deadline=deadline)
        except TimeoutError:
            self.work = None
            return Verdict(
                Evidence.NO_ANSWER,
                f"HTTP {reply.status}, and no time was left to read its {len(reply.body):,} bytes",
            )
        self.work = None
        return verdict

    def _note_body(self, own: str, use: IdUse, *, sent: bool) -> None:
        second = self._shared.bodies.after_attempt(own, use, sent=sent)
        if second and not self._warned:
            self._warned = True
            extra = {"request_id": own, "call": self._call.name}
            log.warning(_OTHER_BODY, self._call.name, extra=extra)

    def _observe(self, call: Call[Any], verdict: Verdict, attempt: Attempt) -> None:
        """Show the verdict to the lane and to the count of drift, which learn from it."""
        if verdict.notes:
            self._shared.drift.add(call.name, verdict.notes)
        if attempt.began is not None:
            now = self._clock.now()
            self._lane.observe(verdict, began=attempt.began, now=now, kind=call.name)
            if self.events is not None:
                own, in_flight = call is self._call, now - attempt.began
                self.events.ended(attempt, verdict, own=own, in_flight=in_flight)
        if log.isEnabledFor(logging.DEBUG):
            log.debug(
                "%s, %s: %s %s",
                self._call.name,
                f"attempt {self._state.sends}" if call is self._call else "look-up",
                verdict.evidence.value,
                verdict.reason,
                extra={"request_id": self._composer.request_id, "call": self._call.name},
            )
