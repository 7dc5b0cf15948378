from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing

import anyio
import pytest

from freedompay_async.operations.stream import stream


class Boom(Exception):
    pass


class Other(Exception):
    pass


def gives(*items, then: BaseException | None = None):
    async def work(give):
        for item in items:
            await give(item)
        if then is not None:
            raise then

    return work


class Endless:
    """Work that gives numbers until it is stopped, and needs a second to end."""

    def __init__(self, *, at_the_end: BaseException | None = None):
        self.given = 0
        self.ended_at = None
        self._at_the_end = at_the_end

    async def __call__(self, give):
        try:
            while True:
                await give(self.given)
                self.given += 1
        finally:
            with anyio.CancelScope(shield=True):
                await asyncio.sleep(1.0)
            self.ended_at = asyncio.get_running_loop().time()
            if self._at_the_end is not None:
                raise self._at_the_end


async def read(work) -> tuple[list, BaseException | None]:
    """What the reader gets, and what it is raised to."""
    items, raised = [], None
    async with aclosing(stream(work)) as outcomes:
        while raised is None:
            try:
                items.append(await anext(outcomes))
            except StopAsyncIteration:
                break
            except Exception as error:
                raised = error
    return items, raised


@pytest.mark.parametrize("items", [(), (1,), (3, 1, 2)])
def test_yields_what_the_work_gives(run_virtual, items):
    assert run_virtual(read(gives(*items))) == (list(items), None)


def test_yields_more_than_the_work_may_be_ahead(run_virtual):
    items, _ = run_virtual(read(gives(*range(5000))))

    assert items == list(range(5000))


def test_yields_an_outcome_when_it_lands(run_virtual):
    async def work(give):
        for number in range(3):
            await asyncio.sleep(1.0)
            await give(number)

    async def arrivals():
        loop = asyncio.get_running_loop()
        return [loop.time() async for _ in stream(work)]

    assert run_virtual(arrivals()) == [1001.0, 1002.0, 1003.0]


def test_raises_the_error_of_the_work_after_what_it_gave(run_virtual):
    error = Boom("no luck")

    assert run_virtual(read(gives(1, 2, then=error))) == ([1, 2], error)


@pytest.mark.parametrize(
    ("group", "first"),
    [
        (lambda a, b: ExceptionGroup("both", [a, b]), 0),
        (lambda a, b: ExceptionGroup("both", [b, a]), 1),
        (lambda a, b: ExceptionGroup("outer", [ExceptionGroup("inner", [a]), b]), 0),
    ],
)
def test_raises_the_first_error_of_a_group(run_virtual, group, first):
    errors = Boom(), Other()

    assert run_virtual(read(gives(1, then=group(*errors)))) == ([1], errors[first])


def test_shows_an_error_of_a_group_without_the_group(run_virtual):
    _, error = run_virtual(read(gives(then=ExceptionGroup("both", [Boom(), Other()]))))

    assert error.__suppress_context__ is True


def test_raises_the_error_of_a_task_group_in_the_work(run_virtual):
    async def work(give):
        async def fail():
            raise Boom

        async with anyio.create_task_group() as group:
            group.start_soon(fail)

    _, error = run_virtual(read(work))

    assert type(error) is Boom


def test_lets_the_work_be_only_so_far_ahead(run_virtual):
    work = Endless()

    async def slow():
        async with aclosing(stream(work)) as outcomes:
            await anext(outcomes)
            await asyncio.sleep(10.0)
            return work.given

    # One is in hand, and a thousand wait.
    assert run_virtual(slow()) == 1001


def test_leaving_early_waits_for_the_end_of_the_work(run_virtual):
    work = Endless()

    async def leave():
        async with aclosing(stream(work)) as outcomes:
            async for _ in outcomes:
                break
        return work.ended_at

    assert run_virtual(leave()) == 1001.0


def test_leaving_early_raises_nothing_of_the_work(run_virtual):
    async def leave():
        async with aclosing(stream(Endless(at_the_end=Boom()))) as outcomes:
            return await anext(outcomes)

    assert run_virtual(leave()) == 0


def test_leaving_early_lets_no_error_of_the_work_be_reported_as_lost(run_virtual):
    reported = []

    async def leave():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, told: reported.append(told["message"])
        )
        async with aclosing(stream(Endless(at_the_end=Boom()))) as outcomes:
            await anext(outcomes)
        del outcomes
        gc.collect()

    run_virtual(leave())

    assert reported == []


def test_a_cancelled_scope_around_the_reader_waits_for_the_end_of_the_work(run_virtual):
    work = Endless()

    async def wait():
        with anyio.move_on_after(5.0):
            async with aclosing(stream(work)) as outcomes:
                async for _ in outcomes:
                    await anyio.sleep(60.0)
        return work.ended_at

    assert run_virtual(wait()) == 1006.0


def test_a_reader_that_is_cancelled_from_the_first_lets_the_work_give_nothing(run_virtual):
    work = Endless()

    async def wait():
        with anyio.CancelScope() as scope:
            scope.cancel()
            await read(work)
        gc.collect()
        return work.given

    assert run_virtual(wait()) == 0


def test_an_error_of_the_reader_stops_the_work(run_virtual):
    work = Endless()

    async def fail():
        async with aclosing(stream(work)) as outcomes:
            async for _ in outcomes:
                raise Boom

    with pytest.raises(Boom):
        run_virtual(fail())

    assert work.ended_at == 1001.0


def test_cancelling_a_reader_that_waits_stops_the_work(run_virtual):
    ends = []

    async def work(give):
        try:
            await asyncio.Event().wait()
        finally:
            ends.append(asyncio.get_running_loop().time())

    async def cancel():
        reader = asyncio.create_task(read(work))
        await asyncio.sleep(5.0)
        reader.cancel()
        await asyncio.wait([reader])
        return reader.cancelled(), ends

    assert run_virtual(cancel()) == (True, [1005.0])


def test_a_time_out_of_the_reader_stops_the_work(run_virtual):
    work = Endless()

    async def wait():
        async with asyncio.timeout(5.0), aclosing(stream(work)) as outcomes:
            async for _ in outcomes:
                await asyncio.sleep(60.0)

    with pytest.raises(TimeoutError):
        run_virtual(wait())

    assert work.ended_at == 1006.0


def test_does_nothing_before_it_is_read(run_virtual):
    work = Endless()

    async def ignore():
        outcomes = stream(work)
        await asyncio.sleep(1.0)
        await outcomes.aclose()
        return work.given

    assert run_virtual(ignore()) == 0


def test_leaves_no_task_behind(run_virtual):
    async def count():
        await read(gives(1, 2))
        await read(gives(1, then=Boom()))
        return len(asyncio.all_tasks())

    assert run_virtual(count()) == 1


def test_work_that_gives_while_it_ends_does_not_wait_for_a_reader_who_has_left(run_virtual):
    ended = []

    async def row(number, give):
        try:
            while True:
                await give(number)
        finally:
            await give(number)
            ended.append(number)

    async def work(give):
        async with asyncio.TaskGroup() as rows:
            for number in range(2000):
                rows.create_task(row(number, give))

    async def leave():
        async with aclosing(stream(work)) as outcomes:
            await anext(outcomes)
            # Until there is no room any more.
            await asyncio.sleep(1.0)

    run_virtual(leave())

    assert sorted(ended) == list(range(2000))


def test_a_cancelled_giver_takes_no_room_and_gives_nothing(run_virtual):
    async def work(give):
        # A thousand, and the one in the reader's hand.
        for number in range(1001):
            await give(number)
        late = [asyncio.create_task(give("late")) for _ in range(5)]
        await asyncio.sleep(1.0)
        for each in late:
            each.cancel()
        await asyncio.wait(late)
        for number in range(1001, 3000):
            await give(number)

    async def slow():
        items = []
        async with aclosing(stream(work)) as outcomes:
            async for item in outcomes:
                if not items:
                    await asyncio.sleep(2.0)
                items.append(item)
        return items

    assert run_virtual(slow()) == list(range(3000))


def test_others_have_their_turns_while_a_reader_waits_for_nothing(run_virtual):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def count():
        async with aclosing(stream(gives(*range(800)))) as outcomes:
            assert await anext(outcomes) == 0
            task = asyncio.create_task(others())
            async for _ in outcomes:
                pass
        task.cancel()
        return turns

    assert run_virtual(count()) >= 50
