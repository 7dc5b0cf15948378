"""The floor: the work that a call needs, and nothing else.

It makes an id, the body and its signature, writes once, reads the answer up to its end, and decodes
the body. What does not change from call to call is made beforehand. It has no time-out, no retry
and no check of the answer, and its pool is a list.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64encode
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


def _b64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


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

    def _head(self, name: str) -> tuple[bytes, bytes]:
        """The beginning of what is signed, and of what is sent."""
        path = f"/v5/card-api/{name}"
        header = {"uri": path, "auth_id": AUTH_ID, "method": "POST", "params": "", "alg": "HS512"}
        protected = _b64(_ENCODE(header))
        return protected + b".", (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            "Content-Type: application/json\r\nX-JWS-Signature: "
        ).encode() + protected + b".."

    async def issue(self) -> object:
        body = _ENCODE(_Issue(str(uuid4()), "client-1", 2000))
        return _ISSUED.decode(await self._post("card/issue", body))

    async def info(self) -> object:
        body = _ENCODE(_Info(str(uuid4()), "card-1"))
        return _CARD.decode(await self._post("card/info", body))

    async def _post(self, name: str, body: bytes) -> bytes:
        signed, head = self._heads[name]
        signature = _b64(hmac.digest(_KEY, signed + _b64(body), "sha512"))
        request = b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (head, signature, len(body), body)
        connection = (
            self._free.pop()
            if self._free
            else (await self._loop.create_connection(_Connection, self._host, self._port))[1]
        )
        answer: asyncio.Future[bytes] = self._loop.create_future()
        connection.send(request, answer)
        got = await answer
        self._free.append(connection)
        return got

    async def close(self) -> None:
        for connection in self._free:
            connection.close()
