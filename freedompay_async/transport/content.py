"""Unpacks an answer that a server has compressed although the client did not ask for it."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from multidict import CIMultiDict

from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import too_large

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PACKED", "unpacked"]

PACKED: Final = "Content-Encoding"
_PACKED_HEADERS: Final = frozenset({"content-encoding", "content-length"})
# Bytes unpacked at a time: more would block the loop for other calls.
_STEP: Final = 2**18
# What zlib calls the forms: with the head and end of gzip, of zlib, and without both.
_GZIP, _ZLIB, _RAW = 31, 15, -15


async def unpacked(reply: Reply, *, most: int) -> Reply:
    """The reply with its body unpacked from gzip or deflate. A body that can't be unpacked stays as
    it came.

    Args:
        reply: has a header that says that it is compressed.
        most: bytes.

    Raises:
        TransportError: it would be larger than `most`.
    """
    whole = await _unpacked_up_to(most, reply)
    if whole is None:
        # Raised here, so that no frame of the error has the unpacked body.
        raise too_large(most, reply.status)
    return whole


async def _unpacked_up_to(most: int, reply: Reply) -> Reply | None:
    form = _form_of(reply)
    if form is None:
        return reply
    packed, unpacker, body = reply.body, zlib.decompressobj(form), bytearray()
    try:
        while not unpacker.eof and (part := unpacker.decompress(packed, _STEP)):
            packed = unpacker.unconsumed_tail
            body += part
            if len(body) > most:
                return None
            await asyncio.sleep(0)
    except zlib.error:
        return reply
    if not unpacker.eof or unpacker.unused_data:
        # It is cut off, or has bytes behind its end, so it is not whole.
        return reply
    return Reply(reply.status, _without(reply.headers), bytes(body))


def _form_of(reply: Reply) -> int | None:
    coding = reply.headers[PACKED].strip().lower()
    if coding in ("gzip", "x-gzip"):
        return _GZIP
    # Some servers send deflate without the head and end of zlib.
    return (
        (_ZLIB if reply.body[:1] and reply.body[0] & 0x0F == 8 else _RAW)
        if coding == "deflate"
        else None
    )


def _without(headers: Mapping[str, str]) -> Mapping[str, str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _PACKED_HEADERS
    )
