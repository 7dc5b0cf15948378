"""The issuer's refusal."""

from __future__ import annotations

from typing import Final

__all__ = ["Refused"]


class Refused(Exception):
    """The issuer refuses a call at once."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code: Final = code
        self.description: Final = description
