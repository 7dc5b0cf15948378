"""A stop of the run ends its waits, each once, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch.stopping import Held, Stopped, Stopping, Wait


async def waiting(stopping, told, *, off=False):
    try:
        with Wait(stopping) as wait:
            if off:
                wait.off()
            await asyncio.sleep(3600)
    except Stopped:
        told.append("stopped")
    except asyncio.CancelledError:
        told.append("cancelled")
        raise


async def begun(**options):
    """A wait that has lasted for a second: what may stop it, what it tells, and its task."""
    stopping, told = Stopping(), []
    task = asyncio.create_task(waiting(stopping, told, **options))
    await asyncio.sleep(1)
    return stopping, told, task


@pytest.mark.parametrize("question", [True, False])
def test_a_row_that_is_held_is_left_like_one_that_is_stopped_and_says_why_and_what_had_to_wait(
    question,
):
    held = Held("asked to wait 500 s", question=question)

    assert (isinstance(held, Stopped), str(held), held.question) == (
        True,
        "asked to wait 500 s",
        question,
    )


def test_a_stop_ends_every_wait(play):
    async def story():
        stopping, told = Stopping(), []
        tasks = [asyncio.create_task(waiting(stopping, told)) for _ in range(3)]
        await asyncio.sleep(1)
        before = stopping.now
        stopping.stop()
        await asyncio.wait(tasks)
        return told, before, stopping.now, [(task.cancelled(), task.cancelling()) for task in tasks]

    assert play(story()) == (["stopped"] * 3, False, True, [(False, 0)] * 3)


def test_after_a_stop_no_wait_begins(play):
    async def story():
        stopping, told = Stopping(), []
        stopping.check()
        stopping.stop()
        with pytest.raises(Stopped):
            stopping.check()
        await waiting(stopping, told)
        return told, asyncio.current_task().cancelling()

    assert play(story()) == (["stopped"], 0)


def test_a_wait_that_is_off_is_not_ended(play):
    async def story():
        stopping, told, task = await begun(off=True)
        stopping.stop()
        await asyncio.sleep(1)
        done = task.done()
        task.cancel()
        await asyncio.wait([task])
        return done, told, task.cancelled()

    assert play(story()) == (False, ["cancelled"], True)


def test_a_wait_that_is_on_again_is_ended(play):
    async def story():
        stopping, told = Stopping(), []

        async def work():
            with Wait(stopping) as wait:
                wait.off()
                await asyncio.sleep(1)
                wait.on()
                await asyncio.sleep(3600)

        task = asyncio.create_task(work())
        await asyncio.sleep(2)
        stopping.stop()
        await asyncio.wait([task])
        return type(task.exception()), told

    assert play(story()) == (Stopped, [])


def test_a_wait_that_has_ended_by_itself_is_not_ended_again(play):
    async def story():
        stopping = Stopping()
        with Wait(stopping):
            await asyncio.sleep(0)
        stopping.stop()
        await asyncio.sleep(1)
        return asyncio.current_task().cancelling()

    assert play(story()) == 0


def test_who_cancels_the_row_as_well_is_heard(play):
    async def story():
        stopping, told, task = await begun()
        stopping.stop()
        task.cancel()
        await asyncio.wait([task])
        return told, task.cancelled()

    assert play(story()) == (["cancelled"], True)


def test_who_cancels_the_row_without_a_stop_is_heard(play):
    async def story():
        _, told, task = await begun()
        task.cancel()
        await asyncio.wait([task])
        return told, task.cancelled(), task.cancelling()

    assert play(story()) == (["cancelled"], True, 1)


def test_an_error_that_comes_in_the_moment_of_the_stop_is_not_lost(play):
    async def story():
        stopping = Stopping()

        async def work():
            with Wait(stopping):
                try:
                    await asyncio.sleep(3600)
                finally:
                    raise ValueError

        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        stopping.stop()
        await asyncio.wait([task])
        return type(task.exception()), task.cancelling()

    assert play(story()) == (ValueError, 0)


def test_a_stop_says_what_it_ended(play):
    async def story():
        stopping = Stopping()

        async def work():
            with Wait(stopping):
                await asyncio.sleep(3600)

        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        stopping.stop()
        await asyncio.wait([task])
        return type(task.exception().__cause__)

    assert play(story()) is asyncio.CancelledError


def test_a_wait_that_has_not_begun_is_ended_without_a_task(play):
    async def story():
        stopping = Stopping()
        wait = Wait(stopping)
        wait.on()
        stopping.stop()
        return asyncio.current_task().cancelling()

    assert play(story()) == 0
