"""A tunnel through a proxy, with bare sockets: it checks the proxy and not the library."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from freedompay_async.settings.proxies import Proxy

__all__ = ["NoWay", "open_tunnel"]


class NoWay(Exception):
    """The proxy opens no tunnel; the text has its answer."""


async def open_tunnel(
    proxy: Proxy, host: str, port: int, *, limit: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to the host through the proxy.

    Raises:
        NoWay: the proxy refuses, or does not answer like a proxy.
        OSError: the proxy can't be reached.
    """
    url = urlsplit(proxy.shown)
    context = ssl.create_default_context() if url.scheme == "https" else None
    reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context, limit=limit)
    try:
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        writer.write(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{_login(proxy)}\r\n".encode())
        await writer.drain()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise NoWay(f"the proxy {proxy.shown} does not answer like a proxy") from None
        version, _, rest = head.partition(b" ")
        status = rest[:3]
        if not version.startswith(b"HTTP/") or not status.isdigit():
            raise NoWay(f"the proxy {proxy.shown} does not answer like a proxy")
        if status[:1] != b"2":
            raise NoWay(
                f"the proxy {proxy.shown} refuses the way to {name} (HTTP {status.decode()})"
            )
    except BaseException:
        writer.transport.abort()
        raise
    return reader, writer


def _login(proxy: Proxy) -> str:
    url = urlsplit(proxy.url.reveal())
    if url.username is None:
        return ""
    login = b64encode(f"{unquote(url.username)}:{unquote(url.password or '')}".encode()).decode()
    return f"Proxy-Authorization: Basic {login}\r\n"
