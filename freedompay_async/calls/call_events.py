"""Tells listeners of one call, and counts for them."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

import msgspec

from freedompay_async.events.kinds import AttemptBegan, AttemptEnded, CallEnded, Waiting

if TYPE_CHECKING:
    from freedompay_async.calls.compose import Composer
    from freedompay_async.codec.messages import Verdict
    from freedompay_async.events.hub import Hub
    from freedompay_async.traffic.hindrance import Hindrance
    from freedompay_async.transport.base import Attempt

__all__ = ["CallEvents"]


class CallEvents(msgspec.Struct):
    """Tells listeners of one call. It is made only where somebody listens when the call begins.

    Attributes:
        hub: of the lane of the call.
        call: its name.
        composer: knows its request id.
        number: of the call in its client.
        attempts: that have begun; look-ups apart.
        look_ups: that have begun.
        waited: seconds that the present attempt or look-up has waited for its slot.
        queued: seconds of waiting for slots, in all.
        in_flight: seconds from slots to answers, in all.
    """

    hub: Hub
    call: str
    composer: Composer
    number: int
    attempts: int = 0
    look_ups: int = 0
    waited: float = 0.0
    queued: float = 0.0
    in_flight: float = 0.0

    def waits(self, hindrance: Hindrance | None, *, own: bool) -> None:
        """An attempt or a look-up begins to wait."""
        if hindrance is not None:
            self.hub.emit(
                Waiting(
                    call=self.call,
                    request_id=self.composer.id,
                    number=self.number,
                    lane=self.hub.lane,
                    attempt=1 + (self.attempts if own else self.look_ups),
                    look_up=not own,
                    reason=hindrance.reason,
                )
            )

    def has_waited(self, seconds: float) -> None:
        """The attempt or look-up of now has waited for so long."""
        self.waited = seconds
        self.queued += seconds

    def began(self, *, own: bool) -> None:
        """An attempt of the call itself (`own`), or a look-up, has its slot."""
        if own:
            self.attempts += 1
        else:
            self.look_ups += 1
        self.hub.emit(
            AttemptBegan(
                call=self.call,
                request_id=self.composer.id,
                number=self.number,
                lane=self.hub.lane,
                attempt=self.attempts if own else self.look_ups,
                look_up=not own,
                queued=self.waited,
            )
        )

    def ended(
        self, attempt: Attempt, end: Verdict | BaseException, *, own: bool, in_flight: float
    ) -> None:
        """An attempt or a look-up has ended.

        Args:
            attempt: which one.
            end: its verdict, or the error that came out of it.
            own: it is of the call itself.
            in_flight: seconds since it got its slot.
        """
        self.in_flight += in_flight
        self.hub.emit(
            AttemptEnded(
                call=self.call,
                request_id=self.composer.id,
                number=self.number,
                lane=self.hub.lane,
                attempt=self.attempts if own else self.look_ups,
                look_up=not own,
                queued=self.waited,
                outcome=_outcome_of(end),
                http_status=None if isinstance(end, BaseException) else end.http_status,
                sent=attempt.sent,
                in_flight=in_flight,
            )
        )

    def broke(self, attempt: Attempt, error: BaseException, *, own: bool, now: float) -> None:
        """Tell the end of an attempt or a look-up, if it has begun: an error came out of it, or a
        cancellation.
        """
        if attempt.began is not None:
            self.ended(attempt, error, own=own, in_flight=now - attempt.began)

    def call_ended(self, outcome: str, *, http_status: int | None, seconds: float) -> None:
        """The call has ended, so many `seconds` after it began."""
        self.hub.emit(
            CallEnded(
                call=self.call,
                request_id=self.composer.request_id,
                number=self.number,
                lane=self.hub.lane,
                outcome=outcome,
                http_status=http_status,
                attempts=self.attempts,
                look_ups=self.look_ups,
                queued=self.queued,
                in_flight=self.in_flight,
                seconds=seconds,
            )
        )


def _outcome_of(end: Verdict | BaseException) -> str:
    """The end of an attempt in a word. Of an error only that there was one: its text may be
    anybody's.
    """
    if isinstance(end, BaseException):
        return "cancelled" if isinstance(end, CancelledError) else "raised"
    return end.evidence.value
