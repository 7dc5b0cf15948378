"""The two columns of lithic-python: `cards.create` as it is, and with the key that Lithic
recommends, handed in with `extra_headers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from lithic import AsyncLithic, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lithic", "LithicWithKey"]


class Lithic:
    vendor = "lithic"
    gives_id = False

    def __init__(self, url: str, seconds: float) -> None:
        self._client = AsyncLithic(api_key="key", base_url=url, timeout=seconds)

    async def create(self) -> str:
        return (
            await self._client.cards.create(type="VIRTUAL", extra_headers=self._headers())
        ).token

    def _headers(self) -> Mapping[str, str] | None:
        return None

    async def close(self) -> None:
        await self._client.close()

    @staticmethod
    def says_done(error: BaseException) -> str:
        """429 is known by its meaning; a connection error and a 5xx have no mark of whether it was
        done.
        """
        return "not done" if isinstance(error, RateLimitError) else "nothing"


class LithicWithKey(Lithic):
    gives_id = True

    def _headers(self) -> Mapping[str, str]:
        return {"Idempotency-Key": str(uuid4())}
