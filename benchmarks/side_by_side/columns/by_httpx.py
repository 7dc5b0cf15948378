"""Hand-written httpx that only signs, posts and reads; it keeps as many connections as are used."""

from __future__ import annotations

import httpx

from side_by_side.columns.hand_written import HandWritten

__all__ = ["ByHttpx"]


class ByHttpx(HandWritten):
    def __init__(self, url: str, in_flight: int) -> None:
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        self._client = httpx.AsyncClient(base_url=url, limits=limits, trust_env=False)

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> object:
        return (await self._client.post(path, content=body, headers=headers)).json()

    async def close(self) -> None:
        await self._client.aclose()
