"""The pause before a repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["full_jitter"]


def full_jitter(pause: float, most: float, count: int, rng: Callable[[], float]) -> float:
    """A random pause of up to `pause` doubled `count` times, and never over `most`."""
    return rng() * min(most, pause * 2.0 ** min(count, 30))
