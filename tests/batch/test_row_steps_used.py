"""A row that was used before this journal, on a virtual clock: it is told with what that use has
made, and nothing is made for it.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch import State
from freedompay_async.errors import NotSent, OutcomeUnknown, ProtocolError
from tests.batch.desk import (
    BEFORE,
    FAILED,
    ISSUED,
    NOTHING,
    PROCESS,
    THE_CARD,
    THE_CLIENT,
    cards,
    ends_of,
    error,
    own,
    state,
    used,
)


@pytest.fixture
def ends(play):
    return ends_of(play)


# -- used before this journal


@pytest.mark.parametrize(
    ("step", "answer", "end"),
    [
        ("client", state("process", found=True), (None, None, NOTHING)),
        ("client", state(client_id="cl-5", found=True), ("cl-5", None, THE_CLIENT)),
        ("card", cards("c-5", found=True), ("cl-1", "c-5", THE_CARD)),
        ("card", cards("c-5", client_id="cl-5", found=True), ("cl-1", "c-5", THE_CARD)),
        ("card", state("process", found=True), ("cl-1", None, THE_CLIENT)),
        # An id that is a number on the wire.
        ("client", state(client_id=5, found=True), ("5", None, THE_CLIENT)),
    ],
)
@pytest.mark.parametrize("by", ["the send", "the question before it"])
def test_a_row_that_was_used_before_is_found_and_nothing_more_is_sent(ends, step, answer, end, by):
    def prepare(desk):
        desk.sends[step], desk.first_says = [answer], answer

    client, card, middle = end
    told = ends({"asks": by != "the send"}, prepare, **BEFORE[step])

    assert told == (State.FOUND, client, card, used(middle, step, step))
    assert ends.outcome.found
    sent = ["guarded {0}", "written {0}", "sent {0}"] if by == "the send" else ["asked first {0}"]
    looked = ["asked card"] if step == "client" else []
    # That it was used is on the disk before anything else is asked.
    assert ends.desk.told == [*(each.format(step) for each in sent), "kept", *looked, "ended"]
    assert next(each for each in ends.desk.known if isinstance(each[0], int))[4] is True


def test_the_card_of_that_use_is_asked_for_where_only_its_client_is_known(ends):
    def prepare(desk):
        desk.sends["client"], desk.looks["card"] = (
            [state(client_id="cl-5", found=True)],
            [cards("c-5")],
        )

    assert ends({}, prepare) == (State.FOUND, "cl-5", "c-5", used(THE_CARD, "client", "client"))


@pytest.mark.parametrize(
    "nothing",
    [None, FAILED, error(ProtocolError), error(NotSent), error(OutcomeUnknown), cards("")],
)
def test_it_is_told_without_its_card_where_that_is_not_told(ends, nothing):
    def prepare(desk):
        desk.sends["client"], desk.looks["card"] = [state(client_id="cl-5", found=True)], [nothing]

    assert ends({}, prepare) == (State.FOUND, "cl-5", None, used(THE_CLIENT, "client", "client"))


def test_a_run_that_stops_tells_it_without_its_card(ends):
    def prepare(desk):
        desk.sends["client"], desk.looks["card"] = (
            [state(client_id="cl-5", found=True)],
            [cards("c-5")],
        )
        desk.look_takes = 10.0
        asyncio.get_running_loop().call_later(1.0, desk.stopping.stop)

    assert ends({}, prepare) == (State.FOUND, "cl-5", None, used(THE_CLIENT, "client", "client"))


@pytest.mark.parametrize("by", ["its card", "its client"])
def test_two_cards_of_that_use_make_the_row_doubtful(ends, by):
    two = cards("c-5", "", "c-6", found=True)

    def prepare(desk):
        desk.sends |= {"client": [state(client_id="cl-5", found=True)], "card": [two]}
        desk.looks["card"] = [two]

    known = {"client_id": "cl-5"} if by == "its card" else {}
    reason = f"ordered 1, and 2 cards were made: 2 cards, c-5, c-6 [request_id {own('card')}]"
    assert ends({}, prepare, **known) == (State.DOUBTFUL, "cl-5", "c-5", reason)
    assert ends.desk.known[-1][1] == ("c-6",)


@pytest.mark.parametrize(
    ("known", "what", "end"),
    [
        ({}, "client", (None, "c-5", THE_CARD)),
        ({"client_id": "cl-5"}, "card", ("cl-5", "c-5", THE_CARD)),
        ({"client_id": "cl-5", "card_id": "c-1"}, "card", ("cl-5", "c-1", THE_CARD)),
    ],
)
def test_a_run_that_was_killed_after_it_had_found_a_use_says_so_when_it_is_resumed(
    ends, known, what, end
):
    def prepare(desk):
        desk.looks["card"] = [cards("c-5")]

    client, card, middle = end
    assert ends({}, prepare, found=True, **known) == (
        State.FOUND,
        client,
        card,
        used(middle, what, what),
    )
    assert ends.desk.told == [*([] if "card_id" in known else ["asked card"]), "ended"]


# -- used before, and accepted as the same person's


ACCEPTED = {"found": True, "accepted_found": True}


def test_what_that_use_has_made_is_taken_and_nothing_is_sent(ends):
    def prepare(desk):
        desk.first_says = cards("c-5")
        desk.looks["client"] = [state(client_id="cl-5")]

    assert ends({"asks": True}, prepare, **ACCEPTED, client_id="cl-4") == (
        State.ISSUED,
        "cl-5",
        "c-5",
        None,
    )
    # Its client is asked for again: what was told of that use may have been of a request that was
    # still going on.
    assert ends.desk.told == ["asked client", "asked first card", "ended"]
    assert ends.outcome.found


def test_what_that_use_has_not_ended_is_waited_for(ends):
    def prepare(desk):
        desk.first_says = PROCESS
        desk.looks = {"client": [state(client_id="cl-5")], "card": [PROCESS, cards("c-5")]}

    assert ends({"asks": True}, prepare, **ACCEPTED, client_id="cl-5") == (
        State.ISSUED,
        "cl-5",
        "c-5",
        None,
    )
    assert ends.desk.effects() == []


def test_its_client_is_taken_too(ends):
    def prepare(desk):
        desk.first_says = state(client_id="cl-5", cards=[{"card_id": "c-5"}])

    assert ends({"asks": True}, prepare, **ACCEPTED) == (State.ISSUED, "cl-5", "c-5", None)
    assert ends.desk.told == ["asked first client", "asked first card", "ended"]


def test_what_that_use_has_not_made_is_made(ends):
    def prepare(desk):
        desk.looks["client"] = [state(client_id="cl-5")]

    assert ends({"asks": True}, prepare, **ACCEPTED, client_id="cl-4") == (
        State.ISSUED,
        "cl-5",
        "c-1",
        None,
    )
    assert ends.desk.effects() == ["card"]
    assert ends.desk.bodies[0]["client_id"] == "cl-5"


def test_a_card_of_that_use_that_is_known_is_not_asked_for(ends):
    assert ends({"asks": True}, **ACCEPTED, client_id="cl-5", card_id="c-5") == (
        State.ISSUED,
        "cl-5",
        "c-5",
        None,
    )
    assert ends.desk.told == ["ended"]


def test_nothing_is_made_for_a_client_whose_request_has_failed(ends):
    def prepare(desk):
        desk.looks["client"] = [FAILED]

    end = ends({"asks": True}, prepare, **ACCEPTED, client_id="cl-4")

    assert end[:3] == (State.REFUSED, "cl-4", None)
    assert ends.outcome.proved
    assert own("client") in end[3]
    assert ends.desk.effects() == []


def test_nor_for_one_whose_request_is_not_known_any_more(ends):
    told = (
        f"the issuer accepted it, and request/status does not know it. [request_id {own('client')}]"
    )

    assert ends({"asks": True}, **ACCEPTED, client_id="cl-4") == (State.UNKNOWN, "cl-4", None, told)
    assert ends.desk.told[-2:] == ["asked client", "ended"]
    assert ends.desk.effects() == []


def test_nothing_is_made_for_a_row_whose_use_the_issuer_has_forgotten(ends):
    told = (
        "clients.create: the issuer knew the request id of this row's client before, and does not "
        "know it any more; nothing was sent. "
        f"[request_id {own('client')}]"
    )
    assert ends({"asks": True}, **ACCEPTED) == (State.UNKNOWN, None, None, told)
    assert ends.desk.told == ["asked first client", "ended"]


@pytest.mark.parametrize(("step", "known"), [("card", {"client_id": "cl-1"}), ("client", {})])
def test_what_nobody_has_used_before_is_sent_after_the_question(ends, step, known):
    assert ends({"asks": True}, **known) == ISSUED
    assert ends.desk.told[0] == f"asked first {step}"
    assert step in ends.desk.effects()
    assert not ends.outcome.found
