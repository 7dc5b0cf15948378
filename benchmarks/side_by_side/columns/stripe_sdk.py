"""stripe-python: `issuing.cards.create_async` and `retrieve_async` of the v1 API, on httpx and on
aiohttp; its own defaults.

Its telemetry is off: it would write an id into the user's configuration folder. That makes it
quicker by a little.
"""

from __future__ import annotations

import stripe

__all__ = ["Stripe", "StripeOnAiohttp"]


class Stripe:
    def __init__(self, url: str, in_flight: int) -> None:
        stripe.enable_telemetry = False
        self._http = self._make()
        self._cards = stripe.StripeClient(
            "sk_test_benchmark", base_addresses={"api": url}, http_client=self._http
        ).v1.issuing.cards

    def _make(self) -> stripe.HTTPClient:
        return stripe.HTTPXClient()

    async def issue(self) -> object:
        return await self._cards.create_async(
            {"cardholder": "ich_1", "currency": "usd", "type": "virtual"}
        )

    async def info(self) -> object:
        return await self._cards.retrieve_async("ic_1")

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call] # the library's own gap


class StripeOnAiohttp(Stripe):
    def _make(self) -> stripe.HTTPClient:
        return stripe.AIOHTTPClient()
