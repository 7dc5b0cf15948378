"""Many connections that are opened at once: those that somebody waits for come first."""

from __future__ import annotations

import asyncio

import pytest

from tests.leaks.certificate import client_context, server_context
from tests.transport.hosts import GOOD, answering, refused_port, serving, turns
from tests.transport.kinds import both_loops, message
from tests.transports import back_to, sockets

pytestmark = both_loops

MANY = 100


@pytest.mark.kinds(owns=True)
async def test_urgent_one_waits_for_none_that_hangs_in_its_opening(reach, tmp_path):
    """Each of the others hangs in its handshake; the server speaks TLS again for the urgent one."""
    context, urgent = server_context(tmp_path), asyncio.Event()

    async def script(peer):
        if not urgent.is_set():
            await peer.reader.read(-1)
            return
        await peer.writer.start_tls(context)
        await answering(GOOD)(peer)

    async with serving(script) as host:
        before = sockets()
        there = await reach(
            host.base_url.replace("http", "https"),
            ssl_context=client_context(),
            connect_timeout=20.0,
        )
        tasks = [asyncio.create_task(there.send(message(b"idle"))) for _ in range(MANY)]
        await host.reached(connections=8)
        await turns(50)
        hanging = host.connections
        urgent.set()
        told = await there.send(message(b"urgent"), urgent=True)
        active = there.counts[0]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns()

        assert there.counts == (0, 1)
        # Hundreds of handshakes at once would be a burst for the server.
        assert hanging < MANY
        assert active == MANY
        assert told.reply.status == 200
        assert [b"urgent" in each for each in host.requests] == [True]
        await there.close()
        await host.all_over()
        assert await back_to(before)


@pytest.mark.kinds(owns=True)
async def test_warm_up_opens_so_many_and_sends_nothing(reach):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        warm = await there.warm_up(5)
        await turns()
        idle, opened = there.counts, host.connections
        more = await there.warm_up(7)
        await turns()
        after = there.counts
        await asyncio.gather(*(there.send(message(b"%d" % each)) for each in range(7)))

    assert (warm.error, warm.sent, more.error) == (None, False, None)
    assert (idle, opened, after) == ((0, 5), 5, (0, 7))
    # The calls use what is open.
    assert host.connections == 7
    assert len(host.requests) == 7


@pytest.mark.parametrize("count", [40, 100])
@pytest.mark.kinds(owns=True)
async def test_any_number_is_warmed_up(reach, count):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        warm = await there.warm_up(count)
        await turns()

        assert (warm.error, there.counts) == (None, (0, count))


@pytest.mark.kinds(owns=True)
async def test_warm_up_that_fails_leaves_no_mark_on_the_task(reach):
    """A task that counts as cancelled would take the errors of its own groups for that."""
    with refused_port() as port:
        there = await reach(f"http://127.0.0.1:{port}")
        warm = await there.warm_up(3)

    assert (warm.error is None, warm.sent) == (False, False)
    assert asyncio.current_task().cancelling() == 0


@pytest.mark.kinds(owns=False)
async def test_warm_up_of_connections_of_somebody_else_is_refused(reach):
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        warm = await there.warm_up(1)

    assert warm.told == "warm_up is not available with a session of your own"
    assert host.connections == 0
