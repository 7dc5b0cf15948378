"""Checks a moment that a caller gives: a `datetime` that knows its time zone."""

from __future__ import annotations

from datetime import datetime
from math import isfinite

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal

__all__ = ["check_moment"]


def check_moment(name: str, value: object) -> float:
    """Seconds since the epoch.

    Raises:
        ConfigurationError: the value is no `datetime`, or one without a time zone, which is another
            moment on another machine, or one that is no time.
    """
    if not isinstance(value, datetime):
        raise refusal(name, value, "a datetime with a time zone")
    if value.utcoffset() is None:
        raise ConfigurationError(
            f"{name}={value} has no time zone: give an aware datetime, such as datetime.now(UTC). "
            "Nothing was sent."
        )
    seconds = value.timestamp()
    # The empty value of pandas is a `datetime` too, and no time.
    if not isfinite(seconds):
        raise ConfigurationError(
            f"{name}={value} is no time: give an aware datetime, such as datetime.now(UTC). "
            "Nothing was sent."
        )
    return seconds
