"""The next step of a tracked request: it is sent, or asked about, and what follows is said.

It is sent as any other: asked about first where it may have been sent before, and sent again only
after the grace time and within `Policy.resend_within`. It ends only by what the issuer says of it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.errors import FreedomPayError
from freedompay_async.intents.intent import Intent
from freedompay_async.intents.sending import start_intent
from freedompay_async.operations.told import Told
from freedompay_async.postgres.tracker.answers import keeps, kept_with
from freedompay_async.postgres.tracker.orders import call_named, order_of
from freedompay_async.postgres.tracker.standing import OWN, SOON, Standing, jitter_of
from freedompay_async.postgres.tracker.tracked import TrackState
from freedompay_async.postgres.tracker.writing import Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.models.answers import RequestState
    from freedompay_async.intents.sealing import Seal
    from freedompay_async.postgres.tracker.held import Held
    from freedompay_async.settings.options import CallOptions

__all__ = ["Step", "Steps"]

_LOG: Final = logging.getLogger("freedompay_async")
# So many look-ups in a row without an answer that tells of the request, the last of which did not
# know it, and it is for a person.
_NOT_KNOWN: Final = 10
_FOUND: Final = (
    "the issuer knew this request id before this database sent it, so somebody has used it "
    "elsewhere. Find out whether that was for the same purpose. If so, ask_again with "
    "accept_found=True takes what was made."
)
_NOT_KNOWN_ANY_MORE: Final = (
    "the issuer had accepted the request, and does not know its id now. It is asked again; if that "
    "lasts, ask the issuer what became of the id."
)
_GONE: Final = (
    "the issuer had accepted the request, and has not known its id for a long time. Ask the issuer "
    "what became of the id before anything is made under a new one."
)
_TOO_OLD: Final = (
    "it may have been sent, and the issuer does not know its id. {age:,.0f} s after its first send "
    "it is not sent again, because the issuer may have forgotten the id. Ask the issuer about the "
    "id before anything is made under a new one."
)
_STILL_NOT_KNOWN: Final = (
    "Asked again after the grace time, the issuer does not know the request id."
)
_NO_STEP: Final = "{name} was raised in a step of this request: see the log. It is tried again."


class Step(NamedTuple):
    """What came of a step.

    Attributes:
        written: how the request stands from now on.
        error: behind it; `None`: the issuer has answered.
    """

    written: Written
    error: FreedomPayError | None = None

    @property
    def made(self) -> bool:
        """Whether something was made, which is kept whoever holds the row."""
        return self.written.answer is not None and self.written.state is TrackState.DONE


class Steps:
    """Carries out steps.

    Args:
        session: whose calls get their slots from the lane of the caller.
        base_url: the host of the client.
        seal: opens sealed bodies.
        drops: a body is removed at the end.
    """

    def __init__(self, session: Session, *, base_url: str, seal: Seal | None, drops: bool) -> None:
        self._session: Final = session
        # After a look-up without an answer a row is due again later, and has no slot until then.
        self._asking: Final = session.in_lane(policy=replace(session.policy, attempts=1))
        self._base_url: Final = base_url
        self._seal: Final = seal
        self._standing: Final = Standing(session, drops=drops)

    async def step(self, held: Held, options: CallOptions) -> Step:
        """Carry out the next step of a row.

        Raises:
            LeaseLost: somebody else may hold it, so nothing was sent from now on.
        """
        try:
            if held.next == "look":
                return Step(await self._look(held, options))
            return Step(await self._send(held, options))
        except LeaseLost:
            raise
        except FreedomPayError as error:
            return Step(self._standing.after(held, error), error)
        # A signer, a seal or a transport of the user's may raise anything. What became of the
        # request is not known then, so it is asked about.
        except Exception as error:  # noqa: BLE001
            name = type(error).__name__
            _LOG.exception("a step of request %s raised %s", held.request_id, name)
            return Step(
                self._standing.again(held, TrackState.SENT, trouble=_NO_STEP.format(name=name))
            )

    # The two steps

    async def _send(self, held: Held, options: CallOptions) -> Written:
        sent, quiet = held.age("first_sent") or 0.0, held.age("quiet_since")
        if not held.fresh and sent >= self._session.policy.resend_within:
            answer = await self._asked(held, options)
            if answer is not None:
                return self._standing.told(held, self._told_since(held, answer), accepted=True)
            if min(sent, sent if quiet is None else quiet) < self._session.policy.grace:
                # Written as sent, it is quiet since then: before the grace time it would never end.
                again = self._standing.again(held, TrackState.SENT)
                return again._replace(due_in=max(again.due_in, self._session.policy.grace))
            return self._standing.unknown(_TOO_OLD.format(age=sent))
        before = None
        if not held.fresh:
            before = SentBefore(held.moment("first_sent") or 0.0, held.moment("quiet_since"))
        operation = await start_intent(
            self._session,
            Intent.load(held.intent or "", seal=self._seal),
            options=options,
            base_url=self._base_url,
            sent_before=before,
            on_leave=partial(_check, held),
        )
        told = self._told_since(held, operation.answer)
        if held.fresh and told.answer is not None and told.answer.found:
            return self._standing.unknown(_FOUND, answer=keeps(told.answer, asked=True), found=True)
        return self._standing.told(held, told, accepted=True)

    async def _look(self, held: Held, options: CallOptions) -> Written:
        if held.refused:
            return await self._look_at_refused(held, options)
        schedule = self._session.shared.polls.of(held.call)
        age, jitter = held.age("accepted_at") or 0.0, jitter_of(held)
        since = held.age("looked_at")
        looked, trouble = 0.0 if since is None else max(age - since, 0.0), held.tries > 0
        pause = schedule.pause(age, looked, jitter, trouble=trouble)
        if pause > SOON:
            left = schedule.left(age, looked, jitter, trouble=trouble)
            return Written(
                TrackState.ACCEPTED,
                "look",
                max(pause, left),
                tries=held.tries,
                trouble=held.trouble,
            )
        answer = await self._asked(held, options)
        if answer is None:
            if held.tries >= _NOT_KNOWN and age >= self._session.policy.resend_within:
                return self._standing.unknown(_GONE)
            return self._standing.again(
                held, TrackState.ACCEPTED, trouble=_NOT_KNOWN_ANY_MORE, looked=True
            )
        told = self._told_since(held, answer)
        schedule.learn(looked, age, ended=told.ended)
        return self._standing.told(held, told, age=age)

    async def _look_at_refused(self, held: Held, options: CallOptions) -> Written:
        answer = await self._asked(held, options)
        if answer is None:
            error = f"{held.error or ''} {_STILL_NOT_KNOWN}".strip()
            if held.refused == OWN:
                return self._standing.unknown(error, error_code=held.error_code)
            return self._standing.end(TrackState.REFUSED, error=error, error_code=held.error_code)
        # What failed and names nothing made nothing, whoever sent it.
        if held.refused != OWN and not (answer.failed and not answer.named):
            return self._standing.unknown(_FOUND, answer=keeps(answer, asked=True), found=True)
        return self._standing.told(held, self._told_since(held, answer), accepted=True)

    async def _asked(self, held: Held, options: CallOptions) -> RequestState | None:
        return await self._asking.look_up(held.request_id, timeout=options.get("timeout"))

    def _told_since(self, held: Held, answer: RequestState | None) -> Told[Any]:
        """What the issuer has said by this answer: an earlier success is not lost to it."""
        before, success, asked = kept_with(held.answer)
        if before is None:
            return self._told(held, answer)
        told = self._told(held, before, success=success, asked=asked)
        if answer is not None:
            told.keep(answer)
        return told

    def _told(self, held: Held, answer: RequestState | None, **before: Any) -> Told[Any]:
        order = order_of(held.intent)
        return Told(
            call_named(self._session, held.call),
            held.request_id,
            answer,
            cards=order.cards,
            holder=order.client_id,
            grace=None,
            **before,
        )


def _check(held: Held) -> Callable[[], bool]:
    """Keep a request from leaving whose row another process may hold by now; what is asked again
    when its connection is there, which may take longer than the lease lasts.
    """
    if not held.holds:
        raise LeaseLost
    return lambda: held.holds
