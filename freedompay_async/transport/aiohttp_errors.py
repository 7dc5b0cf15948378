"""What an error of aiohttp means for the call: its sentence, and whether a byte may have left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.http import HttpProcessingError

from freedompay_async.errors import ConfigurationError
from freedompay_async.transport.base import CLOSED, TransportError

if TYPE_CHECKING:
    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.base import Attempt

__all__ = ["ERRORS", "failure_of"]

ERRORS: Final = (
    asyncio.CancelledError,
    TransportError,
    ConfigurationError,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    ValueError,
)
"""What may come out of an exchange."""


def failure_of(
    error: BaseException, attempt: Attempt, way: Way, *, closed: bool, proxied: bool
) -> BaseException:
    """The error to raise in place of one of `ERRORS`.

    It holds no frame of the exchange, because the locals there have the body and the headers.

    Args:
        error: what came.
        attempt: `sent` is set here where the error proves that a byte may have left.
        way: named where there is no connection.
        closed: the pool was closed meanwhile.
        proxied: aiohttp reads a proxy's address or the `.netrc` for this call.
    """
    if isinstance(error, TransportError | ConfigurationError):
        return error.with_traceback(None)
    if isinstance(error, asyncio.CancelledError):
        # A pool that is closed cancels whoever waits in it, although nobody cancelled the task.
        task = asyncio.current_task()
        if not closed or task is None or task.cancelling():
            return error.with_traceback(None)
        return TransportError(CLOSED, final=True)
    if attempt.late or isinstance(error, TimeoutError):
        return TransportError(
            "no answer in time" if attempt.sent else f"no connection in time{way.hint()}"
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = f"the server's certificate is not trusted ({error.certificate_error}){way.hint()}"
        return TransportError(reason, final=True)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        # Only a connection that was written to ends so. A test double of aiohttp raises it without
        # one.
        attempt.sent = True
    if isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError):
        if attempt.sent or not proxied:
            return error
        # Such as a user for a call that has its own Authorization. The text is not shown, because a
        # password may be in it.
        return TransportError(
            "the proxy or the .netrc of the environment can't be used", final=True
        )
    return TransportError(_reason(error) + ("" if attempt.sent else way.hint()))


def _reason(error: BaseException) -> str:
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
        return "the server closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    if isinstance(error, HttpProcessingError):
        return "the answer can't be read as HTTP"
    return f"the connection broke ({type(error).__name__})"
