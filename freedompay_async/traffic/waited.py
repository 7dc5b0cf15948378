"""How long calls have waited in the queue."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Waited"]


@dataclass(slots=True)
class Waited:
    """A sum over several calls. The caller passes one to each of them, and reads it afterwards.

    Attributes:
        seconds: that these calls have waited for a slot.
    """

    seconds: float = 0.0
