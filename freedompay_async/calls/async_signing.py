"""Awaits an async signer, for a limited time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from freedompay_async.codec.messages import Message

__all__ = ["NotSignedError", "signed_in_time"]


class NotSignedError(Exception):
    """An async signer took too long; nothing was sent."""


async def signed_in_time(signing: Awaitable[Message], deadline: float) -> Message:
    """The signed message; `deadline` is seconds by the clock of the loop.

    Raises:
        NotSignedError: there was none by the deadline.
    """
    clock = asyncio.timeout_at(deadline)
    try:
        async with clock:
            return await signing
    except TimeoutError:
        if not clock.expired():
            raise  # It is the signer's own.
    raise NotSignedError("the signer gave no signature before the deadline")
