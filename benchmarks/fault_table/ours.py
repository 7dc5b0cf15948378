"""The column of this library: `fp.cards.issue` and its result, all defaults but the time-out of an
attempt.
"""

from __future__ import annotations

import asyncio

from fault_table.vendors import AUTH_ID, SECRET_KEY
from freedompay_async import FreedomPay, FreedomPayError, Policy

__all__ = ["Ours"]


class Ours:
    vendor = "freedompay"
    gives_id = False

    def __init__(self, url: str, seconds: float) -> None:
        policy = Policy(attempt_timeout=seconds)
        self._fp = FreedomPay(
            auth_id=AUTH_ID, secret_key=SECRET_KEY, region="KG", base_url=url, policy=policy
        )

    async def create(self) -> str:
        operation = await self._fp.cards.issue(client_id="client-1", product_id=2000)
        return (await operation.result()).card_ids[0]

    async def close(self) -> None:
        await self._fp.aclose()

    @staticmethod
    def says_done(error: BaseException) -> str:
        """From the error itself, or from the mark on a cancellation."""
        if isinstance(error, asyncio.CancelledError):
            unknown = getattr(error, "outcome_unknown", None)
            return "nothing" if unknown is None else "unknown" if unknown else "not done"
        if not isinstance(error, FreedomPayError):
            return "nothing"
        return {None: "unknown", False: "not done"}.get(error.done, "nothing")
