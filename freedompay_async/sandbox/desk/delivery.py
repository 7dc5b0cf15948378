"""Sends an answer: whole, as the contract says, or with a fault of the connection."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

from aiohttp import web

from freedompay_async.sandbox.answers import Answer, encode, failed
from freedompay_async.sandbox.faults import Fault, Faults

__all__ = ["deliver"]

_JSON: Final = "application/json"
_HUGE: Final = 10 * 1024 * 1024
_PIECES: Final = 20
_ODD: Final = 99
# Linger is on, for 0 seconds, so closing sends a reset instead of an orderly end.
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_PAGE: Final = (
    "<!DOCTYPE html>\n<html><head><title>{0}</title></head>"
    "<body><center><h1>{0}</h1></center><hr></body></html>\n"
)


async def deliver(
    request: web.Request, answer: Answer, *, fault: Fault, faults: Faults
) -> web.StreamResponse:
    """Make the response of an answer, or carry out its fault, which may close the connection.

    `faults` has the seconds of slow faults.
    """
    text = encode(answer.body)
    match fault:
        case Fault.CLOSED | Fault.DROPPED:
            return _close(request)
        case Fault.STALLED:
            await asyncio.sleep(faults.stall)
            return _close(request)
        case Fault.RESET:
            return _reset(request)
        case Fault.CUT:
            return await _cut(request, text, http=answer.http)
        case Fault.DRIP:
            return await _drip(request, text, http=answer.http, seconds=faults.drip_over)
        case Fault.ERROR_500:
            return _whole(failed(answer))
        case Fault.HTML_502:
            return web.Response(
                text=_PAGE.format("502 Bad Gateway"), status=502, content_type="text/html"
            )
        case Fault.HTML_200:
            return web.Response(text=_PAGE.format("Welcome"), content_type="text/html")
        case Fault.CUT_JSON:
            return web.Response(body=text[: len(text) // 2], status=answer.http, content_type=_JSON)
        case Fault.OTHER_SHAPE:
            return web.Response(
                body=b'{"code":0,"result":[{"id":1,"state":"DONE"}]}', content_type=_JSON
            )
        case Fault.HUGE:
            return _whole(Answer(body={**answer.body, "padding": "0" * _HUGE}, http=answer.http))
        case Fault.ODD_STATUS:
            odd = {"status": _ODD} if answer.of_gift_cards else {"request_status": "queued"}
            return _whole(Answer(body={**answer.body, **odd}, http=answer.http))
        case _:
            # The other faults are in the answer already, or in the work that was done.
            return _whole(answer)


def _whole(answer: Answer) -> web.Response:
    headers = None if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return web.Response(
        body=encode(answer.body), status=answer.http, headers=headers, content_type=_JSON
    )


def _close(request: web.Request) -> web.Response:
    # The client may have left already.
    if request.transport is not None:
        request.transport.close()
    # A handler has to return a response; on a closed connection nothing of it is sent.
    return web.Response()


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
        )
        transport.abort()
    return web.Response()


async def _begin(request: web.Request, text: bytes, *, http: int) -> web.StreamResponse:
    response = web.StreamResponse(status=http)
    response.content_type = _JSON
    response.content_length = len(text)
    await response.prepare(request)
    return response


async def _cut(request: web.Request, text: bytes, *, http: int) -> web.StreamResponse:
    with suppress(ConnectionError):
        response = await _begin(request, text, http=http)
        await response.write(text[: len(text) // 2])
    return _close(request)


async def _drip(
    request: web.Request, text: bytes, *, http: int, seconds: float
) -> web.StreamResponse:
    size = -(-len(text) // _PIECES)
    with suppress(ConnectionError):
        response = await _begin(request, text, http=http)
        for start in range(0, len(text), size):
            await response.write(text[start : start + size])
            await asyncio.sleep(seconds / _PIECES)
        return response
    return _close(request)
