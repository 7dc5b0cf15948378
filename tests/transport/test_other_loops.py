"""A transport whose event loop has ended before it was closed: `asyncio.run` for each call."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextlib import AsyncExitStack

import pytest

from freedompay_async.transport.base import Destination
from tests.transport.hosts import GOOD, answering, serving
from tests.transport.kinds import KINDS, Carried
from tests.transports import sockets


@pytest.mark.parametrize("name", KINDS)
def test_closed_when_its_loop_is_over_it_leaves_nothing(name):
    made = []
    before = sockets()

    async def ask():
        async with AsyncExitStack() as stack, serving(answering(GOOD)) as host:
            transport = await KINDS[name].make(stack)
            made.append(Carried(transport, KINDS[name]))
            transport.bind(Destination(base_url=host.base_url))
            return await made[0].send()

    with warnings.catch_warnings():
        # asyncio complains of the connection whose loop was closed.
        warnings.simplefilter("ignore", ResourceWarning)
        told = asyncio.run(ask())
        asyncio.run(made[0].close())
        left = repr(made[0].transport)
        made.clear()
        gc.collect()

    assert told.reply.status == 200
    assert "closed" in left
    assert sockets() == before
