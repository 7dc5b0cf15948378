"""What becomes of a refused step, on a virtual clock: when it is asked about, what is on the disk
before, and what proves it.
"""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import msgspec
import pytest

from freedompay_async.batch import State
from freedompay_async.batch.ending import Ended, not_proved, now_proved, proved, says_nothing
from freedompay_async.batch.entries import Earlier, Entry, Refusal
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.progress import Progress
from freedompay_async.batch.refusals import Refusals
from freedompay_async.batch.run_resources import RunResources
from freedompay_async.batch.stopping import Held, Stopped, Stopping
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import RequestState
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.contract.table import CARDS_ISSUE
from freedompay_async.errors import (
    DuplicateRequest,
    NotSent,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.events.hub import Hub
from freedompay_async.settings.policy import Policy
from freedompay_async.traffic.poll_schedule import PollSchedules
from tests.batch.desk import stands

GRACE = 5.0
SETTINGS = {"merchant": "1", "batch": "may"}
WITNESS = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
KNOWN = RequestState(status="ok", request_status="process")
SUCCEEDED = msgspec.convert(
    {"status": "ok", "request_status": "success", "cards": [{"card_id": "c-1"}]}, RequestState
)
FAILED = RequestState(status="ok", request_status="error")
FAILED_WITH_CLIENT = RequestState(status="ok", request_status="error", client_id="cl-2")
FAILED_WITH_CARD = msgspec.convert(
    {"status": "ok", "request_status": "error", "cards": [{"card_id": "c-2"}]}, RequestState
)
NOTHING = ProtocolError("a page.")
RATHER_NOT = NotSent("no connection.")


def now() -> float:
    return asyncio.get_running_loop().time()


class Run:
    """A run whose issuer says of an id what `says` has for it, and of any other that it does not
    know it.
    """

    def __init__(self, *, witness=WITNESS, **says) -> None:
        self.asked, self.written = [], []
        self.row = Entry(
            number=7, line=8, key="k7", planned=None, client_id="cl-1", card_id=None, sent={}
        )
        self.row.refused = True
        # Its own way to the id: a row remembers an id that it was asked for once.
        self.own = derive_request_id("1", "may", "k7", "card")
        self.says = {self.own: says.get("own"), WITNESS: says.get("witness_is", KNOWN)}
        self.takes = 0.0
        self.policy, self.polls = Policy(grace=GRACE), PollSchedules(Policy())
        self.stopping, self.progress = Stopping(), Progress()
        self.shared = RunResources(
            session=SimpleNamespace(
                shared=self, policy=self.policy, look_up=self.look_up, hub=Hub()
            ),
            lane=SimpleNamespace(),
            journal=self,
            limits=Limits(settle=60.0),
            progress=self.progress,
            settings=SETTINGS,
            clock=SimpleNamespace(
                sends_of=lambda earlier: SentBefore(earlier.sent_at, earlier.quiet_since)
            ),
            stopping=self.stopping,
            room=asyncio.Event(),
            witness=witness,
        )
        self.refusals = Refusals(self.shared)

    async def look_up(self, request_id, *, waited):
        self.asked.append(
            (
                round(now(), 1),
                "own"
                if request_id == self.own
                else "witness"
                if request_id == WITNESS
                else request_id,
            )
        )
        await asyncio.sleep(self.takes)
        said = self.says.get(request_id)
        if isinstance(said, Exception):
            raise said
        return said

    async def refuse(self, row, step, refusal, *, state, reason):
        values = (stands(row, state, reason), (refusal.value, row.number, step))
        self.written.append((now(), "refuse", values))

    async def go_on(self, row):
        self.written.append((now(), "go on", stands(row)))

    def accepted(self, row, step):
        self.written.append((now(), "accepted", (row.number, step)))

    def error(self, kind=RequestFailed, **facts):
        return kind(
            "no.",
            request_id=self.own,
            call="cards.issue",
            **({"error_code": "42", "done": None} | facts),
        )

    async def now_refused(self, error=None, *, step="card", refusal=Refusal.PERHAPS_USED):
        return await self.refusals.of_this_run(
            self.row, step, CARDS_ISSUE, error or self.error(), refusal=refusal
        )

    async def refused_before(self, earlier=None):
        return await self.refusals.of_an_earlier_run(self.row, "card", CARDS_ISSUE, earlier)


@pytest.fixture
def ended(play):
    """How a story ends: the end of its row, or what it gives."""

    def run(story):
        async def told():
            try:
                return await story()
            except Ended as end:
                return end

        return play(told())

    return run


def told(state, reason, *, proved=False):
    def is_so(end):
        return (end.state, end.reason, end.proved) == (state, reason, proved)

    return is_so


# -- in this run


def test_what_was_refused_is_on_the_disk_before_it_is_asked_about(play):
    run = None

    async def story():
        nonlocal run
        run = Run(own=KNOWN)
        return await run.now_refused()

    operation, used = play(story())
    reason = not_proved(run.error())

    assert run.written[0] == (
        0.0,
        "refuse",
        ((7, "refused", "cl-1", None, False, reason, False), (2, 7, "card")),
    )
    assert run.asked == [(GRACE, "own")]
    assert (operation.request_id, operation.answer, used) == (run.own, KNOWN, True)
    assert run.row.refused is False


def test_it_holds_no_place_while_it_waits(play):
    async def story():
        run = Run()
        waiting = asyncio.create_task(run.now_refused())
        await asyncio.sleep(1.0)
        during = run.progress.asking_again, run.shared.room.is_set()
        await asyncio.wait([waiting])
        return during, run.progress.asking_again

    assert play(story()) == ((1, True), 0)


def test_it_is_proved_where_the_issuer_does_not_know_it_and_knows_another(ended):
    async def story():
        story.run = Run()
        await story.run.now_refused()

    assert told(State.REFUSED, proved(Run().error()), proved=True)(ended(story))
    assert story.run.asked == [(GRACE, "own"), (GRACE, "witness")]


@pytest.mark.parametrize(
    "options", [{"witness": None}, {"witness_is": None}, {"witness_is": NOTHING}]
)
def test_it_is_not_proved_where_the_issuer_knows_no_other_or_says_nothing_of_it(ended, options):
    async def story():
        await Run(**options).now_refused()

    assert told(State.REFUSED, not_proved(Run().error()))(ended(story))


def test_what_is_not_known_after_a_duplicate_error_is_unknown(ended):
    async def story():
        story.run = run = Run()
        await run.now_refused(run.error(DuplicateRequest))

    end = ended(story)
    error = story.run.error(DuplicateRequest)

    assert told(State.UNKNOWN, str(error))(end)
    assert story.run.written[0][2][0] == (7, "unknown", "cl-1", None, False, str(error), False)
    assert story.run.asked == [(GRACE, "own")]


def test_a_card_that_could_not_be_activated_is_written_as_issued(ended):
    async def story():
        story.run = run = Run()
        await run.now_refused(step="activate")

    ended(story)

    assert story.run.written[0][2] == (
        (7, "issued", "cl-1", None, False, not_proved(story.run.error()), False),
        (2, 7, "activate"),
    )


def test_where_nothing_is_said_for_the_grace_time_the_row_is_unknown(ended):
    async def story():
        story.run = run = Run(own=NOTHING)
        await run.now_refused()

    assert told(State.UNKNOWN, says_nothing(Run().error()))(ended(story))
    # One answer that says nothing may be an accident.
    assert len(story.run.asked) > 2
    assert story.run.asked[-1][0] >= 2 * GRACE


@pytest.mark.parametrize("when", ["with the refusal", "when it is asked about again"])
def test_where_the_issuer_asks_to_wait_for_too_long_the_row_is_left_and_the_refusal_stays_on_the_disk(
    play, when
):
    async def story():
        run = Run(own=RateLimited("slow.", retry_after=500.0))
        error = run.error(retry_after=500.0)
        error.wait_too_long = when == "with the refusal"
        with pytest.raises(Held) as caught:
            await run.now_refused(error)
        return run, error, caught.value

    run, error, held = play(story())
    reason = not_proved(error)

    assert (str(held), held.question) == (
        (
            "the issuer asked to wait 500 s, longer than there was time left for (Limits.settle "
            "is 60 s). Rows are left as they are: resume later"
        ),
        True,
    )
    # A later run takes it up as begun, and asks about it before anything else.
    refused = (Refusal.PERHAPS_USED.value, 7, "card")
    assert [each[1:] for each in run.written] == [
        ("refuse", ((7, state, "cl-1", None, False, reason, False), refused))
        for state in ("refused", "started")
    ]
    assert run.asked == ([] if error.wait_too_long else [(GRACE, "own")])
    assert run.progress.asking_again == 0


@pytest.mark.parametrize("after", [1.0, 7.0])
def test_a_run_that_stops_leaves_it_as_it_is_on_the_disk(ended, after):
    async def story():
        run = Run(own=RATHER_NOT)
        asyncio.get_running_loop().call_later(after, run.stopping.stop)
        await run.now_refused()

    end = ended(story)

    assert told(State.REFUSED, not_proved(Run().error()))(end)
    assert isinstance(end.__cause__, Stopped)


@pytest.mark.parametrize(
    ("refusal", "state", "used"),
    [
        (Refusal.PERHAPS_USED, KNOWN, True),
        (Refusal.PERHAPS_USED, SUCCEEDED, True),
        (Refusal.PERHAPS_USED, FAILED_WITH_CLIENT, True),
        (Refusal.PERHAPS_USED, FAILED_WITH_CARD, True),
        (Refusal.PERHAPS_USED, FAILED, False),
        (Refusal.OWN, KNOWN, False),
        (Refusal.OWN, SUCCEEDED, False),
        (Refusal.OWN, FAILED_WITH_CARD, False),
    ],
)
@pytest.mark.parametrize("when", ["now", "before"])
def test_what_is_known_after_all_may_be_somebody_elses_unless_an_earlier_send_was_our_own_or_it_made_nothing(
    play, refusal, state, used, when
):
    async def story():
        run = Run(own=state)
        earlier = Earlier(0.0, accepted=False, body_sha256=b"", refused=refusal)
        made = await (
            run.now_refused(refusal=refusal) if when == "now" else run.refused_before(earlier)
        )
        return (
            made[1],
            run.row.refused,
            [each[1:] for each in run.written if each[1] != "refuse"],
        )

    kept = [
        ("go on", (7, "started", "cl-1", None, False, None, False)),
        ("accepted", (7, "card")),
    ]
    assert play(story()) == (used, False, [] if used else kept)


# -- in an earlier run


@pytest.mark.parametrize(
    ("age", "wait"),
    [(None, 0.0), (0.0, GRACE), (2.0, 3.0), (GRACE, 0.0), (500.0, 0.0), (-500.0, GRACE)],
)
def test_what_an_earlier_run_was_refused_is_asked_about_when_its_grace_time_is_over(
    play, monkeypatch, age, wait
):
    monkeypatch.setattr(time, "time", lambda: 10_000.0)

    async def story():
        run = Run(own=KNOWN)
        earlier = (
            None
            if age is None
            else Earlier(10_000.0 - age, accepted=False, body_sha256=b"", refused=Refusal.OWN)
        )
        operation, used = await run.refused_before(earlier)
        return run.asked, operation.request_id == run.own, operation.answer, used

    # Of what has no intent on the disk it isn't known whose use it is.
    assert play(story()) == ([(wait, "own")], True, KNOWN, age is None)


@pytest.mark.parametrize(("quiet", "wait"), [(500.0, 0.0), (2.0, 3.0), (-9.0, GRACE)])
def test_the_grace_time_of_what_a_lost_owner_may_have_sent_late_begins_at_the_end_of_its_lease(
    play, monkeypatch, quiet, wait
):
    monkeypatch.setattr(time, "time", lambda: 10_000.0)

    async def story():
        run = Run(own=KNOWN)
        await run.refused_before(
            Earlier(9_000.0, False, b"", Refusal.OWN, quiet_since=10_000.0 - quiet)
        )
        return run.asked

    assert play(story()) == [(wait, "own")]


@pytest.mark.parametrize(
    ("reason", "told_as"),
    [
        ("refused once", "refused once"),
        (None, "cards.issue: refused"),
        ("", "cards.issue: refused"),
    ],
)
@pytest.mark.parametrize("proved", [True, False])
def test_what_is_still_not_known_is_told_in_its_old_words_and_proved_if_it_is(
    ended, reason, told_as, proved
):
    async def story():
        run = Run(witness=WITNESS if proved else None)
        run.row.reason = reason
        await run.refused_before()

    assert told(State.REFUSED, now_proved(told_as) if proved else told_as, proved=proved)(
        ended(story)
    )


def test_where_nothing_is_said_of_it_the_row_is_unknown_in_its_old_words(ended):
    async def story():
        run = Run(own=NOTHING)
        run.row.reason = "refused once"
        await run.refused_before()

    assert told(State.UNKNOWN, "refused once")(ended(story))


def test_a_run_that_stops_leaves_it(play):
    async def story():
        run = Run()
        asyncio.get_running_loop().call_later(1.0, run.stopping.stop)
        with pytest.raises(Stopped):
            await run.refused_before(Earlier(time.time() + 100.0, accepted=False, body_sha256=b""))
        return run.asked, run.row.refused

    assert play(story()) == ([], True)


# -- the witness


def still(run):
    return asyncio.create_task(run.refused_before())


async def proved_of(*tasks):
    await asyncio.wait(tasks)
    return [task.exception().proved for task in tasks]


def witnessed(run):
    return [at for at, what in run.asked if what == "witness"]


def test_one_answer_about_the_witness_holds_for_all_rows_for_a_second(play):
    async def story():
        run = Run()
        run.takes = 0.25
        proved = await proved_of(*(still(run) for _ in range(5)))
        await asyncio.sleep(0.7)
        proved += await proved_of(still(run))
        again = len(witnessed(run))
        run.says[WITNESS] = None
        await asyncio.sleep(0.2)
        proved += await proved_of(still(run))
        return proved, again, witnessed(run)

    # The first answer is there at 0.5, so it holds until 1.5.
    assert play(story()) == ([True] * 6 + [False], 1, [0.2, 1.9])


@pytest.mark.parametrize(("said", "holds"), [(NOTHING, GRACE), (RATHER_NOT, 60.0)])
def test_that_nothing_was_said_of_it_holds_for_as_long_as_it_took_to_hear_nothing(
    play, said, holds
):
    async def story():
        run = Run(witness_is=said)
        await asyncio.sleep(1_000.0)
        proved = await proved_of(still(run))
        heard = now() - 1_000.0
        run.says[WITNESS] = KNOWN
        before = len(witnessed(run))
        await asyncio.sleep(holds - 0.1)
        proved += await proved_of(still(run))
        held = len(witnessed(run)) == before
        # It took a little longer than that.
        await asyncio.sleep(heard - holds + 0.2)
        proved += await proved_of(still(run))
        return proved, held, len(witnessed(run)) - before

    assert play(story()) == ([False, False, True], True, 1)


def test_after_just_a_second_the_witness_is_asked_about_again(play):
    async def story():
        run = Run()
        await proved_of(still(run))
        for _ in range(4):
            await asyncio.sleep(0.25)
            await proved_of(still(run))
        return witnessed(run)

    assert play(story()) == [0.0, 1.0]


def test_without_a_witness_nothing_is_asked_and_one_that_comes_later_is(play):
    async def story():
        run = Run(witness=None)
        proved = await proved_of(still(run))
        asked = witnessed(run)
        run.shared.witness = WITNESS
        return proved + await proved_of(still(run)), asked, len(witnessed(run))

    assert play(story()) == ([False, True], [], 1)


# -- the time of a question


@pytest.mark.parametrize(("in_line", "asked"), [(0.0, 1), (500.0, 2)])
def test_the_wait_for_a_turn_takes_nothing_from_the_time_for_an_answer(play, in_line, asked):
    """The first answer comes after 500 s; where these were spent in the queue, there is time to ask
    again.
    """

    async def story():
        run = Run()

        async def look_up(request_id, *, waited):
            run.asked.append(now())
            if len(run.asked) > 1:
                return KNOWN
            await asyncio.sleep(500.0)
            waited.seconds += in_line
            raise RATHER_NOT

        run.shared.session.look_up = look_up
        try:
            return await run.shared.ask(run.own), len(run.asked)
        except Stopped:
            return None, len(run.asked)

    assert play(story()) == (KNOWN if asked == 2 else None, asked)
