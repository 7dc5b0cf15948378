"""Awaits an async signer, for a limited time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freedompay_async.errors import ConfigurationError, NotSent

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from freedompay_async.calls.compose import Composer
    from freedompay_async.codec.messages import Message

__all__ = ["NotSignedError", "signed_in_time", "signed_later"]


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


async def signed_later(
    composer: Composer, signing: Awaitable[Message], *, call: str, deadline: float
) -> Composer:
    """The composer of a call, when its first message is signed.

    Raises:
        ConfigurationError: it can't be signed.
        NotSent: the signer gave no signature by the deadline.
    """
    try:
        await signed_in_time(signing, deadline)
    except NotSignedError as error:
        text = f"{error}. Nothing was sent."
        raise NotSent(text, call=call, request_id=composer.request_id) from None
    except ConfigurationError as error:
        error.call, error.request_id = call, composer.request_id
        raise
    return composer
