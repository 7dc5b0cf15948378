"""What a governor and a lane give at once, what they learn of answers, how late a turn may come."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.traffic.governor import Governor, Rank
from freedompay_async.traffic.lane import Lane


def now() -> float:
    return asyncio.get_running_loop().time() - 1000.0


def answered(status: int = 200, seen: Evidence = Evidence.OK) -> Verdict:
    return Verdict(seen, f"HTTP {status}", None, Reply(status, {}, b"{}"))


def seconds_of(governor, verdict, *, count, took=0.1, first=1.0, seconds=1, kind="card"):
    """Has a governor hear so many answers in each of these seconds."""
    for second in range(seconds):
        for one in range(count):
            at = first + second + one / count
            governor.observe(verdict, began=at - took, now=at, kind=kind)


def places(governor) -> int:
    """How many calls may be on the way beside those that are; it takes them all."""
    count = 0
    while governor.take():
        count += 1
    return count


@pytest.fixture(params=["governor", "lane"])
def heard_by(request):
    """Whoever hears what the issuer answers: the governor, or a lane within it."""

    def build(governor):
        return governor if request.param == "governor" else Lane(concurrency=1, within=governor)

    return build


# -- what is learnt


@pytest.mark.parametrize(("status", "left"), [(503, 7), (500, 10), (504, 10), (502, 10), (200, 10)])
def test_a_second_of_503_takes_places_away_and_no_other_answer_does(
    run_virtual, heard_by, status, left
):
    async def work():
        governor = Governor(concurrency=10)
        seen = Evidence.OK if status == 200 else Evidence.NO_ANSWER
        seconds_of(heard_by(governor), answered(status, seen), count=20)
        seconds_of(heard_by(governor), answered(), count=1, first=2.0)
        return places(governor)

    assert run_virtual(work()) == left


@pytest.mark.parametrize(("on_the_way", "cut"), [(10, True), (5, True), (4, False), (0, False)])
def test_answers_that_take_far_longer_take_places_away_where_half_of_them_are_in_use(
    run_virtual, heard_by, on_the_way, cut
):
    async def work():
        governor = Governor(concurrency=10)
        governor.hold(on_the_way)
        seconds_of(heard_by(governor), answered(), count=20, seconds=5)
        seconds_of(heard_by(governor), answered(), count=20, first=6.0, took=1.0)
        seconds_of(heard_by(governor), answered(), count=1, first=7.0)
        for _ in range(on_the_way):
            governor.release()
        return places(governor)

    assert run_virtual(work()) == (7 if cut else 10)


def test_answers_that_take_as_long_as_ever_take_no_place_away_as_time_goes_by(
    run_virtual, heard_by
):
    async def work():
        governor = Governor(concurrency=10)
        governor.hold(10)
        seconds_of(heard_by(governor), answered(), count=20, seconds=60)
        for _ in range(10):
            governor.release()
        return places(governor)

    assert run_virtual(work()) == 10


def test_another_kind_of_call_that_is_slower_takes_no_place_away(run_virtual, heard_by):
    async def work():
        governor = Governor(concurrency=10)
        governor.hold(10)
        seconds_of(heard_by(governor), answered(), count=20, seconds=5)
        seconds_of(
            heard_by(governor),
            answered(),
            count=20,
            first=6.0,
            seconds=3,
            took=5.0,
            kind="statement",
        )
        for _ in range(10):
            governor.release()
        return places(governor)

    assert run_virtual(work()) == 10


def test_a_call_without_an_answer_teaches_nothing(run_virtual):
    async def work():
        governor = Governor(concurrency=10)
        seconds_of(
            governor,
            Verdict(Evidence.NO_ANSWER, "closed", None, None),
            count=20,
            seconds=5,
            took=50.0,
        )
        seconds_of(governor, answered(), count=1, first=7.0)
        return places(governor)

    assert run_virtual(work()) == 10


def test_a_lane_that_stands_alone_listens_for_itself(run_virtual):
    async def work():
        lane = Lane(concurrency=10)
        seconds_of(lane, answered(503, Evidence.NO_ANSWER), count=20)
        seconds_of(lane, answered(), count=1, first=2.0)
        return places(lane)

    assert run_virtual(work()) == 7


def test_a_lane_hands_on_what_it_hears_and_keeps_its_own_share(run_virtual):
    async def work():
        governor = Governor(concurrency=20)
        lane = Lane(concurrency=10, within=governor)
        seconds_of(lane, answered(503, Evidence.NO_ANSWER), count=20)
        seconds_of(lane, answered(), count=1, first=2.0)
        return places(lane), places(governor)

    assert run_virtual(work()) == (10, 4)


# -- how late a turn may come


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (0.0, [0.1, 0.2, 0.3, 0.4]),
        (0.015, [0.115, 0.2, 0.3, 0.4]),
        (0.02, [0.12, 0.2, 0.3, 0.4]),
        # What is later than the grain of the clock is lost: else all the turns of a second in which
        # the loop stood still would go at once.
        (0.05, [0.15, 0.23, 0.33, 0.43]),
        (3.0, [3.1, 3.18, 3.28, 3.38]),
    ],
)
def test_a_turn_that_comes_late_by_the_grain_of_the_clock_puts_no_other_off(
    run_virtual, late, expected
):
    async def work():
        loop, told = asyncio.get_running_loop(), []
        governor = Governor(concurrency=100, rate=10.0)

        async def call():
            await governor.acquire()
            told.append(now())

        def stand_still():
            loop.virtual.now += 0.05 + late

        await governor.acquire()
        loop.call_at(loop.time() + 0.05, stand_still)
        await asyncio.gather(*(call() for _ in range(4)))
        return told

    assert run_virtual(work()) == pytest.approx(expected)


# -- a bucket


def test_a_bucket_gives_its_turns_at_once_and_the_next_when_it_has_filled(run_virtual):
    async def work():
        governor, told = Governor(concurrency=100, rate=20.0, bucket=0.25), []

        async def call():
            await governor.acquire()
            told.append(now())

        told.append(governor.hindrance())
        await asyncio.gather(*(call() for _ in range(7)))
        told.append(hindered(governor))
        await asyncio.sleep(10.0)
        await asyncio.gather(*(call() for _ in range(6)))
        return told

    at_once = pytest.approx([0.0] * 5 + [0.05, 0.1])
    again = pytest.approx([10.1] * 5 + [10.15])
    told = run_virtual(work())
    assert (told[0], told[1:8], told[9:]) == (None, at_once, again)
    assert told[8] == ("rate", pytest.approx(0.05), False)


@pytest.mark.parametrize("bucket", [0.0, 0.2, 0.25])
def test_a_bucket_holds_one_turn_where_its_seconds_give_no_more(run_virtual, bucket):
    async def work():
        governor = Governor(concurrency=100, rate=4.0, bucket=bucket)
        return places(governor), governor.hindrance().seconds

    assert run_virtual(work()) == (1, 0.25)


def test_what_was_saved_up_is_of_no_use_at_a_learnt_rate(run_virtual):
    async def work():
        governor = Governor(concurrency=100, rate=20.0, bucket=0.25)
        limited = Verdict(Evidence.LIMITED, "HTTP 429", None, Reply(429, {}, b""))
        at = asyncio.get_running_loop().time()
        governor.observe(limited, began=at, now=at, kind="card")
        learnt = places(governor), governor.hindrance().seconds
        # It doubles each second, and is the caller's own again.
        await asyncio.sleep(3.0)
        return learnt, places(governor)

    assert run_virtual(work()) == ((1, pytest.approx(0.2)), 5)


# -- at once, or not


def test_what_is_interactive_is_ready_although_the_background_waits_for_its_turn(run_virtual):
    async def work():
        governor = Governor(concurrency=2, rate=1.0)
        await governor.acquire()
        waiting = asyncio.create_task(governor.acquire(Rank.BACKGROUND))
        await asyncio.sleep(0.5)
        early = (
            governor.ready(),
            governor.take(),
            governor.ready(Rank.BACKGROUND),
            governor.take(Rank.BACKGROUND),
        )
        # The turn is there, and the timer that gives it to who waits has not gone off.
        asyncio.get_running_loop().virtual.now += 0.5
        late = (
            governor.ready(),
            governor.ready(Rank.BACKGROUND),
            governor.take(Rank.BACKGROUND),
            governor.take(),
        )
        waiting.cancel()
        return early, late

    assert run_virtual(work()) == ((False, False, False, False), (True, False, False, True))


def test_nobody_passes_those_of_the_same_rank_who_wait(run_virtual):
    async def work():
        governor = Governor(concurrency=2, rate=1.0)
        await governor.acquire()
        waiting = asyncio.create_task(governor.acquire())
        await asyncio.sleep(0.5)
        asyncio.get_running_loop().virtual.now += 0.5
        ready = governor.ready(), governor.ready(Rank.BACKGROUND)
        # Who has left is in nobody's way.
        waiting.cancel()
        await asyncio.wait([waiting])
        return ready, governor.ready(), governor.ready(Rank.BACKGROUND)

    assert run_virtual(work()) == ((False, False), True, True)


def test_who_comes_later_to_the_background_waits_behind_who_is_there(run_virtual):
    async def work():
        governor, told = Governor(concurrency=10, rate=1.0), []

        async def row(name):
            await governor.acquire(Rank.BACKGROUND)
            told.append(name)

        await governor.acquire()
        first = asyncio.create_task(row("first"))
        await asyncio.sleep(0.5)
        # The turn is there; before the timer that gives it has gone off, another comes.
        asyncio.get_running_loop().virtual.now += 0.5
        await asyncio.gather(row("second"), first)
        return told

    assert run_virtual(work()) == ["first", "second"]


def test_who_has_left_in_the_background_is_in_nobodys_way(run_virtual):
    async def work():
        governor = Governor(concurrency=1)
        await governor.acquire()
        waiting = [asyncio.create_task(governor.acquire(Rank.BACKGROUND)) for _ in range(3)]
        await asyncio.sleep(0)
        for each in waiting[:2]:
            each.cancel()
        await asyncio.sleep(0)
        governor.release()
        await asyncio.sleep(0)
        return (
            [each.cancelled() for each in waiting],
            waiting[2].done(),
            governor.busy,
            governor.waiting,
        )

    assert run_virtual(work()) == ([True, True, False], True, 1, 0)


def test_places_that_are_held_are_taken_from_what_is_free(run_virtual):
    async def work():
        governor = Governor(concurrency=10)
        await governor.acquire()
        held = [
            governor.hold(4),
            governor.hold(0),
            governor.hold(-3),
            governor.hold(100),
            governor.hold(1),
        ]
        return held, governor.busy, governor.ready()

    assert run_virtual(work()) == ([4, 0, 0, 5, 0], 10, False)


def test_no_more_places_are_held_than_are_left_after_they_were_cut(run_virtual):
    async def work():
        governor = Governor(concurrency=10)
        governor.hold(10)
        seconds_of(governor, answered(503, Evidence.NO_ANSWER), count=20)
        seconds_of(governor, answered(), count=1, first=2.0)
        return governor.hold(5), governor.busy

    assert run_virtual(work()) == (0, 10)


# -- a lane


def test_a_lane_is_ready_where_it_and_the_whole_are(run_virtual):
    async def work():
        governor = Governor(concurrency=2)
        lane = Lane(concurrency=1, within=governor)
        ready = [lane.ready(), lane.take(), lane.ready(), lane.take()]
        lane.release()
        governor.hold(2)
        return ready, lane.ready(), lane.take(), governor.busy

    assert run_virtual(work()) == ([True, True, False, False], False, False, 2)


def test_a_lane_that_stands_alone_is_ready_where_it_has_a_place(run_virtual):
    async def work():
        lane = Lane(concurrency=1)
        return lane.ready(), lane.take(), lane.ready(), lane.take()

    assert run_virtual(work()) == (True, True, False, False)


def test_a_lane_is_of_the_background_and_waits_behind_what_is_interactive(run_virtual):
    async def work():
        governor, told = Governor(concurrency=1), []
        lane = Lane(concurrency=10, within=governor)

        async def row():
            async with lane:
                told.append("row")

        async def block():
            await governor.acquire()
            told.append("block")
            governor.release()

        await governor.acquire()
        work = [
            asyncio.create_task(row()),
            asyncio.create_task(row()),
            asyncio.create_task(block()),
        ]
        await asyncio.sleep(1.0)
        governor.release()
        await asyncio.gather(*work)
        return told

    assert run_virtual(work()) == ["block", "row", "row"]


def test_a_lane_takes_no_turn_at_once_before_others_of_the_background(run_virtual):
    async def work():
        governor = Governor(concurrency=10, rate=1.0)
        lane = Lane(concurrency=10, within=governor)
        await governor.acquire()
        waiting = asyncio.create_task(governor.acquire(Rank.BACKGROUND))
        await asyncio.sleep(0.5)
        asyncio.get_running_loop().virtual.now += 0.5
        at_once = lane.ready(), lane.take(), governor.ready()
        waiting.cancel()
        return at_once

    assert run_virtual(work()) == (False, False, True)


def test_a_lane_with_a_rate_has_nothing_at_once_while_one_of_it_waits_for_the_whole(run_virtual):
    async def work():
        governor = Governor(concurrency=1)
        lane = Lane(concurrency=10, rate=1.0, within=governor)
        await governor.acquire()
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(5.0)
        before = lane.ready(), lane.take()
        governor.release()
        await waiting
        lane.release()
        return before, lane.ready()

    assert run_virtual(work()) == ((False, False), True)


def test_a_lane_without_a_rate_lets_all_of_it_wait_for_the_whole(run_virtual):
    async def work():
        governor = Governor(concurrency=1)
        lane = Lane(concurrency=10, within=governor)
        await governor.acquire()
        waiting = [asyncio.create_task(lane.acquire()) for _ in range(3)]
        await asyncio.sleep(1.0)
        count = governor.waiting
        for each in waiting:
            each.cancel()
        return count

    assert run_virtual(work()) == 3


# -- what a call waits for


def hindered(governor, rank=Rank.INTERACTIVE):
    """The reason, the seconds and whether a place is missing."""
    found = governor.hindrance(rank)
    return found and tuple(found)


def test_where_a_call_can_leave_nothing_hinders_it(run_virtual):
    async def work():
        governor = Governor(concurrency=2, rate=1.0)
        return governor.hindrance(), Lane(concurrency=1, within=governor).hindrance()

    assert run_virtual(work()) == (None, None)


def test_a_place_that_is_missing_is_told_with_a_time_that_is_learnt(run_virtual):
    async def work():
        governor = Governor(concurrency=4)
        governor.hold(4)
        told = [hindered(governor)]
        for _ in range(100):
            governor.observe(answered(), began=1.0, now=1.4, kind="card")
        told.append(hindered(governor))
        waiting = [asyncio.create_task(governor.acquire(rank)) for rank in (*Rank, *Rank)]
        await asyncio.sleep(0)
        told += [hindered(governor), hindered(governor, Rank.BACKGROUND)]
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
        told.append(hindered(governor))
        return told

    # Until a call has ended, it is taken to hold its place for a second. After that four places of
    # 0.4 s give one each 0.1 s; two of the same rank wait before, or all four.
    assert run_virtual(work()) == [
        ("place", 0.25, True),
        ("place", pytest.approx(0.1), True),
        ("place", pytest.approx(0.3), True),
        ("place", pytest.approx(0.5), True),
        ("place", pytest.approx(0.1), True),
    ]


def test_a_call_without_an_answer_has_held_its_place_too(run_virtual):
    async def work():
        governor = Governor(concurrency=1)
        governor.hold(1)
        lost = Verdict(Evidence.NO_ANSWER, "closed", None, None)
        governor.observe(lost, began=1.0, now=31.0, kind="card")
        first = hindered(governor)
        governor.observe(answered(), began=1.0, now=15.0, kind="card")
        return first, hindered(governor)

    # The mean moves by a sixteenth of the difference.
    assert run_virtual(work()) == (("place", 30.0, True), ("place", 29.0, True))


def test_a_turn_that_has_not_come_is_told_with_its_time(run_virtual):
    async def work():
        governor = Governor(concurrency=10, rate=2.0)
        await governor.acquire()
        told = [hindered(governor)]
        waiting = [asyncio.create_task(governor.acquire(rank)) for rank in Rank]
        await asyncio.sleep(0.125)
        told += [hindered(governor), hindered(governor, Rank.BACKGROUND)]
        for each in waiting:
            each.cancel()
        return told

    assert run_virtual(work()) == [
        ("rate", 0.5, False),
        ("rate", 0.875, False),
        ("rate", 1.375, False),
    ]


def test_who_waits_for_a_turn_takes_a_place_too(run_virtual):
    async def work():
        governor = Governor(concurrency=2, rate=100.0)
        for _ in range(3):
            governor.observe(answered(), began=1.0, now=9.0, kind="card")
        told = []
        await governor.acquire()
        told.append(hindered(governor))
        waiting = asyncio.create_task(governor.acquire())
        await asyncio.sleep(0)
        told.append(hindered(governor))
        waiting.cancel()
        return told

    assert run_virtual(work()) == [
        ("rate", pytest.approx(0.01), False),
        ("place", 4.0, True),
    ]


def test_a_learnt_rate_is_told_as_one_until_it_is_as_high_as_the_callers(run_virtual):
    async def work():
        governor = Governor(concurrency=10, rate=8.0)
        limited = Verdict(Evidence.LIMITED, "HTTP 429", None, Reply(429, {}, b""))
        at = asyncio.get_running_loop().time()
        governor.observe(limited, began=at, now=at, kind="card")
        governor.take()
        told = [hindered(governor)]
        # It doubles each second.
        await asyncio.sleep(1.0)
        governor.take()
        told.append(hindered(governor))
        return told

    assert run_virtual(work()) == [
        ("learnt limit", pytest.approx(0.2), False),
        ("rate", pytest.approx(0.125), False),
    ]


@pytest.mark.parametrize(
    ("on_the_way", "reason"), [(6, None), (7, "learnt limit"), (9, "learnt limit"), (10, "place")]
)
def test_places_that_were_cut_are_a_learnt_limit_and_those_of_the_caller_are_not(
    run_virtual, on_the_way, reason
):
    async def work():
        governor = Governor(concurrency=10)
        governor.hold(on_the_way)
        seconds_of(governor, answered(503, Evidence.NO_ANSWER), count=20)
        seconds_of(governor, answered(), count=1, first=2.0)
        found = governor.hindrance()
        return found and found.reason

    assert run_virtual(work()) == reason


def test_of_two_that_hinder_a_lane_the_longer_is_told(run_virtual):
    async def work():
        governor = Governor(concurrency=2, rate=2.0)
        lane = Lane(concurrency=1, within=governor)
        await governor.acquire()
        told = [hindered_lane(lane)]
        await lane.acquire()
        told.append(hindered_lane(lane))
        await asyncio.sleep(5.0)
        for _ in range(2):
            lane.observe(answered(), began=1.0, now=9.0, kind="card")
        governor.release()
        told.append(hindered_lane(lane))
        return told

    def hindered_lane(lane):
        return tuple(lane.hindrance())

    # The rate of the whole; then both: a place of the whole, and the only one of the lane.
    assert run_virtual(work()) == [
        ("rate", 0.5, False),
        ("place", 1.0, True),
        ("place", 8.0, True),
    ]


def test_a_lane_in_which_one_has_its_turn_is_not_said_to_be_free(run_virtual):
    async def work():
        governor = Governor(concurrency=1)
        lane = Lane(concurrency=10, rate=1.0, within=governor)
        await governor.acquire()
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(5.0)
        told = [tuple(lane.hindrance())]
        governor.release()
        # The governor has given the slot, and the task that waited has not run yet.
        governor.observe(answered(), began=1.0, now=1.0, kind="card")
        await waiting
        lane.release()
        await asyncio.sleep(0)
        told.append(lane.hindrance())
        return told

    assert run_virtual(work()) == [("place", 2.0, True), None]
