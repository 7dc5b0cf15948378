"""When a call may first have been sent, by what its caller says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.calls.call_state import CallState
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.moments import check_moment

if TYPE_CHECKING:
    from freedompay_async.calls.reuse import Bodies
    from freedompay_async.calls.states import CallRules
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["FirstSend", "SentBefore", "own_id"]


class SentBefore(NamedTuple):
    """What the library itself knows of the sends of another process; seconds since the epoch."""

    at: float
    """When it was first sent."""
    quiet_since: float | None = None
    """Since when surely nobody sends it any more; `None`: since `at`."""


class FirstSend(NamedTuple):
    """When a call may first have been sent.

    Attributes:
        at: seconds since the epoch; `None`: its caller names no such time.
        used_before: an id of the caller's may have been used before.
        stored: its caller says that it was never sent, and has written down that it is sent from
            now on, so another process may send it too.
        quiet_since: since when surely nobody sends it any more, in seconds since the epoch; `None`:
            since `at`.
    """

    at: float | None
    used_before: bool
    stored: bool = False
    quiet_since: float | None = None

    @classmethod
    def of(
        cls, options: ChangeOptions, bodies: Bodies, *, sent_before: SentBefore | None
    ) -> FirstSend:
        """What the options of a call say.

        Args:
            options: of the call.
            bodies: what this client has sent under the last request ids. It knows better than a
                caller who says that it was never sent.
            sent_before: where the library itself knows of earlier sends.

        Raises:
            ConfigurationError: `first_sent` is no such time, or the call has no id of the caller's.
        """
        request_id = options.get("request_id")
        if "first_sent" not in options:
            if sent_before is None:
                return _NOT_SAID if request_id is None else _OWN_ID
            at, quiet_since = sent_before
            return cls(at, request_id is not None, quiet_since=quiet_since)
        first_sent = options["first_sent"]
        if first_sent is None:
            own = request_id is not None
            return cls(None, own and bodies.knows(str(request_id)), stored=own)
        at = check_moment("first_sent", first_sent)
        if request_id is None:
            raise ConfigurationError(
                "first_sent is a time, and the call has no request_id: an id that is made now was "
                "never sent. Nothing was sent."
            )
        return cls(at, used_before=True)

    def begin(self, rules: CallRules, *, age: float) -> CallState:
        """The state in which the call begins, at this age of what was sent before."""
        if self.at is not None:
            now, quiet = running_loop().time(), age
            if self.quiet_since is not None:
                quiet = min(age, time.time() - self.quiet_since)
            return CallState.resumed(rules, now - max(age, 0.0), now - max(quiet, 0.0))
        if self.stored:
            return CallState(rules, first_sent=running_loop().time())
        return CallState(rules)

    @property
    def age(self) -> float:
        """Seconds since then, less than 0 where this clock has not reached it. The clock is a wall
        clock, because the process that sent it may be gone.
        """
        return 0.0 if self.at is None else time.time() - self.at


# Made once, because nearly every call has one of them.
_NOT_SAID: Final = FirstSend(None, used_before=False)
_OWN_ID: Final = FirstSend(None, used_before=True)


def own_id(options: ChangeOptions) -> RequestId:
    """The id of a call that has one for all its attempts: the caller's, or a new one."""
    request_id = options.get("request_id")
    return new_request_id() if request_id is None else request_id
