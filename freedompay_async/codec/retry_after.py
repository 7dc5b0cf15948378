"""The header `Retry-After`. Pure."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["retry_after"]

_NUMBERS: Final = re.compile(r"[0-9]+(?: *, *[0-9]+)*")
# 31 years: whatever is longer is told as this.
_LONGEST_WAIT: Final = 999_999_999.0


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Seconds that the issuer asked to wait, of several the most: never negative, never endless."""
    if "Retry-After" not in headers:
        return 0.0
    given = [value for name, value in headers.items() if name.lower() == "retry-after"]
    return min(max(_seconds(value.strip(), now) for value in given), _LONGEST_WAIT)


def _seconds(value: str, now: float) -> float:
    if _NUMBERS.fullmatch(value):
        # A proxy may have made one line of two.
        return max(float(number) for number in value.split(","))
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import, and a date is rare here

    try:
        date = parsedate_to_datetime(value)
        # A date of HTTP is in UTC, also where it does not say so; to Python it would be the time of
        # this machine.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
