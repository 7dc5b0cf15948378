"""Whether this is a connection that can be listened on: workers are woken through it.

A PgBouncer in transaction mode gives each transaction another connection of the server, so what one
listens for never comes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import asyncpg

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Pool

__all__ = ["check_listening"]

# Seconds in which a notification comes.
_COMES: Final = 5.0


async def check_listening(pool: Pool, name: str) -> None:
    """Send a notification and wait for it.

    Raises:
        ConfigurationError: it does not come; nothing was sent.
    """
    channel, heard = f"freedompay_check_{uuid4().hex}", asyncio.Event()

    def listener(*_: object) -> None:
        heard.set()

    async with pool.acquire(timeout=_COMES) as ours, pool.acquire(timeout=_COMES) as other:
        try:
            await ours.add_listener(channel, listener)
            # On another connection: a pooler may give the same one for what comes next.
            await other.execute("SELECT pg_notify($1, '')", channel)
            async with asyncio.timeout(_COMES):
                await heard.wait()
        except (
            TimeoutError,
            asyncpg.FeatureNotSupportedError,
            asyncpg.ProtocolViolationError,
        ) as error:
            raise ConfigurationError(
                f"{name} does not bring notifications (LISTEN): a pooler such as PgBouncer in "
                "transaction mode is in between. Name the server itself, or a pool in session "
                "mode. Nothing was sent."
            ) from error
        finally:
            if not ours.is_closed():
                await ours.remove_listener(channel, listener)
