"""How long calls have waited for their turns."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Waited"]


@dataclass(slots=True)
class Waited:
    """A sum that whoever makes calls hands down with them, and reads afterwards.

    Attributes:
        seconds: for which these calls have waited for a place and a turn.
    """

    seconds: float = 0.0
