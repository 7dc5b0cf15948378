"""What a row waits for, on a virtual clock: its turn, a network, a limit, its result; for how long,
and what a stop leaves behind.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import Policy, errors
from freedompay_async.batch import State, row_sending
from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.stopping import Held, Stopped
from tests.batch.desk import (
    CARD,
    CLIENT,
    DONE,
    ISSUED,
    PROCESS,
    Desk,
    cards,
    error,
    outcome,
    own,
    sent_before,
    state,
)

NOT_SENT = error(errors.NotSent)
TOO_LONG = (
    "the issuer {}, longer than there was time left for (Limits.{} is {} s). Rows are left as "
    "they are: resume later"
)
ASKED = "asked to wait {} s"
SILENT = "answers 429 and does not say for how long"


def now() -> float:
    return asyncio.get_running_loop().time()


def limited(seconds=None):
    return error(errors.RateLimited, retry_after=seconds)


class Timed(Desk):
    """A row whose client exists, and which tells when things happened."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.times = []

    async def submit(self, call, request, options, *, on_leave, **more):
        self.times.append(now())
        return await super().submit(call, request, options, on_leave=on_leave, **more)

    async def look_up(self, request_id, *, timeout=None, waited=None):
        self.times.append(now())
        return await super().look_up(request_id, timeout=timeout, waited=waited)

    async def ended(self, **known):
        """How the row ends: its outcome, or what is raised."""
        try:
            return outcome(await self.issue(**{"client_id": "cl-1"} | known))
        except Held as held:
            return Held, str(held), held.question
        except Stopped as stopped:
            return type(stopped), str(stopped)


LEFT = (Stopped, "")


def held(text, *, question=False):
    return Held, text, question


@pytest.fixture(autouse=True)
def _half(monkeypatch):
    """Each pause is the middle one of those that it may be."""
    monkeypatch.setattr(row_sending, "random", lambda: 0.5)


@pytest.fixture
def ends(play):
    """How the row of a desk ends after what `prepare` does to it, with the desk."""

    def run(prepare=lambda desk: None, options=None, **known):
        async def told():
            desk = run.desk = Timed(**options or {})
            prepare(desk)
            ended = await desk.ended(**known)
            run.at = now()
            return ended

        return play(told())

    return run


# -- no connection


def test_what_can_not_be_sent_is_taken_back_and_written_anew_each_time(ends):
    def prepare(desk):
        desk.sends["card"] = [NOT_SENT, NOT_SENT, CARD]

    assert ends(prepare) == ISSUED
    once = ["written card", "sent card", "taken back card"]
    assert ends.desk.steps_told.count(("taken back", "k7", "card")) == 2
    assert ends.desk.told == [
        "guarded card",
        *once,
        "guarded card again",
        *once,
        "guarded card again",
        *once[:2],
        "accepted card",
        "ended",
    ]


def test_it_is_tried_less_and_less_often_and_twice_a_minute_at_least(ends):
    def prepare(desk):
        desk.sends["card"] = [NOT_SENT] * 8 + [CARD]

    assert ends(prepare) == ISSUED
    pauses = [
        later - earlier
        for earlier, later in zip(ends.desk.times, ends.desk.times[1:], strict=False)
    ]
    assert pauses == [1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0, 45.0]


def test_what_an_earlier_run_may_have_sent_stays_written_down(ends):
    def prepare(desk):
        desk.sends["card"] = [NOT_SENT, CARD]

    assert ends(prepare, sent=sent_before("card")) == ISSUED
    assert ends.desk.told == ["sent card", "sent card", "accepted card", "ended"]


def test_a_run_that_stops_leaves_what_could_not_be_sent_and_it_is_not_on_the_disk(ends):
    def prepare(desk):
        desk.sends["card"] = [NOT_SENT]
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.desk.told[-1], ends.at) == ("taken back card", 1.0)


# -- 429


def test_after_a_429_it_waits_for_as_long_as_it_was_asked_and_a_little_longer_and_says_why(ends):
    def prepare(desk):
        desk.sends["card"] = [limited(20.0), limited(), CARD]
        asyncio.get_running_loop().call_later(1.0, lambda: desk.told.append(desk.progress.trouble))

    assert ends(prepare) == ISSUED
    assert ends.desk.times == [0.0, 21.5, 23.0]
    # It may have been taken all the same, so it stays on the disk.
    assert ends.desk.told == [
        "guarded card",
        "written card",
        "sent card",
        "no.",
        "sent card",
        "sent card",
        "accepted card",
        "ended",
    ]


def test_a_send_that_is_repeated_gives_one_slot_back(ends):
    def prepare(desk):
        desk.sends["card"] = [limited(), limited(), CARD]

    assert ends(prepare) == ISSUED
    assert ends.desk.ahead._value == 4


def test_what_was_answered_with_429_stays_on_the_disk_where_the_next_try_can_not_be_sent(ends):
    def prepare(desk):
        desk.sends["card"] = [limited(), NOT_SENT, CARD]

    assert ends(prepare) == ISSUED
    assert "taken back card" not in ends.desk.told


@pytest.mark.parametrize(("asked", "seconds"), [(60.0, 60), (500.0, 500), (60.2, 61)])
def test_a_row_is_left_where_the_issuer_asks_for_as_much_as_one_call_may_take(ends, asked, seconds):
    def prepare(desk):
        desk.sends["card"] = [limited(asked)]

    assert ends(prepare) == held(TOO_LONG.format(ASKED.format(seconds), "settle", 60))
    assert (ends.desk.told[-1], ends.at) == ("sent card", 0.0)


def test_with_a_little_less_it_waits(ends):
    def prepare(desk):
        desk.sends["card"] = [limited(59.9), CARD]

    assert ends(prepare) == ISSUED


@pytest.mark.parametrize(
    ("asked", "tries", "told"), [(None, 135, SILENT), (18.5, 11, ASKED.format(19))]
)
def test_a_row_is_left_after_429_for_as_long_as_an_outage_may_take(ends, asked, tries, told):
    def prepare(desk):
        desk.sends["card"] = [limited(asked)] * 200

    assert ends(prepare) == held(TOO_LONG.format(told, "outage", 200))
    # The last one comes when just 200 seconds are over, or a little more.
    assert len(ends.desk.times) == tries
    assert ends.at == (201.0 if asked is None else 200.0)


def test_pauses_without_a_connection_are_no_429(ends):
    def prepare(desk):
        desk.sends["card"] = [NOT_SENT] * 9 + [limited(), CARD]

    assert ends(prepare) == ISSUED


def test_a_run_that_stops_leaves_what_it_waits_with_after_a_429(ends):
    def prepare(desk):
        desk.sends["card"] = [limited(20.0)]
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.desk.told[-1], ends.at) == ("sent card", 1.0)


# -- no answer


def too_patient(*, refused):
    lost = error(errors.OutcomeUnknown, refused=refused, retry_after=500.0)
    lost.wait_too_long = True
    return lost


def test_a_row_is_left_where_the_question_about_it_was_asked_to_wait_for_too_long(ends):
    def prepare(desk):
        desk.sends["card"] = [too_patient(refused=False)]

    assert ends(prepare) == held(TOO_LONG.format(ASKED.format(500), "settle", 60))


@pytest.mark.parametrize("stops", [True, False])
def test_a_refusal_is_written_down_whatever_the_question_about_it_was_asked(ends, stops):
    def prepare(desk):
        desk.sends["card"], desk.refusals_say, desk.takes = (
            [too_patient(refused=True)],
            (CARD, False),
            2.0,
        )
        if stops:
            asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    ends(prepare)

    assert "refused card: PERHAPS_USED" in ends.desk.told


def test_a_run_that_stops_leaves_what_was_sent_and_not_answered_as_it_is_on_the_disk(ends):
    def prepare(desk):
        desk.sends["card"], desk.takes = [error(errors.OutcomeUnknown)], 2.0
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.desk.told[-1], ends.at) == ("sent card", 2.0)


# -- its turn


def test_a_run_that_stops_does_not_wait_for_the_turn_of_what_was_never_sent(ends):
    def prepare(desk):
        desk.turn = asyncio.Event()
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.desk.told, ends.at) == (["guarded card", "written card", "taken back card"], 1.0)
    # The next one may be written.
    assert ends.desk.ahead._value == 4


def test_a_run_that_stops_ends_nothing_that_is_on_its_way(ends):
    def prepare(desk):
        desk.takes = 2.0
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == ISSUED


def test_what_an_earlier_run_has_sent_is_settled_while_the_run_stops(ends):
    def prepare(desk):
        desk.turn = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_later(1.0, desk.stopping.stop)
        loop.call_later(2.0, desk.turn.set)

    assert ends(prepare, sent=sent_before("card")) == ISSUED


@pytest.mark.parametrize(
    "error_of", [errors.ConfigurationError, errors.NotSent, asyncio.CancelledError]
)
def test_what_ends_before_it_leaves_is_taken_back(play, error_of):
    async def story():
        desk = Timed()
        desk.unsendable = error_of("no.")
        issuing = asyncio.create_task(desk.issue(client_id="cl-1"))
        await asyncio.wait([issuing], timeout=0.5)
        issuing.cancel()
        await asyncio.wait([issuing])
        return desk

    desk = play(story())

    assert desk.told[:3] == ["guarded card", "written card", "taken back card"]
    assert desk.effects() == []
    assert desk.ahead._value == 4


def test_an_intent_that_was_answered_with_429_stays_whatever_follows(play):
    async def story():
        desk = Timed()
        desk.sends["card"] = [limited(1.0)]
        issuing = asyncio.create_task(desk.issue(client_id="cl-1"))
        await asyncio.sleep(0.5)
        desk.unsendable = errors.ConfigurationError("no.")
        await asyncio.wait([issuing])
        return desk

    desk = play(story())

    assert desk.told == ["guarded card", "written card", "sent card"]


@pytest.mark.parametrize("known", [{}, {"sent": sent_before("card")}])
def test_nothing_leaves_for_a_row_whose_lease_is_lost_meanwhile(ends, known):
    def prepare(desk):
        desk.lease_lasts = False

    assert ends(prepare, **known) == (LeaseLost, "")
    assert ends.desk.effects() == []


def test_nothing_is_on_the_disk_while_a_slow_signer_is_at_work(play):
    async def story():
        desk = Timed(ahead=1)
        desk.signing_takes = 5.0
        desk.sends["card"] = [CARD] * 3
        issuing = [asyncio.create_task(desk.issue(client_id="cl-1")) for _ in range(3)]
        await asyncio.sleep(4.9)
        before = list(desk.told)
        await asyncio.gather(*issuing)
        return before, now()

    # All three are signed at once, though only one may wait to be sent.
    assert play(story()) == ([], 5.0)


def test_a_run_that_stops_does_not_wait_for_a_slow_signer(ends):
    def prepare(desk):
        desk.signing_takes = 5.0
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.desk.told, ends.at) == ([], 1.0)


def test_few_are_on_the_disk_and_wait_for_their_turn(play):
    async def story():
        desk = Timed(ahead=2)
        desk.turn = asyncio.Event()
        desk.sends["card"] = [CARD] * 5
        issuing = [asyncio.create_task(desk.issue(client_id="cl-1")) for _ in range(5)]
        await asyncio.sleep(1.0)
        written = desk.told.count("written card")
        desk.turn.set()
        await asyncio.gather(*issuing)
        return written, desk.ahead._value

    assert play(story()) == (2, 2)


def test_what_the_guard_stops_is_not_written_and_makes_room_for_the_next(ends):
    def prepare(desk):
        desk.guard_says = Stopped()

    assert ends(prepare) == LEFT
    assert (ends.desk.told, ends.desk.ahead._value) == (["guarded card"], 4)


# -- its result


def test_a_row_that_waits_for_its_result_is_shown_so_and_makes_room_for_another(ends):
    shown = []

    def prepare(desk):
        desk.sends["card"], desk.looks["card"], desk.progress.waiting = [PROCESS], [PROCESS], 5

        def look():
            shown.append((desk.progress.waiting, desk.room.is_set()))
            return CARD

        desk.looks["card"] = [look]

    assert ends(prepare) == ISSUED
    assert shown == [(6, True)]
    assert ends.desk.progress.waiting == 5


def test_a_row_whose_result_is_there_does_not_wait(ends):
    assert ends() == ISSUED
    assert not ends.desk.room.is_set()


def test_it_is_waited_for_for_as_long_as_the_limit_says_and_the_row_is_left(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [PROCESS]

    assert ends(prepare) == LEFT
    assert 99.0 <= ends.at <= 100.0
    assert ends.desk.progress.waiting == 0


def test_so_it_is_with_what_an_earlier_run_has_sent(ends):
    def prepare(desk):
        desk.looks["card"] = [PROCESS]

    assert ends(prepare, sent=sent_before("card", accepted=True)) == LEFT
    assert 99.0 <= ends.at <= 100.0


def test_what_its_questions_have_waited_for_their_turns_does_not_count(ends):
    def prepare(desk):
        desk.sends["card"] = [PROCESS]

        def first():
            desk.waited.seconds += 40.0
            return PROCESS

        desk.looks["card"] = [first, PROCESS]

    assert ends(prepare) == LEFT
    assert 138.0 <= ends.at <= 140.0


def test_what_is_given_back_is_time_enough_for_a_question(ends):
    def prepare(desk):
        late = 100.0 + 0.9 * desk.policy.attempt_timeout

        def look():
            # Half a second is less than a question may take, and its answer would come too late.
            desk.waited.seconds = 0.5
            return PROCESS if now() < late else CARD

        desk.sends["card"], desk.looks["card"] = [PROCESS], [look]

    assert ends(prepare) == ISSUED
    assert 100.0 < ends.at <= 100.0 + ends.desk.policy.attempt_timeout


def test_a_run_that_stops_leaves_what_is_still_in_process(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [PROCESS]
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends(prepare) == LEFT
    assert (ends.at, ends.desk.progress.waiting) == (1.0, 0)


def test_a_row_is_left_where_the_issuer_asks_to_wait_with_the_questions_for_too_long(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [limited(500.0)]

    assert ends(prepare) == held(TOO_LONG.format(ASKED.format(500), "wait", 100), question=True)


def test_a_success_whose_card_is_not_named_is_unknown_and_says_so(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [state(cards=[{"card_id": ""}])]

    told = (
        f"cards.issue: done, and not all ids are named yet (so far none) [request_id {own('card')}]"
    )
    assert ends(prepare) == (State.UNKNOWN, "cl-1", None, told)


def test_the_cards_that_are_named_so_far_are_told(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [cards("c-1", "")]

    told = (
        "cards.issue: done, and not all ids are named yet (so far card c-1) [request_id "
        f"{own('card')}]"
    )
    assert ends(prepare)[3] == told


def test_what_was_accepted_and_is_not_known_is_unknown(ends):
    told = (
        f"the issuer accepted it, and request/status does not know it. [request_id {own('card')}]"
    )

    assert ends(sent=sent_before("card", accepted=True)) == (State.UNKNOWN, "cl-1", None, told)
    # The grace time is for an id of which nobody knows whether it was accepted.
    assert ends.at > 10 * Policy().grace


def test_what_was_accepted_and_is_known_again_after_the_grace_time_is_issued(ends):
    def prepare(desk):
        desk.looks["card"] = [lambda: CARD if now() > 3 * Policy().grace else None]

    assert ends(prepare, sent=sent_before("card", accepted=True)) == ISSUED


@pytest.mark.parametrize(
    "nothing",
    [error(errors.ProtocolError), error(errors.NotSent), error(errors.OutcomeUnknown), limited()],
)
def test_where_the_last_question_told_nothing_it_is_left(ends, nothing):
    def prepare(desk):
        desk.looks["card"] = [nothing]

    assert ends(prepare, sent=sent_before("card", accepted=True)) == LEFT


def test_what_was_in_process_and_is_not_known_any_more_is_left(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [PROCESS], [None]

    assert ends(prepare) == LEFT


def test_the_question_that_is_refused_ends_the_run(play):
    async def story():
        desk = Timed()
        desk.sends["card"], desk.looks["card"] = [PROCESS], [error(errors.AuthenticationError)]
        with pytest.raises(errors.AuthenticationError):
            await desk.issue(client_id="cl-1")
        return desk.progress.waiting

    assert play(story()) == 0


# -- the witness


def test_what_the_issuer_has_taken_is_the_witness_and_no_row_is_held_any_more(ends):
    def prepare(desk):
        desk.sends["card"] = [PROCESS]
        desk.looks["card"] = [
            lambda: desk.told.append((desk.shared.witness, desk.shared.held)) or CARD
        ]

    assert ends(prepare) == ISSUED
    assert (own("card"), 0) in ends.desk.told


def test_where_a_result_was_waited_for_and_is_there_no_question_is_held_any_more(ends):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"], desk.shared.held_questions = [PROCESS], [CARD], 3

    assert ends(prepare) == ISSUED
    assert ends.desk.shared.held_questions == 0


@pytest.mark.parametrize(
    ("witness", "after"), [(own("card"), None), (own("client"), own("client"))]
)
def test_what_the_issuer_asks_to_wait_with_for_too_long_is_no_witness_any_more(
    ends, witness, after
):
    def prepare(desk):
        def look():
            desk.shared.witness = witness
            return limited(500.0)

        desk.sends["card"], desk.looks["card"] = [PROCESS], [look]

    assert ends(prepare)[0] is Held
    assert ends.desk.shared.witness == after


@pytest.mark.parametrize("kind", [errors.RequestFailed, errors.DuplicateRequest])
def test_what_it_has_refused_is_no_witness_and_no_row_is_held_any_more(ends, kind):
    def prepare(desk):
        desk.sends["card"], desk.refusals_say = [error(kind, refused=True)], (CARD, False)

    assert ends(prepare) == ISSUED
    assert (ends.desk.shared.witness, ends.desk.shared.held) == (None, 0)


def test_what_is_not_answered_tells_nothing_of_the_rows_that_are_held(ends):
    def prepare(desk):
        desk.sends["card"] = [error(errors.OutcomeUnknown)]

    ends(prepare)

    assert (ends.desk.shared.witness, ends.desk.shared.held) == (None, 3)


def test_clients_and_activations_are_witnesses_too(ends):
    def prepare(desk):
        desk.sends |= {"client": [CLIENT], "activate": [DONE]}

    assert ends(prepare, {"activate": "yes"}, client_id=None) == ISSUED
    assert ends.desk.shared.witness == own("activate")
