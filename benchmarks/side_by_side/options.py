"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Options"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`quick` is for trying a part out; its figures mean nothing. `full` measures longest."""

    rounds: int
    quick: bool
    full: bool

    def size(self, usual: T, quick: T) -> T:
        return quick if self.quick else usual
