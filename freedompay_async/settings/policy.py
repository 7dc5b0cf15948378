"""How long a client waits, and how often it tries."""

from __future__ import annotations

from dataclasses import dataclass

from freedompay_async.guards.arguments import check_flag, check_number, check_whole

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long to wait and how often to try; all times in seconds."""

    attempt_timeout: float = 15.0
    """Of one attempt: from an open connection to the last byte of the answer."""
    connect_timeout: float = 5.0
    """To open a connection: TCP and TLS."""
    attempts: int = 4
    """How often a read, or an effect that was surely not done, is sent at most."""
    pause: float = 0.2
    """The longest first pause between attempts. It doubles each time, with full jitter."""
    max_pause: float = 5.0
    """The longest pause between attempts."""
    grace: float = 5.0
    """How long `request/status` may not know a request that the issuer has accepted. An effect is
    sent again under an unknown id only after this time.
    """
    resend_within: float = 3600.0
    """How long after its first send an effect may be sent again. The vendor does not say how long
    the issuer remembers an id.
    """
    poll_first: float = 0.25
    """About how long after its acceptance a request is first asked about, until the client has
    learnt how long such requests take (`traffic/poll_schedule.py`).
    """
    poll_growth: float = 1.5
    """Until then, how many times longer each pause between look-ups is than the one before."""
    poll_most: float = 10.0
    """The longest pause before a look-up, a tenth more or less, whatever was learnt.

    Raise it where requests take many minutes.
    """
    retries_per_second: float = 20.0
    """Repeats a second that a client may always make, however few calls it makes."""
    retry_ratio: float = 0.3
    """Repeats that each first attempt adds to that budget."""
    resend_payments: bool = False
    """Whether a gift card's issue, which pays, is sent once more under its id when its answer was
    lost. An issuer that records ids late would pay twice."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "resend_payments":
                check_flag(name, value)
            elif name == "attempts":
                check_whole(name, value)
            else:
                check_number(name, value, endless=True)
