"""Texts as PostgreSQL keeps them."""

from __future__ import annotations

__all__ = ["kept_text"]


def kept_text(value: str | None) -> str | None:
    """PostgreSQL keeps no text with a NUL, and none that UTF-8 can't write."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
