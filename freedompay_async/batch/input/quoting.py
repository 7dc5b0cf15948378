"""Text of a client file, as messages show it."""

from __future__ import annotations

from typing import Final

__all__ = ["shown"]

_SHOWN: Final = 40


def shown(text: str) -> str:
    """The text in quotation marks for a message: at most 40 characters, nothing invisible."""
    visible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: _SHOWN + 1])
    return f'"{visible}"' if len(visible) <= _SHOWN else f'"{visible[: _SHOWN - 1]}…"'
