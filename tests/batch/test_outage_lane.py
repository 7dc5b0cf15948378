"""What begins and ends an outage, and who waits for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from freedompay_async.batch.limits import Progress
from freedompay_async.batch.outage import PatientLane
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.errors import RateLimited
from freedompay_async.traffic.governor import NoTurn

ANSWERED = Verdict(Evidence.KNOWN, "HTTP 200", None, Reply(200, {}, b"{}"))
PAGE = Verdict(Evidence.UNCLEAR, "not JSON", None, Reply(200, {}, b"\n<html>maintenance</html>"))
OTHER_JSON = Verdict(Evidence.UNCLEAR, "another shape", None, Reply(200, {}, b"[]"))
SILENT = Verdict(Evidence.NOT_SENT, "no connection")
BROKEN = Verdict(Evidence.NO_ANSWER, "HTTP 503", None, Reply(503, {}, b""))
LIMITED = Verdict(Evidence.LIMITED, "HTTP 429", None, Reply(429, {}, b""))


class Office:
    """A lane, a clock, and an issuer that answers a harmless question with `issuer`, after
    `takes` seconds."""

    def __init__(self, **options) -> None:
        self.ends = []
        self.asked = []
        self.outages = []
        self.issuer, self.takes = SILENT, 0.0
        self.progress = Progress()
        settings = {
            "concurrency": 8,
            "rate": None,
            "longest": 100.0,
            "progress": self.progress,
            "end": self.ends.append,
            "outage_began": lambda at: self.outages.append(("began", at)),
            "outage_ended": lambda at: self.outages.append(("ended", at)),
        }
        self.lane = PatientLane(**settings | options)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def silent(self) -> bool:
        return "answering" not in repr(self.lane)

    @asynccontextmanager
    async def watched(self):
        watch = asyncio.create_task(self.lane.watch(self._ask))
        yield
        watch.cancel()

    @asynccontextmanager
    async def in_an_outage(self):
        """From the first call without an answer on."""
        async with self.watched():
            await self.told(SILENT)
            yield

    async def _ask(self, lane) -> None:
        self.asked.append(self.now)
        await self._through(lane, self.issuer, self.takes)

    async def call(self, verdict, seconds=0.0):
        """A call that takes so many seconds; when it had its turn."""
        return await self._through(self.lane, verdict, seconds)

    async def _through(self, lane, verdict, seconds=0.0):
        async with lane:
            began = self.now
            await asyncio.sleep(seconds)
        lane.observe(verdict, began=began, now=asyncio.get_running_loop().time(), kind="card")
        return began

    async def told(self, *verdicts, seconds=1.0):
        for verdict in verdicts:
            began = self.now
            await asyncio.sleep(seconds)
            self.lane.observe(
                verdict, began=began, now=asyncio.get_running_loop().time(), kind="card"
            )


@pytest.fixture(autouse=True)
def _hurry():
    """Here the second is what is tested, on a virtual clock."""


@pytest.fixture
def office(play):
    """Runs a story about a lane on a virtual clock."""

    def run(story, **options):
        async def told():
            return await story(Office(**options))

        return play(told())

    return run


@pytest.mark.parametrize(
    ("verdicts", "silent"),
    [
        ([SILENT], True),
        ([BROKEN], True),
        ([PAGE], True),
        ([OTHER_JSON], False),
        ([LIMITED], False),
        ([ANSWERED], False),
        ([SILENT, ANSWERED], False),
        ([SILENT, LIMITED], False),
        ([SILENT, PAGE], True),
        ([SILENT, ANSWERED, SILENT], True),
    ],
)
def test_silence_lasts_until_the_issuer_itself_answers(office, verdicts, silent):
    async def story(office):
        await office.told(*verdicts)
        return office.silent

    assert office(story) is silent


def test_it_says_how_the_issuer_answers(office):
    async def story(office):
        shown = [repr(office.lane)]
        async with office.watched():
            office.takes = 1.0
            await office.told(SILENT)
            shown.append(repr(office.lane))
            await asyncio.sleep(1.5)
            return [*shown, repr(office.lane)]

    assert office(story) == [
        f"PatientLane(0 active, 0 queued, {state})"
        for state in ("answering", "unanswered", "in an outage")
    ]


def test_a_call_that_began_before_the_last_answer_begins_no_silence(office):
    async def story(office):
        began = office.now
        await office.told(ANSWERED)
        await asyncio.sleep(15)
        office.lane.observe(SILENT, began=began, now=asyncio.get_running_loop().time(), kind="card")
        return office.silent, office.progress.trouble

    assert office(story) == (False, None)


def test_the_trouble_is_shown_while_it_lasts(office):
    async def story(office):
        await office.told(SILENT)
        during = office.progress.trouble
        await office.told(ANSWERED)
        return during, office.progress.trouble

    assert office(story) == ("no connection", None)


def test_the_silence_of_one_call_is_no_outage_if_the_issuer_answers_a_question(office):
    async def story(office):
        office.issuer = ANSWERED
        async with office.watched():
            await office.told(SILENT)
            went = await office.call(ANSWERED)
        return went, office.asked, "in an outage" in repr(office.lane)

    assert office(story) == (1.0, [1.0], False)


def test_in_an_outage_nothing_goes_out_but_one_question_a_second(office):
    async def story(office):
        async with office.in_an_outage():
            tasks = [asyncio.create_task(office.call(SILENT)) for _ in range(50)]
            await asyncio.sleep(5.5)
            out = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
        return office.asked, out, "in an outage" in repr(office.lane)

    assert office(story, concurrency=64) == ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [], True)


async def five_turns(office):
    """When calls that wait for the end of an outage have their turn."""
    async with office.in_an_outage():
        tasks = [asyncio.create_task(office.call(ANSWERED)) for _ in range(5)]
        await asyncio.sleep(2.5)
        office.issuer = ANSWERED
        return await asyncio.gather(*tasks)


def test_the_end_of_an_outage_lets_all_go_at_once(office):
    async def story(office):
        return await five_turns(office), office.asked

    assert office(story) == ([4.0] * 5, [1.0, 2.0, 3.0, 4.0])


def test_the_end_of_an_outage_keeps_to_the_rate(office):
    assert office(five_turns, rate=2.0) == [4.0, 4.5, 5.0, 5.5, 6.0]


def test_it_is_told_when_an_outage_began_and_when_it_is_over(office, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_000.0 + asyncio.get_running_loop().time())

    async def story(office):
        office.takes = 2.0
        begin = office.now
        async with office.in_an_outage():
            await asyncio.sleep(7.5)
            during = list(office.outages)
            await office.told(ANSWERED)
            await office.told(ANSWERED)
        return [(what, round(at - 1_000.0 - begin, 3)) for what, at in during], [
            (what, round(at - 1_000.0 - begin, 3)) for what, at in office.outages
        ]

    during, after = office(story)
    # What is not answered begins the outage, not the look-up that makes it certain.
    assert during == [("began", 1.0)]
    assert [what for what, _ in after] == ["began", "ended"]
    assert after[1][1] > 8.0


def test_the_silence_of_one_call_is_told_to_nobody(office):
    async def story(office):
        office.issuer = ANSWERED
        async with office.watched():
            await office.told(SILENT)
            await asyncio.sleep(3.0)
        return office.outages

    assert office(story) == []


def test_a_call_on_the_way_that_is_answered_ends_the_outage(office):
    async def story(office):
        async with office.watched():
            began = office.now
            await office.told(SILENT)
            task = asyncio.create_task(office.call(ANSWERED))
            await asyncio.sleep(0.25)
            office.lane.observe(
                ANSWERED, began=began, now=asyncio.get_running_loop().time(), kind="card"
            )
            return await task

    assert office(story) == 1.25


def test_an_outage_that_begins_while_calls_wait_for_their_turn_holds_them(office):
    async def story(office):
        tasks = [asyncio.create_task(office.call(SILENT)) for _ in range(4)]
        await asyncio.sleep(10)
        out = [task.result() for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        return out

    # Ten a second, until the first has shown that nobody is there.
    assert office(story, rate=10.0) == [0.0]


def test_a_closed_lane_lets_nobody_wait_for_the_end_of_an_outage(office):
    async def story(office):
        async with office.in_an_outage():
            tasks = [asyncio.create_task(office.call(ANSWERED)) for _ in range(3)]
            await asyncio.sleep(0.5)
            office.lane.close()
            return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in office(story)] == [NoTurn] * 3


def test_a_closed_lane_holds_nobody_in_an_outage_that_begins_later(office):
    async def story(office):
        async with office.watched():
            office.lane.close()
            await office.told(SILENT)
            return await asyncio.gather(office.call(ANSWERED), return_exceptions=True)

    assert [type(each) for each in office(story)] == [NoTurn]


def test_a_closed_lane_lets_a_call_go_on_when_the_silence_was_no_outage(office):
    async def story(office):
        async with office.watched():
            office.lane.close()
            office.issuer = ANSWERED
            await office.told(SILENT)
            return await office.call(ANSWERED)

    assert office(story) == 1.0


def test_a_closed_lane_lets_calls_go_on_while_the_issuer_answers(office):
    async def story(office):
        office.lane.close()
        return await office.call(ANSWERED)

    assert office(story) == 0.0


def test_an_outage_that_is_too_long_ends_the_run(office):
    async def story(office):
        async with office.in_an_outage():
            await asyncio.sleep(101.5)
            return [str(error) for error in office.ends]

    assert office(story) == [
        (
            "no answer from the issuer for 101 s (no connection). The rows that are left can be "
            "resumed."
        )
    ]


def test_a_run_ends_where_every_call_is_answered_with_429_for_longer_than_an_outage_may_take(
    office,
):
    async def story(office):
        # Just as long is not longer.
        await office.told(LIMITED, LIMITED, seconds=100.0)
        before = list(office.ends)
        await office.told(LIMITED)
        return before, [(type(error), error.text, error.http_status) for error in office.ends]

    told = (
        "for 101 s the issuer has answered every call with HTTP 429. The rows that are left can "
        "be resumed."
    )
    assert office(story) == ([], [(RateLimited, told, 429)])


def test_another_answer_in_between_begins_that_time_anew(office):
    async def story(office):
        await office.told(LIMITED, ANSWERED, LIMITED, LIMITED, seconds=60.0)
        before = len(office.ends)
        await office.told(LIMITED, seconds=60.0)
        return before, len(office.ends)

    assert office(story) == (0, 1)


def test_a_run_goes_on_for_as_long_as_its_calls_are_answered_otherwise(office):
    async def story(office):
        await office.told(*[ANSWERED] * 5, seconds=60.0)
        return office.ends

    assert office(story) == []


def test_a_question_is_never_asked_twice_in_a_second(office):
    async def story(office):
        office.issuer = ANSWERED
        async with office.watched():
            for _ in range(4):
                await office.call(SILENT, 0.1)
        return office.asked

    assert office(story) == pytest.approx([0.1, 1.1, 2.1])


def test_a_question_keeps_to_a_rate_below_one_a_second(office):
    async def story(office):
        async with office.in_an_outage():
            await asyncio.sleep(25)
        return office.asked

    assert office(story, rate=0.1) == [1.0, 11.0, 21.0]


def test_what_the_lane_waits_for_is_the_end_of_the_outage(office):
    async def story(office):
        told = [office.lane.hindrance()]
        for verdict in (SILENT, ANSWERED):
            await office.told(verdict)
            found = office.lane.hindrance()
            told.append(found and tuple(found))
        return told

    # A look-up every four seconds may end it.
    assert office(story, rate=0.25) == [None, ("outage", 4.0, True), None]
