"""How long a client waits and how often it tries."""

from __future__ import annotations

from dataclasses import dataclass

from freedompay_async.guards.arguments import check_flag, check_number, check_whole

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long to wait and how often to try; all times in seconds."""

    attempt_timeout: float = 15.0
    """From a connection in hand to the last byte of the answer."""
    connect_timeout: float = 5.0
    """TCP and TLS."""
    attempts: int = 4
    """How often a read, or an effect that surely was not done, is sent in all."""
    pause: float = 0.2
    """The longest first pause between attempts; it doubles each time, with full jitter."""
    max_pause: float = 5.0
    grace: float = 5.0
    """How long an accepted request may be invisible to `request/status`: an id that is unknown
    there is sent again only after it.
    """
    resend_within: float = 3600.0
    """An effect is sent again only this long after it was first sent: how long the issuer remembers
    an id is not public.
    """
    poll_first: float = 0.25
    """About when an accepted request is looked at first, until it is learnt how long its kind takes
    (`traffic/poll_schedule.py`).
    """
    poll_growth: float = 1.5
    """Until then: how each pause between looks compares with the one before."""
    poll_most: float = 10.0
    """The longest pause before a look, whatever was learnt; with a tenth to either side.

    Raise it where requests take many minutes.
    """
    retries_per_second: float = 20.0
    """Repeats that a client may always make, whatever the number of its calls."""
    retry_ratio: float = 0.3
    """Repeats that each first attempt adds to that budget."""
    resend_payments: bool = False
    """Whether a gift card's issue, which pays, is sent once more under its id where its answer was
    lost. An issuer that files ids late would pay twice."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "resend_payments":
                check_flag(name, value)
            elif name == "attempts":
                check_whole(name, value)
            else:
                check_number(name, value, endless=True)
