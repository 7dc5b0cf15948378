"""What listeners are told: one frozen struct for each kind of event."""

from __future__ import annotations

from enum import StrEnum

from freedompay_async.errors import WaitReason  # noqa: TC001 - msgspec reads it when it runs
from freedompay_async.redaction.portable import Portable

__all__ = [
    "AttemptBegan",
    "AttemptEnded",
    "CallEnded",
    "ConnectionClosed",
    "ConnectionOpened",
    "Event",
    "LimitKind",
    "LimitLearnt",
    "LimitLifted",
    "OutageBegan",
    "OutageEnded",
    "RequestEnded",
    "RowEnded",
    "Waiting",
]


class LimitKind(StrEnum):
    """What a learnt limit is on."""

    RATE = "rate"
    """Calls a second."""
    CONCURRENCY = "concurrency"
    """Calls on the way at once."""


class Event(Portable, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """Something that happened in a client. It holds no secret, and of the issuer's texts only
    ids.

    Its JSON and its `dict()` have the name of its class as `event`.
    """


class _OfCall(Event, frozen=True, kw_only=True):
    call: str
    request_id: str
    number: int
    lane: str


class _OfAttempt(_OfCall, frozen=True, kw_only=True):
    attempt: int
    look_up: bool


class AttemptBegan(_OfAttempt, frozen=True, kw_only=True):
    """An attempt of a call, or a look-up of it, has its slot and goes to the transport.

    Attributes:
        call: the name of the call, such as `cards.issue`; of `fp.call` its path.
        request_id: of the attempt. Each attempt of a read has its own; a look-up has the id that
            it asks about.
        number: of the call among those of the client, so the same for all attempts of one call.
        lane: whose call it is: `client`, `as_completed`, or `batch` and the name of the batch.
        attempt: its number, from 1. Look-ups are numbered apart.
        look_up: it asks what became of the call.
        queued: seconds that it waited for its slot.
    """

    queued: float


class AttemptEnded(_OfAttempt, frozen=True, kw_only=True):
    """An attempt or a look-up has ended, whatever came of it. One that has begun ends once.

    Attributes:
        call, request_id, number, lane, attempt, look_up, queued: as in `AttemptBegan`.
        outcome: what it has shown: `ok`, `error`, `not sent`, `no answer`, `unclear`, `taken`,
            `limited`, `denied` or `blocked`; of a look-up also `known`, `failed`, `not known` or
            `uninformative`; or `cancelled`, or `raised`: something else than the issuer failed.
        http_status: of the answer; `None`: there was none.
        sent: a byte of it may have left this machine.
        in_flight: seconds from its slot to the end, the reading of the answer included.
    """

    queued: float
    outcome: str
    http_status: int | None
    sent: bool
    in_flight: float


class Waiting(_OfAttempt, frozen=True, kw_only=True):
    """An attempt or a look-up has to wait in the queue. Its `AttemptBegan` follows, unless the call
    ends before.

    Attributes:
        call, request_id, number, lane: as in `AttemptBegan`.
        attempt: the number that it will have.
        look_up: it is a look-up.
        reason: why it can't leave at this moment: `place`, `rate`, `learnt limit` or `outage`.
    """

    reason: WaitReason


class CallEnded(Event, frozen=True, kw_only=True):
    """A call has ended: it has its answer, an error, or was cancelled.

    Attributes:
        call, number, lane: as in `AttemptBegan`.
        request_id: of the call, or of the last attempt of a read; `None`: it had none yet.
        outcome: `answered`, `refused`, `failed`, `not sent`, `unknown`, `unclear`, `taken`,
            `limited`, `denied`, `blocked`, `duplicate`, `busy`, `cancelled`, or `raised`: something
            else than the issuer failed.
        http_status: of the answer that its outcome comes from, as the error has it; `None`: it
            comes from none.
        attempts: that have begun.
        look_ups: that have begun.
        queued: seconds that its attempts and look-ups waited for their slots.
        in_flight: seconds that they were on the way.
        seconds: from the beginning of the call to its end, pauses included.
    """

    call: str
    request_id: str | None
    number: int
    lane: str
    outcome: str
    http_status: int | None
    attempts: int
    look_ups: int
    queued: float
    in_flight: float
    seconds: float


class RequestEnded(Event, frozen=True, kw_only=True):
    """A request that the issuer accepted has ended, as an `Operation` has learnt.

    Attributes:
        call: the name of the call that made the request; of one that was attached by its id alone
            `requests.status`.
        request_id: of the request.
        lane: whose look-up has shown it, as in `AttemptBegan`.
        outcome: `succeeded`, `failed`, or `not known`: the issuer did not know the id after the
            grace time. A later look-up may find it all the same, and it ends once more.
        seconds: since it was accepted; of one that was attached without the time of that, since its
            first look-up.
        look_ups: of this `Operation`.
    """

    call: str
    request_id: str
    lane: str
    outcome: str
    seconds: float
    look_ups: int


class RowEnded(Event, frozen=True, kw_only=True):
    """A row of a batch has ended.

    Attributes:
        lane: of the batch, as in `AttemptBegan`.
        number: of the row, from 1.
        line: of the file.
        key: of the row.
        state: `issued`, `refused`, `unknown`, `found` or `doubtful`.
        client_id: `None`: the row has none, or its client is not known.
        card_id: `None`: the row has no card, or it is not known.
        seconds: that this run has worked on it.
    """

    lane: str
    number: int
    line: int
    key: str
    state: str
    client_id: str | None
    card_id: str | None
    seconds: float


class LimitLearnt(Event, frozen=True, kw_only=True):
    """The issuer's answers have lowered a limit of the client.

    Attributes:
        limit: which one.
        value: calls a second, or calls at once. It grows again by itself: `fp.stats()` has the
            value of the moment.
    """

    limit: LimitKind
    value: float


class LimitLifted(Event, frozen=True, kw_only=True):
    """A limit that was learnt does not hold any more.

    Attributes:
        limit: which one.
    """

    limit: LimitKind


class OutageBegan(Event, frozen=True, kw_only=True):
    """The issuer answers nothing: a look-up has shown it. The batch holds its calls.

    Attributes:
        lane: of the batch, as in `AttemptBegan`.
        seconds: for which nothing has been answered by then.
    """

    lane: str
    seconds: float


class OutageEnded(Event, frozen=True, kw_only=True):
    """The issuer answers again.

    Attributes:
        lane: of the batch, as in `AttemptBegan`.
        seconds: for which nothing was answered, in all.
    """

    lane: str
    seconds: float


class ConnectionOpened(Event, frozen=True, kw_only=True):
    """A connection to the host was opened."""


class ConnectionClosed(Event, frozen=True, kw_only=True):
    """A connection to the host was closed, by either side. Where a session of aiohttp is yours, the
    library can't see it.
    """
