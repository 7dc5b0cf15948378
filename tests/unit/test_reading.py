"""A large answer is read in a thread, within the time of its call; a small one at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from multidict import CIMultiDict

from freedompay_async import FreedomPay
from freedompay_async.calls import reading
from freedompay_async.calls.reading import LARGE, Reading
from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import Transport


class Answering(Transport):
    """Answers every call with an ok of so many bytes."""

    def __init__(self, size: int) -> None:
        self.body = b'{"status":"ok","dt":"x"}'.ljust(size)

    async def send(self, message, attempt):
        attempt.connected()
        return Reply(200, CIMultiDict(), self.body)


@pytest.mark.parametrize(("size", "at_once"), [(LARGE, True), (LARGE + 1, False)])
async def test_small_answer_is_read_at_once(monkeypatch, size, at_once):
    read, threads = reading.read_answer, []

    def noted(*args, **options):
        threads.append(threading.current_thread())
        return read(*args, **options)

    monkeypatch.setattr(reading, "read_answer", noted)
    async with FreedomPay(
        auth_id="1", secret_key="key", region="KZ", test=True, transport=Answering(size)
    ) as fp:
        assert (await fp.cards.info("card-1")).status == "ok"

    assert [each is threading.current_thread() for each in threads] == [at_once]


async def test_large_answer_is_read_elsewhere_while_the_loop_goes_on():
    loop, seen = asyncio.get_running_loop(), threading.Event()

    def work():
        # It is set by the loop only.
        assert seen.wait(10)
        return threading.current_thread()

    loop.call_soon(seen.set)

    assert (
        await Reading().in_thread(work, deadline=loop.time() + 10) is not threading.current_thread()
    )


async def test_two_are_read_at_once_and_no_third():
    own, loop, go, begun = Reading(), asyncio.get_running_loop(), threading.Event(), []

    def work():
        begun.append(1)
        assert go.wait(10)

    tasks = [asyncio.create_task(own.in_thread(work, deadline=loop.time() + 10)) for _ in range(5)]
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
    own, loop, go = Reading(), asyncio.get_running_loop(), threading.Event()
    before = []
    if waits == "for a place":
        before = [
            asyncio.create_task(own.in_thread(lambda: go.wait(10), deadline=loop.time() + 10))
            for _ in range(2)
        ]
        await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await own.in_thread(lambda: go.wait(10), deadline=loop.time())
    go.set()

    assert await asyncio.gather(*before) == [True] * len(before)


async def test_what_goes_wrong_there_is_raised_here():
    def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Reading().in_thread(work, deadline=asyncio.get_running_loop().time() + 10)
