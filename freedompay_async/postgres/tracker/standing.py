"""How a tracked request stands after an answer or an error. It asks nothing."""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from freedompay_async.contract.models.results import IssuedCards
from freedompay_async.errors import (
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.operations.unfinished import failed
from freedompay_async.postgres.tracker.answers import keeps
from freedompay_async.postgres.tracker.orders import call_named
from freedompay_async.postgres.tracker.tracked import TrackState
from freedompay_async.postgres.tracker.writing import Written

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.errors import FreedomPayError
    from freedompay_async.operations.told import Told
    from freedompay_async.postgres.tracker.held import Held

__all__ = ["OWN", "PERHAPS_USED", "SOON", "Standing", "backoff", "jitter_of"]

# Seconds: the longest pause of our own, and the longest that an issuer may ask for.
_LONGEST: Final = 60.0
_LONGEST_ASKED: Final = 3600.0
# So often in a row it is no news that a request can't be sent or asked about.
_NO_NEWS: Final = 3
SOON: Final = 0.02
"""Seconds that a look-up may be early: to write that it is due and to take it again takes a while.
"""
OWN: Final = 1
"""A refusal of what had been sent from here before."""
PERHAPS_USED: Final = 2
"""A refusal of the first send, whose id somebody else may have used."""


class Standing:
    """Says how requests stand.

    Args:
        session: of the client.
        drops: a body is removed at the end.
    """

    def __init__(self, session: Session, *, drops: bool) -> None:
        self._session: Final = session
        self._drops: Final = drops

    def told(
        self, held: Held, told: Told[Any], *, age: float = 0.0, accepted: bool = False
    ) -> Written:
        """After an answer about the request, at this age of it."""
        answer = told.answer
        kept = None if answer is None else keeps(answer, success=told.success, asked=told.asked)
        if told.result is not None:
            differs = told.result.differs if isinstance(told.result, IssuedCards) else None
            return self.end(TrackState.DONE, answer=kept, trouble=differs, accepted=accepted)
        if answer is not None and answer.failed:
            call = call_named(self._session, held.call)
            error = failed(
                call,
                held.request_id,
                answer=answer,
                success=told.success,
                redaction=self._session.shared.outgoing.about(held.request_id, codes=call.codes),
            )
            return self._failed(error, answer=kept, accepted=accepted)
        schedule = self._session.shared.polls.of(held.call)
        return Written(
            TrackState.ACCEPTED,
            "look",
            max(schedule.left(age, age, jitter_of(held)) - SOON, 0.0),
            answer=kept,
            accepted=True,
            looked=age > 0.0,
        )

    def after(self, held: Held, error: FreedomPayError) -> Written:
        """After an error."""
        if held.next == "look":
            # It is one of the question, and says nothing of the request.
            return self.again(held, TrackState(held.state), error=error, looked=True)
        if isinstance(error, RequestFailed) and error.proved:
            return self._failed(error)
        if isinstance(error, RequestFailed) or (
            isinstance(error, OutcomeUnknown) and error.refused
        ):
            # After a lost answer the refusal may be one of the second use of its own id.
            first = held.fresh and isinstance(error, RequestFailed)
            return Written(
                TrackState.REFUSED if first else TrackState.SENT,
                "look",
                self._session.policy.grace,
                error=error.text,
                error_code=error.error_code,
                refused=PERHAPS_USED if first else OWN,
            )
        if error.done is True:
            return Written(TrackState.ACCEPTED, "look", backoff(0), accepted=True)
        # An error of a question is one of what may have been sent before.
        not_sent = held.fresh and error.done is False and not isinstance(error, ProtocolError)
        state = TrackState.INTENDED if not_sent else TrackState.SENT
        return self.again(held, state, error=error)

    def _failed(
        self, error: FreedomPayError, *, answer: str | None = None, accepted: bool = False
    ) -> Written:
        """The end of a request that has surely failed. What its answer names may exist."""
        surely = error.done is False
        return self.end(
            TrackState.REFUSED if surely else TrackState.UNKNOWN,
            answer=answer,
            accepted=accepted,
            error=error.text,
            error_code=error.error_code,
            trouble=None if surely else error.text,
        )

    def unknown(self, why: str, **more: Any) -> Written:
        return self.end(TrackState.UNKNOWN, error=why, trouble=why, **more)

    def end(self, state: TrackState, **more: Any) -> Written:
        return Written(
            state,
            "deliver",
            ended=True,
            # Who asks again about an unknown one needs its body.
            drops=self._drops and state is not TrackState.UNKNOWN,
            **more,
        )

    def again(
        self,
        held: Held,
        state: TrackState,
        *,
        error: FreedomPayError | None = None,
        trouble: str | None = None,
        looked: bool = False,
    ) -> Written:
        """The same step later."""
        tries = held.tries + 1
        if error is not None and (tries > _NO_NEWS or not isinstance(error, NotSent | RateLimited)):
            trouble = error.text
        asked = 0.0 if error is None else min(error.retry_after or 0.0, _LONGEST_ASKED)
        return Written(
            TrackState(held.state) if held.next == "look" else state,
            held.next,
            asked + backoff(held.tries),
            tries=tries,
            trouble=trouble,
            error=held.error,
            error_code=held.error_code,
            refused=held.refused,
            looked=looked,
        )


def backoff(tries: int) -> float:
    """Seconds until the next try, after so many before that."""
    return float(min(2.0 ** min(tries, 10), _LONGEST) * (0.5 + random() / 2))


def jitter_of(held: Held) -> float:
    """From 0 to 1, the same for all look-ups of a request, by whomever."""
    return float(crc32(held.request_id.encode()) / 2**32)
