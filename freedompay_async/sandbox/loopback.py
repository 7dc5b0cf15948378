"""Pages are for browsers on this machine: another site's name that leads here (DNS rebinding) must
not open them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

__all__ = ["Handler", "is_loopback", "loopback_only"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_loopback(host: str | None) -> bool:
    """Whether a `Host` header names this machine."""
    try:
        name = urlsplit(f"//{host or ''}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def loopback_only(handler: Handler) -> Handler:
    """Wrap a handler so that it answers requests to a loopback name only."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if is_loopback(request.headers.get("Host")):
            return await handler(request)
        return web.Response(
            status=403,
            text=(
                "This page opens under a loopback name only: http://127.0.0.1 or http://localhost\n"
            ),
        )

    return guarded
