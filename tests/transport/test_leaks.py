"""After hundreds of attempts that ended in every way there is no more than before."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from contextlib import AsyncExitStack, suppress

import pytest

from freedompay_async.transport.base import Destination
from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import GOOD, Peer, ended, serving, turns, whole
from tests.transport.kinds import Carried, both_loops, message
from tests.transports import back_to, sockets

pytestmark = both_loops

ATTEMPTS, AT_ONCE = 150, 12
LARGE = b"0" * 2**18
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
ENDS = [
    ended(b"", "fin"),
    ended(b"", "reset"),
    ended(b"", "nothing"),
    ended(HEAD + b"half", "fin"),
    ended(HEAD + b"half", "reset"),
    ended(HEAD + b"half", "nothing"),
    ended(b"HTTP/1.1 200 OK\r\n\r\nup to the end", "fin"),
    ended(b"\x00 noise", "nothing"),
    ended(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD, "nothing"),
    ended(GOOD + GOOD, "nothing"),
    ended(whole(b"{}", b"200 OK", b"Connection: close"), "fin"),
]


class Mixed:
    """Attempts at random, and a server whose answers are at random too."""

    def __init__(self, there, rng: random.Random) -> None:
        self.there = there
        self.rng = rng
        self.ends: Counter[str] = Counter()
        self.wrong: list[object] = []

    async def one(self, number: int) -> None:
        rng = self.rng
        mark = b"mark-%d " % number
        body = mark + (LARGE if rng.random() < 0.1 else b"")
        task = asyncio.create_task(
            self.there.send(message(body), seconds=rng.choice([0.02, 0.05, 0.5]))
        )
        timer = None
        if rng.random() < 0.3:
            timer = asyncio.get_running_loop().call_later(rng.random() * 0.005, task.cancel)
        await asyncio.wait([task])
        if timer is not None:
            timer.cancel()
        if task.cancelled():
            self.ends["cancelled"] += 1
            return
        told = task.result()
        self.ends["answered" if told.reply is not None else "not answered"] += 1
        # A marked answer is that of its request.
        if told.reply is not None and b"mark-" in told.reply.body:
            self.wrong += [] if told.reply.body == mark else [(mark, told.reply.body)]

    async def run(self, count: int) -> None:
        numbers = iter(range(count))

        async def work():
            for number in numbers:
                await self.one(number)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_mixed_ends_leave_nothing(kind, tmp_path, tls):
    rng = random.Random(16)

    async def script(peer: Peer):
        while True:
            came = await peer.request()
            if rng.random() < 0.5:
                peer.say(whole(came.partition(b"\r\n\r\n")[2].partition(b" ")[0] + b" "))
            else:
                await rng.choice(ENDS)(peer)

    context = server_context(tmp_path) if tls else None
    async with serving(script, tls=context) as host:
        before = sockets()
        tasks = len(asyncio.all_tasks())
        # A session that is somebody else's is closed by it, after the transport.
        async with AsyncExitStack() as stack:
            transport = await kind.make(stack)
            trust = client_context() if tls else None
            transport.bind(Destination(base_url=host.base_url, ssl_context=trust))
            mixed = Mixed(Carried(transport, kind), rng)
            stack.push_async_callback(mixed.there.close)
            await mixed.run(ATTEMPTS)
            await turns()
            active, idle = mixed.there.counts
            # Each idle one is two sockets, the server's too.
            in_time = await back_to(before + 2 * (idle if kind.owns else AT_ONCE))
            kept = objects()
            host.requests.clear()
            mixed.there.attempts.clear()
            await mixed.run(ATTEMPTS)
            await turns()
            idle_after = mixed.there.counts[1]
            grown = objects() - kept
        await host.all_over()

        assert in_time
        assert await back_to(before)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while len(asyncio.all_tasks()) > tasks:
                    await asyncio.sleep(0.005)
        assert len(asyncio.all_tasks()) == tasks

    assert mixed.wrong == []
    assert active == 0
    assert idle <= AT_ONCE
    assert idle_after <= AT_ONCE
    assert mixed.ends.keys() == {"answered", "not answered", "cancelled"}
    # At most what belongs to the connections that are idle now and were not then.
    assert {name: more for name, more in grown.items() if more > 2 * AT_ONCE} == {}


def objects() -> Counter[str]:
    """How many objects of each type of the transports there are."""
    gc.collect()
    return Counter(
        type(each).__name__
        for each in gc.get_objects()
        if str(type(each).__module__).startswith(("freedompay_async", "aiohttp", "httptools"))
    )
