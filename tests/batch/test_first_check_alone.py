"""Which ids are asked about before anything is sent, on a virtual clock: how often, for how long,
and what is shown meanwhile.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from freedompay_async.batch import first_check
from freedompay_async.batch.entries import Earlier, Entry
from freedompay_async.batch.first_check import FirstCheck, spread
from freedompay_async.batch.journal.records import Fact
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.progress import Progress
from freedompay_async.batch.run_resources import RunResources
from freedompay_async.batch.stopping import Stopped, Stopping
from freedompay_async.contract.models import RequestState
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    NotSent,
    ProtocolError,
    RateLimited,
)

KNOWN = RequestState(status="ok", request_status="process")
NOTHING = ProtocolError("a page. Ask again.")
ASKED = "request ids are asked about before they are sent for the first time"


def id_of(number):
    return derive_request_id("1", "may", f"k{number}", "client")


def now() -> float:
    return asyncio.get_running_loop().time()


class Run:
    """A run of so many rows; the issuer says of each id what `says` has for it, one after another,
    and `otherwise` of any other.
    """

    def __init__(self, rows=3, *, otherwise=None, settle=60.0, **says) -> None:
        self.asked, self.shown = [], []
        self.says = {id_of(int(number[1:])): list(given) for number, given in says.items()}
        self.slow = {}
        self.otherwise, self.takes, self.is_silent, self.unsure_then = otherwise, 0.0, 0.0, []
        self.kept = {}
        self.rows = rows
        self.stopping, self.progress = Stopping(), Progress()
        self.lane = SimpleNamespace(seconds_without_answer=lambda: self.is_silent, unsure=False)
        self.shared = RunResources(
            session=self,
            lane=self.lane,
            journal=self,
            limits=Limits(settle=settle),
            progress=self.progress,
            settings={"merchant": "1", "batch": "may"},
            clock=None,
            stopping=self.stopping,
            room=asyncio.Event(),
            witness=None,
        )

    async def look_up(self, request_id, *, waited):
        self.asked.append((now(), request_id))
        self.shown.append(self.progress.trouble)
        self.unsure_then.append(self.lane.unsure)
        if takes := self.slow.get(request_id, self.takes):
            await asyncio.sleep(takes)
        given = self.says.get(request_id)
        said = given.pop(0) if given else self.otherwise
        if isinstance(said, Exception):
            raise said
        return said

    async def keys(self, numbers):
        return [f"k{number}" for number in numbers if 0 < number <= self.rows]

    async def keep(self, facts):
        self.kept |= facts

    def remembered(self):
        return [(name.value, value) for name, value in self.kept.items()]

    def of(self, number):
        return [at for at, request_id in self.asked if request_id == id_of(number)]

    async def begin(self, check="sample", *, begun=False, remembered=False):
        self.first = FirstCheck(self.shared, check)
        self.first.remember({Fact.CHECK_FIRST: "all"} if remembered else {})
        await self.first.begin(rows=self.rows, begun=begun)
        return self.first


@pytest.fixture(autouse=True)
def _no_luck(monkeypatch):
    monkeypatch.setattr(first_check, "random", lambda: 0.5)
    monkeypatch.setattr("freedompay_async.batch.run_resources.random", lambda: 0.5)


@pytest.fixture
def run_of(play):
    """Runs a story about a run that is made where its loop is."""

    def tell(story, *args, **options):
        async def told():
            return await story(Run(*args, **options))

        return play(told())

    return tell


def row(*, found=False, sent=()):
    earlier = {step: Earlier(0.0, accepted=True, body_sha256=b"") for step in sent}
    return Entry(
        number=1,
        line=2,
        key="k1",
        planned=None,
        client_id=None,
        card_id=None,
        sent=earlier,
        found=found,
    )


# -- which


@pytest.mark.parametrize(
    ("rows", "most", "numbers"),
    [
        (0, 3, []),
        (1, 3, [1]),
        (3, 3, [1, 2, 3]),
        (4, 3, [1, 2, 4]),
        (5, 3, [1, 3, 5]),
        (100, 3, [1, 50, 100]),
        (101, 5, [1, 26, 51, 76, 101]),
    ],
)
def test_a_sample_is_spread_over_the_file_with_its_first_and_its_last_row(rows, most, numbers):
    assert spread(rows, most) == numbers


def test_a_sample_has_fifty_rows():
    assert (len(spread(10_000)), spread(50), spread(51)[-1]) == (50, list(range(1, 51)), 51)


@pytest.mark.parametrize("every", [False, True])
def test_the_first_step_of_a_row_is_asked_about_if_all_are_and_each_step_of_a_row_that_was_used(
    run_of, every
):
    async def story(run):
        first = await run.begin("none", remembered=every)
        return [
            first.asks(row(), "client"),
            first.asks(row(), "card"),
            first.asks(row(sent=["client"]), "client"),
            first.asks(row(found=True, sent=["client"]), "card"),
        ]

    assert run_of(story) == [every, False, False, True]


@pytest.mark.parametrize(
    ("check", "begun", "remembered", "known", "asked", "every"),
    [
        ("sample", False, False, False, 3, False),
        ("sample", False, False, True, 3, True),
        ("sample", True, False, True, 0, False),
        ("sample", False, True, True, 0, True),
        ("all", False, False, False, 0, True),
        ("all", True, False, False, 0, True),
        ("none", False, False, True, 0, False),
        ("none", True, True, True, 0, True),
    ],
)
def test_what_is_asked_about_when_a_run_begins(
    run_of, check, begun, remembered, known, asked, every
):
    async def story(run):
        first = await run.begin(check, begun=begun, remembered=remembered)
        return len(run.asked), first.asks(row(), "client"), run.remembered()

    expected = [("check_first", "all")] if every and not remembered else []
    assert run_of(story, n3=[KNOWN] if known else []) == (asked, every, expected)


def test_the_ids_of_a_sample_are_those_of_its_rows_and_all_are_asked_about_at_once(run_of):
    async def story(run):
        run.takes = 1.0
        await run.begin()
        return run.asked, now()

    assert run_of(story) == ([(0.0, id_of(number)) for number in (1, 2, 3)], 1.0)


def test_where_one_is_known_the_others_are_not_waited_for(run_of):
    async def story(run):
        await run.begin()
        return now(), [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert run_of(story, n2=[KNOWN], n1=[NOTHING] * 9, n3=[NOTHING] * 9) == (0.0, [])


def test_questions_that_are_on_the_way_then_are_given_up(run_of):
    async def story(run):
        run.slow = {id_of(1): 100.0, id_of(3): 100.0}
        first = await run.begin()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        return now(), left, first.asks(row(), "client")

    assert run_of(story, n2=[KNOWN]) == (0.0, [], True)


def test_only_while_a_sample_is_asked_about_any_answer_is_a_sign_of_the_issuer(run_of):
    async def story(run):
        await run.begin()
        return run.unsure_then, run.lane.unsure, run.progress.trouble

    assert run_of(story) == ([True] * 3, False, None)


def test_so_it_is_where_the_sample_ends_in_an_error_too(run_of):
    async def story(run):
        with pytest.raises(AuthenticationError):
            await run.begin()
        return run.lane.unsure

    assert run_of(story, otherwise=AuthenticationError("no.")) is False


# -- until each is answered


def test_what_got_no_answer_is_asked_about_again_in_rounds(run_of):
    async def story(run):
        await run.begin()
        return run.of(1), run.of(2), run.of(3)

    assert run_of(story, n2=[NotSent("no."), NOTHING], n3=[NOTHING]) == (
        [0.0],
        [0.0, 1.5, 3.0],
        [0.0, 1.5],
    )


def test_what_is_known_in_a_later_round_is_known(run_of):
    async def story(run):
        return (await run.begin()).asks(row(), "client"), run.of(2)

    assert run_of(story, n2=[NOTHING, NOTHING, KNOWN]) == (True, [0.0, 1.5, 3.0])


def test_it_is_asked_again_when_the_issuer_says_so(run_of):
    async def story(run):
        await run.begin()
        return run.of(2)

    assert run_of(story, n2=[RateLimited("slow.", retry_after=7.0)]) == [0.0, 8.5]


HELD = (
    "nothing was sent. Whether the request ids of this batch were used before is not known: the "
    "issuer asked to wait {} s "
    "before it is asked again, longer than there was time left for (Limits.settle is {} s). Run "
    "it again later."
)


@pytest.mark.parametrize(("asked", "seconds"), [(60.0, 60), (60.2, 61), (500.0, 500)])
def test_where_it_asks_for_as_much_as_there_is_time_for_nothing_is_sent_and_it_says_so_at_once(
    run_of, asked, seconds
):
    limited = RateLimited("slow.", retry_after=asked)

    async def story(run):
        with pytest.raises(ConfigurationError) as caught:
            await run.begin()
        return caught.value.text, caught.value.__cause__, now(), run.remembered()

    assert run_of(story, n2=[limited]) == (HELD.format(seconds, 60), limited, 0.0, [])


def test_with_a_little_less_it_is_asked_again(run_of):
    async def story(run):
        await run.begin()
        return run.of(2)

    # Not after the time that there is for it.
    assert run_of(story, n2=[RateLimited("slow.", retry_after=59.9)]) == [0.0, 60.0]


def test_of_what_came_in_place_of_the_answers_the_longest_wait_counts_and_no_answer_asks_for_none(
    run_of,
):
    async def story(run):
        with pytest.raises(ConfigurationError) as caught:
            await run.begin()
        return caught.value.text, now()

    # After the second round half a second is left, which is less than what was asked for then.
    told = run_of(
        story, settle=2.0, n1=[NOTHING] * 9, n2=[NOTHING, RateLimited("slow.", retry_after=1.0)]
    )
    assert told == (HELD.format(1, 2), 1.5)


def test_where_one_gets_no_answer_for_long_nothing_is_sent_and_it_says_why(run_of):
    async def story(run):
        with pytest.raises(ConfigurationError) as caught:
            await run.begin()
        return caught.value.text, caught.value.__cause__, now(), run.remembered()

    last = NotSent("no connection. Try later.")
    message, cause, at, remembered = run_of(
        story, 4, n1=[NOTHING] * 99, n2=[NOTHING] * 99, n4=[NOTHING, *[last] * 99]
    )
    assert message == (
        "nothing was sent. Whether the request ids of this batch were used before is not known: "
        "request/status gave no clear answer to "
        "3 of 4 questions, the last time: no connection. Run it again later; or, if this is how "
        "the host answers an id that it does not "
        'know, say --check-first none (Batch(check_first="none")).'
    )
    assert (cause, at, remembered) == (last, 60.0, [])


def test_a_silence_of_the_issuer_takes_none_of_that_time(run_of):
    async def story(run):
        run.is_silent = 5.0
        asyncio.get_running_loop().call_later(1.0, setattr, run, "is_silent", 105.0)
        with pytest.raises(ConfigurationError):
            await run.begin()
        return now()

    assert run_of(story, otherwise=NOTHING) == 160.0


def test_each_is_asked_about_twice_at_least(run_of):
    async def story(run):
        run.takes = 100.0
        with pytest.raises(ConfigurationError):
            await run.begin()
        return run.of(1), run.of(3)

    # A pause of no length, because the time was over after the first round.
    assert run_of(story, otherwise=NOTHING) == ([0.0, 100.0], [0.0, 100.0])


def test_a_stop_ends_the_wait_for_the_next_round(run_of):
    async def story(run):
        asyncio.get_running_loop().call_later(1.0, run.stopping.stop)
        with pytest.raises(Stopped):
            await run.begin()
        return now()

    assert run_of(story, otherwise=NOTHING) == 1.0


def test_what_is_going_on_is_shown(run_of):
    async def story(run):
        shown = []

        async def look():
            while True:
                await asyncio.sleep(1.0)
                shown.append(run.progress.trouble)

        looking = asyncio.create_task(look())
        run.takes = 0.5
        await run.begin()
        looking.cancel()
        return run.shown, shown, run.progress.trouble

    first, shown, after = run_of(story, n3=[NOTHING, NOTHING])
    assert first[:3] == [f"{ASKED} (0 of 3 answered)"] * 3
    # Two are answered after half a second, the third is asked about again at 2.0 and at 4.0.
    assert shown == [f"{ASKED} (2 of 3 answered): a page"] * 4
    assert after is None


def test_it_shows_how_many_are_answered_as_they_come(run_of):
    async def story(run):
        run.slow = {id_of(number): float(number) for number in (1, 2, 3)}
        asking = asyncio.create_task(run.begin())
        shown = []
        for pause in (0.5, 1.0, 1.0):
            await asyncio.sleep(pause)
            shown.append(run.progress.trouble)
        await asking
        return shown

    assert run_of(story) == [f"{ASKED} ({answered} of 3 answered)" for answered in (0, 1, 2)]


# -- of one row


def test_what_is_said_of_a_row_is_given(run_of):
    async def story(run):
        first = await run.begin("all")
        return await first.state(id_of(1)), await first.state(id_of(2))

    assert run_of(story, n1=[KNOWN]) == (KNOWN, None)


@pytest.mark.parametrize("said", [NOTHING, NotSent("no connection. Try later.")])
def test_where_no_question_of_any_row_is_answered_for_long_the_run_ends_and_says_why(run_of, said):
    async def story(run):
        first = await run.begin("all")
        with pytest.raises(ConfigurationError) as caught:
            await first.state(id_of(1))
        return caught.value.text, caught.value.__cause__, set(run.shown[1:]), now() >= 60.0

    words = said.text.split(". ")[0]
    message, cause, shown, late = run_of(story, otherwise=said)
    assert message == (
        "whether the request ids of the rows that are left were used before is not known: for 60 "
        "s request/status gave no "
        f"clear answer to any question about them, the last time: {words}. Nothing was sent for "
        "these rows, and they can be resumed later."
    )
    assert (cause, shown, late) == (said, {f"{ASKED}: {words}"}, True)


def test_where_another_row_was_answered_meanwhile_only_this_one_is_left(run_of):
    async def story(run):
        first = await run.begin("all")
        asking = asyncio.create_task(first.state(id_of(1)))
        await asyncio.sleep(30.0)
        await first.state(id_of(2))
        await asyncio.wait([asking])
        return type(asking.exception())

    assert run_of(story, n1=[NOTHING] * 99) is Stopped


def test_so_it_is_where_it_was_answered_in_the_moment_in_which_the_question_began(run_of):
    async def story(run):
        first = await run.begin("all")
        await first.state(id_of(2))
        with pytest.raises(Stopped):
            await first.state(id_of(1))
        return True

    assert run_of(story, n1=[NOTHING] * 99)


def test_an_answer_before_the_question_began_does_not_count(run_of):
    async def story(run):
        first = await run.begin("all")
        await first.state(id_of(2))
        await asyncio.sleep(1.0)
        with pytest.raises(ConfigurationError):
            await first.state(id_of(1))
        return True

    assert run_of(story, n1=[NOTHING] * 99)


def test_a_run_that_stops_leaves_the_row_and_accuses_nobody(run_of):
    async def story(run):
        first = await run.begin("all")
        asyncio.get_running_loop().call_later(10.0, run.stopping.stop)
        with pytest.raises(Stopped):
            await first.state(id_of(1))
        return now()

    assert run_of(story, otherwise=NOTHING) == 10.0
