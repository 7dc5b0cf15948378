"""Carries calls out: reads, effects that can be looked up, and effects that can't."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from freedompay_async.calls.call_state import CallState, Doubt
from freedompay_async.calls.driver import Driver
from freedompay_async.contract.calls import Call, Retry
from freedompay_async.contract.models import Intent, RequestState, StatusQuery
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import ProtocolError, RequestFailed
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying
from freedompay_async.settings.options import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import msgspec

    from freedompay_async.calls.shared_resources import SharedResources
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import ChangeOptions
    from freedompay_async.settings.policy import Policy
    from freedompay_async.traffic.lane import Lane
    from freedompay_async.traffic.waited import Waited

__all__ = ["Session"]

R = TypeVar("R")


class Session(Staying):
    """Carries calls out in one lane of a client.

    The options of a call come as the dict that the caller's method was given: nothing copies them
    on the way, and their names were looked at there.

    Args:
        shared: what all lanes of the client have in common.
        lane: the caller's share of turns; left out, the client's own.
        timeout: seconds a call may take in all; left out, the client's.
        policy: the times in between; left out, the client's.
    """

    def __init__(
        self,
        shared: SharedResources,
        *,
        lane: Lane | None = None,
        timeout: float | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.shared: Final = shared
        self.timeout: Final = timeout or shared.timeout
        self.policy: Final = policy or shared.policy
        self._lane: Final = lane or shared.governor

    def in_lane(
        self,
        lane: Lane,
        *,
        timeout: float | None = None,
        policy: Policy | None = None,
    ) -> Session:
        """The same pool, keys and retry budget, with calls counted against `lane`.

        The lane is told what each attempt has shown. How long requests take is learnt together.
        """
        timeout, policy = timeout or self.timeout, policy or self.policy
        return Session(self.shared, lane=lane, timeout=timeout, policy=policy)

    async def read(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
        *,
        waited: Waited | None = None,
    ) -> R:
        """A call that changes nothing: each attempt takes a fresh id, because a used one is
        refused.

        Args:
            call: the row.
            request: the body.
            options: a `request_id` is an idempotency key here, the same on every attempt.
            waited: what its attempts have waited for their turns is added to it.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.shared.row(call)
        life, request_id = CallState(self.policy, call.retry), options.get("request_id")
        run = self._driver(call, request, options, life=life, request_id=request_id, waited=waited)
        return cast("R", await run.drive())

    async def submit(
        self,
        call: Call[Any],
        request: Intent,
        options: ChangeOptions = NO_OPTIONS,
        *,
        sent_at: float | None = None,
        on_leave: Callable[[], None] | None = None,
        ask_once: bool = False,
    ) -> RequestState:
        """A call that changes something: one id, one body, one signature, whatever the attempts.

        Args:
            call: the row.
            request: the body; its `request_id` is filled in here.
            options: a `request_id` of the caller's may have been used before, so an error answer is
                looked up before it is believed.
            sent_at: seconds since the epoch at which an earlier process first sent it; it is asked
                about before it is sent again.
            on_leave: called when the call has its slot and the next thing is the write; at each
                attempt.
            ask_once: a refusal of the caller's id too is looked up once, at once, and not through
                the grace time: the caller asks again.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.shared.row(call)
        request_id = options.get("request_id")
        life = self._life(call, request_id)
        life.ask_once = ask_once
        if sent_at is not None:
            # A wall clock, because the earlier process is gone. One that has jumped back can't tell
            # the age, so nothing is sent again.
            age = time.time() - sent_at
            life.doubt = Doubt.CERTAIN
            life.may_resend = age >= 0
            life.first_sent = running_loop().time() - max(age, 0.0)
        request_id = _own(request_id)
        run = self._driver(
            call,
            request,
            options,
            life=life,
            request_id=request_id,
            on_leave=on_leave,
        )
        return cast("RequestState", await self._recorded(run, request, options))

    async def change(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
    ) -> R:
        """A call that changes something and can't be asked about.

        It is written down before it is sent, if the client keeps a record.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.shared.row(call)
        request_id = options.get("request_id")
        life = self._life(call, request_id)
        run = self._driver(call, request, options, life=life, request_id=_own(request_id))
        return cast("R", await self._recorded(run, request, options))

    def _recorded(
        self,
        run: Driver,
        request: msgspec.Struct,
        options: ChangeOptions,
    ) -> Awaitable[Any]:
        """Written down, where it can't be asked about and the client keeps a record."""
        record = self.shared.record
        if record is None or run.call.retry is not Retry.UNASKABLE:
            return run.drive()
        run.check_turn()
        extra = options.get("extra") or {}
        return record.keep(run.call, run.request_id, request, extra, run.drive)

    async def repeat(
        self,
        call: Call[R],
        request: msgspec.Struct,
        options: ChangeOptions = NO_OPTIONS,
    ) -> R:
        """A call that changes something, and gives the same end when it is done again.

        Each attempt takes a fresh id.
        """
        call = dataclasses.replace(self.shared.row(call), retry=Retry.REPEATABLE)
        life = CallState(self.policy, call.retry)
        run = self._driver(call, request, options, life=life, request_id=None)
        return cast("R", await run.drive())

    def _driver(
        self,
        call: Call[Any],
        request: msgspec.Struct,
        options: ChangeOptions,
        *,
        life: CallState,
        request_id: RequestId | None,
        on_leave: Callable[[], None] | None = None,
        waited: Waited | None = None,
    ) -> Driver:
        return Driver(
            self.shared,
            call,
            request,
            options,
            lane=self._lane,
            timeout=self.timeout,
            life=life,
            request_id=request_id,
            on_leave=on_leave,
            waited=waited,
        )

    def _life(self, call: Call[Any], request_id: RequestId | None) -> CallState:
        header_id = self.shared.signers[call.section].header_id
        # An id that does not go out can't have been used before.
        used = request_id is not None and (header_id or call.body_id)
        doubt = Doubt.POSSIBLE if used else Doubt.NONE
        return CallState(
            self.policy,
            call.retry,
            doubt=doubt,
            header_id=header_id,
            pays=call.pays,
            given=used,
        )

    async def look_up(
        self,
        request_id: str,
        *,
        timeout: float | None = None,
        waited: Waited | None = None,
    ) -> RequestState | None:
        """What the issuer says of an intent.

        `None`: it says that it does not know the id, or not yet.

        Args:
            request_id: of the intent.
            timeout: seconds, everything included.
            waited: what the question has waited for its turn is added to it.

        Raises:
            ProtocolError: what came says nothing of the id, such as a gateway's 404.
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


def _own(request_id: RequestId | None) -> RequestId:
    return new_request_id() if request_id is None else request_id
