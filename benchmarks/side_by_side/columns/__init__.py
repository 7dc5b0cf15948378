"""The clients that are compared: each makes the same two calls, one that creates a card and one
that reads it.
"""

from __future__ import annotations

import importlib
from typing import Final, Protocol

__all__ = ["COLUMNS", "Client", "client_of"]

AUTH_ID: Final = "1"
SECRET_KEY: Final = "key-of-the-benchmark"
COLUMNS: Final = {
    "floor": ("floor:Floor", "asyncio"),
    "ours": ("ours:Ours", "asyncio"),
    "ours, uvloop": ("ours:Ours", "uvloop"),
    "ours, direct": ("ours:OursDirect", "asyncio"),
    "ours, direct, uvloop": ("ours:OursDirect", "uvloop"),
    "ours, no transport": ("ours:OursAlone", "asyncio"),
    "aiohttp by hand": ("by_hand:ByHand", "asyncio"),
    "aiohttp by hand, uvloop": ("by_hand:ByHand", "uvloop"),
    "by hand, no transport": ("hand_written:Alone", "asyncio"),
    "httpx by hand": ("by_httpx:ByHttpx", "asyncio"),
    "lithic on httpx": ("lithic_sdk:Lithic", "asyncio"),
    "lithic on aiohttp": ("lithic_sdk:LithicOnAiohttp", "asyncio"),
    "stripe on httpx": ("stripe_sdk:Stripe", "asyncio"),
    "stripe on aiohttp": ("stripe_sdk:StripeOnAiohttp", "asyncio"),
}
"""The class and the event loop of each. `ours` is this library with its default transport."""


class Client(Protocol):
    """Made inside the running loop."""

    def __init__(self, url: str, in_flight: int) -> None: ...
    async def issue(self) -> object: ...
    async def info(self) -> object: ...
    async def close(self) -> None: ...


def client_of(name: str) -> type[Client]:
    """Import a client only where it is used, so that none pays for the modules of another."""
    module, _, kind = COLUMNS[name][0].partition(":")
    found: type[Client] = getattr(importlib.import_module(f"side_by_side.columns.{module}"), kind)
    return found
