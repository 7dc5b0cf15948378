"""The transport that a client uses unless it is given another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.staying import Staying
from freedompay_async.transport.base import CLOSED, Transport, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import aiohttp
    from yarl import URL

    from freedompay_async.codec.messages import Message, Reply
    from freedompay_async.transport.base import Attempt, Destination
    from freedompay_async.transport.over_aiohttp.sender import Sender

__all__ = ["AiohttpTransport"]


class AiohttpTransport(Staying, Transport):
    """Sends through a session of aiohttp.

    Proxies, `.netrc`, and what hooks into aiohttp's sessions work: OpenTelemetry, Sentry, test
    doubles. aiohttp takes a fifth of a second to import, and is imported when the first client is
    made.

    aiohttp reads the answers, and this library sees only what it hands on:

    * Data may come in one piece with the end of an answer or of a TLS handshake. A whole answer
      there is noticed, because it is there before the request: the outcome of the call is unknown.
      A part of one can make the next answer unreadable, or change its head.
    * An answer without a length ends with its connection. Where the network breaks that, a part
      passes as the whole. JSON shows it.
    * Informational answers (1xx) are passed over until the time of the attempt is up.
    * Before 3.13.4 it reads heads of any length, and values with a NUL in them.

    `DirectTransport` has none of these limits.

    Args:
        session: a session of your own, made on the event loop of the client, with
            `trace_configs=[freedompay_trace()]`. It is not closed. What it knows of cookies, names,
            proxies, local addresses and how many connections there may be applies to these calls
            too, and so do its classes of requests and responses. Its redirects, middlewares,
            time-outs, TLS settings, `raise_for_status` and decompression do not. Give it
            `cookie_jar=aiohttp.DummyCookieJar()` unless the issuer asks for cookies.

            A trace can only observe, so some promises are weaker. A call is sent again only if the
            time-outs of connection and attempt still fit into `Policy.resend_within`. What comes on
            an idle connection is noticed as far as it is a whole answer, and after the head of the
            request has left: the outcome is unknown. The rest of a large request may leave after
            its call has ended. Some versions of aiohttp repeat a GET when an idle connection
            breaks. `warm_up` is not available. After a fork, the connections are yours to look
            after.
    """

    INSTEAD = "make one for each client"

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        self._given: Final = session
        self._bound: tuple[URL, Destination] | None = None
        self._make: Callable[[], Sender] | None = None
        self._sender: Sender | None = None
        self._closed = False

    def bind(self, destination: Destination) -> None:
        # yarl finds errors in an address that urllib does not, and aiohttp uses yarl.
        from yarl import URL  # noqa: PLC0415 - only a program that makes a client pays for it

        proxy, read = destination.way.proxy, "base_url"
        try:
            base = URL(destination.base_url)
            if proxy is not None:
                read = proxy.source
                URL(proxy.shown)
        except ValueError:
            raise ConfigurationError(
                f"{read} has an invalid host name. Nothing was sent."
            ) from None
        # These import aiohttp, and no call is to wait for that.
        if self._given is None:
            from freedompay_async.transport.over_aiohttp.own_session import OwnSender  # noqa: PLC0415

            self._make = partial(OwnSender, base, destination)
        else:
            from freedompay_async.transport.over_aiohttp.given_session import (  # noqa: PLC0415
                GivenSender,
                check_session,
                tls_of,
            )

            check_session(self._given, destination)
            tls = tls_of(base, destination)
            self._make = partial(GivenSender, base, destination, self._given, tls=tls)
        self._bound = base, destination

    async def open(self) -> None:
        """Make the session; no connection is opened."""
        self._opened()

    def _opened(self) -> Sender:
        if self._closed:
            # A call that began before the client was closed must not open a connection after it.
            raise TransportError(CLOSED, final=True)
        if self._sender is None:
            if self._make is None:
                raise ConfigurationError(
                    "this transport has no client. Nothing was sent; give it to one, as transport=."
                )
            self._sender = self._make()
        return self._sender

    def send(self, message: Message, attempt: Attempt) -> Coroutine[Any, Any, Reply]:
        return (self._sender or self._opened()).send(message, attempt)

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        await self._opened().warm_up(count, attempt)

    async def close(self) -> None:
        self._closed = True
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()

    def idle_connections(self) -> int | None:
        """Connections that no call has; `None`: those of a session of your own, which has them
        together with the rest of a program.
        """
        if self._given is not None:
            return None
        return 0 if self._sender is None else self._sender.idle

    def disown(self) -> None:
        if self._sender is not None:
            self._sender.disown()

    def __repr__(self) -> str:
        if self._bound is None:
            return "AiohttpTransport()"
        base, destination = self._bound
        way = f"{destination.way!r}, " if destination.way.proxy else ""
        state = "closed" if self._closed else "not opened"
        if self._sender is not None:
            idle = self.idle_connections()
            known = "" if idle is None else f", {idle} idle"
            state = f"open, {self._sender.active} active{known}"
        return f"AiohttpTransport({str(base)!r}, {way}{state})"
