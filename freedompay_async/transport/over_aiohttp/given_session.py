"""Sends through a session of aiohttp that belongs to the user."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
from multidict import CIMultiDict

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_type
from freedompay_async.transport.base import TransportError
from freedompay_async.transport.over_aiohttp.sender import SESSION_CLOSED, Sender
from freedompay_async.transport.over_aiohttp.trace import has_trace
from freedompay_async.transport.request_heads import HEADERS, RESERVED
from freedompay_async.transport.tls import default_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Awaitable

    from yarl import URL

    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Destination
    from freedompay_async.transport.over_aiohttp.sending import Sending

__all__ = ["GivenSender", "check_session", "tls_of"]

# Bytes of a body that are written at once: what is not written yet can be held back.
_PIECE: Final = 2**16
# With the last one, aiohttp would compress the body.
_RESERVED: Final = RESERVED | {"content-encoding"}


def check_session(session: aiohttp.ClientSession, destination: Destination) -> None:
    """Refuse a session that can't keep what the library promises.

    Raises:
        ConfigurationError: it is none, or how it was made stands in the way.
    """
    check_type("session", session, aiohttp.ClientSession, "an aiohttp.ClientSession")
    reason = _reason(session, destination)
    if reason is not None:
        raise ConfigurationError(f"this session can't be used: {reason}. Nothing was sent.")


def tls_of(base: URL, destination: Destination) -> ssl.SSLContext | bool:
    """The TLS settings. A session may have the check of certificates switched off, so its own are
    not used.
    """
    return destination.ssl_context or (base.scheme != "https" or default_context())


def _reason(session: aiohttp.ClientSession, destination: Destination) -> str | None:
    if session.closed:
        return "it is closed; give one that is open"
    if not has_trace(session):
        return "make it with trace_configs=[freedompay_trace()]"
    if session.auth is not None:
        return "it sends its own user and password with every call; make it without auth="
    if session.trust_env and not destination.way.netrc:
        return "it has trust_env=True; give trust_env=True to the client instead, or to both"
    reserved = [name for name in session.headers if name.lower() in _RESERVED]
    if reserved:
        return f"it sends the header {reserved[0]} with every call; make it without that"
    return None


class GivenSender(Sender):
    """Sends through a session of the user's. Its trace tells when a call has got its connection."""

    def __init__(
        self,
        base: URL,
        destination: Destination,
        session: aiohttp.ClientSession,
        *,
        tls: ssl.SSLContext | bool,
    ) -> None:
        way = destination.way
        super().__init__(
            base,
            destination,
            session,
            proxied=session.trust_env or way.proxy is not None,
        )
        self._connect_timeout: Final = destination.connect_timeout
        self._options.value["timeout"] = aiohttp.ClientTimeout(
            total=None, sock_connect=destination.connect_timeout
        )
        self._options.value["ssl"] = tls
        # aiohttp would name one for a body that comes piece by piece.
        self._options.value["skip_auto_headers"] = ("Content-Type",)

    def _request(self, message: Message, sending: Sending) -> Awaitable[aiohttp.ClientResponse]:
        self._check_age(sending)
        if self._session.closed:
            raise TransportError(SESSION_CLOSED, final=True)
        return self._session.request(
            message.method,
            self._url(message.path),
            data=_a_turn_later(message.body),
            headers=_headers_of(message),
            **self._options.value,
        )

    def _check_age(self, sending: Sending) -> None:
        """Let a message that was sent before leave only where it is in time even if all takes as
        long as it may. When the connection is there, nobody can stop it.

        Raises:
            TransportError: it could leave too late. Nothing was sent.
        """
        now, attempt = asyncio.get_running_loop().time(), sending.attempt
        if attempt.may_leave(after=attempt.deadline - now):
            return
        if not attempt.may_leave(after=self._connect_timeout + attempt.ends(now) - now):
            raise TransportError("it began too long ago, so its bytes do not leave")
        sending.end_at(min(attempt.deadline, now + self._connect_timeout))

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        raise TransportError("warm_up is not available with a session of your own")

    def disown(self) -> None:
        """The sockets are the user's."""


def _headers_of(message: Message) -> CIMultiDict[str]:
    headers = CIMultiDict(HEADERS)
    headers.update(message.headers)
    # Of a body that comes piece by piece aiohttp does not know it.
    headers["Content-Length"] = str(len(message.body))
    return headers


async def _a_turn_later(body: bytes) -> AsyncGenerator[bytes]:
    """Begins in the next turn of the loop. An answer that is there before is nobody's, and until a
    request has left, aiohttp does not give its connection to another one: so it can be closed.
    """
    await asyncio.sleep(0)
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
