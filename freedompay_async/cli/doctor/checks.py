"""What a check gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Check", "CheckResult", "not_tried"]


class CheckResult(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's.

    Attributes:
        name: what was looked at.
        verdict: how it is.
        detail: what was seen.
        advice: what to do; empty, if there is nothing to do.
    """

    name: str
    verdict: CheckResult
    detail: str
    advice: str = ""


def not_tried(name: str, because: str) -> Check:
    """A check that makes no sense after what was found before it."""
    return Check(name=name, verdict=CheckResult.UNKNOWN, detail=f"not tried: {because}")
