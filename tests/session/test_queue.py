"""How long a call waits in the queue, and what `Busy` says; in virtual time."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from contextlib import nullcontext, suppress
from itertools import pairwise
from math import inf, nan

import pytest

from freedompay_async import (
    Busy,
    ConfigurationError,
    NotSent,
    Policy,
    RateLimited,
    WaitReason,
)
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import BulkIssue
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from freedompay_async.traffic.governor import Governor

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def now() -> float:
    return asyncio.get_running_loop().time()


async def end_of(call):
    """The error of a call or "done", and when it ended."""
    try:
        await call
    except Busy as error:
        return error, now()
    return "done", now()


# -- a rate is a bucket


def test_calls_that_come_at_once_all_leave_where_the_rate_is_far_higher(
    play, memory, say, client_of
):
    wire = memory(card__block=[say.after(1.0, say.process)])
    fp = client_of(wire, rate=1000, max_connections=100)

    async def story():
        await asyncio.gather(
            *(fp.cards.block("card", description="lost", queue=False) for _ in range(5))
        )

    play(story())
    assert [each.at for each in wire.sent] == [0.0] * 5


def test_one_call_beside_many_look_ups_waits_a_moment_and_is_not_busy(play, memory, say, client_of):
    wire = memory(card__info=[say.ok()], request__status=[say.after(0.01, say.process)])
    fp = client_of(wire, rate=40)

    async def look(stop):
        operations = [fp.requests.attach(f"{OWN[:-3]}{number:03}") for number in range(200)]
        with suppress(TimeoutError):
            async with asyncio.timeout_at(stop):
                async for _ in fp.requests.as_completed(operations):
                    pass

    async def story():
        looking = asyncio.create_task(look(now() + 3.0))
        took = []
        for _ in range(10):
            await asyncio.sleep(0.21)
            began = now()
            await fp.cards.info("card", queue=False)
            took.append(now() - began)
        await asyncio.wait([looking])
        return took

    took = play(story())
    assert 0.0 < max(took) < 0.03
    # The look-ups did take all turns.
    assert len(wire.sent) >= 0.9 * 40 * 3


def test_in_the_long_run_no_more_leave_than_by_the_rate(play, memory, say, client_of):
    wire = memory(card__info=[say.ok()])
    fp = client_of(wire, rate=40)

    async def story():
        await asyncio.gather(*(fp.cards.info("card") for _ in range(200)))
        await asyncio.sleep(10.0)
        await asyncio.gather(*(fp.cards.info("card") for _ in range(200)))

    play(story())
    times = [each.at for each in wire.sent]
    # A bucket of 0.2 s holds eight, whatever the pause was.
    for seconds in (0.1, 1.0, 3.0):
        most = max(sum(at <= each < at + seconds - 1e-6 for each in times) for at in times)
        assert most == pytest.approx(8 + 40 * seconds, abs=1)
    assert times[199] == pytest.approx((200 - 8) / 40, abs=0.03)


@pytest.mark.parametrize(("rate", "at_once"), [(1, 1), (5, 1), (10, 2), (40, 8), (1000, 200)])
def test_a_bucket_holds_what_two_tenths_of_a_second_give_and_at_least_one(
    play, memory, say, client_of, rate, at_once
):
    wire = memory(card__info=[say.ok()])
    fp = client_of(wire, rate=rate, max_connections=1000)

    async def story():
        await asyncio.gather(*(fp.cards.info("card") for _ in range(at_once + 1)))

    play(story())
    assert [each.at for each in wire.sent[:-1]] == [0.0] * at_once
    assert wire.sent[-1].at == pytest.approx(1 / rate)


def test_a_learnt_rate_lets_calls_leave_one_by_one(play, memory, say, client_of):
    wire = memory(card__info=[say.error(429), say.ok()], card__balance=[say.ok()])
    fp = client_of(wire, rate=100)

    async def story():
        await fp.cards.info("card")
        await asyncio.gather(*(fp.cards.balance("card") for _ in range(5)))

    play(story())
    times = [each.at for each in wire.of("card/balance")]
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) > 0.05


# -- without any wait


def test_of_many_that_come_at_once_those_whose_turn_is_soon_wait_and_the_others_are_busy(
    play, memory, say, client_of
):
    wire = memory(card__info=[say.ok()])
    fp = client_of(wire, rate=40)

    async def story():
        return await asyncio.gather(
            *(end_of(fp.cards.info("card", queue=False)) for _ in range(20))
        )

    ends = play(story())
    busy = [error for error, _ in ends if isinstance(error, Busy)]
    # Eight leave at once, and four within 0.1 s.
    assert (len(busy), len(wire.sent)) == (8, 12)
    assert {error.reason for error in busy} == {WaitReason.RATE}
    assert busy[0].retry_after == pytest.approx(0.125)
    assert [at for error, at in ends if isinstance(error, Busy)] == [0.0] * 8
    assert max(at for _, at in ends) == pytest.approx(0.1)


def test_a_turn_that_is_soon_is_no_reason_where_a_slot_is_missing(play, memory, say, client_of):
    wire = memory(card__info=[say.after(9.0, say.ok())])
    fp = client_of(wire, rate=1000, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(1.0)
        end = await end_of(fp.cards.info("card", queue=False))
        await first
        return end

    error, at = play(story())
    assert (error.reason, at) == ("place", 1.0)
    # No call has ended yet: one is taken to last a second.
    assert error.retry_after == pytest.approx(1.0)


def test_a_turn_that_was_soon_and_does_not_come_is_told_in_time(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.process])

    async def story():
        governor = Governor(concurrency=2, rate=10.0, bucket=0.1)
        session, order = over(wire, lane=governor), BulkIssue(product_id=2000, count=1)
        await governor.acquire()
        call = asyncio.create_task(
            end_of(session.submit(CARDS_BULK_ISSUE, order, {"queue": False}))
        )
        await asyncio.sleep(0.05)
        # Connections that are opened beforehand take slots too.
        assert governor.hold(1) == 1
        return await call

    error, at = play(story())
    assert error.reason == "place"
    assert at == pytest.approx(0.2)
    assert wire.calls == []


def test_a_turn_that_comes_while_the_loop_is_held_up_is_taken(play, memory, say, over, monkeypatch):
    wire = memory(card__bulk_issue=[say.process])

    async def story():
        governor = Governor(concurrency=9, rate=12.0)
        session, order = over(wire, lane=governor), BulkIssue(product_id=2000, count=1)
        await governor.acquire()
        call = asyncio.create_task(
            end_of(session.submit(CARDS_BULK_ISSUE, order, {"queue": False}))
        )
        await asyncio.sleep(0.01)
        # Somebody computes for a second: the turn and the end of the wait come together.
        loop = asyncio.get_running_loop()
        before = loop.time
        monkeypatch.setattr(loop, "time", lambda: before() + 1.0)
        return await call, governor.busy, governor.waiting

    assert play(story()) == (("done", pytest.approx(1.01)), 1, 0)
    assert wire.calls == ["card/bulk_issue"]


def test_a_learnt_limit_is_told_as_one(play, memory, say, client_of):
    wire = memory(card__info=[say.error(429), say.ok()])
    fp = client_of(wire)

    async def story():
        with pytest.raises(RateLimited):
            await fp.cards.info("card", queue=False)
        await fp.cards.info("card")
        return await end_of(fp.cards.info("card", queue=False))

    error, _ = play(story())
    assert error.reason is WaitReason.LEARNT_LIMIT
    assert error.retry_after == pytest.approx(0.2)
    assert "the issuer's answers have lowered how many calls may leave" in error.text


def test_before_the_record_has_its_line_a_call_without_a_slot_is_busy(
    play, memory, say, client_of, tmp_path
):
    wire = memory(card__info=[say.after(9.0, say.ok())])
    path = tmp_path / "record.jsonl"
    fp = client_of(wire, max_connections=1, record=path)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(1.0)
        gift = {"cardholder_name": "IVAN", "phone": 77017777777, "product_code": 1}
        end = await end_of(fp.gift_cards.issue(**gift, queue=False))
        await first
        return end

    assert play(story())[0].reason == "place"
    assert not path.exists()


# -- seconds in the queue


@pytest.mark.parametrize("queue", [0.2, 2])
def test_after_its_seconds_in_the_queue_a_call_is_busy(play, memory, say, client_of, queue):
    wire = memory(card__info=[say.after(9.0, say.ok())], card__block=[say.process])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(1.0)
        end = await end_of(fp.cards.block("card", description="lost", queue=queue, request_id=OWN))
        await first
        return end

    error, at = play(story())
    assert at == pytest.approx(1.0 + queue)
    assert (error.reason, error.done, error.call) == ("place", False, "cards.block")
    assert f"and queue={queue}. Nothing was done" in error.text
    assert str(error).endswith(f"[request_id {OWN}]")
    assert wire.calls == ["card/info"]


def test_who_gets_a_slot_within_its_seconds_is_served(play, memory, say, client_of):
    wire = memory(card__info=[say.after(1.0, say.ok())], card__balance=[say.after(5.0, say.ok())])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(0.5)
        # How long its own answer takes is no matter of the line.
        end = await end_of(fp.cards.balance("card", queue=0.6))
        await first
        return end

    assert play(story()) == ("done", 6.0)


def test_the_seconds_never_pass_the_time_of_the_call(play, memory, say, client_of):
    wire = memory(card__info=[say.after(9.0, say.ok())])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(1.0)
        with pytest.raises(NotSent, match="still in the queue at the deadline") as caught:
            await fp.cards.info("card", queue=5.0, timeout=2.0)
        at = now()
        await first
        return caught.value, at

    error, at = play(story())
    assert (type(error), at) == (NotSent, 3.0)


@pytest.mark.parametrize(("queue", "waits"), [(inf, True), (True, True), (0, False), (0.0, False)])
def test_no_end_is_true_and_no_seconds_are_false(play, memory, say, client_of, queue, waits):
    wire = memory(card__info=[say.after(9.0, say.ok())])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(1.0)
        end = await end_of(fp.cards.info("card", queue=queue))
        await first
        return end

    end, at = play(story())
    assert (end == "done", at) == (waits, 18.0 if waits else 1.0)


def test_what_was_waited_in_the_queue_is_missing_for_a_pause(play, memory, say, client_of):
    wire = memory(
        card__balance=[say.after(1.0, say.ok())],
        card__info=[say.error(429, Retry_After="3"), say.ok()],
    )
    fp = client_of(wire, max_connections=1)

    async def story(queue):
        first = asyncio.create_task(fp.cards.balance("card"))
        await asyncio.sleep(0.0)
        try:
            await fp.cards.info("card", queue=queue)
        except RateLimited as error:
            return error, now()
        finally:
            await first
        return "done", now()

    error, at = play(story(3.9))
    assert (error.retry_after, error.wait_too_long, at) == (3.0, False, 1.0)
    assert len(wire.of("card/info")) == 1


@pytest.mark.parametrize(
    ("queue", "attempts"), [(False, 1), (6.9, 1), (8.0, 2), (13.9, 2), (16.0, 3), (True, 3)]
)
def test_a_pause_after_a_429_is_a_part_of_the_seconds(
    play, memory, say, client_of, queue, attempts
):
    wire = memory(card__block=[say.limited, say.limited, say.process])
    fp = client_of(wire)

    async def story():
        with pytest.raises(RateLimited) if attempts < 3 else nullcontext():
            await fp.cards.block("card", description="lost", queue=queue)
        return now()

    at = play(story())
    assert len(wire.sent) == attempts
    assert 7.0 * (attempts - 1) <= at <= 8.0 * (attempts - 1)


@pytest.mark.parametrize(("queue", "attempts"), [(2.0, 1), (9.0, 2)])
@pytest.mark.parametrize("call", ["card/info", "card/block"])
def test_the_next_slot_after_a_429_is_a_part_of_the_seconds(
    play, memory, say, client_of, queue, attempts, call
):
    limited = say.after(1.0, say.error(429))
    wire = memory(
        **{call: [limited, say.process if call == "card/block" else say.ok()]},
        card__balance=[say.after(5.0, say.ok())],
        request__status=[say.unknown],
    )
    fp = client_of(wire, max_connections=1, policy=Policy(pause=1e-9))

    async def story():
        async def other():
            await asyncio.sleep(0.5)
            await fp.cards.balance("card")

        first = asyncio.create_task(other())
        try:
            if call == "card/block":
                await fp.cards.block("card", description="lost", queue=queue)
            else:
                await fp.cards.info("card", queue=queue)
        except RateLimited as error:
            end = (error.http_status, now())
        else:
            end = (200, now())
        await first
        return end

    status, at = play(story())
    assert len(wire.of(call)) == attempts
    assert (status, at < 3.5) == ((429, True) if attempts == 1 else (200, False))


@pytest.mark.parametrize(("queue", "leaves"), [(0.9, False), (5.9, True)])
def test_the_wait_for_a_turn_of_the_repeats_is_a_part_of_the_seconds(
    play, memory, say, client_of, queue, leaves
):
    wire = memory(card__info=[say.error(429), say.ok()], card__block=[say.error(429), say.process])
    # One repeat at once, and the next one about five seconds later.
    fp = client_of(wire, policy=Policy(retries_per_second=0.2, retry_ratio=1e-9, pause=1e-9))

    async def story():
        await fp.cards.info("card")
        with nullcontext() if leaves else pytest.raises(RateLimited):
            await fp.cards.block("card", description="lost", queue=queue)
        return now()

    at = play(story())
    assert len(wire.of("card/block")) == 1 + leaves
    assert (at > 4.0) is leaves


@pytest.mark.parametrize("queue", [False, 0.2])
def test_what_may_have_been_done_waits_for_its_look_up_whatever_the_seconds_are(
    play, memory, say, client_of, queue
):
    wire = memory(
        card__block=[say.after(1.0, say.lost)],
        card__info=[say.after(9.0, say.ok())],
        request__status=[say.success],
    )
    fp = client_of(wire, max_connections=1)

    async def story():
        block = asyncio.create_task(fp.cards.block("card", description="lost", queue=queue))
        await asyncio.sleep(0.5)
        other = asyncio.create_task(fp.cards.info("card"))
        operation = await block
        await other
        return operation.done, now()

    assert play(story())[0] is True
    assert wire.calls == ["card/block", "card/info", "request/status"]


@pytest.mark.parametrize("queue", [False, 0.2])
def test_what_is_sent_again_waits_too(play, memory, say, client_of, queue):
    wire = memory(
        card__block=[say.lost, say.process],
        card__info=[say.after(10.0, say.ok())],
        request__status=[say.unknown],
    )
    fp = client_of(wire, max_connections=1)

    async def story():
        block = asyncio.create_task(fp.cards.block("card", description="lost", queue=queue))
        # So long the id is looked up; then others take the slot.
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(fp.cards.info("card")) for _ in range(2)]
        operation = await block
        await asyncio.wait(others)
        return operation.answer.request_status

    assert play(story()) == "process"
    assert wire.calls.count("card/block") == 2


@pytest.mark.parametrize("queue", [False, 0.2])
def test_what_an_earlier_process_sent_is_never_said_to_be_not_sent(play, memory, say, over, queue):
    wire = memory(card__bulk_issue=[say.process], request__status=[say.unknown])

    async def story():
        governor = Governor(concurrency=1)
        session, order = over(wire, lane=governor, grace=0.001), BulkIssue(product_id=2000, count=1)
        await governor.acquire()
        options = {"request_id": OWN, "queue": queue}
        call = asyncio.create_task(
            session.submit(
                CARDS_BULK_ISSUE, order, options, sent_before=SentBefore(time.time() - 1.0)
            )
        )
        for _ in range(3):
            await asyncio.sleep(5.0)
            # The look-up waits for its slot, and then the repeat does.
            governor.release()
            await asyncio.sleep(0.0)
            await governor.acquire()
        governor.release()
        return await call

    assert play(story()).request_status == "process"
    assert wire.calls == ["request/status", "card/bulk_issue"]


@pytest.mark.parametrize("queue", [False, 0.2])
def test_an_attempt_that_was_not_sent_is_busy_where_the_next_one_has_no_slot(
    play, memory, say, client_of, queue
):
    wire = memory(card__block=[say.not_sent], card__info=[say.after(12.0, say.ok())])
    fp = client_of(wire, max_connections=1)

    async def story():
        block = asyncio.create_task(end_of(fp.cards.block("card", description="lost", queue=queue)))
        other = asyncio.create_task(fp.cards.info("card"))
        end = await block
        await other
        return end

    error, at = play(story())
    assert isinstance(error, Busy)
    assert at < 5.0


# -- what is no such value


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ("0.2", "queue is of type str: give True, False or seconds."),
        (None, "queue is None: give True, False or seconds."),
        (nan, "queue=nan: it must be 0 or more (seconds)."),
        (-0.1, "queue=-0.1: it must be 0 or more (seconds)."),
        (-1, "queue=-1: it must be 0 or more (seconds)."),
        (-inf, "queue=-inf: it must be 0 or more (seconds)."),
        (10**400, f"queue={10**400}: it must be 0 or more (seconds)."),
    ],
)
def test_what_is_no_time_in_the_queue_is_refused(play, memory, client_of, queue, expected):
    fp = client_of(memory())

    async def story():
        with pytest.raises(ConfigurationError) as caught:
            await fp.cards.block("card", description="lost", request_id=OWN, queue=queue)
        return caught.value

    error = play(story())
    assert error.text == f"{expected} Nothing was sent."
    assert (error.call, error.request_id) == ("cards.block", OWN)


DOORS = {
    "cards": lambda fp, **options: fp.cards.issue(client_id="c", product_id=1, **options),
    "a read": lambda fp, **options: fp.cards.info("card", **options),
    "a repeatable call": lambda fp, **options: fp.gift_cards.resend_code(5, **options),
    "clients": lambda fp, **options: fp.clients.cards("client", **options),
    "gift cards": lambda fp, **options: fp.gift_cards.products(**options),
    "limits": lambda fp, **options: fp.limits.list(object_type="card", object_id="1", **options),
    "transactions": lambda fp, **options: fp.transactions.info("1", **options),
    "requests": lambda fp, **options: fp.requests.status(OWN, **options),
    "a call of its own": lambda fp, **options: fp.call("/v5/x", {}, dict, **options),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_seconds(play, memory, say, client_of, door):
    wire = memory(card__balance=[say.after(9.0, say.ok())])
    fp = client_of(wire, scheme="KG", max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.balance("card"))
        await asyncio.sleep(1.0)
        end = await end_of(DOORS[door](fp, queue=0.25))
        await first
        return end

    error, at = play(story())
    assert (error.reason, at) == ("place", 1.25)
    assert wire.calls == ["card/balance"]


# -- what Busy has


def test_the_time_to_a_slot_is_learnt_from_the_calls_before(play, memory, say, client_of):
    wire = memory(card__info=[say.after(0.4, say.ok())])
    fp = client_of(wire, max_connections=2)

    async def story():
        for _ in range(3):
            await fp.cards.info("card")
        waiting = [asyncio.create_task(fp.cards.info("card")) for _ in range(5)]
        await asyncio.sleep(0.1)
        end = await end_of(fp.cards.info("card", queue=False))
        await asyncio.wait(waiting)
        return end

    error, _ = play(story())
    # Two slots of 0.4 s give one each 0.2 s, and three wait before.
    assert error.retry_after == pytest.approx(0.8)
    assert "for about 0.80 s (all slots are taken; 2 calls are in flight)" in error.text


def test_busy_is_copied_and_pickled_with_all_that_it_has():
    made = Busy("no.", reason=WaitReason.LEARNT_LIMIT, retry_after=0.3, call="cards.issue")

    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made)):
        assert (type(again), vars(again)) == (Busy, vars(made))
        assert again.reason is WaitReason.LEARNT_LIMIT


def test_busy_by_hand_has_a_number_of_seconds():
    assert (Busy("no.").retry_after, Busy("no.").reason) == (0.0, WaitReason.PLACE)


# -- cancelled in the queue


@pytest.mark.parametrize("queue", [True, False, 5.0])
def test_who_is_cancelled_in_the_queue_takes_nothing_and_did_nothing(
    play, memory, say, client_of, queue
):
    wire = memory(card__block=[say.process], card__info=[say.ok()])
    fp = client_of(wire, rate=10)

    async def story():
        await asyncio.gather(*(fp.cards.info("card") for _ in range(2)))
        call = asyncio.create_task(
            fp.cards.block("card", description="lost", request_id=OWN, queue=queue)
        )
        await asyncio.sleep(0.05)
        assert not call.done()
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call
        # The turn is the next one's.
        await fp.cards.info("card", queue=False)
        return caught.value, now(), repr(fp)

    error, at, shown = play(story())
    assert (error.request_id, error.outcome_unknown) == (OWN, False)
    assert at == pytest.approx(0.1)
    assert "0 active, 0 queued" in shown
    assert "card/block" not in wire.calls


def test_the_end_of_its_seconds_and_a_slot_in_the_same_moment_lose_no_slot(
    play, memory, say, client_of
):
    wire = memory(card__info=[say.after(1.0, say.ok())])
    fp = client_of(wire, max_connections=1)

    async def story():
        first = asyncio.create_task(fp.cards.info("card"))
        await asyncio.sleep(0.5)
        second = await end_of(fp.cards.info("card", queue=0.5))
        await first
        return second, repr(fp), await end_of(fp.cards.info("card", queue=False))

    _, shown, third = play(story())
    assert "0 active, 0 queued" in shown
    assert third[0] == "done"
