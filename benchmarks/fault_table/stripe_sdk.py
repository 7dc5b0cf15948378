"""The two columns of stripe-python: `issuing.cards.create_async` of the v1 API; the library makes
the key.

A `StripeClient` repeats nothing by itself. Its README says to enable that with
`max_network_retries=2`, which is also the default of the library's global client
(`stripe.max_network_retries`). Each has a column. The HTTP client is httpx, which the library
itself uses for async calls; this module makes it, because it holds the time-out.
"""

from __future__ import annotations

import stripe

__all__ = ["Stripe", "StripeWithRetries"]


class Stripe:
    vendor = "stripe"
    gives_id = False
    retries: int | None = None

    def __init__(self, url: str, seconds: float) -> None:
        self._http = stripe.HTTPXClient(timeout=seconds)
        self._client = stripe.StripeClient(
            "sk_test_benchmark",
            base_addresses={"api": url},
            http_client=self._http,
            max_network_retries=self.retries,
        )

    async def create(self) -> str:
        made = await self._client.v1.issuing.cards.create_async(
            {"cardholder": "ich_1", "currency": "usd", "type": "virtual"}
        )
        return made.id

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call] # the library's own gap

    @staticmethod
    def says_done(error: BaseException) -> str:
        """A rate limiter runs before the work (docs.stripe.com/error-low-level); no other type here
        has a mark of whether it was done.
        """
        return "not done" if isinstance(error, stripe.RateLimitError) else "nothing"


class StripeWithRetries(Stripe):
    retries = 2
