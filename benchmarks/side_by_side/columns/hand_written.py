"""The common part of the clients written by hand: the body, its signature, the two calls."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any
from uuid import uuid4

from side_by_side.columns import AUTH_ID, SECRET_KEY

__all__ = ["HandWritten"]


class HandWritten(ABC):
    async def issue(self) -> object:
        return await self._post(
            "/v5/card-api/card/issue", {"client_id": "client-1", "product_id": 2000}
        )

    async def info(self) -> object:
        return await self._post("/v5/card-api/card/info", {"card_id": "card-1"})

    async def _post(self, path: str, fields: dict[str, Any]) -> object:
        request_id = str(uuid4())
        body = json.dumps({"request_id": request_id, **fields})
        sign = hashlib.sha256((body + SECRET_KEY).encode()).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Request-Id": request_id,
            "Auth-Id": AUTH_ID,
            "Sign": sign,
        }
        return await self._send(path, body, headers)

    @abstractmethod
    async def _send(self, path: str, body: str, headers: dict[str, str]) -> object:
        """Post it, and read the answer as JSON."""
