"""What holds for the new connections of every transport."""

from __future__ import annotations

from typing import Final

__all__ = ["AT_ONCE", "CLOSED_UNUSED", "SPOKE_FIRST", "TRIED", "TURNS"]

AT_ONCE: Final = 32
"""Opened at once, but for urgent calls. Hundreds would block the loop, and be a burst of handshakes
for the issuer.
"""
TRIED: Final = 5
"""New connections that are tried when the server sends data on each of them before it was asked."""
TURNS: Final = 10
"""Turns of the loop in which it reads what waits on a connection. It reads in its first or second,
and later where TLS tickets come in pieces.
"""
SPOKE_FIRST: Final = "the server sent data on an idle connection"
CLOSED_UNUSED: Final = "the connection was closed before it could be used"
