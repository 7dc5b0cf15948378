"""lithic-python: `cards.create` and `cards.retrieve` as its README calls them, on httpx and with
its extra `aiohttp`; its own defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lithic import AsyncLithic, DefaultAioHttpClient

if TYPE_CHECKING:
    import httpx

__all__ = ["Lithic", "LithicOnAiohttp"]


class Lithic:
    def __init__(self, url: str, in_flight: int) -> None:
        self._client = AsyncLithic(api_key="key", base_url=url, http_client=self._http())

    def _http(self) -> httpx.AsyncClient | None:
        return None

    async def issue(self) -> object:
        return await self._client.cards.create(type="VIRTUAL")

    async def info(self) -> object:
        return await self._client.cards.retrieve("card-1")

    async def close(self) -> None:
        await self._client.close()


class LithicOnAiohttp(Lithic):
    def _http(self) -> httpx.AsyncClient:
        return DefaultAioHttpClient()
