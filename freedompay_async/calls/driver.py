"""Drives one call to its end: a `CallState` decides, and the driver waits, sends and asks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import force_setattr

from freedompay_async.calls.attempts import Attempts
from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.calls.cancelled import note_cancelled
from freedompay_async.calls.clock import Clock
from freedompay_async.calls.compose import Composer
from freedompay_async.calls.error_text import to_error
from freedompay_async.calls.reuse import tell_other_body
from freedompay_async.calls.states import Action, End, Next, State
from freedompay_async.codec.messages import Evidence, Verdict
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models import RequestState
from freedompay_async.errors import Busy, ConfigurationError, OutcomeUnknown
from freedompay_async.guards.arguments import check_wait
from freedompay_async.transport.handler_errors import is_handler_error

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from freedompay_async.calls.call_state import CallState
    from freedompay_async.calls.shared_resources import SharedResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.errors import FreedomPayError
    from freedompay_async.settings.options import ChangeOptions
    from freedompay_async.traffic.governor import Governor
    from freedompay_async.traffic.lane import Lane
    from freedompay_async.traffic.waited import Waited

__all__ = ["Driver"]

_NOT_SENT_YET: Final = Verdict(Evidence.NOT_SENT, "the deadline came before it could be sent")
_SENT_EARLIER: Final = Verdict(Evidence.NOT_SENT, "an earlier process sent it")
_BUSY: Final = "busy"
_MAYBE_SENT_EARLIER: Final = Verdict(Evidence.NOT_SENT, "it was not sent by this call")
log: Final = logging.getLogger("freedompay_async")


class Driver:
    """Carries out what a `CallState` decides.

    Args:
        shared: what all calls of the client share.
        call: the row.
        request: the body.
        options: the caller's.
        lane: gives the slots.
        timeout: seconds the call may take in all, where the options have none.
        state: of the call.
        request_id: the caller's own, if it gave one.
        on_leave: called at each attempt of the call itself, when it has its slot and is about to be
            written.
        waited: the seconds of waiting for slots are added to it.
        signed: makes the messages of this call, and has made the first one.

    Raises:
        ConfigurationError: the call can't be carried out. Nothing was sent.
    """

    def __init__(
        self,
        shared: SharedResources,
        call: Call[Any],
        request: msgspec.Struct,
        options: ChangeOptions,
        *,
        lane: Lane | Governor,
        timeout: float,
        state: CallState,
        request_id: RequestId | None,
        on_leave: Callable[[], Callable[[], bool] | None] | None = None,
        waited: Waited | None = None,
        signed: Composer | None = None,
    ) -> None:
        self.call: Final = call
        self._shared = shared
        self._state = state
        self._composer = composer = signed or Composer(call, request, options.get("extra"))
        seconds = options.get("timeout")
        try:
            if signed is None:
                composer.admit(request_id)
            if state.rules.queue is not True:
                state.queue_left = check_wait("queue", state.rules.queue)
            self._clock = clock = Clock(shared.check(seconds), seconds or timeout)
        except ConfigurationError as error:
            self._name(error)
            raise
        self._attempts = Attempts(
            shared,
            call,
            composer=composer,
            state=state,
            clock=clock,
            lane=lane,
            on_leave=on_leave,
            waited=waited,
        )
        # The caller does not say that it was sent, and only that it may have been.
        self._sent = options.get("first_sent") is None
        before = _SENT_EARLIER if self._sent else _MAYBE_SENT_EARLIER
        self._answers = CallAnswers(_NOT_SENT_YET if state.state is State.NEVER_SENT else before)

    @property
    def request_id(self) -> str:
        """The id of the call, which the caller gave."""
        return self._composer.id

    def check_slot(self) -> None:
        """Look for a free slot, before anything is done for a call that waits for none.

        Raises:
            Busy: there is none.
        """
        try:
            self._attempts.slots.check()
        except Busy:
            self._tell_end(_BUSY)
            raise

    async def drive(self) -> Any:
        """Carry the call out; its answer.

        Raises:
            FreedomPayError: it has none.
        """
        state, attempts, answers, clock = self._state, self._attempts, self._answers, self._clock
        self._shared.budget.first()
        try:
            action = state.start()
            while isinstance(action.step, Next):
                pause = self._pause(action)
                if pause is None:
                    action = Action(state.out_of_time())
                    continue
                if pause:
                    await asyncio.sleep(pause)
                if action.step is Next.SEND:
                    verdict = await attempts.send()
                    answers.after_send(verdict)
                    self._sent |= verdict.evidence is not Evidence.NOT_SENT
                    action = state.after_send(verdict, clock.now())
                else:
                    verdict, asked_at = await attempts.ask()
                    answers.after_ask(verdict)
                    action = state.after_ask(verdict, clock.now_with_sleep(), asked_at=asked_at)
        except asyncio.CancelledError as error:
            if attempts.current is not None and attempts.current.sent:
                state.after_send(Verdict(Evidence.NO_ANSWER), clock.now())
            request_id = self._composer.request_id
            note_cancelled(error, self.call, request_id, outcome_unknown=self.maybe_done)
            self._tell_end("cancelled")
            raise
        except Exception as error:
            self._raise_if_unknown(error)
            if isinstance(error, ConfigurationError):
                self._name(error)
            self._tell_end(_BUSY if isinstance(error, Busy) else "raised")
            raise
        if attempts.events is not None:
            self._tell_end(action.step.value)
        return self._end(action.step, action.not_again)

    def _pause(self, action: Action) -> float | None:
        """Seconds to wait before the next step; `None`: there is no time for that."""
        budget, clock, answers = self._shared.budget, self._clock, self._answers
        now, state = clock.now(), self._state
        pause = max(action.pause, budget.repeat(now)) if action.repeat else action.pause
        in_line = True
        if state.state is State.LIMITED:
            # Its own pause has been taken from the seconds in the line.
            state.queue_left -= pause - action.pause
            in_line = state.queue_left >= 0.0
        if now + pause >= clock.deadline or not in_line:
            if action.repeat:
                budget.give_back()
            too_long = now + action.pause >= clock.deadline
            answers.wait_too_long = answers.retry_after > 0.0 and too_long
            return None
        return pause

    @property
    def maybe_done(self) -> bool:
        """Whether the effect may have been done."""
        # HTTP 429 means that nothing was done, and does not prove it.
        return self.call.changes and self._state.out_of_time() is not End.NOT_SENT

    def _raise_if_unknown(self, error: Exception) -> None:
        """Raise `OutcomeUnknown` in place of an error of the signing or the sending, where the
        effect may have been done.

        Whatever a signer or a transport raises takes nothing away from what is known of the call.
        """
        attempts, answers = self._attempts, self._answers
        work, current = attempts.work, attempts.current
        if work is None or not self.call.changes or is_handler_error(error):
            return
        if not self.maybe_done and (current is None or not current.sent):
            return
        self._sent |= current is not None and current.sent
        failed = f"{work} failed: {type(error).__name__}"
        before = answers.verdict
        reason = failed if before is _NOT_SENT_YET else f"{before.reason}; then {failed}"
        answers.verdict = replace(before, reason=reason)
        unknown = self._error(End.UNKNOWN)
        log.error("%s", unknown.text, extra=self._extra())
        self._tell_end(End.UNKNOWN.value)
        raise unknown from error

    def _tell_end(self, outcome: str) -> None:
        events, clock = self._attempts.events, self._clock
        if events is not None:
            events.call_ended(
                outcome,
                http_status=self._answers.verdict.http_status,
                seconds=clock.now() - clock.began,
            )

    def _name(self, error: ConfigurationError) -> None:
        # An id that can't be sent is not put on the error either, because an error is logged.
        error.call, error.request_id = self.call.name, self._composer.request_id

    def _end(self, end: End, not_again: str | None) -> Any:
        verdict, request_id = self._answers.verdict, self._composer.request_id
        if end is End.ANSWERED or (end is End.TAKEN and verdict.answer is not None):
            if verdict.value is not None:
                return verdict.value
            answer = verdict.answer
            force_setattr(answer, "request_id", request_id)
            # No answer says these of itself, so they are False before.
            if isinstance(answer, RequestState):
                if self._state.found:
                    force_setattr(answer, "found", True)
                if self._shared.bodies.has_two(request_id):
                    force_setattr(answer, "other_body", True)
            return answer
        error = self._error(end, not_again)
        harmful = error.outcome_unknown and not self.call.safe_again
        if self.call.retry is Retry.UNASKABLE and (harmful or isinstance(error, OutcomeUnknown)):
            # For whoever has to look: the caller may have no log of its own.
            log.error("%s", error.text, extra=self._extra())
        raise error

    def _error(self, end: End, not_again: str | None = None) -> FreedomPayError:
        call, rules, request_id = self.call, self._state.rules, self._composer.request_id
        error = to_error(
            end,
            call=call,
            request_id=request_id,
            answers=self._answers,
            resend_within=rules.policy.resend_within,
            not_again=not_again,
            id_sent=call.body_id or rules.header_id,
            callers_id=rules.keep_the_id,
            refused=self._state.refused,
            sent=self._sent,
            redaction=self._attempts.redaction(),
            on_refusal=self._shared.signers[call.section].on_refusal,
        )
        if call.changes and self._shared.bodies.has_two(request_id):
            tell_other_body(error)
        return error

    def _extra(self) -> dict[str, object]:
        return {"request_id": self._composer.request_id, "call": self.call.name}
