"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Check", "CheckResult", "not_tried"]


class CheckResult(StrEnum):
    """How a check ended."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor.

    Attributes:
        name: what was checked.
        result: how the check ended.
        detail: what it found.
        advice: what to do; empty if there is nothing to do.
    """

    name: str
    result: CheckResult
    detail: str
    advice: str = ""


def not_tried(name: str, because: str) -> Check:
    """A check that an earlier failure makes pointless."""
    return Check(name=name, result=CheckResult.UNKNOWN, detail=f"not tried: {because}")
