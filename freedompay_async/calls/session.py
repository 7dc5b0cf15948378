"""Starts calls: reads, effects that can be asked about, and effects that can't."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from freedompay_async.calls.async_signing import signed_later
from freedompay_async.calls.call_state import CallState
from freedompay_async.calls.compose import Composer
from freedompay_async.calls.driver import Driver
from freedompay_async.calls.first_send import FirstSend, own_id
from freedompay_async.calls.states import CallRules
from freedompay_async.codec.messages import Message
from freedompay_async.contract.calls import Call, Retry
from freedompay_async.contract.models import BodyWithId, RequestState, StatusQuery
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import ConfigurationError, ProtocolError, RequestFailed
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying
from freedompay_async.settings.options import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import msgspec

    from freedompay_async.calls.first_send import SentBefore
    from freedompay_async.calls.shared_resources import SharedResources
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import ChangeOptions
    from freedompay_async.settings.policy import Policy
    from freedompay_async.traffic.governor import Governor
    from freedompay_async.traffic.lane import Lane
    from freedompay_async.traffic.waited import Waited

__all__ = ["Session"]

R = TypeVar("R")


class Session(Staying):
    """Carries out the calls of a client in one lane.

    Options come as the dict that the caller's method got. Their names were checked there.

    Args:
        shared: what all lanes of the client have in common.
        lane: gives the slots; left out, the client's own.
        timeout: seconds a call may take in all; left out, the client's.
        policy: of pauses and repeats; left out, the client's.
    """

    def __init__(
        self,
        shared: SharedResources,
        *,
        lane: Lane | Governor | None = None,
        timeout: float | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.shared: Final = shared
        self.timeout: Final = timeout or shared.timeout
        self.policy: Final = policy or shared.policy
        self._lane: Final = lane or shared.governor
        self.hub: Final = self._lane.hub

    def in_lane(
        self,
        lane: Lane | None = None,
        *,
        timeout: float | None = None,
        policy: Policy | None = None,
    ) -> Session:
        """A session with the same transport, keys, retry budget and poll schedules, whose calls get
        their slots from `lane`; left out, from its own.
        """
        timeout, policy = timeout or self.timeout, policy or self.policy
        return Session(self.shared, lane=lane or self._lane, timeout=timeout, policy=policy)

    async def read(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
        *,
        waited: Waited | None = None,
    ) -> R:
        """A call that changes nothing. Each attempt has a fresh id, because a used one is refused.

        Args:
            call: the row.
            request: the body.
            options: a `request_id` is an idempotency key here, the same on every attempt.
            waited: the seconds of waiting for slots are added to it.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        driver = self._driver(
            self.shared.row(call),
            request,
            options,
            request_id=options.get("request_id"),
            waited=waited,
        )
        return cast("R", await driver.drive())

    async def repeat(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
        *,
        signed: Composer | None = None,
    ) -> R:
        """A call that changes something, and gives the same end when it is done again.

        Each attempt has a fresh id.

        Args:
            call: the row.
            request: the body.
            options: of the call.
            signed: makes the messages, where the body was made before.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        row = dataclasses.replace(self.shared.row(call), retry=Retry.REPEATABLE)
        driver = self._driver(row, request, options, request_id=None, signed=signed)
        return cast("R", await driver.drive())

    async def submit(
        self,
        call: Call[Any],
        request: BodyWithId,
        options: ChangeOptions = NO_OPTIONS,
        *,
        sent_before: SentBefore | None = None,
        on_leave: Callable[[], Callable[[], bool] | None] | None = None,
        ask_once: bool = False,
        signed: Composer | None = None,
    ) -> RequestState:
        """A call that changes something: each attempt has the same id and the same body.

        Args:
            call: the row.
            request: the body; its `request_id` is filled in.
            options: a `request_id` of the caller's may have been used before unless `first_sent`
                is `None`, so an error answer is looked up before it is believed.
            sent_before: what is known of the sends of another process. It is asked about before it
                is sent again.
            on_leave: called at each attempt of the call itself, when it has its slot and is about
                to be written.
            ask_once: a refusal of the caller's id too is looked up once, at once, and not through
                the grace time, because the caller asks again later.
            signed: what `sign` has made of the same call, body and options, or what makes the
                messages of a body that was made before.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        driver = self._driver(
            self.shared.row(call),
            request,
            options,
            request_id=own_id(options),
            sent_before=sent_before,
            on_leave=on_leave,
            ask_once=ask_once,
            signed=signed,
        )
        return cast("RequestState", await self._recorded(driver, request, options))

    def sign(
        self, call: Call[Any], request: BodyWithId, options: ChangeOptions = NO_OPTIONS
    ) -> Composer | Awaitable[Composer]:
        """Encode and sign an intent before it is submitted; an awaitable where the signer is async.

        Raises:
            ConfigurationError: it can't be encoded or signed.
            NotSent: the signer gave no signature in all the time that a call may take.
        """
        row = self.shared.row(call)
        composer = Composer(row, request, options.get("extra"))
        try:
            composer.admit(own_id(options))
            message = composer.compose(self.shared.signers[row.section])
        except ConfigurationError as error:
            error.call, error.request_id = row.name, composer.request_id
            raise
        if isinstance(message, Message):
            return composer
        deadline = running_loop().time() + self.timeout
        return signed_later(composer, message, call=row.name, deadline=deadline)

    async def change(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
        *,
        signed: Composer | None = None,
    ) -> R:
        """A call that changes something and can't be asked about.

        If the client keeps a record, the call is written down before it is sent.

        Args:
            call: the row.
            request: the body, as the record shows it.
            options: of the call.
            signed: makes the messages, where the body was made before.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        row, own = self.shared.row(call), own_id(options)
        driver = self._driver(row, request, options, request_id=own, signed=signed)
        return cast("R", await self._recorded(driver, request, options))

    def _recorded(
        self,
        driver: Driver,
        request: msgspec.Struct,
        options: ChangeOptions,
    ) -> Awaitable[Any]:
        record = self.shared.record
        # What may have been sent before is not sent again, and a record that can't be written would
        # say of it that nothing was sent.
        if record is None or driver.call.retry is not Retry.UNASKABLE or driver.maybe_done:
            return driver.drive()
        driver.check_slot()
        extra = options.get("extra") or {}
        return record.keep(driver.call, driver.request_id, request, extra, driver.drive)

    def _driver(
        self,
        call: Call[Any],
        request: msgspec.Struct,
        options: ChangeOptions,
        *,
        request_id: RequestId | None,
        sent_before: SentBefore | None = None,
        ask_once: bool = False,
        on_leave: Callable[[], Callable[[], bool] | None] | None = None,
        waited: Waited | None = None,
        signed: Composer | None = None,
    ) -> Driver:
        header_id = self.shared.signers[call.section].header_id
        try:
            first = FirstSend.of(options, self.shared.bodies, sent_before=sent_before)
        except ConfigurationError as error:
            error.call = call.name
            raise
        age, harmless = first.age, call.retry.harmless
        rules = CallRules(
            self.policy,
            call.retry,
            header_id=header_id,
            pays=call.pays,
            # An id that does not go out can't have been used before.
            callers_id=first.used_before and not harmless and (header_id or call.body_id),
            ask_once=ask_once,
            queue=options.get("queue", True),
            path_unsure=call.path_unsure,
            # A clock that was set back can't tell the age, so nothing is sent again.
            age_known=age >= 0.0,
            aged_from_its_begin=first.stored and not harmless,
        )
        return Driver(
            self.shared,
            call,
            request,
            options,
            lane=self._lane,
            timeout=self.timeout,
            state=first.begin(rules, age=age) if call.changes else CallState(rules),
            request_id=request_id,
            on_leave=on_leave,
            waited=waited,
            signed=signed,
        )

    async def look_up(
        self,
        request_id: str,
        *,
        timeout: float | None = None,
        waited: Waited | None = None,
    ) -> RequestState | None:
        """What the issuer says of an intent; `None`: it does not know the id, or not yet.

        Args:
            request_id: of the intent.
            timeout: seconds, everything included.
            waited: the seconds of waiting for slots are added to it.

        Raises:
            ProtocolError: the answer says nothing of the id, such as a gateway's 404.
            FreedomPayError: the question failed in another way.
        """
        query = StatusQuery(request_id=request_id)
        try:
            state = await self.read(REQUESTS_STATUS, query, {"timeout": timeout}, waited=waited)
        except RequestFailed:
            return None
        if state.request_status is not None:
            return state
        if state.named:
            raise ProtocolError(
                (
                    f"the answer names {state.names}, and no request_status: it says nothing of "
                    "the request."
                ),
                request_id=request_id,
                call=REQUESTS_STATUS.name,
            )
        return None
