"""The header `Retry-After`. Pure."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["retry_after"]

_NUMBERS: Final = re.compile(r"[0-9]+(?: *, *[0-9]+)*")
# About 31 years; a longer time is reported as this.
_LONGEST_WAIT: Final = 999_999_999.0


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Seconds that the issuer asked to wait; the longest, if it named several. Never endless."""
    if "Retry-After" not in headers:
        return 0.0
    values = [value for name, value in headers.items() if name.lower() == "retry-after"]
    return min(max(_seconds(value.strip(), now) for value in values), _LONGEST_WAIT)


def _seconds(value: str, now: float) -> float:
    if _NUMBERS.fullmatch(value):
        # A proxy may have joined two headers.
        return max(float(number) for number in value.split(","))
    # Slow to import, and a date is rare here.
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        date = parsedate_to_datetime(value)
        # A date in HTTP is always in UTC; Python would take one without a zone for local time.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
