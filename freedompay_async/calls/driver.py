"""The driver of one call: composes, signs, sends, asks, and tells the end.

`call_state.py` decides what is next.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from msgspec.structs import force_setattr

from freedompay_async.calls.call_state import CallState, Step
from freedompay_async.calls.error_text import mark_cancelled, to_error
from freedompay_async.calls.reuse import Noted, tell_other_body
from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Message, Reply, Verdict
from freedompay_async.contract.bodies import secrets_renamed
from freedompay_async.contract.calls import WITHOUT_ID, Call, Retry, Section
from freedompay_async.contract.models import (
    Answer,
    GiftAnswer,
    HeaderQuery,
    Intent,
    PinPageAnswer,
    RequestState,
    StatusQuery,
)
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.request_ids import checked_request_id, new_request_id
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import (
    KEEP_TO_THE_ID,
    MEANINGS,
    Busy,
    ConfigurationError,
    Ending,
    OutcomeUnknown,
)
from freedompay_async.guards.arguments import check_flag, refusal
from freedompay_async.redaction.redaction import Redaction, secrets_sent
from freedompay_async.redaction.secret import Hidden
from freedompay_async.traffic.governor import Governor, NoTurn, Rank
from freedompay_async.traffic.waited import Waited
from freedompay_async.transport.base import Attempt, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from freedompay_async.calls.shared_resources import SharedResources
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.errors import FreedomPayError
    from freedompay_async.settings.options import ChangeOptions
    from freedompay_async.traffic.lane import Lane

__all__ = ["Driver", "warn_of_unknown"]

R = TypeVar("R")
_NOTHING_YET: Final = Verdict(Evidence.NOT_SENT, "the deadline came before it could be sent")
_SENT_EARLIER: Final = Verdict(Evidence.NOT_SENT, "an earlier process sent it")
# What ends so may end otherwise later.
_COME_AGAIN: Final = (Step.LIMITED, Step.UNKNOWN, Step.NOT_SENT)
log: Final = logging.getLogger("freedompay_async")
_ENVELOPES: Final = {
    Section.PAYMENT_CARDS: Answer,
    Section.GIFT_CARDS: GiftAnswer,
    Section.HASHDT: PinPageAnswer,
}


def warn_of_unknown(call: str | None, request_id: str | None) -> None:
    """A cancelled effect, for whoever has to look: its caller may have no log of its own."""
    extra = {"request_id": request_id, "call": call}
    log.warning("%s was cancelled after it was sent: its outcome is not known", call, extra=extra)


class _NotSignedError(Exception):
    """An async signer took too long; nothing was sent."""


def _check_extra(extra: object) -> None:
    if extra is not None and not isinstance(extra, Mapping | Fields):
        raise refusal("extra", extra, "a dict of fields")


def _with_headers(message: Message, given: Hidden[object], call: Call[Any]) -> Message:
    if not isinstance(given.value, Mapping):
        raise refusal("what the signer gave", given.value, "headers, as a dict of texts")
    for name in given.value:
        if not isinstance(given.value[name], str):
            raise refusal(f"the signer's header {name}", given.value[name], "text")
    message.headers.update(given.value)
    message.headers = call.named(message.headers)
    return message


async def _with_later(message: Message, given: Awaitable[object], call: Call[Any]) -> Message:
    return _with_headers(message, Hidden(await given), call)


class Driver:
    """The driver of one `CallState`."""

    def __init__(
        self,
        shared: SharedResources,
        call: Call[Any],
        request: msgspec.Struct,
        options: ChangeOptions,
        *,
        lane: Lane | Governor,
        timeout: float,
        life: CallState,
        request_id: RequestId | None,
        on_leave: Callable[[], None] | None = None,
        waited: Waited | None = None,
    ) -> None:
        self._shared = shared
        self._lane = lane
        self._call = call
        self._life = life
        # Called when the call has its slot and is about to be written, at each attempt of the call itself.
        self._on_leave = on_leave
        self._waited = Waited() if waited is None else waited
        self._queue = life.queue = options.get("queue", True)
        given, extra = options.get("timeout"), options.get("extra")
        self._request = request
        self._extra_fields = extra
        self._id: str | None = None
        self._admit(request.request_id if isinstance(request, StatusQuery) else request_id, given)
        self._effect = call.retry is not Retry.READ
        self._fixed = call.fixed_id or call.retry in (Retry.ASKABLE, Retry.UNASKABLE)
        self._signer = shared.signers[call.section]
        self._began, self._began_by_the_wall = self._loop.time(), time.time()
        self._deadline = self._began + (given or timeout)
        self._message: Message | None = None
        self._told = _NOTHING_YET if life.first_sent is None else _SENT_EARLIER
        self._asked: Verdict | None = None
        self._before: RequestState | None = None
        self._asked_at = self._began
        # What the last answer, to the call itself or to a look-up, asked to wait.
        self._retry_after = 0.0
        self._wait_too_long = False
        self._sending: Attempt | None = None
        self._other_told = False
        self._secrets = (*secrets_sent(request), *(secrets_sent(extra) if extra else ()))
        if call.rename:
            self._secrets = (*self._secrets, *secrets_renamed(request, call.rename))

    @property
    def call(self) -> Call[Any]:
        return self._call

    @property
    def request_id(self) -> str:
        return cast("str", self._id)

    def _admit(self, request_id: RequestId | None, timeout: float | None) -> None:
        """Refuse what can't be carried out.

        An id that can't be sent is not put on the error either, because an error is logged.
        """
        try:
            if request_id is not None or isinstance(self._request, StatusQuery):
                self._id = checked_request_id(request_id)
            check_flag("queue", self._queue)
            _check_extra(self._extra_fields)
            if self._extra_fields and "request_id" in self._extra_fields:
                raise ConfigurationError(
                    "extra can't hold request_id: hand it in as request_id=. Nothing was sent."
                )
            self._loop = self._shared.check(timeout)
        except ConfigurationError as error:
            self._name(error)
            raise

    def _name(self, error: ConfigurationError) -> None:
        error.call, error.request_id = self._call.name, self._id

    async def drive(self) -> Any:
        life, budget, loop = self._life, self._shared.budget, self._loop
        budget.first()
        try:
            action, first = life.start(), True
            while action.step is Step.SEND or action.step is Step.ASK:
                repeat = not first and not life.looks_first
                pause = max(action.pause, budget.repeat(loop.time())) if repeat else action.pause
                if loop.time() + pause >= self._deadline:
                    if repeat:
                        budget.give_back()
                    self._wait_too_long = (
                        self._retry_after > 0.0 and loop.time() + action.pause >= self._deadline
                    )
                    return self._end(life.out_of_time())
                first = False
                if pause:
                    await asyncio.sleep(pause)
                if action.step is Step.SEND:
                    self._told = verdict = await self._send()
                    self._remember(verdict, success=verdict.evidence is Evidence.TAKEN)
                    self._retry_after = verdict.retry_after
                    status = None if verdict.reply is None else verdict.reply.status
                    life.no_such_path = status == 404 and self._call.path_unsure
                    action = life.after_send(
                        verdict.evidence,
                        loop.time(),
                        retry_after=verdict.retry_after,
                        conflict=status == 409,
                    )
                else:
                    self._asked = verdict = await self._ask()
                    self._remember(verdict, success=True)
                    self._retry_after = verdict.retry_after
                    if (
                        verdict.evidence in (Evidence.KNOWN, Evidence.FAILED)
                        or self._told.evidence is Evidence.NOT_SENT
                    ):
                        self._told = verdict
                    action = life.after_ask(
                        verdict.evidence,
                        self._now(),
                        asked_at=self._asked_at,
                        retry_after=verdict.retry_after,
                    )
            return self._end(action.step)
        except ConfigurationError as error:
            self._name(error)
            raise
        except asyncio.CancelledError as error:
            self._mark_cancelled(error)
            raise

    def _remember(self, verdict: Verdict, *, success: bool) -> None:
        """What tells of a success, or names something, is not forgotten for an answer that says the
        opposite later.

        `success`: that word alone counts; in a plain first answer it may say no more than that the
        call was taken.
        """
        answer = verdict.answer
        if (
            isinstance(answer, RequestState)
            and verdict.evidence is not Evidence.FAILED
            and (answer.named or (success and answer.succeeded))
        ):
            self._before = answer

    async def _send(self) -> Verdict:
        before = self._id
        signer = self._shared.signers[self._call.section]
        try:
            if self._message is None or not self._fixed:
                self._message = await self._made(self._compose)
            elif signer is not self._signer:
                self._message = await self._made(partial(self._sign_anew, self._message))
        except _NotSignedError as error:
            self._id = before or self._id
            return Verdict(Evidence.NOT_SENT, str(error))
        self._signer = signer
        self._life.sent(self._loop.time())
        noted = self._note(self._message)
        self._sending = attempt = self._new_attempt(
            self._may_leave if self._effect and self._fixed else None
        )
        try:
            reply = await self._try(self._message, attempt, self._on_leave)
        finally:
            if noted is not None:
                self._note_sent(noted, sent=attempt.sent)
            if attempt.began is None:
                # Its turn did not come: what is told of a read has the id of an attempt that was
                # made, if there was one.
                self._id = before or self._id
        verdict = (
            reply
            if isinstance(reply, Verdict)
            else await self._read(reply, partial(self._read_answer, reply, self._redaction()))
        )
        # Until then a cancellation leaves open what came of it.
        self._sending = None
        self._tell(self._call, verdict, attempt)
        return verdict

    def _note(self, message: Message) -> Noted | None:
        """What is known of the body that goes out under the id; `None`: the id does not go out with
        it, or is used once.
        """
        if not (self._effect and self._fixed and (self._call.body_id or self._signer.header_id)):
            return None
        return self._shared.bodies.note(self.request_id, message.path, message.body)

    def _note_sent(self, noted: Noted, *, sent: bool) -> None:
        bodies = self._shared.bodies
        if noted is Noted.NEW and not sent:
            bodies.take_back(self.request_id)
        if noted is Noted.OTHER and sent and not self._other_told:
            self._other_told = True
            bodies.sent_another(self.request_id)
            told = (
                "%s: this client has sent another body under the same request id, and the issuer "
                "takes one of them at most"
            )
            log.warning(told, self._call.name, extra=self._extra())

    def _read_answer(self, reply: Reply, redaction: Redaction) -> Verdict:
        call = self._call
        return read_answer(
            reply,
            call.answer,
            # Only `request/status` asks about another request than its own.
            effect=call.request is not StatusQuery,
            now=time.time(),
            envelope=_ENVELOPES[call.section],
            asked=call.envelope,
            redaction=redaction,
        )

    async def _read(self, reply: Reply, read: Callable[[], Verdict]) -> Verdict:
        try:
            return await self._shared.reading.read(
                read, size=len(reply.body), deadline=self._deadline
            )
        except TimeoutError:
            return Verdict(
                Evidence.NO_ANSWER,
                f"HTTP {reply.status}, and no time was left to read its {len(reply.body):,} bytes",
            )

    async def _ask(self) -> Verdict:
        call = self._shared.row(REQUESTS_STATUS)
        self._asked_at = self._loop.time()
        try:
            message = await self._made(lambda: self._question(call))
        except _NotSignedError as error:
            return Verdict(Evidence.NOT_SENT, str(error))
        attempt = self._new_attempt()
        self._asked_at = self._loop.time()
        reply = await self._try(message, attempt)
        self._asked_at = attempt.began or self._asked_at
        if isinstance(reply, Reply):
            read = partial(
                read_look_up,
                reply,
                now=time.time(),
                asked=call.envelope,
                redaction=self._redaction(),
            )
            reply = await self._read(reply, read)
        self._tell(call, reply, attempt)
        return reply

    def _question(self, call: Call[Any]) -> Message | Awaitable[Message]:
        query = StatusQuery(request_id=cast("str", self._id))
        return self._signed(
            Message(call.method, call.path, {}, self._shared.encode(call, query)),
            call,
            new_request_id(),
        )

    async def _made(self, make: Callable[[], Message | Awaitable[Message]]) -> Message:
        """A message; a signer or an encoder that fails after the effect was sent takes nothing away
        from what is known of it.
        """
        try:
            made = make()
            return made if isinstance(made, Message) else await self._in_time(made)
        except _NotSignedError:
            raise
        except Exception as error:
            self._raise_what_is_known(error, "the signing")
            raise

    async def _in_time(self, signing: Awaitable[Message]) -> Message:
        clock = asyncio.timeout_at(self._deadline)
        try:
            async with clock:
                return await signing
        except TimeoutError:
            if not clock.expired():
                raise  # It is the signer's own.
        raise _NotSignedError("the signer gave no signature before the deadline")

    def _raise_what_is_known(self, error: Exception, what: str, *, sent: bool = False) -> None:
        """Of an effect that may have been done, whatever goes wrong after it; `sent`: in the moment
        in which it was sent.

        Raises:
            OutcomeUnknown: it may have been done.
        """
        if not self._effect or (not sent and self._life.out_of_time() is Step.NOT_SENT):
            return
        reason = f"{self._told.reason}; then {what} failed: {type(error).__name__}"
        self._told = dataclasses.replace(self._told, reason=reason)
        unknown = self._error(Step.UNKNOWN)
        log.error("%s", unknown.text, extra=self._extra())
        raise unknown from error

    def _new_attempt(self, may_leave: Callable[[], bool] | None = None) -> Attempt:
        return Attempt(
            deadline=self._deadline,
            seconds=self._life.policy.attempt_timeout,
            may_leave=may_leave,
            urgent=self._lane.rank is Rank.INTERACTIVE,
        )

    def _may_leave(self) -> bool:
        return self._life.may_leave(self._now())

    def _now(self) -> float:
        """By the loop's clock, which stands still while the machine sleeps: the wall clock tells
        how long that was.
        """
        now = self._loop.time()
        slept = (time.time() - self._began_by_the_wall) - (now - self._began)
        self._life.uncounted = max(self._life.uncounted, slept)
        return now

    async def _try(
        self, message: Message, attempt: Attempt, on_leave: Callable[[], None] | None = None
    ) -> Reply | Verdict:
        """Send once; the answer, or a verdict where none came."""
        lane = self._lane
        try:
            if not lane.take():
                await self._turn(attempt)
            try:
                if on_leave is not None:
                    on_leave()
                attempt.began = self._loop.time()
                try:
                    return await self._shared.transport.send(message, attempt)
                except (TransportError, TimeoutError):
                    raise
                except Exception as error:
                    # A signer's headers that can't be sent, or a fault of our own.
                    self._raise_what_is_known(error, "the sending", sent=attempt.sent)
                    raise
            finally:
                lane.release()
        except NoTurn as error:
            self._life.give_up()
            reason = str(error)
        except TransportError as error:
            if error.final:
                self._life.give_up()
            reason = error.reason
        except TimeoutError:
            reason = (
                "the deadline came" if attempt.sent else "its turn did not come before the deadline"
            )
        return Verdict(Evidence.NO_ANSWER if attempt.sent else Evidence.NOT_SENT, reason)

    def check_turn(self) -> None:
        """Raise `Busy` where it would not wait for its turn, and that has not come: before anything
        is done for it.
        """
        if not self._queue and not self._lane.ready():
            raise self._busy()

    def _busy(self) -> Busy:
        on_the_way = f"{self._shared.governor.busy} calls are on the way"
        busy = MEANINGS[Ending.BUSY]
        why = f"its turn has not come ({on_the_way}), and queue=False"
        keep = KEEP_TO_THE_ID if self._life.given else ""
        return Busy(
            f"{busy.text.format(why=why)} {busy.safe}{keep}",
            request_id=self._id,
            call=self._call.name,
        )

    async def _turn(self, attempt: Attempt) -> None:
        """Wait for a place and a turn."""
        lane, queued = self._lane, self._loop.time()
        own = attempt is self._sending
        if own and not self._queue and self._life.sends == 1:
            raise self._busy()
        began = self._loop.time()
        try:
            if lane.patient:
                await lane.acquire()
                self._deadline += self._loop.time() - queued
                attempt.deadline = self._deadline
            else:
                async with asyncio.timeout_at(self._deadline):
                    await lane.acquire()
        finally:
            self._waited.seconds += self._loop.time() - began
        if own:
            self._life.turn_came(self._loop.time())

    def _tell(self, call: Call[Any], verdict: Verdict, attempt: Attempt) -> None:
        """What came of an attempt of the call itself, or of a look-up."""
        if verdict.notes:
            self._shared.drift.add(call.name, verdict.notes)
        if attempt.began is not None:
            self._lane.observe(verdict, began=attempt.began, now=self._loop.time(), kind=call.name)
        if log.isEnabledFor(logging.DEBUG):
            what = f"attempt {self._life.sends}" if call is self._call else "look-up"
            log.debug(
                "%s, %s: %s %s",
                self._call.name,
                what,
                verdict.evidence.value,
                verdict.reason,
                extra=self._extra(),
            )

    def _compose(self) -> Message | Awaitable[Message]:
        """An effect is composed once; each attempt of a read takes a fresh id, so it is composed
        anew.
        """
        own = self._id if self._fixed and self._id else new_request_id()
        if isinstance(self._request, Intent):
            self._request.request_id = own
        if not isinstance(self._request, StatusQuery):
            self._id = own
        call, message = self._call, Message(self._call.method, self._call.path, {}, b"")
        if call.needs_header_id and not self._signer.header_id:
            raise ConfigurationError(f"{WITHOUT_ID} Nothing was sent.")
        if isinstance(self._request, HeaderQuery):
            message.headers.update(self._request.headers)
        else:
            message.body = self._shared.encode(call, self._request, self._extra_fields)
        if self._secrets and self._fixed:
            self._shared.outgoing.note(own, self._secrets)
        return self._signed(message, call, own)

    def _sign_anew(self, message: Message) -> Message | Awaitable[Message]:
        """The same bytes under the same id, signed by the signer that has taken the place of the
        first.
        """
        headers = dict(self._request.headers) if isinstance(self._request, HeaderQuery) else {}
        return self._signed(
            Message(message.method, message.path, headers, message.body),
            self._call,
            self.request_id,
        )

    def _signed(self, message: Message, call: Call[Any], own: str) -> Message | Awaitable[Message]:
        # The body and the headers are never variables of their own: a signer that fails leaves a
        # traceback of this frame.
        given: Hidden[object] = Hidden(
            self._shared.signers[call.section].headers(
                path=message.path, body=message.body, request_id=own
            )
        )
        return (
            _with_later(message, given.value, call)
            if isinstance(given.value, Awaitable)
            else _with_headers(message, given, call)
        )

    def _end(self, step: Step) -> Any:
        if step is Step.ANSWERED or (step is Step.TAKEN and self._told.answer is not None):
            if self._told.value is not None:
                return self._told.value
            answer = self._told.answer
            force_setattr(answer, "request_id", self._id)
            if isinstance(answer, RequestState):
                force_setattr(answer, "found", self._life.found)
                force_setattr(answer, "other_body", self._shared.bodies.has_two(self._id))
            return answer
        error = self._error(step)
        harmful = error.outcome_unknown and not self._call.safe_again
        if self._call.retry is Retry.UNASKABLE and (harmful or isinstance(error, OutcomeUnknown)):
            # For whoever has to look: the caller may have no log of its own.
            log.error("%s", error.text, extra=self._extra())
        raise error

    def _error(self, step: Step) -> FreedomPayError:
        error = to_error(
            step,
            call=self._call,
            request_id=self._id,
            told=self._told,
            asked=self._asked,
            resend_within=self._life.policy.resend_within,
            not_again=self._life.not_again,
            id_sent=self._call.body_id or self._signer.header_id,
            before=self._before,
            given=self._life.given,
            refused=self._life.said_no,
            redaction=self._redaction(),
            retry_after=self._retry_after if step in _COME_AGAIN else 0.0,
            wait_too_long=self._wait_too_long,
            on_refusal=self._shared.signers[self._call.section].on_refusal,
        )
        if self._effect and self._shared.bodies.has_two(self._id):
            tell_other_body(error)
        return error

    def _redaction(self) -> Redaction:
        """What the issuer's texts about this call must not show."""
        return self._shared.outgoing.about(self._id, self._secrets, codes=self._call.codes)

    def _mark_cancelled(self, error: asyncio.CancelledError) -> None:
        """A cancelled call says its id, and whether it may have been done, on the exception and in
        the log.
        """
        life = self._life
        if self._sending is not None and self._sending.sent:
            life.after_send(Evidence.NO_ANSWER, self._loop.time())
        # A 429 means that nothing was done, and does not prove it.
        unknown = self._effect and life.out_of_time() is not Step.NOT_SENT
        mark_cancelled(error, self._id, outcome_unknown=unknown)
        harmless = life.retry.harmless or self._call.safe_again
        unaskable = "doing it again does no harm" if harmless else "a person has to look"
        next_step = "look it up before anything else" if life.retry is Retry.ASKABLE else unaskable
        what = f"it may have been done: {next_step}" if unknown else "it did nothing"
        error.add_note(f"{self._call.name} was cancelled [request_id {self._id}]: {what}")
        if unknown:
            warn_of_unknown(self._call.name, self._id)

    def _extra(self) -> dict[str, object]:
        return {"request_id": self._id, "call": self._call.name}
