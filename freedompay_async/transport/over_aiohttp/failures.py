"""What an error of aiohttp means for the call: its sentence, and whether a byte may have left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp

from freedompay_async.errors import ConfigurationError
from freedompay_async.transport.base import TransportError

if TYPE_CHECKING:
    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.over_aiohttp.sending import Sending

__all__ = ["failure_of"]

# There is no connection to the host. Whoever raises one of these, aiohttp or a test double in its
# place, says so.
_NO_CONNECTION: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
)


def failure_of(
    error: BaseException, sending: Sending, way: Way, *, closed: str, proxied: bool
) -> BaseException:
    """The error to raise in place of one that came out of an exchange.

    It holds no frame of the exchange, because the locals there have the body and the headers.

    Args:
        error: what came.
        sending: `sent` of its attempt is set here, unless it is proved that no byte has left: by
            the kind of the error, or because aiohttp was still without a connection.
        way: named where there is no connection.
        closed: what was closed meanwhile, the transport or the session; empty: neither.
        proxied: aiohttp reads a proxy's address or the `.netrc` for this call.
    """
    attempt = sending.attempt
    if isinstance(error, TransportError | ConfigurationError):
        return error.with_traceback(None)
    if not sending.waiting and not isinstance(error, _NO_CONNECTION):
        attempt.sent = True
    if isinstance(error, asyncio.CancelledError):
        # A connector that is closed cancels whoever waits in it, although nobody cancelled the
        # task.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            return error.with_traceback(None)
        return TransportError(closed or "the session cancelled the request", final=bool(closed))
    if closed and isinstance(error, aiohttp.ClientError | OSError | RuntimeError):
        return TransportError(closed, final=True)
    hint = "" if attempt.sent else way.hint()
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = f"the server's certificate is not trusted ({error.certificate_error}){hint}"
        return TransportError(reason, final=True)
    if isinstance(error, aiohttp.ClientError | OSError):
        return TransportError(_reason(error, sent=attempt.sent) + hint)
    if isinstance(error, ValueError) and proxied and not attempt.sent:
        # Such as a user for a call that has its own Authorization. The text is not shown, because a
        # password may be in it.
        return TransportError(
            "the proxy or the .netrc of the environment can't be used", final=True
        )
    return error.with_traceback(None)


def _reason(error: aiohttp.ClientError | OSError, *, sent: bool) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time" if sent else "no connection in time"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} was not resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return (
            f"no connection to {error.host}:{error.port} "
            f"({error.strerror or type(error.os_error).__name__})"
        )
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused the way to the host (HTTP {error.status})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        # Before there is a connection to the host only a proxy does this.
        return (
            "the server closed the connection without an answer"
            if sent
            else "the proxy closed the connection"
        )
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer can't be read as HTTP"
    return f"the connection broke ({type(error).__name__})"
