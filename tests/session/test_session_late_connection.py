"""A connection that came too late for a repeat goes back to the real pool, and the next call uses
it.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.codec.messages import Message
from freedompay_async.transport.base import Attempt, TransportError
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport


async def test_a_connection_that_came_too_late_is_given_back_unused(issuer, connect, pool):
    transport = AiohttpTransport()
    fp = connect(issuer, max_connections=1, transport=transport)
    await fp.cards.bulk_issue(product_id=2000, count=1)
    received = len(issuer.received)
    attempt = Attempt(
        deadline=asyncio.get_running_loop().time() + 5, seconds=5, may_leave=lambda _: False
    )

    with pytest.raises(TransportError, match="too long ago"):
        await transport.send(Message("POST", "/v5/card-api/card/bulk_issue", {}, b"{}"), attempt)
    left = pool(fp)
    await fp.cards.bulk_issue(product_id=2000, count=1)

    assert (attempt.sent, len(issuer.received)) == (False, received + 1)
    assert (left.taken, left.waiting, left.idle) == (0, 0, 1)
