"""What to do after an outcome: pure decisions, no clock of their own, no I/O.

The life of one call is a `CallState`. Its driver (`driver.py`) carries out the `Action` it is given, and
tells it what was `Evidence`.

The rule behind all of it: an effect whose answer was lost is looked up with `request/status`. Only
an id that stays unknown there through the grace time is sent again: the same bytes under the same
id, which the issuer processes at most once (docs.freedompay.kg, doc-833009). No decision depends on
recognising the duplicate error, whose shape is not public. So a refusal is looked up too: the error
may be that of an id which a proxy on the way has sent before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from random import random
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.settings.policy import Policy

__all__ = ["Action", "CallState", "Doubt", "Step", "full_jitter"]

# The question got no answer, so it may be asked once more.
_UNANSWERED: Final = (Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED)


class Step(Enum):
    SEND = "send"
    ASK = "ask"
    # Ends:
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"
    UNCLEAR = "unclear"
    TAKEN = "taken"
    LIMITED = "limited"
    DENIED = "denied"
    BLOCKED = "blocked"
    DUPLICATE = "duplicate"


class Action(NamedTuple):
    step: Step
    pause: float = 0.0
    """Seconds to wait before it."""


class Doubt(IntEnum):
    """Whether an earlier use of this request id may have been processed."""

    NONE = 0
    """The library made the id for this very call."""
    POSSIBLE = 1
    """The id came from outside, or an attempt was answered with 429."""
    CERTAIN = 2
    """The id was sent and its answer was lost."""


def full_jitter(pause: float, most: float, count: int, rng: Callable[[], float]) -> float:
    """A random pause of up to `pause` doubled `count` times, and never over `most`."""
    return rng() * min(most, pause * 2.0 ** min(count, 30))


@dataclass(slots=True)
class CallState:
    """One call, from its first byte to its end.

    `now` is seconds of a clock that never goes back.
    """

    policy: Policy
    retry: Retry
    doubt: Doubt = Doubt.NONE
    header_id: bool = False
    """The scheme carries the id in a header, so that a repeated call without an id in its body is
    refused too.
    """
    pays: bool = False
    """It moves money."""
    given: bool = False
    """The caller gave the id, so it may have been used before."""
    ask_once: bool = False
    """A refusal is looked up once, at once, whoever made the id: the caller asks again later."""
    may_resend: bool = True
    first_sent: float | None = None
    last_sent: float | None = None
    rng: Callable[[], float] = random
    sends: int = 0
    last_seen: Evidence = Evidence.NOT_SENT
    said_no: bool = False
    """An attempt was answered with an error that may be the duplicate error."""
    denied: bool = False
    """An attempt was answered with a 401 or 403 in the contract's own JSON."""
    blocked: bool = False
    """The last attempt was answered with a 401 or 403 that leaves open what came of the call."""
    limited: bool = False
    """An attempt was answered with 429."""
    conflict: bool = False
    """The last such answer was an HTTP 409."""
    no_such_path: bool = False
    """No page shows the path, and the last answer to it was an HTTP 404: sending it again gives the
    same.
    """
    queue: bool = True
    """Whether a 429 is waited out."""
    hopeless: bool = False
    """Nothing more can be sent: the client was closed, or the server's certificate is not trusted.
    """
    not_again: str | None = None
    """Why it was not sent again, where its age forbids it."""
    uncounted: float = 0.0
    """Seconds that the clock of `now` did not count: the machine slept, or its wall clock knows
    better.
    """
    _idle: int = 0
    """Repeats since the last news."""
    _asks: int = 0
    """Look-ups of a refusal."""

    def start(self) -> Action:
        if self.first_sent is None:
            return Action(Step.SEND)
        return Action(Step.ASK if self.retry is Retry.ASKABLE else Step.UNKNOWN)

    def sent(self, now: float) -> None:
        """The driver is about to write."""
        self.sends += 1
        if self.first_sent is None:
            self.first_sent = now

    def turn_came(self, now: float) -> None:
        """The wait for a turn is over: it is no part of the age of what was never sent before."""
        if self.last_sent is None and self.doubt is not Doubt.CERTAIN:
            self.first_sent = now

    @property
    def found(self) -> bool:
        """An effect that was refused and is known all the same: somebody may have used its id
        before this call.

        After a 429 it isn't known whose use it is: the issuer may have filed this call's own. An id
        that was made for this very call is nobody else's.
        """
        return self.said_no and self.doubt is Doubt.POSSIBLE and (self.given or not self.limited)

    def may_leave(self, now: float) -> bool:
        """Whether its bytes may leave: the first time always, and again only within `resend_within`
        of the first time.
        """
        if self.first_sent is None or (self.last_sent is None and self.doubt is not Doubt.CERTAIN):
            return True
        return (
            self.may_resend and now - self.first_sent + self.uncounted < self.policy.resend_within
        )

    def give_up(self) -> None:
        """Nothing that is tried from here can be sent."""
        self.hopeless = True

    def after_send(
        self, seen: Evidence, now: float, *, retry_after: float = 0.0, conflict: bool = False
    ) -> Action:
        self.last_seen = seen
        if seen is not Evidence.NOT_SENT:
            self.last_sent = now
        if seen is Evidence.OK:
            return Action(Step.ANSWERED)
        if seen is Evidence.TAKEN:
            if self.retry in (Retry.UNASKABLE, Retry.REPEATABLE):
                return Action(Step.TAKEN)
            seen = Evidence.UNCLEAR
        if self.retry is Retry.READ:
            ends = {
                Evidence.ERROR: Step.REFUSED,
                Evidence.DENIED: Step.DENIED,
                Evidence.BLOCKED: Step.BLOCKED,
                Evidence.UNCLEAR: Step.UNCLEAR,
            }
            return Action(ends[seen]) if seen in ends else self._send_again(retry_after)
        if self.retry is Retry.REPEATABLE:
            return self._repeat(seen, retry_after)
        self.blocked = seen is Evidence.BLOCKED
        if seen is Evidence.DENIED:
            return self._denied()
        if seen is Evidence.ERROR:
            return self._refused(retry_after, conflict=conflict)
        if seen in (Evidence.NOT_SENT, Evidence.LIMITED) and self.doubt is not Doubt.CERTAIN:
            if seen is Evidence.LIMITED:
                if self.retry is Retry.UNASKABLE and not self._may_repeat:
                    return Action(Step.LIMITED)
                # By the meaning of 429 nothing was done; but an issuer may have filed the id first,
                # and then the next error may be the duplicate's.
                self.doubt, self.limited = Doubt.POSSIBLE, True
            return self._send_again(retry_after)
        if seen not in (Evidence.NOT_SENT, Evidence.LIMITED):
            self.doubt, self._idle = Doubt.CERTAIN, 0
        if self.blocked and self.retry is Retry.UNASKABLE:
            return Action(Step.BLOCKED)
        if self.blocked and not self.hopeless:
            return Action(Step.ASK, retry_after)
        return self._look_up(retry_after)

    def after_ask(
        self, seen: Evidence, now: float, *, asked_at: float | None = None, retry_after: float = 0.0
    ) -> Action:
        """What a look-up has shown.

        It tells how things stood when it was asked (by default just now), however long the answer
        took.
        """
        if seen is Evidence.KNOWN:
            return Action(Step.ANSWERED)
        if seen is Evidence.FAILED:
            return Action(Step.FAILED)
        if seen in (Evidence.DENIED, Evidence.BLOCKED) and (self.blocked or self.denied):
            # Both in the contract's own JSON, and nothing before that may have been done: it is the
            # key.
            return Action(
                Step.DENIED
                if self.denied and seen is Evidence.DENIED and not self.limited
                else Step.BLOCKED
            )
        if seen is Evidence.DENIED or self.hopeless:
            return Action(Step.UNKNOWN)
        if self._looks_once:
            return self._after_one_look(seen, retry_after)
        if seen not in (Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE):
            return Action(Step.ASK, self._pause(retry_after))
        last = self.last_sent if self.last_sent is not None else self.first_sent
        waited = (now if asked_at is None else asked_at) - last if last is not None else 0.0
        if waited < self.policy.grace:
            return Action(
                Step.ASK,
                max(retry_after, min(self._pause(retry_after), self.policy.grace - waited)),
            )
        if self.said_no:
            if self.doubt is Doubt.CERTAIN:
                return Action(Step.ASK, self._pause(retry_after))
            if seen is Evidence.UNINFORMATIVE:
                return Action(Step.UNKNOWN)
            return Action(Step.DUPLICATE if self.conflict else Step.REFUSED)
        if not self.may_leave(now):
            within = f"its first send is more than {self.policy.resend_within:.0f} s ago"
            self.not_again = (
                within
                if self.may_resend
                else "the clock of this machine is behind its first send, so its age is not known"
            )
            return Action(Step.UNKNOWN)
        if self.no_such_path or self.first_sent is None:
            return Action(Step.UNKNOWN)
        return Action(Step.SEND, retry_after)

    @property
    def _looks_once(self) -> bool:
        """Whether a refusal is not waited over: the id was made for this very call, or the caller
        asks again later.
        """
        once = self.doubt is Doubt.NONE or self.ask_once or self.denied
        return self.said_no and once and self.doubt is not Doubt.CERTAIN

    def _denied(self) -> Action:
        """A 401 or 403 in the contract's own JSON.

        That too may be what the second copy of a request gets that a proxy has sent twice.
        """
        if self.doubt is Doubt.CERTAIN:
            return Action(Step.UNKNOWN)
        if self.retry is Retry.UNASKABLE:
            # After a 429, which does not prove that nothing was done, it tells of this attempt
            # only.
            return Action(Step.UNKNOWN if self.limited else Step.DENIED)
        self.said_no = self.denied = True
        return Action(Step.UNKNOWN if self.hopeless else Step.ASK)

    @property
    def looks_first(self) -> bool:
        """Whether what follows is the one look-up of a refusal: it is no repeat, and waits for
        none.
        """
        return self._looks_once and not self._asks

    def _refused(self, retry_after: float, *, conflict: bool) -> Action:
        """An error in the contract's own JSON.

        It may be the duplicate's: a proxy may have sent the id before.
        """
        self.said_no, self.conflict, self._idle = True, conflict, 0
        if self.retry is Retry.UNASKABLE:
            return Action(Step.REFUSED if self.doubt is Doubt.NONE else Step.UNKNOWN)
        if self.hopeless:
            return Action(Step.UNKNOWN)
        return Action(Step.ASK, 0.0 if self._looks_once else self._pause(retry_after))

    def _after_one_look(self, seen: Evidence, retry_after: float) -> Action:
        self._asks += 1
        if seen is Evidence.NOT_KNOWN and self.denied:
            return Action(Step.DENIED)
        if seen is Evidence.NOT_KNOWN:
            return Action(
                Step.DUPLICATE if self.conflict and self.doubt is not Doubt.NONE else Step.REFUSED
            )
        if seen in _UNANSWERED and self._asks < self.policy.attempts:
            return Action(Step.ASK, self._pause(retry_after))
        return Action(Step.UNKNOWN)

    def out_of_time(self) -> Step:
        """The deadline has come, or the attempts are used up: what is known of the call."""
        if self.retry is Retry.READ:
            if self.last_seen is Evidence.LIMITED:
                return Step.LIMITED
            return Step.NOT_SENT if self.last_sent is None else Step.UNKNOWN
        if self.doubt is Doubt.CERTAIN or self.said_no:
            return Step.UNKNOWN
        return Step.NOT_SENT if self.last_sent is None else Step.LIMITED

    def _repeat(self, seen: Evidence, retry_after: float) -> Action:
        """Each attempt has an id of its own, so an error is no duplicate's; but an earlier attempt
        may have been done.
        """
        if seen in (Evidence.ERROR, Evidence.DENIED, Evidence.BLOCKED):
            denied = Step.BLOCKED if self.limited else Step.DENIED
            end = {Evidence.ERROR: Step.REFUSED, Evidence.DENIED: denied}.get(seen, Step.BLOCKED)
            return Action(Step.UNKNOWN if self.doubt is Doubt.CERTAIN else end)
        self.limited = self.limited or seen is Evidence.LIMITED
        if seen in (Evidence.NO_ANSWER, Evidence.UNCLEAR):
            self.doubt = Doubt.CERTAIN
        return self._send_again(retry_after)

    def _send_again(self, retry_after: float) -> Action:
        if (
            self.hopeless
            or self.sends >= self.policy.attempts
            or (self.last_seen is Evidence.LIMITED and not self.queue)
        ):
            return Action(self.out_of_time())
        return Action(Step.SEND, self._pause(retry_after))

    def _look_up(self, retry_after: float) -> Action:
        """What follows an effect that may have been done."""
        if self.hopeless:
            return Action(Step.UNKNOWN)
        if self.retry is Retry.ASKABLE:
            return Action(Step.ASK, self._pause(retry_after))
        if not self._may_repeat or self.sends > 1:
            return Action(Step.UNKNOWN)
        # An issuer that is still at work may file the id when it has done.
        return Action(Step.SEND, max(self.policy.grace, self._pause(retry_after)))

    @property
    def _may_repeat(self) -> bool:
        """Of what can't be asked about: its id is in a header, and it moves no money, or the policy
        allows it all the same.
        """
        return self.header_id and (self.policy.resend_payments or not self.pays)

    def _pause(self, retry_after: float) -> float:
        count, self._idle = self._idle, self._idle + 1
        return retry_after + full_jitter(self.policy.pause, self.policy.max_pause, count, self.rng)
