"""What follows each attempt of a call: pure decisions, with no clock of their own and no I/O.

The driver (`driver.py`) does the next step and reports the `Evidence` of it; a `CallState` answers
with an `Action`. `states.py` has the states and the table of all transitions.

The rule behind all of it: an effect whose answer was lost is looked up with `request/status`. It is
sent again only after its id has stayed unknown there through the grace time: the same bytes under
the same id, which the issuer processes at most once (docs.freedompay.kg, doc-833009). No decision
depends on recognising the duplicate error, because its shape is not public. So a refusal is looked
up too: it may be the error for an id that a proxy on the way has sent before.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from freedompay_async.calls.backoff import full_jitter
from freedompay_async.calls.states import Action, End, Next, State
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from freedompay_async.calls.states import CallRules
    from freedompay_async.codec.messages import Verdict

__all__ = ["CallState"]

_MAYBE_DONE: Final = frozenset({State.LOST, State.BLOCKED, State.NO_SUCH_PATH})
_ID_USED: Final = frozenset({State.USED_ID_REFUSED, State.CONFLICT})
_DENIED: Final = frozenset({State.DENIED, State.DENIED_AFTER_LIMIT})
_REFUSED: Final = frozenset({State.REFUSED, *_ID_USED, *_DENIED})
# The steps of a call without trouble, made once.
_FIRST_SEND: Final = Action(Next.SEND, repeat=False)
_ANSWERED: Final = Action(End.ANSWERED)
# The look-up got no answer, so it may be made once more.
_UNANSWERED: Final = (Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED)
_ENDS_AT_ANSWER: Final = {
    Evidence.ERROR: End.REFUSED,
    Evidence.DENIED: End.DENIED,
    Evidence.BLOCKED: End.BLOCKED,
    Evidence.UNCLEAR: End.UNCLEAR,
    Evidence.TAKEN: End.UNCLEAR,
}


@dataclass(slots=True)
class CallState:
    """What is known of one call, from its first byte to its end.

    Times are seconds of a clock that never goes back; `inf`: not yet.
    """

    rules: CallRules
    state: State = State.NEVER_SENT
    first_sent: float = inf
    last_sent: float = inf
    sends: int = 0
    look_ups: int = 0
    repeats: int = 0
    """Repeats since an answer last changed the state."""
    queue_left: float = inf
    """Seconds that it may still wait in the queue (`rules.queue`)."""

    shared_id: bool = False
    """Another call of the client has its id."""

    @classmethod
    def resumed(cls, rules: CallRules, first_sent: float, last_sent: float) -> CallState:
        """The state of a call that an earlier process sent, and whose answer nobody has."""
        return cls(rules, State.LOST, first_sent, last_sent)

    @property
    def refused(self) -> bool:
        """The issuer has refused the call itself."""
        return self.state in _REFUSED or self.state is State.REFUSED_AFTER_LOSS

    @property
    def found(self) -> bool:
        """Whether an issuer that knows the id after all has it from somebody before this call."""
        return (self.rules.callers_id or self.shared_id) and self.state in _REFUSED

    def start(self) -> Action:
        if self.state is State.NEVER_SENT or self.rules.retry is Retry.REPEATABLE:
            return _FIRST_SEND
        askable = self.rules.retry is Retry.ASKABLE
        return Action(Next.ASK if askable else End.UNKNOWN, repeat=False)

    def sending(self, now: float) -> None:
        """The driver is about to write."""
        self.sends += 1
        self.first_sent = min(self.first_sent, now)

    def got_slot(self, now: float) -> None:
        """The age of a call that was never sent begins after its wait for a slot."""
        if self.state is State.NEVER_SENT and not self.rules.aged_from_its_begin:
            self.first_sent = now

    def may_leave(self, now: float) -> bool:
        """Whether its bytes may leave: the first time always, and again only within `resend_within`
        of the first time. What another process may send too leaves within `resend_within` of its
        beginning, the first time as well. `now` counts the time too for which the machine slept.
        """
        rules = self.rules
        if self.state is State.NEVER_SENT and not rules.aged_from_its_begin:
            return True
        return rules.age_known and now - self.first_sent < rules.policy.resend_within

    def out_of_time(self) -> End:
        """How it ends at its deadline, or when its attempts are used up."""
        if self.state is State.NEVER_SENT:
            return End.NOT_SENT
        return End.LIMITED if self.state is State.LIMITED else End.UNKNOWN

    def after_send(self, verdict: Verdict, now: float) -> Action:
        """What follows an attempt of the call itself."""
        evidence, retry_after = verdict.evidence, verdict.retry_after
        if evidence is not Evidence.NOT_SENT:
            self.last_sent = now
        retry = self.rules.retry
        if evidence is Evidence.OK:
            return _ANSWERED
        if retry is Retry.READ:
            action = self._after_read(evidence, retry_after)
        elif retry is Retry.ASKABLE:
            action = self._after_askable(evidence, retry_after, verdict.http_status)
        elif evidence is Evidence.TAKEN:
            action = Action(End.TAKEN)
        elif retry is Retry.REPEATABLE:
            action = self._after_repeatable(evidence, retry_after)
        else:
            action = self._after_unaskable(evidence, retry_after)
        return self._ended(action) if verdict.final else action

    def after_ask(self, verdict: Verdict, now: float, *, asked_at: float | None = None) -> Action:
        """What follows a look-up that was asked at `asked_at` (left out: just now), however long
        its answer took. `now` counts the time too for which the machine slept.
        """
        self.look_ups += 1
        asked_at = now if asked_at is None else asked_at
        action = self._after_look_up(verdict.evidence, now, asked_at, verdict.retry_after)
        return self._ended(action) if verdict.final else action

    def _ended(self, action: Action) -> Action:
        return action if isinstance(action.step, End) else Action(self.out_of_time())

    def _send_again(self, evidence: Evidence, retry_after: float, now: float = inf) -> Action:
        """The one place where a call is sent a second time. All conditions:

        * `READ` and `REPEATABLE`: the last attempt was not sent, got no answer (a 5xx is none), or
          got HTTP 429 and the call waits that out (`queue`: the pause is no longer than what is
          left of its seconds); of a `REPEATABLE` call an answer that can't be read is no answer
          either. Fewer than `policy.attempts` were made. Each attempt has a fresh id.
        * An effect of which no attempt has left or each got HTTP 429: the same, under the same id.
          After HTTP 429 an `UNASKABLE` effect also needs `may_repeat_unasked`.
        * An `ASKABLE` effect that may have been done (`LOST`, `BLOCKED`): a look-up that was asked
          `policy.grace` seconds or more after the last send does not know the id (a 404 that is
          not the contract's counts as that), the first send is less than `policy.resend_within`
          seconds before `now`, and that age is known. Only a look-up gives `now`.
        * An `UNASKABLE` effect that may have been done: `may_repeat_unasked`, it was the first
          attempt, and `policy.grace` seconds pass before the second.

        Never: after an error or a 401 or 403 of the contract; where a path that no page shows got
        HTTP 404; and after a `final` verdict (the client is closed, the certificate is not trusted,
        the proxy can't be used, the batch stops). Then `Driver._pause` needs time for the pause
        before the deadline, and a turn of the retry budget. The transport asks `may_leave` again
        before the first byte.
        """
        rules, policy = self.rules, self.rules.policy
        if self.state not in _MAYBE_DONE or rules.retry.harmless:
            waits = rules.queue and (rules.retry is not Retry.UNASKABLE or rules.may_repeat_unasked)
            if self.sends >= policy.attempts or (evidence is Evidence.LIMITED and not waits):
                return Action(self.out_of_time())
            pause = self._pause(retry_after)
            if evidence is Evidence.LIMITED:
                self.queue_left -= pause
            return Action(Next.SEND if self.queue_left >= 0.0 else self.out_of_time(), pause)
        if rules.retry is Retry.UNASKABLE:
            if not rules.may_repeat_unasked or self.sends > 1:
                return Action(End.UNKNOWN)
            # An issuer that is still at work may file the id when it has done.
            return Action(Next.SEND, max(policy.grace, self._pause(retry_after)))
        if not self.may_leave(now):
            return Action(End.UNKNOWN, not_again=rules.too_old)
        if self.state is State.NO_SUCH_PATH:
            return Action(End.UNKNOWN)
        return Action(Next.SEND, retry_after)

    def _after_read(self, evidence: Evidence, retry_after: float) -> Action:
        if evidence in _ENDS_AT_ANSWER:
            return Action(_ENDS_AT_ANSWER[evidence])
        if evidence is Evidence.LIMITED:
            self.state = State.LIMITED
        elif evidence is not Evidence.NOT_SENT or self.state is State.LIMITED:
            self.state = State.LOST
        return self._send_again(evidence, retry_after)

    def _after_repeatable(self, evidence: Evidence, retry_after: float) -> Action:
        """Each attempt has an id of its own, so no error is the duplicate error. But an earlier
        attempt may have been done.
        """
        if evidence in (Evidence.ERROR, Evidence.DENIED, Evidence.BLOCKED):
            if self.state is State.LOST:
                return Action(End.UNKNOWN)
            unsure = evidence is Evidence.DENIED and self.state is State.LIMITED
            return Action(End.BLOCKED if unsure else _ENDS_AT_ANSWER[evidence])
        if evidence is Evidence.LIMITED and self.state is State.NEVER_SENT:
            self.state = State.LIMITED
        elif evidence in (Evidence.NO_ANSWER, Evidence.UNCLEAR):
            self.state = State.LOST
        return self._send_again(evidence, retry_after)

    def _after_unaskable(self, evidence: Evidence, retry_after: float) -> Action:
        if evidence is Evidence.DENIED:
            # After HTTP 429, which does not prove that nothing was done, it tells of this attempt
            # only.
            return Action(End.DENIED if self.state is State.NEVER_SENT else End.UNKNOWN)
        if evidence is Evidence.BLOCKED:
            self.state = State.BLOCKED
            return Action(End.BLOCKED)
        if evidence is Evidence.ERROR:
            self.state = self._refusal(None)
            return Action(End.REFUSED if self.state is State.REFUSED else End.UNKNOWN)
        self._note_no_refusal(evidence)
        return self._send_again(evidence, retry_after)

    def _after_askable(
        self, evidence: Evidence, retry_after: float, http_status: int | None
    ) -> Action:
        if evidence is Evidence.DENIED:
            if self.state in _MAYBE_DONE:
                return Action(End.UNKNOWN)
            limited = self.state is State.LIMITED
            self.state = State.DENIED_AFTER_LIMIT if limited else State.DENIED
            return Action(Next.ASK, repeat=False)
        if evidence is Evidence.ERROR:
            self.state, self.repeats = self._refusal(http_status), 0
            if self._asked_once:
                return Action(Next.ASK, repeat=False)
            return Action(Next.ASK, self._pause(retry_after))
        if evidence is Evidence.BLOCKED:
            self.state, self.repeats = State.BLOCKED, 0
            return Action(Next.ASK, retry_after)
        self._note_no_refusal(evidence)
        if self.state is not State.LOST:
            return self._send_again(evidence, retry_after)
        if http_status == 404 and self.rules.path_unsure:
            self.state = State.NO_SUCH_PATH
        return Action(Next.ASK, self._pause(retry_after))

    def _note_no_refusal(self, evidence: Evidence) -> None:
        """After an attempt that was not sent, got HTTP 429, or whose answer is lost or unclear."""
        if evidence not in (Evidence.NOT_SENT, Evidence.LIMITED):
            self.state, self.repeats = State.LOST, 0
        elif self.state in _MAYBE_DONE:
            self.state = State.LOST
        elif evidence is Evidence.LIMITED:
            self.state = State.LIMITED

    def _refusal(self, http_status: int | None) -> State:
        """After an error of the contract, which may be the duplicate error."""
        if self.state in _MAYBE_DONE:
            return State.REFUSED_AFTER_LOSS
        if self.state is State.NEVER_SENT and not (self.rules.callers_id or self.shared_id):
            return State.REFUSED
        return State.CONFLICT if http_status == 409 else State.USED_ID_REFUSED

    @property
    def _asked_once(self) -> bool:
        """A refusal is looked up once: the id is new here, or its caller asks again later."""
        return self.state in _REFUSED and (self.rules.ask_once or self.state not in _ID_USED)

    def _after_look_up(
        self, evidence: Evidence, now: float, asked_at: float, retry_after: float
    ) -> Action:
        state, policy = self.state, self.rules.policy
        if evidence is Evidence.KNOWN:
            return _ANSWERED
        if evidence is Evidence.FAILED:
            return Action(End.FAILED)
        key_refused = evidence is Evidence.DENIED or evidence is Evidence.BLOCKED
        if key_refused and (state is State.BLOCKED or state in _DENIED):
            # The contract's own JSON proves that the call did nothing, if it says so for both and
            # nothing before it may have been done.
            proved = state is State.DENIED and evidence is Evidence.DENIED
            return Action(End.DENIED if proved else End.BLOCKED)
        if evidence is Evidence.DENIED:
            return Action(End.UNKNOWN)
        if self._asked_once:
            return self._after_one_look_up(evidence, retry_after)
        if evidence not in (Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE):
            return Action(Next.ASK, self._pause(retry_after))
        left = policy.grace - (asked_at - self.last_sent)
        if left > 0.0:
            return Action(Next.ASK, max(retry_after, min(self._pause(retry_after), left)))
        if state is State.REFUSED_AFTER_LOSS:
            return Action(Next.ASK, self._pause(retry_after))
        if state not in _ID_USED:
            return self._send_again(evidence, retry_after, now)
        return self._not_known(evidence)

    def _after_one_look_up(self, evidence: Evidence, retry_after: float) -> Action:
        if evidence in _UNANSWERED and self.look_ups < self.rules.policy.attempts:
            return Action(Next.ASK, self._pause(retry_after))
        return self._not_known(evidence)

    def _not_known(self, evidence: Evidence) -> Action:
        """The end of a refusal, unless the issuer knows the id."""
        if evidence is not Evidence.NOT_KNOWN:
            return Action(End.UNKNOWN)
        if self.state in _DENIED:
            return Action(End.DENIED)
        return Action(End.DUPLICATE if self.state is State.CONFLICT else End.REFUSED)

    def _pause(self, retry_after: float) -> float:
        """Longer with each repeat since the last news."""
        policy, count = self.rules.policy, self.repeats
        self.repeats = count + 1
        return retry_after + full_jitter(policy.pause, policy.max_pause, count, self.rules.rng)
