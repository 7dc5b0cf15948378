"""The lane of a batch within its client: what it takes at once, whom it tells, and how long it was
silent.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch.outage import PatientLane
from freedompay_async.batch.progress import Progress
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.contract.models import RequestState
from freedompay_async.traffic.governor import Governor, NoTurn

ANSWERED = Verdict(Evidence.KNOWN, "HTTP 200", None, Reply(200, {}, b"{}"))
SILENT = Verdict(Evidence.NOT_SENT, "no connection")
BROKEN = Verdict(Evidence.NO_ANSWER, "HTTP 503", None, Reply(503, {}, b""))
HTML = b"<html>busy</html>"
FAR = 1e6


@pytest.fixture(autouse=True)
def _hurry():
    """Here the second is what is tested, on a virtual clock."""


def now() -> float:
    return asyncio.get_running_loop().time()


def lane_of(governor=None, **options):
    settings = {
        "concurrency": 8,
        "rate": None,
        "longest": FAR,
        "progress": Progress(),
        "end": print,
        "outage_began": print,
        "outage_ended": print,
    } | options
    return PatientLane(within=governor, **settings)


def hears(lane, verdict, *, began=None, kind="card"):
    lane.observe(verdict, began=now() if began is None else began, now=now(), kind=kind)


# -- within its client


def test_it_takes_its_places_of_the_client(play):
    async def story():
        governor = Governor(concurrency=2)
        lane = lane_of(governor)
        taken = [lane.take() for _ in range(3)]
        await asyncio.sleep(0)
        return taken, governor.busy, lane.ready()

    assert play(story()) == ([True, True, False], 2, False)


def test_nothing_is_ready_while_the_issuer_is_silent(play):
    async def story():
        lane = lane_of()
        before = lane.ready()
        hears(lane, SILENT)
        silent = lane.ready(), lane.take()
        hears(lane, ANSWERED)
        return before, silent, lane.ready(), lane.take()

    assert play(story()) == (True, (False, False), True, True)


def test_the_client_hears_what_kind_of_call_it_was(play):
    async def story():
        governor = Governor(concurrency=10)
        lane = lane_of(governor)
        governor.hold(10)
        for number in range(300):
            await asyncio.sleep(0.1)
            # From the sixth second on another kind of call, which is slower.
            took, kind = (0.1, "card") if number < 60 else (5.0, "statement")
            lane.observe(ANSWERED, began=now() - took, now=now(), kind=kind)
        for _ in range(10):
            governor.release()
        return governor.hold(100)

    assert play(story()) == 10


def test_the_question_waits_for_a_place_of_the_client_and_its_answer_is_heard_with_its_kind(play):
    async def story():
        governor, told = Governor(concurrency=1), []
        lane = lane_of(governor)

        async def ask(aside):
            async with aside:
                told.append((now(), governor.busy))
            aside.observe(ANSWERED, began=now(), now=now(), kind="question")

        governor.observe = lambda verdict, *, began, now, kind: told.append(kind)
        governor.hold(1)
        watch = asyncio.create_task(lane.watch(ask))
        hears(lane, SILENT)
        await asyncio.sleep(5.0)
        governor.release()
        await asyncio.sleep(1.0)
        watch.cancel()
        return told

    assert play(story()) == ["card", (5.0, 1), "question"]


def test_one_question_is_on_the_way_at_a_time(play):
    async def story():
        lane, taken = lane_of(), []

        async def ask(aside):
            taken.extend([aside.take(), aside.take()])
            aside.release()

        watch = asyncio.create_task(lane.watch(ask))
        hears(lane, SILENT)
        await asyncio.sleep(0.5)
        watch.cancel()
        return taken

    assert play(story()) == [True, False]


# -- silences


def test_every_silence_is_counted_until_it_ends_and_the_present_one_so_far(play):
    async def story():
        lane, told = lane_of(), []
        await asyncio.sleep(100.0)
        told.append(lane.seconds_without_answer())
        for seconds in (3.0, 4.0):
            hears(lane, SILENT)
            await asyncio.sleep(seconds)
            told.append(lane.seconds_without_answer())
            hears(lane, ANSWERED)
            await asyncio.sleep(10.0)
            told.append(lane.seconds_without_answer())
        return told

    assert play(story()) == [0.0, 3.0, 3.0, 7.0, 7.0]


def test_who_waits_when_the_run_stops_in_an_outage_is_told_why_its_turn_does_not_come(play):
    async def story():
        lane = lane_of()

        async def ask(aside):
            await asyncio.sleep(0)

        watch = asyncio.create_task(lane.watch(ask))
        hears(lane, SILENT)
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(5.0)
        lane.close()
        await asyncio.wait([waiting])
        watch.cancel()
        return waiting.exception()

    error = play(story())
    assert isinstance(error, NoTurn)
    assert str(error) == "the issuer does not answer, and the run stops"


# -- what is news


def trouble_of(lane):
    return not lane.ready()


@pytest.mark.parametrize("by", ["take", "acquire"])
def test_a_call_that_began_before_the_last_answer_is_news_where_others_had_their_turn_since_and_it_is_long_ago(
    play, by
):
    async def story():
        lane = lane_of()
        await asyncio.sleep(1.0)
        hears(lane, ANSWERED)
        await asyncio.sleep(0.5)
        # Another one has its turn after that answer.
        taken = lane.take() if by == "take" else await lane.acquire()
        told = []
        for seconds in (0.5, 0.01):
            await asyncio.sleep(seconds)
            hears(lane, SILENT, began=0.5)
            told.append(trouble_of(lane))
        return taken is not False, told

    # Just a second after the answer it is no news yet.
    assert play(story()) == (True, [False, True])


def test_it_is_none_where_nobody_had_a_turn_since(play):
    async def story():
        lane = lane_of()
        assert lane.take()
        await asyncio.sleep(1.0)
        hears(lane, ANSWERED)
        await asyncio.sleep(500.0)
        hears(lane, SILENT, began=0.5)
        return trouble_of(lane)

    assert play(story()) is False


def test_a_turn_in_the_moment_of_the_answer_counts_as_one_after_it(play):
    async def story():
        lane = lane_of()
        await asyncio.sleep(1.0)
        hears(lane, ANSWERED)
        assert lane.take()
        await asyncio.sleep(2.0)
        hears(lane, SILENT, began=0.5)
        return trouble_of(lane)

    assert play(story()) is True


@pytest.mark.parametrize(
    ("verdict", "unsure", "silent"),
    [
        (BROKEN, False, True),
        (BROKEN, True, False),
        (SILENT, True, True),
        (SILENT, False, True),
        (Verdict(Evidence.LIMITED, "HTTP 429", None, Reply(429, {}, HTML)), False, False),
        (Verdict(Evidence.UNCLEAR, "a page", None, Reply(200, {}, HTML)), False, True),
        (
            Verdict(Evidence.KNOWN, "HTTP 200", RequestState(status="ok"), Reply(200, {}, HTML)),
            False,
            False,
        ),
    ],
)
def test_what_is_an_answer_of_the_issuer(play, verdict, unsure, silent):
    async def story():
        lane = lane_of()
        lane.unsure = unsure
        hears(lane, verdict)
        return trouble_of(lane)

    assert play(story()) is silent
