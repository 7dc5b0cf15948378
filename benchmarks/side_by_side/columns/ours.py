"""This library, all promises on, all defaults but the number of connections."""

from __future__ import annotations

from typing import Any

from freedompay_async import FreedomPay
from side_by_side.columns import AUTH_ID, SECRET_KEY

__all__ = ["Ours", "client_at"]


def client_at(url: str, *, max_connections: int, **options: Any) -> FreedomPay:
    """A client of the benchmark's server."""
    return FreedomPay(
        auth_id=AUTH_ID,
        secret_key=SECRET_KEY,
        region="KG",
        base_url=url,
        max_connections=max_connections,
        **options,
    )


class Ours:
    def __init__(self, url: str, in_flight: int) -> None:
        self._fp = client_at(url, max_connections=in_flight)

    async def issue(self) -> object:
        return await self._fp.cards.issue(client_id="client-1", product_id=2000)

    async def info(self) -> object:
        return await self._fp.cards.info("card-1")

    async def close(self) -> None:
        await self._fp.aclose()
