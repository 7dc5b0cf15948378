"""The floor: the work that a call needs, and nothing else.

It makes an id, the body and its signature, writes once, reads the answer up to its end, and decodes
the body. It has no time-out, no retry and no check of the answer, and its pool is a list.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Final, cast
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from side_by_side.columns import AUTH_ID, SECRET_KEY

__all__ = ["Floor"]

_KEY: Final = SECRET_KEY.encode()


class _Issue(msgspec.Struct):
    request_id: str
    client_id: str
    product_id: int


class _Info(msgspec.Struct):
    request_id: str
    card_id: str


class _Issued(msgspec.Struct):
    status: str
    request_status: str
    dt: str


class _Card(msgspec.Struct):
    status: str
    card_id: str
    client_id: str
    product_id: int
    card_status: str
    expiry: str
    dt: str


_ENCODE: Final = msgspec.json.Encoder().encode
_ISSUED: Final = msgspec.json.Decoder(_Issued)
_CARD: Final = msgspec.json.Decoder(_Card)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, answer: asyncio.Future[bytes]) -> None:
        self._answer = answer
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data
        end = got.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        at = got.index(b"Content-Length: ") + 16
        if len(got) < end + int(got[at : got.index(b"\r", at)]):
            return
        self._got = b""
        if got[9:12] == b"200":
            self._answer.set_result(got[end:])
        else:
            self._answer.set_exception(ConnectionError(got[:12].decode()))


class Floor:
    def __init__(self, url: str, in_flight: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._loop = asyncio.get_running_loop()
        self._free: list[_Connection] = []
        self._heads = {path: self._head(path) for path in ("card/issue", "card/info")}

    def _head(self, path: str) -> str:
        return (
            f"POST /v5/card-api/{path} HTTP/1.1\r\nHost: "
            f"{self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"Auth-Id: {AUTH_ID}\r\n"
        )

    async def issue(self) -> object:
        request_id = str(uuid4())
        return _ISSUED.decode(
            await self._post(
                "card/issue", request_id, _ENCODE(_Issue(request_id, "client-1", 2000))
            )
        )

    async def info(self) -> object:
        request_id = str(uuid4())
        return _CARD.decode(
            await self._post("card/info", request_id, _ENCODE(_Info(request_id, "card-1")))
        )

    async def _post(self, path: str, request_id: str, body: bytes) -> bytes:
        sign = sha256(body + _KEY).hexdigest()
        head = (
            f"{self._heads[path]}Request-Id: {request_id}\r\nSign: {sign}\r\nContent-Length: "
            f"{len(body)}\r\n\r\n"
        )
        connection = (
            self._free.pop()
            if self._free
            else (await self._loop.create_connection(_Connection, self._host, self._port))[1]
        )
        answer: asyncio.Future[bytes] = self._loop.create_future()
        connection.send(head.encode() + body, answer)
        got = await answer
        self._free.append(connection)
        return got

    async def close(self) -> None:
        for connection in self._free:
            connection.close()
