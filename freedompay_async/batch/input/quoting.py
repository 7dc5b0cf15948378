"""Quotes text of a client file for messages."""

from __future__ import annotations

from typing import Final

__all__ = ["shown"]

_SHOWN: Final = 40


def shown(text: str) -> str:
    """The text in quotation marks, at most 40 characters, without invisible characters."""
    visible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: _SHOWN + 1])
    return f'"{visible}"' if len(visible) <= _SHOWN else f'"{visible[: _SHOWN - 1]}…"'
