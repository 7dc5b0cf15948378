"""A large answer is read in a thread, within the time of its call; a small one at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from freedompay_async.calls.reading import LARGE, Reading


async def test_small_answer_is_read_at_once():
    assert (
        await Reading().read(threading.current_thread, size=LARGE, deadline=0.0)
        is threading.current_thread()
    )


async def test_large_answer_is_read_elsewhere_while_the_loop_goes_on():
    loop, seen = asyncio.get_running_loop(), threading.Event()

    def work():
        # It is set by the loop only.
        assert seen.wait(10)
        return threading.current_thread()

    loop.call_soon(seen.set)

    assert (
        await Reading().read(work, size=LARGE + 1, deadline=loop.time() + 10)
        is not threading.current_thread()
    )


async def test_two_are_read_at_once_and_no_third():
    reading, loop, go, begun = Reading(), asyncio.get_running_loop(), threading.Event(), []

    def work():
        begun.append(1)
        assert go.wait(10)

    tasks = [
        asyncio.create_task(reading.read(work, size=LARGE + 1, deadline=loop.time() + 10))
        for _ in range(5)
    ]
    while len(begun) < 2:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(begun) == 2
    go.set()
    await asyncio.gather(*tasks)

    assert len(begun) == 5


@pytest.mark.parametrize("waits", ["in the thread", "for a place"])
async def test_time_that_is_up_ends_the_wait(waits):
    reading, loop, go = Reading(), asyncio.get_running_loop(), threading.Event()
    before = []
    if waits == "for a place":
        before = [
            asyncio.create_task(
                reading.read(lambda: go.wait(10), size=LARGE + 1, deadline=loop.time() + 10)
            )
            for _ in range(2)
        ]
        await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await reading.read(lambda: go.wait(10), size=LARGE + 1, deadline=loop.time())
    go.set()

    assert await asyncio.gather(*before) == [True] * len(before)


async def test_what_goes_wrong_there_is_raised_here():
    def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Reading().read(work, size=LARGE + 1, deadline=asyncio.get_running_loop().time() + 10)
