"""The TLS settings of a client that was given none."""

from __future__ import annotations

import ssl

__all__ = ["default_context"]


def default_context() -> ssl.SSLContext:
    """Python's own settings, for HTTP/1.1."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
