"""A transport that is closed while calls are on their way, and after that."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import ConfigurationError, NotSent, OutcomeUnknown
from tests.leaks.certificate import client_context, server_context
from tests.leaks.everywhere import Story
from tests.transport.hosts import (
    GOOD,
    answering,
    answering_with_marks,
    ended,
    full_port,
    serving,
    silent_in_tls,
    some,
    turns,
)
from tests.transport.kinds import both_loops, message
from tests.transports import back_to, in_use, sockets

pytestmark = both_loops

CLOSED = "the client was closed"


async def test_while_it_connects_nothing_was_sent(reach):
    with full_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=20.0)
        task = asyncio.create_task(there.send())
        await some(lambda: sockets() > before)
        await there.close()
        told = await task

        assert (told.told, told.final, told.sent) == (CLOSED, True, False)
        assert await back_to(before)


async def test_closed_while_another_attempt_runs_out_of_time(reach):
    loop = asyncio.get_running_loop()
    with full_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=20.0)
        over = loop.create_future()
        late = asyncio.create_task(there.send(deadline=0.05))
        other = asyncio.create_task(there.send())
        await some(lambda: sockets() >= before + 2)
        # Right behind the deadline, before that attempt has ended.
        loop.call_at(there.attempts[0].deadline, over.set_result, None)
        await over
        await there.close()
        told = await other
        untold = await late

        assert (told.told, told.final, told.sent) == (CLOSED, True, False)
        assert (untold.reply, untold.sent) == (None, False)
        assert await back_to(before)


async def test_while_it_resolves_a_name_nothing_was_sent(reach, hanging_names):
    asked = hanging_names()
    there = await reach("http://host.example.com:8080")
    task = asyncio.create_task(there.send())
    await asked()
    await there.close()
    told = await task

    assert (told.told, told.final, told.sent) == (CLOSED, True, False)


async def test_in_the_handshake_of_tls_nothing_was_sent(reach):
    async with serving(silent_in_tls) as host:
        there = await reach(
            host.base_url.replace("http", "https"),
            ssl_context=client_context(),
            connect_timeout=20.0,
        )
        task = asyncio.create_task(there.send())
        await host.reached(requests=1)
        await there.close()
        told = await task
        await host.all_over()

    assert (told.told, told.final, told.sent) == (CLOSED, True, False)


@pytest.mark.kinds(owns=True)
async def test_warm_up_that_is_closed_says_so(reach):
    with full_port() as port:
        before = sockets()
        there = await reach(f"http://127.0.0.1:{port}", connect_timeout=20.0)
        task = asyncio.create_task(there.warm_up(3))
        await some(lambda: sockets() >= before + 3)
        await there.close()
        told = await task

        assert (told.told, told.final, told.sent) == (CLOSED, True, False)
        assert await back_to(before)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.kinds(owns=True)
async def test_idle_connections_are_closed_with_it(reach, tmp_path, tls):
    async with serving(answering(GOOD), tls=server_context(tmp_path) if tls else None) as host:
        before = sockets()
        there = await reach(host, ssl_context=client_context() if tls else None)
        await asyncio.gather(*(there.send() for _ in range(4)))
        idle = there.counts[1]
        await there.close()
        await host.all_over()

        assert idle == host.connections
        assert there.counts == (0, 0)
        assert "closed" in repr(there.transport)
        assert await back_to(before)


async def test_nothing_is_sent_after_it(reach):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        await there.send()
        await there.close()
        told = await there.send()
        never_used = await reach(host)
        await never_used.close()
        untold = await never_used.send()

    for each in (told, untold):
        assert (each.told, each.final, each.sent) == (CLOSED, True, False)
    assert len(host.requests) == 1


async def test_client_that_is_closed_twice_is_closed(connect, kind):
    async with serving(answering(GOOD)) as host:
        fp = await connect(host)
        await fp.cards.bulk_issue(product_id=2000, count=1)
        await fp.aclose()
        await fp.aclose()
        with pytest.raises(ConfigurationError, match="closed"):
            await fp.cards.bulk_issue(product_id=2000, count=1)
        if kind.owns:
            await host.all_over()

    assert len(host.requests) == 1
    assert in_use(fp).idle == 0


async def test_client_that_is_closed_tells_its_calls_what_is_known(connect):
    """One has its request on the way, and one waits for a place."""
    async with serving(answering(ended(b"", "nothing"))) as host:
        fp = await connect(host, max_connections=1)
        calls = [
            asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1)) for _ in range(2)
        ]
        await host.reached(requests=1)
        await fp.aclose()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        await host.all_over()

    assert [type(each) for each in ends] == [OutcomeUnknown, NotSent]
    assert len(host.requests) == 1


class Closed(Story):
    """A story whose transport is closed where it would be cancelled."""

    def __init__(self, stop: int, there) -> None:
        super().__init__(stop, late=False)
        self.there = there
        self.closing = None

    def waiting(self, waits_for) -> None:
        self.waits += 1
        if self.waits == self.stop + 1:
            self.reached = True
            self.closing = asyncio.create_task(self.there.close())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "pooled"])
async def test_closed_at_each_wait_nothing_leaves_afterwards(reach, kind, tmp_path, tls, fresh):
    context = server_context(tmp_path) if tls else None
    stop, ends = 0, []
    async with serving(answering_with_marks, tls=context) as host:
        while True:
            there = await reach(host, ssl_context=client_context() if tls else None)
            if not fresh:
                await there.send()
            mark = b"mark-%d" % stop
            story = Closed(stop, there)
            task = await story.run(there.send(message(mark)))
            if not story.reached:
                break
            await story.closing
            known = there.attempts[-1].sent
            if kind.owns:
                await host.all_over()
            await turns()
            came = any(mark in each for each in host.requests)
            ends.append((task.result().told, task.result().final, known, came))
            stop += 1

    # Where it came it counts as sent, and the call ends at once.
    assert {(told, final) for told, final, *_ in ends} <= {(CLOSED, True)}
    assert [each for each in ends if each[2:] == (False, True)] == []
    assert len(ends) >= (2 if fresh else 1)
