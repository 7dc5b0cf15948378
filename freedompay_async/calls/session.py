"""Carries calls out: reads, effects that can be looked up, and effects that can't."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from freedompay_async.calls.driver import Driver, Means
from freedompay_async.calls.policy import Doubt, Life, Policy
from freedompay_async.contract.models import Intent, RequestState, StatusQuery
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.contract.table import REQUESTS_STATUS, Call, Retry
from freedompay_async.errors import ProtocolError, RequestFailed
from freedompay_async.guards.loops import running_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    import msgspec

    from freedompay_async.calls.driver import Departure
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.traffic.governor import Lane

__all__ = ["Session"]

R = TypeVar("R")


class Session(Means):
    """Carries calls out over one transport; `governor` says when, and a `lane` is a caller's share of that."""

    def in_lane(
        self,
        lane: Lane,
        *,
        timeout: float | None = None,
        policy: Policy | None = None,
    ) -> Session:
        """The same pool, keys and retry budget, with calls counted against `lane`, which is told what each attempt has shown.

        How long requests take is learnt together, too.
        """
        return Session(
            self.transport,
            signers=self.signers,
            policy=policy or self.policy,
            timeout=timeout or self.timeout,
            rows=self._rows,
            record=self._record,
            drift=self.drift,
            governor=self.governor,
            lane=lane,
            budget=self._budget,
            polls=self.polls,
            outgoing=self.outgoing,
            reading=self.reading,
            bodies=self.bodies,
        )

    async def read(
        self,
        call: Call[R],
        request: msgspec.Struct,
        *,
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> R:
        """A call that changes nothing: each attempt takes a fresh id, because a used one is refused.

        Args:
            call: the row.
            request: the body.
            request_id: where it is an idempotency key, the same on every attempt.
            extra: more fields of the body.
            timeout: seconds, everything included.
            queue: as in `submit`.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.row(call)
        life = Life(self.policy, call.retry)
        run = Driver(self, call, request, life=life, request_id=request_id, extra=extra, timeout=timeout, queue=queue)
        return cast("R", await run.drive())

    async def submit(
        self,
        call: Call[Any],
        request: Intent,
        *,
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        sent_at: float | None = None,
        departure: Departure | None = None,
        queue: bool = True,
        ask_once: bool = False,
    ) -> RequestState:
        """A call that changes something: one id, one body, one signature, whatever the number of attempts.

        Args:
            call: the row.
            request: the body; its `request_id` is filled in here.
            request_id: the caller's id. It may have been used before, so an error answer is looked up before it is believed.
            extra: more fields of the body.
            timeout: seconds, everything included.
            sent_at: seconds since the epoch at which an earlier process first sent it; it is asked about before it is sent again.
            departure: in a patient lane only: what must be on the disk before each send.
            queue: without, `Busy` is raised where its turn has not come yet, and a 429 is not waited out.
            ask_once: a refusal of the caller's id too is looked up once, at once, and not through the grace time: the caller asks again.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.row(call)
        life = self._life(call, request_id)
        life.ask_once = ask_once
        if sent_at is not None:
            # A wall clock, because the earlier process is gone. One that has jumped back can't tell the age, so nothing is sent again.
            age = time.time() - sent_at
            life.doubt = Doubt.CERTAIN
            life.may_resend = age >= 0
            life.first_sent = running_loop().time() - max(age, 0.0)
        run = Driver(
            self,
            call,
            request,
            life=life,
            request_id=_own(request_id),
            extra=extra,
            timeout=timeout,
            departure=departure,
            queue=queue,
        )
        return cast("RequestState", await self._recorded(run, request, extra))

    async def change(
        self,
        call: Call[R],
        request: msgspec.Struct,
        *,
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> R:
        """A call that changes something and can't be asked about; it is written down before it is sent, if the client keeps a record.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        call = self.row(call)
        life = self._life(call, request_id)
        run = Driver(self, call, request, life=life, request_id=_own(request_id), extra=extra, timeout=timeout, queue=queue)
        return cast("R", await self._recorded(run, request, extra))

    def _recorded(self, run: Driver, request: msgspec.Struct, extra: Mapping[str, Any] | None) -> Awaitable[Any]:
        """Written down, where it can't be asked about and the client keeps a record."""
        if self._record is None or run.call.retry is not Retry.UNASKABLE:
            return run.drive()
        run.check_turn()
        return self._record.keep(run.call, run.request_id, request, extra or {}, run.drive)

    async def repeat(
        self,
        call: Call[R],
        request: msgspec.Struct,
        *,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> R:
        """A call that changes something, and gives the same end when it is done again; each attempt takes a fresh id."""
        call = dataclasses.replace(self.row(call), retry=Retry.REPEATABLE)
        run = Driver(self, call, request, life=Life(self.policy, call.retry), request_id=None, extra=extra, timeout=timeout, queue=queue)
        return cast("R", await run.drive())

    def _life(self, call: Call[Any], request_id: RequestId | None) -> Life:
        header_id = self.signers[call.section].header_id
        # An id that does not go out can't have been used before.
        used = request_id is not None and (header_id or call.body_id)
        doubt = Doubt.POSSIBLE if used else Doubt.NONE
        return Life(self.policy, call.retry, doubt=doubt, header_id=header_id, pays=call.pays, given=used)

    async def look_up(self, request_id: str, *, timeout: float | None = None) -> RequestState | None:
        """What the issuer says of an intent; `None`: it says that it does not know the id, or not yet.

        Raises:
            ProtocolError: what came says nothing of the id, such as a gateway's 404.
            FreedomPayError: the question failed in another way.
        """
        try:
            state = await self.read(REQUESTS_STATUS, StatusQuery(request_id=request_id), timeout=timeout)
        except RequestFailed:
            return None
        if state.request_status is not None:
            return state
        if state.named:
            raise ProtocolError(
                f"the answer names {state.names}, and no request_status: it says nothing of the request.",
                request_id=request_id,
                call=REQUESTS_STATUS.name,
            )
        return None


def _own(request_id: RequestId | None) -> RequestId:
    return new_request_id() if request_id is None else request_id
