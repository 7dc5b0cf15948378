"""Hand-written aiohttp that only signs, posts and reads: no retry, no look at `status`, nothing typed."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import aiohttp

from side_by_side.columns import AUTH_ID, SECRET_KEY

__all__ = ["ByHand"]


class ByHand:
    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))

    async def issue(self) -> object:
        return await self._post("/v5/card-api/card/issue", {"client_id": "client-1", "product_id": 2000})

    async def info(self) -> object:
        return await self._post("/v5/card-api/card/info", {"card_id": "card-1"})

    async def _post(self, path: str, fields: dict[str, Any]) -> object:
        request_id = str(uuid4())
        body = json.dumps({"request_id": request_id, **fields})
        sign = hashlib.sha256((body + SECRET_KEY).encode()).hexdigest()
        headers = {"Content-Type": "application/json", "Request-Id": request_id, "Auth-Id": AUTH_ID, "Sign": sign}
        async with self._session.post(self._url + path, data=body, headers=headers) as response:
            return await response.json()

    async def close(self) -> None:
        await self._session.close()
