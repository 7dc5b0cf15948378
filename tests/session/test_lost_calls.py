"""What a program learns of a call that was cancelled, however that came about."""

from __future__ import annotations

import asyncio
import logging

import anyio
import pytest

from freedompay_async import Lost, LostOutcome, lost_in
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from freedompay_async.operations.operation import Operation

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
SHORT = f"cards.block [request_id {OWN}]: unknown"
UNKNOWN = Lost(OWN, "cards.block", LostOutcome.UNKNOWN)


@pytest.fixture
def blocks(memory, say, client_of):
    """Makes a call that is sent and gets no answer."""

    def build():
        fp = client_of(memory(card__block=[say.silent]))
        return fp.cards.block("card", description="lost", request_id=OWN)

    return build


async def in_a_timeout(call):
    async with asyncio.timeout(1.0):
        await call


async def in_two_timeouts(call):
    async with asyncio.timeout(9.0), asyncio.timeout(1.0):
        await call


async def waited_for(call):
    await asyncio.wait_for(call, 1.0)


async def in_fail_after(call):
    with anyio.fail_after(1.0):
        await call


@pytest.mark.parametrize(
    "how", [in_a_timeout, in_two_timeouts, waited_for, in_fail_after], ids=lambda how: how.__name__
)
def test_the_call_is_found_behind_a_time_out(play, blocks, how):
    async def story():
        with pytest.raises(TimeoutError) as caught:
            await how(blocks())
        return caught.value

    assert lost_in(play(story())) == UNKNOWN


@pytest.mark.parametrize("message", [None, "the server stops"])
def test_a_task_that_is_cancelled_keeps_its_message_first(play, blocks, message):
    async def story():
        task = asyncio.create_task(blocks())
        await asyncio.sleep(1.0)
        task.cancel(message)
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    error = play(story())
    assert error.args == ((SHORT,) if message is None else (message, SHORT))
    assert (lost_in(error), len(error.__notes__)) == (UNKNOWN, 1)


@pytest.mark.parametrize("shielded", [False, True])
def test_a_scope_of_anyio_knows_its_own_cancellation(play, blocks, shielded):
    seen = []

    async def call():
        try:
            await blocks()
        except asyncio.CancelledError as error:
            seen.append(error)
            raise

    async def story():
        with anyio.move_on_after(1.0, shield=shielded) as scope:
            await call()
        # The task goes on, and is not cancelled any more.
        await asyncio.sleep(1.0)
        return scope.cancelled_caught, asyncio.current_task().cancelling()

    assert play(story()) == (True, 0)
    assert [(lost_in(each), each.args[1:]) for each in seen] == [(UNKNOWN, (SHORT,))]


def test_an_outer_scope_of_anyio_gets_its_cancellation_through_an_inner_one(play, blocks):
    async def story():
        with anyio.move_on_after(1.0) as outer, anyio.move_on_after(9.0) as inner:
            async with anyio.create_task_group() as group:
                group.start_soon(blocks)
        return outer.cancelled_caught, inner.cancelled_caught

    assert play(story()) == (True, False)


@pytest.mark.parametrize("group", [asyncio.TaskGroup, anyio.create_task_group])
def test_a_task_group_that_is_cancelled_raises_the_cancellation_on(play, blocks, group):
    async def story():
        async def work():
            async with group() as tasks:
                (getattr(tasks, "start_soon", None) or (lambda call: tasks.create_task(call())))(
                    blocks
                )

        task = asyncio.create_task(work())
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert play(story()) is True


def test_a_group_whose_other_task_fails_drops_the_call_and_the_log_has_it(
    play, blocks, warnings_of
):
    async def fail():
        await asyncio.sleep(1.0)
        raise ValueError("no")

    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(blocks())
            group.create_task(fail())

    async def story():
        with pytest.raises(ExceptionGroup) as caught:
            await both()
        return caught.value

    assert lost_in(play(story())) is None
    assert warnings_of() == [OWN]


# -- a wait for the end of a request


@pytest.fixture
def told(caplog):
    """The texts of the log, from WARNING on, with what they are about."""

    def read():
        return [
            (each.getMessage(), each.request_id, each.call)
            for each in caplog.records
            if each.levelno >= logging.WARNING
        ]

    return read


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stop", range(4))
def test_a_cancelled_wait_for_an_attached_request_says_that_it_may_have_been_done(
    play, memory, say, over, cancelled_at, told, stop, late
):
    wire = memory(request__status=[say.after(1, say.lost), say.after(1, say.lost)])
    operation = Operation(over(wire), CARDS_BULK_ISSUE, OWN)

    error = play(cancelled_at(operation.result(), stop, late=late))

    assert lost_in(error) == Lost(OWN, "cards.bulk_issue", LostOutcome.UNKNOWN)
    assert (error.request_id, error.outcome_unknown) == (OWN, True)
    assert error.args == (f"cards.bulk_issue [request_id {OWN}]: unknown",)
    what = "the request may have been done: go on with requests.attach"
    assert error.__notes__ == [
        f"cards.bulk_issue: the wait was cancelled [request_id {OWN}]: {what}"
    ]
    assert told() == [
        (
            "cards.bulk_issue: the wait was cancelled: the request may have been done",
            OWN,
            "cards.bulk_issue",
        )
    ]


@pytest.mark.parametrize("stop", range(4))
def test_a_cancelled_wait_for_an_accepted_request_says_so(
    play, memory, say, over, cancelled_at, told, stop
):
    wire = memory(request__status=[say.after(1, say.process)])

    async def story():
        session = over(wire)
        state = await session.look_up(OWN)
        operation = Operation(session, CARDS_BULK_ISSUE, OWN, state, accepted=0.0)
        return await cancelled_at(operation.result(), stop)

    error = play(story())

    assert lost_in(error) == Lost(OWN, "cards.bulk_issue", LostOutcome.ACCEPTED)
    assert [note.partition(": the request ")[2] for note in error.__notes__] == [
        "was accepted and may be done: go on with requests.attach"
    ]
    assert [text for text, *_ in told()] == [
        "cards.bulk_issue: the wait was cancelled: the request was accepted and may be done"
    ]


def test_a_cancelled_wait_for_many_says_how_many_are_left(play, memory, say, client_of):
    wire = memory(request__status=[say.success, say.success, say.process])
    fp = client_of(wire)
    ids = [f"{OWN[:-1]}{number}" for number in range(5)]

    async def read(given):
        operations = [fp.requests.attach(each) for each in ids]
        async for each in fp.requests.as_completed(operations):
            given.append(each)

    async def story():
        given = []
        reader = asyncio.create_task(read(given))
        await asyncio.sleep(30.0)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await reader
        return caught.value, len(given)

    error, given = play(story())
    assert given == 2
    assert error.__notes__ == ["3 requests have not ended: go on with requests.attach"]
