"""The common part of the clients written by hand: the body, its signature, the two calls."""

from __future__ import annotations

import asyncio
import hmac
import json
from abc import ABC, abstractmethod
from base64 import urlsafe_b64encode
from typing import Any, Final
from uuid import uuid4

from side_by_side.columns import AUTH_ID, SECRET_KEY
from side_by_side.columns.constant import body_of

__all__ = ["Alone", "HandWritten"]

_KEY: Final = SECRET_KEY.encode()


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(path: str, body: bytes) -> str:
    """A detached JWS, as the vendor's page describes it."""
    header = {"uri": path, "auth_id": AUTH_ID, "method": "POST", "params": "", "alg": "HS512"}
    protected = _b64(json.dumps(header, separators=(",", ":")).encode())
    digest = hmac.digest(_KEY, f"{protected}.{_b64(body)}".encode(), "sha512")
    return f"{protected}..{_b64(digest)}"


class HandWritten(ABC):
    async def issue(self) -> object:
        return await self._post(
            "/v5/card-api/card/issue", {"client_id": "client-1", "product_id": 2000}
        )

    async def info(self) -> object:
        return await self._post("/v5/card-api/card/info", {"card_id": "card-1"})

    async def _post(self, path: str, fields: dict[str, Any]) -> object:
        body = json.dumps({"request_id": str(uuid4()), **fields}).encode()
        headers = {"Content-Type": "application/json", "X-JWS-Signature": _signature(path, body)}
        return await self._send(path, body, headers)

    @abstractmethod
    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> object:
        """Post it, and read the answer as JSON."""


class Alone(HandWritten):
    """Sends nothing, and reads a constant answer after one turn of the loop."""

    def __init__(self, url: str, in_flight: int) -> None:
        pass

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> object:
        await asyncio.sleep(0)
        return json.loads(body_of(path))

    async def close(self) -> None:
        pass
