"""An issuer's no."""

from __future__ import annotations

from typing import Final

__all__ = ["Refused"]


class Refused(Exception):
    """The issuer says no at once."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code: Final = code
        self.description: Final = description
