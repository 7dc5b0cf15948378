"""The trace that watches over requests.

aiohttp itself is imported only where a trace is made.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from freedompay_async.events.kinds import ConnectionOpened
from freedompay_async.transport.over_aiohttp.sending import SENDINGS

if TYPE_CHECKING:
    import aiohttp

__all__ = ["freedompay_trace", "has_trace"]

_OPENED: Final = ConnectionOpened()


def freedompay_trace() -> aiohttp.TraceConfig:
    """For a session of your own that you give to `AiohttpTransport`:
    `ClientSession(trace_configs=[freedompay_trace()])`.

    It tells the library when one of its calls has got a connection. It only observes: it raises
    nothing, sends nothing, and does nothing for other requests of the session.

    Put it behind a trace of your own that waits for something: an answer that was there before the
    request is known by having come while nothing was waited for.
    """
    import aiohttp  # noqa: PLC0415 - importing the package must not import it

    config = aiohttp.TraceConfig()
    # Not the start of the request: a connector of another kind may tell of no connection.
    config.on_connection_queued_start.append(_waits)
    config.on_connection_create_start.append(_waits)
    config.on_connection_create_end.append(_connected)
    config.on_connection_create_end.append(_opened)
    config.on_connection_reuseconn.append(_connected)
    config.on_request_headers_sent.append(_head_sent)
    return config


def has_trace(session: aiohttp.ClientSession) -> bool:
    """Whether the session was made with `freedompay_trace`."""
    return any(_connected in config.on_connection_reuseconn for config in session.trace_configs)


async def _waits(*_: object) -> None:
    sending = SENDINGS.get(asyncio.current_task())
    if sending is not None:
        sending.waiting = True


async def _connected(*_: object) -> None:
    sending = SENDINGS.get(asyncio.current_task())
    if sending is not None:
        sending.notice_connection()


async def _opened(*_: object) -> None:
    sending = SENDINGS.get(asyncio.current_task())
    if sending is not None:
        sending.notify(_OPENED)


async def _head_sent(*_: object) -> None:
    sending = SENDINGS.get(asyncio.current_task())
    if sending is not None:
        sending.notice_head()
