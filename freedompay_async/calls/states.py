"""The states of a call, and the transitions between them.

An effect that can be asked about (`Retry.ASKABLE`), after a send:

    state                       evidence                   new state             step
    never sent, limited         not sent                   as before             send
    never sent, limited         limited                    limited               send
    never sent, limited         no answer, unclear, taken  lost                  ask
    never sent, limited         blocked                    blocked               ask
    never sent                  error                      refused               ask
    limited                     error                      used id refused       ask
    never sent                  denied                     denied                ask
    limited                     denied                     denied after a limit  ask
    lost, blocked               not sent, limited          lost                  ask
    lost, blocked               no answer, unclear, taken  lost                  ask
    lost, blocked               blocked                    blocked               ask
    lost, blocked               error                      refused after a loss  ask
    lost, blocked               denied                     as before             unknown
    never sent, limited, lost   ok                         as before             answered

A caller's own id may have been used before, or be in the hands of another call of the same client:
its error makes `used id refused`. An error with HTTP 409 makes `conflict` of `used id refused`. An
HTTP 404 to a path that no page shows makes `no such path` of `lost`.

After a look-up, which changes no state. Late: it was asked when the grace time since the last send
was over.

    state                       evidence                   step
    lost, refused               known                      answered
    lost, refused               failed                     failed
    blocked                     denied, blocked            blocked
    denied                      denied, not known          denied
    denied                      blocked                    blocked
    denied after a limit        denied, blocked            blocked
    denied after a limit        not known                  denied
    refused                     not known                  refused
    refused                     blocked                    unknown
    denied, refused             unclear, uninformative     unknown
    denied, refused             not sent, no answer        ask
    lost, refused, conflict     denied                     unknown
    lost, conflict              blocked                    ask
    lost, blocked, conflict     not sent, no answer        ask
    lost, blocked, conflict     unclear, limited           ask
    lost, blocked, conflict     not known, uninformative   ask
    lost, blocked               late: not known            send
    lost, blocked               late: uninformative        send
    no such path                late: not known            unknown
    used id refused             late: not known            refused
    conflict                    late: not known            duplicate
    used id refused, conflict   late: uninformative        unknown
    refused after a loss        not known                  ask
    refused after a loss        late: not known            ask

With `ask_once`, `used id refused` and `conflict` need no grace time. A call that can't be asked
about (`Retry.UNASKABLE`) ends where the rows above ask; `CallState._send_again` says what is sent
again all the same. A call that does no harm when it is repeated (`Retry.READ`, `Retry.REPEATABLE`)
is sent again while it has attempts.
"""

from __future__ import annotations

from enum import Enum
from random import random
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.contract.calls import Retry
    from freedompay_async.settings.policy import Policy

__all__ = ["Action", "CallRules", "End", "Next", "State"]


class Next(Enum):
    """What the driver does next."""

    SEND = "send"
    ASK = "ask"


class End(Enum):
    """How a call ends."""

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
    step: Next | End
    pause: float = 0.0
    """Seconds to wait before it."""
    repeat: bool = True
    """It takes a place in the retry budget. The first step and the one look-up of a refusal do not.
    """
    not_again: str | None = None
    """Why its age forbids that it is sent again."""


class State(Enum):
    """What is known of a call that has not ended."""

    NEVER_SENT = "never sent"
    """None of its bytes has left. An earlier process may have used the id, if it is the caller's.
    """
    LIMITED = "limited"
    """HTTP 429 says that nothing was done. It does not prove it: the issuer may have filed the id
    first.
    """
    LOST = "lost"
    """It may have been done: an answer was lost, or could not be read."""
    BLOCKED = "blocked"
    """It may have been done, and the last answer was a 401 or 403 that is not the contract's."""
    NO_SUCH_PATH = "no such path"
    """It may have been done, no page shows its path, and the last answer was an HTTP 404. It is not
    sent again, because that would give the same.
    """
    REFUSED = "refused"
    """An error of the contract, for an id that was made for this call."""
    USED_ID_REFUSED = "used id refused"
    """An error of the contract, for an id that may have been used before: by the caller, or by an
    attempt that got HTTP 429.
    """
    CONFLICT = "conflict"
    """As `USED_ID_REFUSED`, with HTTP 409."""
    REFUSED_AFTER_LOSS = "refused after a loss"
    """An error of the contract, after an answer was lost: it may be the duplicate error."""
    DENIED = "denied"
    """A 401 or 403 of the contract. The second copy of a request may get it that a proxy sent
    twice.
    """
    DENIED_AFTER_LIMIT = "denied after a limit"
    """As `DENIED`, after an HTTP 429."""


class CallRules(Struct, frozen=True):
    """What is fixed for one call."""

    policy: Policy
    retry: Retry
    header_id: bool = False
    """The scheme carries the id in a header, so a repeated call without an id in its body is
    refused too.
    """
    pays: bool = False
    """It moves money."""
    callers_id: bool = False
    """The id is the caller's and goes out, so it may have been used before."""
    ask_once: bool = False
    """A refusal is looked up once, at once, whoever made the id: the caller asks again later."""
    queue: bool | float = True
    """Whether the call waits, or the seconds that it may: for a slot (after that it raises `Busy`),
    and after an HTTP 429.
    """
    path_unsure: bool = False
    """No page of the vendor shows the path."""
    age_known: bool = True
    """False: an earlier process sent it at a time that this machine's clock has not reached."""
    aged_from_its_begin: bool = False
    """Another process may send it too, from the moment when this call begins. So the first bytes
    here have to leave while the issuer still knows the id of what that process has sent.
    """
    rng: Callable[[], float] = random

    @property
    def keep_the_id(self) -> bool:
        """The id is the caller's, which has to keep to it: another process may use it too."""
        return self.callers_id or self.aged_from_its_begin

    @property
    def may_repeat_unasked(self) -> bool:
        """A call that can't be asked about may be sent again: its id is in a header, and it moves
        no money or the policy allows that.
        """
        return self.header_id and (self.policy.resend_payments or not self.pays)

    @property
    def too_old(self) -> str:
        """Why a call whose age forbids it is not sent again."""
        if not self.age_known:
            return "the clock of this machine is behind its first send, so its age is not known"
        return f"its first send is more than {self.policy.resend_within:.0f} s ago"
