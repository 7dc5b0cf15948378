"""The body of an answer that was compressed on its way, though no compression was asked for."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from multidict import CIMultiDict

from freedompay_async.codec.messages import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PACKED", "unpacked"]

PACKED: Final = "Content-Encoding"
_OF_THE_PACKED: Final = frozenset({"content-encoding", "content-length"})
# So much at a time: more would hold up other calls on the loop.
_STEP: Final = 2**18
# What zlib takes for gzip's own head and end; for zlib's; for neither.
_GZIP, _ZLIB, _RAW = 31, 15, -15


async def unpacked(reply: Reply, *, most: int) -> Reply | None:
    """The reply with its body as it was before it was compressed by gzip or deflate; as it came,
    where it can't be had.

    Args:
        reply: whose headers say that it is compressed.
        most: bytes. Where it would be larger, there is none.
    """
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
        # Cut off, or with more behind its end: whatever it is, it is not whole.
        return reply
    return Reply(reply.status, _without(reply.headers), bytes(body))


def _form_of(reply: Reply) -> int | None:
    coding = reply.headers[PACKED].strip().lower()
    if coding in ("gzip", "x-gzip"):
        return _GZIP
    # Some leave zlib's head and end away, which the name asks for.
    return (
        (_ZLIB if reply.body[:1] and reply.body[0] & 0x0F == 8 else _RAW)
        if coding == "deflate"
        else None
    )


def _without(headers: Mapping[str, str]) -> Mapping[str, str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _OF_THE_PACKED
    )
