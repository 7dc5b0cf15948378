"""The columns of this library: `fp.cards.issue` and its result, all defaults but the time-out of an
attempt, over the default transport and over the direct one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fault_table.vendors import AUTH_ID, SECRET_KEY
from freedompay_async import FreedomPay, FreedomPayError, Policy

if TYPE_CHECKING:
    from freedompay_async.transport.base import Transport

__all__ = ["Ours", "OursDirect"]


class Ours:
    vendor = "freedompay"
    gives_id = False

    def __init__(self, url: str, seconds: float) -> None:
        self._fp = FreedomPay(
            auth_id=AUTH_ID,
            secret_key=SECRET_KEY,
            region="KG",
            base_url=url,
            policy=Policy(attempt_timeout=seconds),
            transport=self._transport(),
        )

    def _transport(self) -> Transport | None:
        return None

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


class OursDirect(Ours):
    def _transport(self) -> Transport:
        # Imported only where it is used: the default needs none of its modules.
        from freedompay_async.transport.direct.direct_transport import (  # noqa: PLC0415
            DirectTransport,
        )

        return DirectTransport()
