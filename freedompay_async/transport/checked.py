"""Holds a transport that is not the library's own to what `Transport` promises."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import TransportError
from freedompay_async.transport.frames import without_frames
from freedompay_async.transport.handler_errors import is_handler_error

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Transport

__all__ = ["send_checked"]

log: Final = logging.getLogger("freedompay_async")


async def send_checked(transport: Transport, message: Message, attempt: Attempt) -> Reply:
    """The reply of a transport, by the deadline of the attempt.

    Its errors come without the frames of the transport, because their locals hold the request.

    Raises:
        TransportError: no whole answer came in time, or what came is no reply.
    """
    failure: BaseException
    try:
        async with asyncio.timeout_at(attempt.deadline):
            reply: object = await transport.send(message, attempt)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            failure = error
        else:
            failure = TransportError("the transport cancelled the call")
    except Exception as error:
        if is_handler_error(error):
            raise
        failure = _failure_of(error, attempt)
    else:
        if not attempt.sent:
            attempt.sent = True
            log.error(
                "the transport answered without having called attempt.connected(): after a lost "
                "answer it would say that nothing was sent"
            )
        return _checked(reply)
    raise without_frames(failure)


def _failure_of(error: Exception, attempt: Attempt) -> Exception:
    if isinstance(error, TimeoutError):
        return TransportError("no answer in time" if attempt.sent else "no connection in time")
    if isinstance(error, OSError):
        return TransportError(f"the transport failed ({type(error).__name__})")
    return error


def _checked(reply: object) -> Reply:
    if not isinstance(reply, Reply):
        raise TransportError(f"the transport gave {type(reply).__name__} in place of a Reply")
    parts: tuple[object, ...] = (reply.status, reply.headers, reply.body)
    if not all(map(isinstance, parts, (int, Mapping, bytes))):
        raise TransportError("the transport gave a Reply with parts of another type")
    return reply
