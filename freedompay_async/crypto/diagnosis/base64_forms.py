"""Base64 as the scheme wants it, and in the forms of other programs."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error

__all__ = ["decoded", "unpadded"]


def unpadded(data: bytes) -> bytes:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=")


def decoded(text: str) -> bytes:
    """The bytes of base64 or base64url, padded or not; empty if the text is neither."""
    text = text.rstrip("=")
    try:
        return b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
    except (Error, ValueError):
        return b""
