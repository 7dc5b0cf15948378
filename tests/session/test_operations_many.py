"""Waiting for many operations at once, on one budget of look-ups."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from bisect import bisect_left
from contextlib import aclosing
from math import exp
from statistics import median
from uuid import uuid4

import pytest

from freedompay_async import AuthenticationError, ConfigurationError, RateLimited, StillProcessing
from freedompay_async.contract.models import BulkIssue, RequestState
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from freedompay_async.operations.as_completed import as_completed
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start
from freedompay_async.operations.stream import stream


@pytest.fixture
def crowd(over):
    """A session over a wire, and so many operations of it."""

    def build(wire, count, **options):
        session = over(wire, **options)
        return session, [Operation(session, CARDS_BULK_ISSUE, str(uuid4())) for _ in range(count)]

    return build


def by_id(**answers):
    """A step that answers by the id asked about; `default` for the rest."""

    async def step(attempt, sent):
        return await answers.get(sent.fields["request_id"], answers["default"])(attempt, sent)

    return step


async def into(given, items):
    async for item in items:
        given.append(item)


async def collect(session, operations, *, timeout=None, concurrency=8, rate=None):
    return [
        each
        async for each in as_completed(
            session, operations, timeout=timeout, concurrency=concurrency, rate=rate
        )
    ]


async def until_the_end(session, operations, *, timeout):
    """What is given before five are left; the error that names them, and the time."""
    given = []
    with pytest.raises(StillProcessing, match="5 requests") as caught:
        await into(
            given, as_completed(session, operations, timeout=timeout, concurrency=8, rate=None)
        )
    return given, caught.value, asyncio.get_running_loop().time()


def test_each_of_500_is_given_once(play, memory, say, crowd):
    wire = memory(request__status=[say.after(0.1, say.success)])
    session, operations = crowd(wire, 500)

    given = play(collect(session, operations))

    assert sorted(op.request_id for op in given) == sorted(op.request_id for op in operations)
    assert all(op.done for op in given)
    assert len(wire.sent) == 500


def test_look_ups_on_the_way_are_never_more_than_asked_for(play, memory, say, crowd):
    wire = memory(request__status=[say.after(0.1, say.success)])

    play(collect(*crowd(wire, 500)))

    assert wire.busiest == 8


def test_500_that_need_a_few_looks_are_never_more_than_asked_for_on_the_way(
    play, memory, say, crowd
):
    looks = {}

    async def third_time(attempt, sent):
        own = sent.fields["request_id"]
        looks[own] = looks.get(own, 0) + 1
        return await say.after(0.05, say.success if looks[own] == 3 else say.process)(attempt, sent)

    wire = memory(request__status=[third_time])
    session, operations = crowd(wire, 500)

    given = play(collect(session, operations))

    assert {op.request_id for op in given} == {op.request_id for op in operations}
    assert wire.busiest == 8
    assert len(wire.sent) == 1500


def test_look_ups_of_a_second_are_never_more_than_asked_for(play, memory, say, crowd):
    wire = memory(request__status=[say.success])

    play(collect(*crowd(wire, 41), rate=20.0))

    gaps = [after.at - before.at for before, after in zip(wire.sent, wire.sent[1:], strict=False)]
    assert min(gaps) == pytest.approx(0.05)
    assert wire.sent[-1].at == pytest.approx(2.0)


def test_repeats_inside_of_a_look_up_count_too(play, memory, say, crowd):
    wire = memory(request__status=[say.lost, say.lost, say.success])

    play(collect(*crowd(wire, 1), rate=1.0))

    gaps = [after.at - before.at for before, after in zip(wire.sent, wire.sent[1:], strict=False)]
    assert all(gap >= 0.999 for gap in gaps)


def test_those_that_have_ended_come_at_once(play, memory, say, crowd):
    wire = memory(request__status=[say.after(50.0, say.success)])
    session, slow = crowd(wire, 5)
    done = Operation(
        session,
        CARDS_BULK_ISSUE,
        "d",
        RequestState(status="ok", request_status="error", request_id="d"),
    )

    async def story():
        async for op in as_completed(
            session, [*slow, done], timeout=None, concurrency=1, rate=None
        ):
            return op, asyncio.get_running_loop().time()
        return None

    op, at = play(story())

    assert op is done
    assert at == 0


def test_failed_request_is_given_like_any_other(play, memory, say, crowd):
    session, operations = crowd(memory(request__status=[say.failed]), 3)

    given = play(collect(session, operations))

    assert len(given) == 3
    assert all(op.answer.failed for op in given)


def test_fast_one_does_not_wait_for_a_slow_one(play, memory, say, crowd):
    wire = memory(request__status=[say.success])
    session, (slow, fast) = crowd(wire, 2)
    wire.scripts["request/status"] = [
        by_id(
            **{
                slow.request_id: say.after(10.0, say.success),
                "default": say.after(1.0, say.success),
            }
        )
    ]

    given = play(collect(session, [slow, fast]))

    assert given == [fast, slow]


def test_passing_trouble_does_not_end_the_wait(play, memory, say, crowd):
    trouble = [say.lost, say.broken, say.page, say.limited, say.unknown, say.not_sent] * 3
    session, operations = crowd(memory(request__status=[*trouble, say.success]), 3)

    assert len(play(collect(session, operations))) == 3


def test_nothing_to_wait_for_is_no_wait(play, memory, crowd):
    session, operations = crowd(memory(), 0)

    assert play(collect(session, operations)) == []


def test_timeout_names_those_that_have_not_ended(play, memory, say, crowd):
    wire = memory(request__status=[say.success])
    session, operations = crowd(wire, 20)
    stuck = {op.request_id: say.process for op in operations[:5]}
    wire.scripts["request/status"] = [by_id(**stuck, default=say.success)]

    given, error, at = play(until_the_end(session, operations, timeout=30))

    assert len(given) == 15
    assert set(error.request_ids) == set(stuck)
    assert at == pytest.approx(30)


def test_timeout_ends_look_ups_that_hang(play, memory, say, crowd):
    session, operations = crowd(memory(request__status=[say.silent]), 20)

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await collect(session, operations, timeout=5)
        return caught.value, asyncio.get_running_loop().time()

    error, at = play(story())

    assert len(error.request_ids) == 20
    assert at == pytest.approx(5)


def test_what_the_issuer_asks_to_wait_with_longer_than_there_is_time_does_not_hold_up_the_others(
    play, memory, say, crowd
):
    wire = memory(request__status=[say.success])
    session, operations = crowd(wire, 20)
    held = {op.request_id: say.error(429, Retry_After="3600") for op in operations[:5]}
    wire.scripts["request/status"] = [by_id(**held, default=say.after(2, say.success))]

    given, error, at = play(until_the_end(session, operations, timeout=600))

    assert len(given) == 15
    assert set(error.request_ids) == set(held)
    assert (error.retry_after, error.wait_too_long, type(error.__cause__)) == (
        3600.0,
        True,
        RateLimited,
    )
    assert "The issuer asked to wait 3600 s, and there was no time left for that." in str(error)
    assert len([each for each in wire.sent if each.fields["request_id"] in held]) == 5
    assert at < 60


def test_what_the_issuer_asks_to_wait_with_is_looked_at_when_that_is_over(play, memory, say, crowd):
    wire = memory(request__status=[say.success])
    session, operations = crowd(wire, 2)
    slow = iter([say.error(503, Retry_After="400"), say.success])

    async def later(*told):
        return await next(slow)(*told)

    wire.scripts["request/status"] = [
        by_id(**{operations[0].request_id: later}, default=say.success)
    ]

    assert len(play(collect(session, operations, timeout=600))) == 2
    assert wire.sent[-1].at >= 400


def test_without_a_timeout_an_absurd_wait_is_obeyed_for_an_hour(play, memory, say, crowd):
    wire = memory(
        request__status=[
            say.error(429, Retry_After="999999999"),
            say.error(429, Retry_After="999999999"),
            say.success,
        ]
    )
    session, operations = crowd(wire, 1)

    assert len(play(collect(session, operations))) == 1
    assert [round(each.at / 3600, 1) for each in wire.sent] == [0, 1, 2]


def test_wait_goes_on_after_the_timeout(play, memory, say, crowd):
    wire = memory(request__status=[say.process])
    session, operations = crowd(wire, 4)

    async def story():
        with pytest.raises(StillProcessing):
            await collect(session, operations, timeout=5)
        wire.scripts["request/status"] = [say.success]
        return await collect(session, operations)

    assert len(play(story())) == 4


@pytest.mark.parametrize("timeout", [0, -1])
def test_wait_of_no_time_does_not_wait(play, memory, say, crowd, timeout):
    session, operations = crowd(memory(request__status=[say.process]), 2)

    async def story():
        with pytest.raises((StillProcessing, ConfigurationError)):
            async with asyncio.timeout(1000):
                await collect(session, operations, timeout=timeout)
        return asyncio.get_running_loop().time()

    assert play(story()) <= 1


@pytest.mark.parametrize(
    "budget", [{"concurrency": 0}, {"concurrency": -1}, {"rate": 0}, {"rate": -1.0}]
)
def test_budget_that_allows_nothing_is_refused(play, memory, say, crowd, budget):
    session, operations = crowd(memory(request__status=[say.success]), 2)

    async def story():
        async with asyncio.timeout(1000):
            await collect(session, operations, **budget)

    with pytest.raises(ConfigurationError):
        play(story())


@pytest.mark.parametrize(
    "given",
    [lambda one: one, lambda one: None, lambda one: one.request_id, lambda one: [one, None]],
)
def test_what_are_no_operations_is_named(play, memory, say, crowd, given):
    wire = memory(request__status=[say.success])
    session, (one,) = crowd(wire, 1)

    async def story():
        await collect(session, given(one))

    with pytest.raises(ConfigurationError, match=r"^operations is "):
        play(story())
    assert wire.sent == []


def test_refused_signature_surfaces_plain(play, memory, say, crowd):
    session, operations = crowd(memory(request__status=[say.after(1.0, say.denied)]), 20)

    async def story():
        with pytest.raises(AuthenticationError) as caught:
            await collect(session, operations)
        return caught.value, asyncio.all_tasks() - {asyncio.current_task()}

    error, left = play(story())

    assert error.request_id in {op.request_id for op in operations}
    assert left == set()


def test_what_ended_before_the_error_is_given_first(play, memory, say, crowd):
    wire = memory(request__status=[say.success])
    session, (good, bad) = crowd(wire, 2)
    wire.scripts["request/status"] = [
        by_id(**{bad.request_id: say.after(2.0, say.denied), "default": say.success})
    ]
    given = []

    with pytest.raises(AuthenticationError):
        play(
            into(given, as_completed(session, [good, bad], timeout=None, concurrency=8, rate=None))
        )

    assert given == [good]


def test_leaving_early_leaves_nothing_running(play, memory, say, crowd):
    wire = memory(request__status=[say.after(0.1, say.success), say.silent])
    session, operations = crowd(wire, 50)

    async def story():
        async with aclosing(
            as_completed(session, operations, timeout=None, concurrency=8, rate=None)
        ) as ended:
            async for _ in ended:
                break
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert play(story()) == set()
    assert wire.busy == 0


def test_plain_break_leaves_nothing_running_either(play, memory, say, crowd):
    wire = memory(request__status=[say.after(0.1, say.success), say.silent])
    session, operations = crowd(wire, 50)

    async def story():
        async for _ in as_completed(session, operations, timeout=None, concurrency=8, rate=None):
            break
        for _ in range(20):
            await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert play(story()) == set()
    assert wire.busy == 0


def test_reader_that_is_cancelled_leaves_nothing_running(play, memory, say, crowd):
    wire = memory(request__status=[say.silent])
    session, operations = crowd(wire, 50)

    async def story():
        reader = asyncio.create_task(collect(session, operations))
        await asyncio.sleep(5)
        busy = wire.busy
        reader.cancel()
        await asyncio.wait([reader])
        return busy, reader.cancelled(), asyncio.all_tasks() - {asyncio.current_task()}

    assert play(story()) == (8, True, set())
    assert wire.busy == 0


def test_slow_reader_gets_them_all(play, memory, say, crowd):
    session, operations = crowd(memory(request__status=[say.success]), 1_100)

    async def story():
        given = []
        async for op in as_completed(session, operations, timeout=None, concurrency=100, rate=None):
            await asyncio.sleep(0.01)
            given.append(op)
        return given

    assert len(play(story())) == 1_100


def test_same_operation_twice_is_given_twice(play, memory, say, crowd):
    session, (op,) = crowd(memory(request__status=[say.success]), 1)

    assert play(collect(session, [op, op])) == [op, op]


# -- the looks at thousands


@pytest.fixture
def issuer_that_takes_its_time(memory, say):
    """A wire whose requests take a log-normal time; `lags`: how late each end was seen, for the
    time it took.
    """

    def build(sigma, seed):
        done, takes, rng = {}, {}, random.Random(seed)
        random.seed(f"luck {seed}")

        async def accept(attempt, sent):
            own = sent.fields["request_id"]
            takes[own] = 2.0 * exp(sigma * rng.gauss(0, 1))
            done[own] = sent.at + takes[own]
            return await say.process(attempt, sent)

        async def status(attempt, sent):
            own = sent.fields["request_id"]
            if sent.at < done[own]:
                return await say.process(attempt, sent)
            wire.lags.append((sent.at - done[own]) / takes[own])
            return await say.success(attempt, sent)

        wire = memory(card__bulk_issue=[accept], request__status=[status])
        wire.lags = []
        return wire

    return build


async def accepted(session, count):
    return [
        await start(session, CARDS_BULK_ISSUE, BulkIssue(product_id=1, count=1))
        for _ in range(count)
    ]


@pytest.mark.parametrize(("sigma", "most"), [(0.5, 2.1), (1.0, 3.2)])
def test_thousands_at_once_need_about_the_looks_of_the_best_schedule(
    play, over, issuer_that_takes_its_time, sigma, most
):
    wire = issuer_that_takes_its_time(sigma, seed=1)

    async def story():
        session = over(wire)
        return await collect(session, await accepted(session, 2_000), concurrency=500)

    assert len(play(story())) == 2_000
    assert len(wire.of("request/status")) <= most * 2_000
    assert median(wire.lags) <= 0.3


def test_look_ups_of_any_second_are_never_more_than_asked_for(
    play, over, issuer_that_takes_its_time
):
    wire = issuer_that_takes_its_time(0.5, seed=2)

    async def story():
        session = over(wire)
        return await collect(session, await accepted(session, 1_000), rate=200.0)

    assert len(play(story())) == 1_000
    left = [each.at for each in wire.of("request/status")]
    assert (
        max(number + 1 - bisect_left(left, at - 1.0 + 1e-6) for number, at in enumerate(left))
        <= 200
    )


def test_what_was_learnt_by_one_wait_is_known_to_the_next(play, over, issuer_that_takes_its_time):
    wire = issuer_that_takes_its_time(0.1, seed=3)

    async def story():
        session = over(wire)
        await collect(session, await accepted(session, 200))
        before = len(wire.sent)
        await asyncio.gather(*(op.result() for op in await accepted(session, 50)))
        return len(wire.sent) - before - 50

    assert play(story()) <= 1.5 * 50


@pytest.mark.parametrize("attached", [True, False])
def test_an_id_takes_less_than_a_kibibyte(play, over, say, issuer_that_takes_its_time, attached):
    async def story():
        wire = issuer_that_takes_its_time(0.5, seed=4)
        session, ids = over(wire), [str(uuid4()) for _ in range(1_000)]
        await accepted(session, 1)
        wire.scripts["request/status"] = [say.silent]
        answers = [
            RequestState(status="ok", request_status="process", request_id=own) for own in ids
        ]
        tracemalloc.start()
        try:
            if attached:
                operations = [Operation(session, CARDS_BULK_ISSUE, own) for own in ids]
            else:
                operations = [
                    Operation(session, CARDS_BULK_ISSUE, own, each, accepted=0.0)
                    for own, each in zip(ids, answers, strict=True)
                ]
            # One look at a time, because each takes memory of its own.
            waiting = as_completed(session, operations, timeout=None, concurrency=1, rate=None)
            first = asyncio.ensure_future(anext(waiting))
            for _ in range(20):
                await asyncio.sleep(0)
            taken = tracemalloc.get_traced_memory()[0] / len(ids)
        finally:
            tracemalloc.stop()
        first.cancel()
        await asyncio.wait([first])
        return taken

    assert play(story()) < 700


# -- the stream beneath it


def test_error_of_the_work_comes_after_what_it_gave(play):
    async def work(give):
        await give(1)
        await give(2)
        raise KeyError("broken")

    async def story():
        given = []
        with pytest.raises(KeyError):
            await into(given, stream(work))
        return given

    assert play(story()) == [1, 2]


def test_first_error_of_a_group_of_groups_is_raised_alone(play):
    async def work(give):
        raise ExceptionGroup(
            "outer",
            [ExceptionGroup("inner", [KeyError("first"), ValueError("second")]), OSError("third")],
        )

    async def story():
        async for _ in stream(work):
            pass

    with pytest.raises(KeyError, match="first"):
        play(story())


def test_error_of_work_that_nobody_reads_any_more_is_not_reported(play):
    reports = []

    async def work(give):
        await give(1)
        try:
            await asyncio.sleep(100)
        finally:
            raise KeyError("late")

    async def story():
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reports.append(context)
        )
        async with aclosing(stream(work)) as items:
            async for _ in items:
                break

    play(story())

    assert reports == []


# -- with a real issuer


async def test_hundreds_of_a_real_issuer_come_once_each(issuer, connect, scheme):
    fp = connect(issuer, scheme=scheme, max_connections=10)
    issuer.hold = True
    ops = await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(100)))
    issuer.hold = False

    given = [op async for op in fp.requests.as_completed(ops, concurrency=8)]

    assert sorted(op.request_id for op in given) == sorted(op.request_id for op in ops)
    assert {card for op in given for card in op.answer.card_ids} == {
        card["card_id"] for card in issuer.ledger()
    }


async def test_leaving_early_leaves_the_pool_whole(issuer, connect, pool, settled):
    fp = connect(issuer, max_connections=4)
    ops = await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(20)))
    async with aclosing(fp.requests.as_completed(ops, concurrency=8)) as ended:
        async for _ in ended:
            break
    await settled()

    assert (pool(fp).taken, pool(fp).waiting) == (0, 0)
