"""A call that is cancelled where it waits, wherever that is: what its error says, and what is left
behind.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import BulkIssue, CardQuery, StatusQuery
from freedompay_async.contract.table import CARDS_BULK_ISSUE, CARDS_INFO, REQUESTS_STATUS
from freedompay_async.operations.operation import Operation
from freedompay_async.traffic.lane import Lane

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def order():
    return BulkIssue(product_id=2000, count=1)


def slow(say, step):
    """The step, with a wait before the connection is in hand and one after it."""

    async def run(attempt, sent):
        await asyncio.sleep(1)
        attempt.connected()
        await asyncio.sleep(1)
        return await step(attempt, sent)

    return run


def refused_connection(say):
    async def run(attempt, sent):
        await asyncio.sleep(1)
        return await say.not_sent(attempt, sent)

    return run


def every_wait(play, cancelled_at, call, *, late):
    """The errors of a call that is cancelled at its first wait, its second, and so on, each with
    the wire that it left.
    """
    found = []
    while True:
        wire, coroutine = call()
        error = play(cancelled_at(coroutine, len(found), late=late))
        if error is None:
            return found
        found.append((error, wire))


@pytest.fixture(params=[False, True], ids=["waiting", "woken"])
def late(request):
    return request.param


def test_cancelled_before_the_write_nothing_was_done(
    play, cancelled_at, over, memory, say, late, warnings_of
):
    def call():
        return over(memory(card__bulk_issue=[refused_connection(say)])).submit(
            CARDS_BULK_ISSUE, order(), {"request_id": OWN}
        )

    # Let go, it ends in NotSent, so the waits are counted by hand: four attempts and three pauses.
    errors = [play(cancelled_at(call(), stop, late=late)) for stop in range(7)]

    assert {error.request_id for error in errors} == {OWN}
    assert {error.outcome_unknown for error in errors} == {False}
    assert warnings_of() == []


def test_cancelled_at_each_wait_of_a_call_that_is_answered(
    play, cancelled_at, over, memory, say, late, warnings_of
):
    def call():
        wire = memory(card__bulk_issue=[slow(say, say.process)])
        return wire, over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN})

    found = every_wait(play, cancelled_at, call, late=late)

    assert [error.outcome_unknown for error, _ in found] == [False, True]
    assert warnings_of() == [OWN]


def test_cancelled_at_each_wait_of_the_settling(
    play, cancelled_at, over, memory, say, late, warnings_of
):
    def call():
        wire = memory(
            card__bulk_issue=[slow(say, say.lost)],
            request__status=[slow(say, say.broken), slow(say, say.success)],
        )
        return wire, over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN})

    found = every_wait(play, cancelled_at, call, late=late)

    # Before the write; then while it is on the way, in each pause and in each question.
    assert [error.outcome_unknown for error, _ in found] == [False] + [True] * 7
    assert {error.request_id for error, _ in found} == {OWN}
    assert warnings_of() == [OWN] * 7


def test_cancelled_at_each_wait_around_a_second_send(play, cancelled_at, over, memory, say, late):
    def call():
        wire = memory(
            card__bulk_issue=[say.lost, slow(say, say.process)], request__status=[say.unknown]
        )
        return wire, over(wire, grace=0.01, pause=0.02).submit(
            CARDS_BULK_ISSUE, order(), {"request_id": OWN}
        )

    found = every_wait(play, cancelled_at, call, late=late)

    assert len(found) >= 3
    assert {error.outcome_unknown for error, _ in found} == {True}


def test_cancelled_between_two_attempts_that_were_limited_the_outcome_is_unknown(
    play, cancelled_at, over, memory, say, late
):
    def call():
        wire = memory(card__bulk_issue=[say.limited, say.process])
        return wire, over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN})

    found = every_wait(play, cancelled_at, call, late=late)

    # A 429 means that nothing was done, and does not prove it.
    assert [error.outcome_unknown for error, _ in found] == [True]


def test_cancelled_while_a_refusal_of_a_fresh_id_is_looked_up_the_outcome_is_unknown(
    play, cancelled_at, over, memory, say, late
):
    def call():
        wire = memory(card__bulk_issue=[say.refused], request__status=[slow(say, say.success)])
        return wire, over(wire).submit(CARDS_BULK_ISSUE, order())

    found = every_wait(play, cancelled_at, call, late=late)

    assert {error.outcome_unknown for error, _ in found} == {True}


def test_cancelled_while_an_error_of_a_given_id_is_looked_up_the_outcome_is_unknown(
    play, cancelled_at, over, memory, say, late
):
    def call():
        wire = memory(card__bulk_issue=[say.refused], request__status=[slow(say, say.success)])
        return wire, over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN})

    found = every_wait(play, cancelled_at, call, late=late)

    assert [error.outcome_unknown for error, _ in found] == [True] * 3


def test_cancelled_at_each_wait_of_a_resumed_call_the_outcome_is_unknown(
    play, cancelled_at, over, memory, say, late
):
    def call():
        wire = memory(card__bulk_issue=[], request__status=[slow(say, say.success)])
        return wire, over(wire).submit(
            CARDS_BULK_ISSUE, order(), {"request_id": OWN}, sent_before=SentBefore(0.0)
        )

    found = every_wait(play, cancelled_at, call, late=late)

    assert [error.outcome_unknown for error, _ in found] == [True] * 2


def test_cancelled_read_is_never_unknown(play, cancelled_at, over, memory, say, late, warnings_of):
    def call():
        wire = memory(request__status=[slow(say, say.lost), slow(say, say.success)])
        return wire, over(wire).read(REQUESTS_STATUS, StatusQuery(request_id=OWN))

    found = every_wait(play, cancelled_at, call, late=late)

    assert [(error.request_id, error.outcome_unknown) for error, _ in found] == [(OWN, False)] * 5
    assert warnings_of() == []


def test_cancelled_call_without_an_id_of_its_callers_says_the_one_that_was_sent(
    play, cancelled_at, over, memory, say
):
    wire = memory(card__bulk_issue=[slow(say, say.process)])

    error = play(cancelled_at(over(wire).submit(CARDS_BULK_ISSUE, order()), 1))

    assert error.request_id == wire.sent[0].fields["request_id"]


def test_cancelled_call_says_in_a_note_what_to_do(play, cancelled_at, over, memory, say):
    wire = memory(card__bulk_issue=[slow(say, say.process)])

    error = play(cancelled_at(over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN}), 1))

    (note,) = error.__notes__
    assert OWN in note
    assert "may have been done" in note


def test_timeout_around_a_call_keeps_the_cancellation_and_its_id(play, over, memory, say):
    wire = memory(card__bulk_issue=[say.silent])

    async def story():
        async with asyncio.timeout(1):
            await over(wire).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN})

    with pytest.raises(TimeoutError) as caught:
        play(story())

    assert caught.value.__cause__.request_id == OWN
    assert caught.value.__cause__.outcome_unknown


def test_cancelled_while_it_waits_for_the_lane_nothing_was_done(
    play, over, memory, say, cancelled_at
):
    wire = memory(card__bulk_issue=[say.process])

    async def story():
        lane = Lane(concurrency=1)
        await lane.acquire()
        return await cancelled_at(
            over(wire).in_lane(lane).submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN}), 0
        )

    error = play(story())

    assert not error.outcome_unknown
    assert wire.sent == []


def test_cancelled_read_that_waits_for_its_next_turn_has_the_id_of_the_attempt_that_was_made(
    play, over, memory, say
):
    wire = memory(card__info=[say.lost, say.success])
    lane = Lane(concurrency=2, rate=0.01)

    async def story():
        task = asyncio.create_task(
            over(wire).in_lane(lane).read(CARDS_INFO, CardQuery(card_id="c-1"))
        )
        # Long enough for the pause before the next attempt, and not for its turn.
        await asyncio.sleep(30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    error = play(story())

    assert error.request_id == wire.sent[0].fields["request_id"]
    assert len(wire.sent) == 1


def test_cancelled_wait_for_a_result_has_the_id(play, over, memory, say, cancelled_at):
    wire = memory(request__status=[say.after(1, say.process)])

    errors = [
        play(cancelled_at(Operation(over(wire), CARDS_BULK_ISSUE, OWN).result(), stop))
        for stop in range(4)
    ]

    assert [getattr(error, "request_id", None) for error in errors] == [OWN] * 4


@pytest.mark.parametrize("lane", [None, 1])
@pytest.mark.parametrize("timeout", [3.0, 60.0], ids=["deadline", "attempt"])
@pytest.mark.parametrize("first", ["caller", "clock"])
def test_cancelled_in_the_moment_of_a_time_out_it_is_cancelled_all_the_same(
    play, over, memory, say, lane, timeout, first
):
    wire = memory(card__bulk_issue=[say.silent], request__status=[say.success])

    async def story():
        session = over(wire, attempt_timeout=3.0, timeout=timeout)
        if lane:
            session = session.in_lane(Lane(concurrency=lane))
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(session.submit(CARDS_BULK_ISSUE, order(), {"request_id": OWN}))
        if first == "clock":
            await asyncio.sleep(0)
        loop.call_at(3.0, task.cancel)
        await asyncio.wait([task])
        try:
            return task.result()
        except asyncio.CancelledError as error:
            return error

    error = play(story())

    assert isinstance(error, asyncio.CancelledError)
    assert error.outcome_unknown
