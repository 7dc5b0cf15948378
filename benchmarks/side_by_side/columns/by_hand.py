"""Hand-written aiohttp that only signs, posts and reads: no retry, no look at `status`, nothing
typed.
"""

from __future__ import annotations

import aiohttp

from side_by_side.columns.hand_written import HandWritten

__all__ = ["ByHand"]


class ByHand(HandWritten):
    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> object:
        async with self._session.post(self._url + path, data=body, headers=headers) as response:
            return await response.json()

    async def close(self) -> None:
        await self._session.close()
