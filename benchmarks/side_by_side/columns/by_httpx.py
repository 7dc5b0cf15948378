"""Hand-written httpx that only signs, posts and reads; it keeps as many connections as are used."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx

from side_by_side.columns import AUTH_ID, SECRET_KEY

__all__ = ["ByHttpx"]


class ByHttpx:
    def __init__(self, url: str, in_flight: int) -> None:
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        self._client = httpx.AsyncClient(base_url=url, limits=limits, trust_env=False)

    async def issue(self) -> object:
        return await self._post("/v5/card-api/card/issue", {"client_id": "client-1", "product_id": 2000})

    async def info(self) -> object:
        return await self._post("/v5/card-api/card/info", {"card_id": "card-1"})

    async def _post(self, path: str, fields: dict[str, Any]) -> object:
        request_id = str(uuid4())
        body = json.dumps({"request_id": request_id, **fields})
        sign = hashlib.sha256((body + SECRET_KEY).encode()).hexdigest()
        headers = {"Content-Type": "application/json", "Request-Id": request_id, "Auth-Id": AUTH_ID, "Sign": sign}
        return (await self._client.post(path, content=body, headers=headers)).json()

    async def close(self) -> None:
        await self._client.aclose()
