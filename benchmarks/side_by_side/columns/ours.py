"""This library, all promises on, all defaults but the number of connections and the transport."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from multidict import CIMultiDict

from freedompay_async import FreedomPay
from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import Transport
from side_by_side.columns import AUTH_ID, SECRET_KEY
from side_by_side.columns.constant import body_of

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt

__all__ = ["Ours", "OursAlone", "OursDirect", "client_at"]

_HEADERS: Final = CIMultiDict({"Content-Type": "application/json"})


def client_at(
    url: str, *, max_connections: int, direct: bool = False, **options: Any
) -> FreedomPay:
    """A client of the benchmark's server, over the default transport or the direct one."""
    if direct:
        # Imported only where it is used: the default needs none of its modules.
        from freedompay_async.transport.direct.direct_transport import (  # noqa: PLC0415
            DirectTransport,
        )

        options["transport"] = DirectTransport()
    return FreedomPay(
        auth_id=AUTH_ID,
        secret_key=SECRET_KEY,
        region="KZ",
        base_url=url,
        max_connections=max_connections,
        **options,
    )


class _Constant(Transport):
    """Sends nothing, and gives a constant answer after one turn of the loop."""

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        attempt.connected()
        await asyncio.sleep(0)
        return Reply(200, _HEADERS, body_of(message.path))


class Ours:
    def __init__(self, url: str, in_flight: int) -> None:
        self._fp = self._client(url, in_flight)

    def _client(self, url: str, in_flight: int) -> FreedomPay:
        return client_at(url, max_connections=in_flight)

    async def issue(self) -> object:
        return await self._fp.cards.issue(client_id="client-1", product_id=2000)

    async def info(self) -> object:
        return await self._fp.cards.info("card-1")

    async def close(self) -> None:
        await self._fp.aclose()


class OursDirect(Ours):
    def _client(self, url: str, in_flight: int) -> FreedomPay:
        return client_at(url, max_connections=in_flight, direct=True)


class OursAlone(Ours):
    def _client(self, url: str, in_flight: int) -> FreedomPay:
        return client_at(url, max_connections=in_flight, transport=_Constant())
