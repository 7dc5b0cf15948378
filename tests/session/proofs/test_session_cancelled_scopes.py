"""Whatever it is that cancels a call: it is the same to the call, and what may have been done is
told.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import anyio
import pytest

from tests.leaks.everywhere import Story
from tests.leaks.raw_issuer import RawIssuer

BULK = "card/bulk_issue"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


class _Other(Exception):
    """Of a neighbour in a task group."""


async def by_cancel(call, done):
    task = asyncio.create_task(call())
    await done()
    task.cancel()
    await asyncio.wait([task])


async def by_timeout(call, done):
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as clock:
            asyncio.create_task(expire(clock, done))  # noqa: RUF006 - it ends before the clock it winds does
            await call()


async def expire(clock, done):
    await done()
    clock.reschedule(0)


async def by_wait_for(call, done):
    # The one whose clock can't be wound: the issuer never answers, and the call has left by then on
    # a busy machine too.
    with suppress(TimeoutError):
        await asyncio.wait_for(call(), 2.0)


async def by_task_group(call, done):
    with suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            await done()
            raise _Other


async def by_scope(call, done):
    with anyio.CancelScope() as scope:
        asyncio.create_task(leave(scope, done))  # noqa: RUF006 - it ends before the scope that it cancels does
        await call()


async def leave(scope, done):
    await done()
    scope.cancel()


async def by_anyio_group(call, done):
    with suppress(ExceptionGroup):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await done()
            raise _Other


@pytest.fixture(
    params=[by_cancel, by_timeout, by_wait_for, by_task_group, by_scope, by_anyio_group],
    ids=lambda way: way.__name__,
)
async def cancelled(request, connect, pool, settled, caplog):
    """A call that was done and was cancelled before it was answered: its error, its id, its client,
    and the ids in the warnings.
    """
    caplog.set_level(logging.WARNING, "freedompay_async")
    own, errors = str(uuid4()), []
    async with RawIssuer() as issuer:
        fp = connect(issuer, max_connections=1)
        issuer.script(BULK, "silent")

        async def call():
            try:
                await fp.cards.bulk_issue(product_id=2000, count=1, request_id=own)
            except asyncio.CancelledError as error:
                errors.append(error)
                raise

        async def done():
            while not issuer.books.effects[own]:
                await asyncio.sleep(0)

        await request.param(call, done)
        await settled()
        (error,) = errors
        warned = [each.request_id for each in caplog.records if each.name == "freedompay_async"]
        yield SimpleNamespace(error=error, own=own, fp=fp, issuer=issuer, warned=warned)


async def test_its_error_has_the_id_and_says_that_it_may_have_been_done(cancelled):
    error = cancelled.error

    assert (error.request_id, error.outcome_unknown) == (cancelled.own, True)


async def test_its_id_is_in_a_warning(cancelled):
    assert cancelled.warned == [cancelled.own]


async def test_its_connection_is_not_used_again(cancelled, pool):
    taken = pool(cancelled.fp).taken
    answer = await cancelled.fp.cards.balance("card-next")

    assert taken == 0
    assert answer.extra["card_id"] == "card-next"
    assert cancelled.issuer.connections == 2


async def test_its_end_can_be_asked_for(cancelled):
    state = await cancelled.fp.requests.attach(cancelled.own).result()

    assert state.card_ids == (f"card-{cancelled.own}",)
    assert cancelled.issuer.books.effects == {cancelled.own: 1}


INTERRUPTED = """
import asyncio, logging, os, signal, sys
from freedompay_async import FreedomPay
from tests.leaks.raw_issuer import RawIssuer
from tests.transports import in_use

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
# Whoever starts the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
logging.basicConfig(format="%(levelname)s %(request_id)s", stream=sys.stdout)

async def main():
    async with RawIssuer() as issuer:
        issuer.script("card/bulk_issue", "silent")
        async with FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=issuer.base_url, max_connections=1) as fp:
            async def interrupt():
                while not issuer.books.effects[OWN]:
                    await asyncio.sleep(0)
                os.kill(os.getpid(), signal.SIGINT)
            other = asyncio.create_task(interrupt())
            try:
                await fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN)
            except asyncio.CancelledError as error:
                print(error.request_id, error.outcome_unknown, flush=True)
                asyncio.current_task().uncancel()
                print((await fp.cards.balance("card-next")).extra["card_id"], in_use(fp).taken, flush=True)
                raise

with asyncio.Runner() as runner:
    try:
        runner.run(main())
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_is_a_cancellation_like_any_other():
    command = [sys.executable, "-W", "error", "-c", INTERRUPTED]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[3])])}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)

    assert (run.stderr, run.stdout.splitlines()) == (
        "",
        [f"WARNING {OWN}", f"{OWN} True", "card-next 0", "interrupted"],
    )


# -- a place in the pool


async def test_turn_of_a_call_that_leaves_the_queue_when_it_is_woken_goes_to_the_next_one(
    connect, settled, pool, cancelled_at
):
    """Else the next one waits beside a free place until its deadline."""
    async with RawIssuer() as issuer:
        fp = connect(issuer, max_connections=1)
        issuer.script("card/balance", "held")
        first = asyncio.create_task(fp.cards.balance("card-1"))
        while not issuer.held:
            await asyncio.sleep(0)
        second = asyncio.create_task(cancelled_at(fp.cards.balance("card-2"), 0, late=True))
        await settled()
        third = asyncio.create_task(fp.cards.balance("card-3", timeout=2.0))
        await settled()
        waiting = pool(fp).waiting
        issuer.release()
        await asyncio.gather(first, second)
        answer = await third

    assert waiting == 2
    assert isinstance(second.result(), asyncio.CancelledError)
    assert answer.extra["card_id"] == "card-3"


# -- many at once


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_as_completed_cancelled_anywhere_leaves_no_task_and_a_whole_pool(
    connect, pool, settled, late
):
    wrong, stop, whole = [], 0, 0
    async with RawIssuer(piece=16) as issuer:
        fp = connect(issuer, max_connections=2)
        ids = [str(uuid4()) for _ in range(3)]
        issuer.books.ids |= set(ids)

        async def watch():
            async for _ in fp.requests.as_completed(
                [fp.requests.attach(each) for each in ids], concurrency=2
            ):
                pass

        while whole < 3:
            issuer.script("request/status", "cut")
            story = Story(stop, late=late)
            task = await story.run(watch())
            issuer.scripts.clear()
            await settled()
            wrong += [(stop, "left", each) for each in story.left()]
            wrong += (
                [(stop, "pool", pool(fp))] if (pool(fp).taken, pool(fp).waiting) != (0, 0) else []
            )
            wrong += [(stop, "went on", task)] if story.reached and not task.cancelled() else []
            answer = await fp.cards.balance(f"card-{stop}")
            wrong += (
                [(stop, "of another", answer)] if answer.extra["card_id"] != f"card-{stop}" else []
            )
            whole = 0 if story.reached else whole + 1
            stop += 1

    assert wrong == []
    assert stop > 20
