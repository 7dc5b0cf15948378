"""The column of the hand-written client: what a competent developer writes from the vendor's pages.

It makes one id outside the loop, has a time-out, tries three times with a pause that doubles, obeys
`Retry-After`, does not repeat after a 4xx, and reads the answer's `status`. It does not ask
`request/status`: twenty lines leave that out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any
from uuid import uuid4

import aiohttp

from fault_table.vendors import AUTH_ID, SECRET_KEY

__all__ = ["ByHand"]


class IssuerError(Exception):
    """The issuer has answered `status: error`."""


class ByHand:
    vendor = "freedompay"
    gives_id = False

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    async def create(self) -> str:
        answer = await self._post(
            "/v5/card-api/card/issue", {"client_id": "client-1", "product_id": 2000}
        )
        return str(answer["cards"][0]["card_id"])

    async def _post(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._session = self._session or aiohttp.ClientSession(timeout=self._timeout)
        request_id = str(uuid4())
        body = json.dumps({"request_id": request_id, **fields})
        sign = hashlib.sha256((body + SECRET_KEY).encode()).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Request-Id": request_id,
            "Auth-Id": AUTH_ID,
            "Sign": sign,
        }
        for tries in range(1, 4):
            pause = 0.5 * 2 ** (tries - 1)
            try:
                async with self._session.post(
                    self._url + path, data=body, headers=headers
                ) as response:
                    if tries == 3 or (response.status != 429 and response.status < 500):
                        response.raise_for_status()
                        answer: dict[str, Any] = await response.json()
                        break
                    pause = float(response.headers.get("Retry-After", pause))
            except aiohttp.ClientResponseError:
                raise
            except (aiohttp.ClientError, TimeoutError):
                if tries == 3:
                    raise
            await asyncio.sleep(pause)
        if answer["status"] != "ok":
            raise IssuerError(f"{answer['error_code']}: {answer['error_description']}")
        return answer

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    @staticmethod
    def says_done(error: BaseException) -> str:
        """429 is known by its meaning; `IssuerError` hands on the issuer's words, and they are of
        the repeated request.
        """
        return "not done" if getattr(error, "status", None) == 429 else "nothing"
