"""The steps of a row, on a virtual clock: what is sent, what is on the disk before it, and how the
row ends.
"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from freedompay_async.batch import State, row_flow
from freedompay_async.batch.ending import Ended
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.input.documents import DocumentProblem
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.errors import (
    AuthenticationError,
    DuplicateRequest,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RequestFailed,
)
from tests.batch.desk import (
    BEFORE,
    CARD,
    CLIENT,
    DONE,
    FAILED,
    ISSUED,
    PROCESS,
    STEPS,
    THE_CARD,
    Desk,
    body_of,
    cards,
    digest_of,
    ends_of,
    error,
    own,
    sent_before,
    state,
    used,
)


@pytest.fixture
def ends(play):
    return ends_of(play)


# -- from the first step to the last


def test_each_intent_is_on_the_disk_before_it_is_sent_and_the_end_of_the_row_is_too(ends):
    assert ends({"activate": "yes"}) == ISSUED
    assert ends.desk.told == [
        *("guarded client", "written client", "sent client", "accepted client"),
        *("guarded card", "written card", "sent card", "accepted card"),
        "claimed",
        *("guarded activate", "written activate", "sent activate", "accepted activate"),
        "ended",
    ]


def test_what_is_written_down_is_the_id_and_the_hash_of_the_very_body_that_goes_out(ends):
    ends({"activate": "yes"})
    desk = ends.desk
    intents = [each[0] for each in desk.known if isinstance(each[0], tuple) and len(each[0]) == 5]

    assert [intent[:3] for intent in intents] == [(7, step, own(step)) for step in STEPS]
    assert [intent[3:] for intent in intents] == [
        (digest_of(body_of(step)), 1000.0) for step in STEPS
    ]
    assert desk.bodies == [msgspec.to_builtins(body_of(step)) for step in STEPS]
    assert [each["request_id"] for each in desk.options] == [own(step) for step in STEPS]


def test_how_far_the_clock_was_set_back_is_written_down_with_each_intent(ends):
    ends({})
    assert [each[2] for each in ends.desk.known if len(each) == 3] == [2.5, 2.5]


def test_the_journal_is_told_of_each_step_that_leaves_is_accepted_and_ends(ends):
    ends({"activate": "yes"})

    assert ends.desk.steps_told == [
        each
        for step in STEPS
        for each in [("leaves", "k7"), ("accepted", "k7", step), ("ended", "k7", step)]
    ]


def test_each_step_is_signed_as_it_goes_out_and_goes_out_as_it_was_signed(ends):
    ends({"activate": "yes"})
    calls = ["clients.create", "cards.issue", "cards.activate"]

    assert ends.desk.signed == [
        (call, msgspec.to_builtins(body_of(step)), {"request_id": own(step)})
        for call, step in zip(calls, STEPS, strict=True)
    ]
    assert [each["signed"].call for each in ends.desk.options] == calls


def test_the_hash_is_of_what_is_added_to_the_body_of_a_call_too(ends):
    def prepare(desk):
        desk.fields = {"cards.issue": {"office": "Almaty"}}

    assert ends({}, prepare) == ISSUED
    client, card = ends.desk.known[:2]
    assert client[0][3] == digest_of(body_of("client"))
    assert card[0][3] == digest_of(msgspec.to_builtins(body_of("card")) | {"office": "Almaty"})


def test_what_is_known_of_the_row_is_written_down_with_each_intent(ends):
    ends({"activate": "yes"})
    client, card, claimed, activate, ended = ends.desk.known

    assert client[1] == (7, "started", None, None, False, None, False)
    assert card[1] == (7, "started", "cl-1", None, False, None, False)
    assert claimed == activate[1] == (7, "started", "cl-1", "c-1", False, None, False)
    assert ended == ((7, "issued", "cl-1", "c-1", False, None, False), ())


def test_a_refused_send_is_asked_about_once_and_by_the_call_and_has_its_time_from_the_session(ends):
    ends({"activate": "yes"})

    for each in ends.desk.options:
        assert (each.get("timeout"), each["ask_once"], each["sent_before"]) == (None, True, None)


def test_each_step_that_was_never_sent_may_have_to_be_asked_about_before(ends):
    ends({"activate": "yes"})
    assert ends.desk.asked_whether == [("k7", step) for step in STEPS]


def test_a_card_is_not_activated_where_nobody_wants_it(ends):
    assert ends({}) == ISSUED
    assert ends.desk.effects() == ["client", "card"]


def test_what_an_earlier_run_has_made_is_not_made_again(ends):
    assert ends({}, client_id="cl-1") == ISSUED
    assert ends.desk.effects() == ["card"]
    assert ends({}, client_id="cl-1", card_id="c-1") == ISSUED
    assert ends.desk.told == ["ended"]


def test_the_ids_of_the_issuer_are_taken_as_it_has_named_them(ends):
    def prepare(desk):
        desk.sends |= {"client": [state(client_id="cl-9")], "card": [cards("c-9")]}

    assert ends({"activate": "yes"}, prepare) == (State.ISSUED, "cl-9", "c-9", None)
    assert [
        desk_body.get("client_id", desk_body.get("card_id")) for desk_body in ends.desk.bodies
    ] == [None, "cl-9", "c-9"]


@pytest.mark.parametrize("step", STEPS)
def test_what_is_accepted_is_looked_at_until_it_has_ended(ends, step):
    ended = {"client": CLIENT, "card": CARD, "activate": DONE}[step]

    def prepare(desk):
        desk.sends[step], desk.looks[step] = [PROCESS], [PROCESS, ended]

    assert ends({"activate": "yes"}, prepare) == ISSUED
    assert ends.desk.told.count(f"asked {step}") == 2
    assert ends.desk.effects() == STEPS


# -- a card that is not what was ordered


@pytest.mark.parametrize(
    ("answer", "differs", "names"),
    [
        (cards("c-1", "c-2"), "ordered 1, and 2 cards were made", "2 cards, c-1, c-2"),
        (
            cards("c-1", client_id="cl-2"),
            "ordered for client cl-1, and the answer names client cl-2",
            "card c-1",
        ),
    ],
)
@pytest.mark.parametrize("when", ["now", "by an earlier run"])
def test_cards_that_were_not_ordered_so_make_the_row_doubtful_and_are_all_written_down(
    ends, answer, differs, names, when
):
    def prepare(desk):
        desk.sends["card"], desk.looks["card"] = [answer], [answer]

    sent = {} if when == "now" else sent_before("card", accepted=True)

    assert ends({"activate": "yes"}, prepare, client_id="cl-1", sent=sent) == (
        State.DOUBTFUL,
        "cl-1",
        "c-1",
        f"{differs}: {names} [request_id {own('card')}]",
    )
    assert ends.desk.known[-1][1] == answer.card_ids[1:]
    assert "activate" not in ends.desk.effects()


def test_a_card_that_another_row_has_too_is_not_activated(ends):
    def prepare(desk):
        desk.shares_card, desk.ends_shared = True, "card c-1 is that of line 9 too"

    assert ends({"activate": "yes"}, prepare) == (
        State.DOUBTFUL,
        "cl-1",
        "c-1",
        "card c-1 is that of line 9 too",
    )
    assert ends.desk.effects() == ["client", "card"]
    assert ends.desk.told[-2:] == ["claimed", "ended"]
    assert ends.desk.known[-1][0][1] == "issued"


def test_an_activation_that_was_sent_before_is_settled_whoever_has_the_card(ends):
    def prepare(desk):
        desk.shares_card = True

    assert (
        ends({"activate": "yes"}, prepare, **BEFORE["activate"], sent=sent_before("activate"))
        == ISSUED
    )
    assert ends.desk.told == ["sent activate", "accepted activate", "ended"]


# -- what goes wrong with a step


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("step", ["client", "card"])
def test_a_step_that_has_failed_for_sure_ends_its_row_as_refused_and_proved(ends, step, refused):
    failure = error(of=step, proved=True, done=False, refused=refused)

    def prepare(desk):
        desk.sends[step] = [failure]

    assert ends({}, prepare, **BEFORE[step]) == (
        State.REFUSED,
        BEFORE[step].get("client_id"),
        None,
        str(failure),
    )
    assert ends.outcome.proved
    assert ends.desk.effects() == [step]
    assert ends.desk.known[-1][0][-1] is True


@pytest.mark.parametrize("step", ["client", "card"])
def test_what_is_accepted_and_fails_ends_its_row_as_refused_and_proved(ends, step):
    def prepare(desk):
        desk.sends[step], desk.looks[step] = [PROCESS], [FAILED]

    end = ends({}, prepare, **BEFORE[step])

    assert end[:3] == (State.REFUSED, BEFORE[step].get("client_id"), None)
    assert (ends.outcome.proved, own(step) in end[3]) == (True, True)
    assert ends.desk.effects() == [step]


def test_a_card_that_failed_and_is_named_makes_its_row_doubtful(ends):
    failure = error(proved=True, card_ids=("c-2",), done=None)

    def prepare(desk):
        desk.sends["card"] = [failure]

    reason = f"the request failed, and its answer names card c-2: {failure}"
    assert ends({}, prepare) == (State.DOUBTFUL, "cl-1", "c-2", reason)


@pytest.mark.parametrize("kind", [OutcomeUnknown, ProtocolError])
@pytest.mark.parametrize("step", ["client", "card"])
def test_where_nobody_knows_what_became_of_a_step_its_row_is_unknown(ends, kind, step):
    lost = error(kind, of=step)

    def prepare(desk):
        desk.sends[step] = [lost]

    assert ends({}, prepare, **BEFORE[step]) == (
        State.UNKNOWN,
        BEFORE[step].get("client_id"),
        None,
        str(lost),
    )
    assert ends.desk.effects() == [step]


@pytest.mark.parametrize(
    "lost", [error(OutcomeUnknown, of="activate"), error(of="activate", proved=True, done=False)]
)
def test_a_card_that_is_not_known_to_be_active_is_issued_and_says_why(ends, lost):
    def prepare(desk):
        desk.sends["activate"] = [lost]

    assert ends({"activate": "yes"}, prepare) == (State.ISSUED, "cl-1", "c-1", str(lost))


def test_an_activation_that_names_another_card_makes_its_row_doubtful(ends):
    failure = error(of="activate", proved=True, card_ids=("c-2",), done=None)

    def prepare(desk):
        desk.sends["activate"] = [failure]

    reason = f"the request failed, and its answer names card c-2: {failure}"
    assert ends({"activate": "yes"}, prepare) == (State.DOUBTFUL, "cl-1", "c-1", reason)
    assert ends.desk.known[-1][1] == ("c-2",)


def test_an_activation_that_was_used_before_is_found(ends):
    def prepare(desk):
        desk.sends["activate"] = [state(found=True)]

    reason = used(THE_CARD, "activation", "activate")
    assert ends({"activate": "yes"}, prepare) == (State.FOUND, "cl-1", "c-1", reason)


def test_an_earlier_activation_that_names_another_card_makes_its_row_doubtful_and_that_card_is_told(
    ends,
):
    def prepare(desk):
        desk.sends["activate"] = [cards("c-9", found=True)]

    differs = (
        "the card of this row is c-1, and its activation, used before this journal, names another"
    )
    reason = f"{differs}: card c-9 [request_id {own('activate')}]"
    assert ends({"activate": "yes"}, prepare) == (State.DOUBTFUL, "cl-1", "c-1", reason)
    assert ends.desk.known[-1][1] == ("c-9",)


def test_so_it_is_where_it_names_two_and_they_are_told_with_the_id_that_names_them(ends):
    def prepare(desk):
        desk.sends["activate"] = [cards("c-1", "c-9", found=True)]

    reason = f"ordered 1, and 2 cards were made: 2 cards, c-1, c-9 [request_id {own('activate')}]"
    assert ends({"activate": "yes"}, prepare) == (State.DOUBTFUL, "cl-1", "c-1", reason)
    assert ends.desk.known[-1][1] == ("c-9",)


@pytest.mark.parametrize("named", [(), ("c-1",)])
def test_an_earlier_activation_of_the_same_card_is_found(ends, named):
    def prepare(desk):
        desk.sends["activate"] = [cards(*named, found=True)]

    assert ends({"activate": "yes"}, prepare) == (
        State.FOUND,
        "cl-1",
        "c-1",
        used(THE_CARD, "activation", "activate"),
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_merchant_who_is_refused_ends_the_run_and_not_the_row(play, step):
    async def story():
        desk = Desk(activate="yes")
        desk.sends[step] = [error(AuthenticationError, of=step)]
        with pytest.raises(AuthenticationError):
            await desk.issue(**BEFORE[step])
        return desk.told

    assert "ended" not in play(story())


# -- refusals


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (RequestFailed, {"refused": True}),
        (OutcomeUnknown, {"refused": True}),
        (DuplicateRequest, {}),
    ],
)
@pytest.mark.parametrize(("sent", "refusal"), [({}, "PERHAPS_USED"), (sent_before("card"), "OWN")])
def test_a_refusal_that_proves_nothing_is_asked_about_again_and_says_whose_use_it_may_be(
    ends, kind, facts, sent, refusal
):
    refused = error(kind, **facts)

    def prepare(desk):
        desk.sends["card"], desk.refusals_say = [refused], (CARD, False)

    assert ends({}, prepare, client_id="cl-1", sent=sent) == ISSUED
    written = [] if sent else ["guarded card", "written card"]
    assert ends.desk.told == [
        *written,
        "sent card",
        f"refused card: {refusal}",
        refused,
        "accepted card",
        "ended",
    ]
    assert ends.desk.shared.held == 0
    assert ends.desk.shared.witness is None


@pytest.mark.parametrize("kind", [RequestFailed, OutcomeUnknown])
def test_what_no_issuer_has_refused_is_not_asked_about_as_a_refusal(ends, kind):
    def prepare(desk):
        desk.sends["card"] = [error(kind, refused=False)]

    ends({}, prepare)

    assert ends.desk.told[-2:] == ["sent card", "ended"]
    assert ends.desk.shared.held == 0


def test_why_a_row_is_refused_is_written_down(ends):
    def prepare(desk):
        desk.sends["client"] = [error(of="client", proved=True, done=False)]

    reason = ends({}, prepare)[3]

    assert ends.desk.known[-1][0][5] == reason == str(error(of="client", proved=True, done=False))


def test_what_becomes_of_a_refusal_is_the_end_of_the_row(ends):
    def prepare(desk):
        desk.sends["card"], desk.refusals_say = (
            [error(refused=True)],
            (Ended(State.REFUSED, "no", proved=True), None),
        )

    assert ends({}, prepare) == (State.REFUSED, "cl-1", None, "no")
    assert ends.outcome.proved


def test_a_refused_step_that_somebody_else_may_have_used_is_found(ends):
    def prepare(desk):
        desk.sends["card"], desk.refusals_say = [error(refused=True)], (cards("c-5"), True)

    reason = used(THE_CARD, "card", "card")
    assert ends({}, prepare) == (State.FOUND, "cl-1", "c-5", reason)
    assert ends.desk.told[-2:] == ["kept", "ended"]


@pytest.mark.parametrize("of", ["the row", "the intent"])
@pytest.mark.parametrize("was_used", [True, False])
def test_what_an_earlier_run_was_refused_is_not_sent_again(ends, of, was_used):
    sent = sent_before("card", refused=Refusal.OWN) if of == "the intent" else {}

    def prepare(desk):
        desk.refusals_say = (CARD, was_used)

    state_of, *rest = ends({}, prepare, client_id="cl-1", sent=sent, refused=of == "the row")

    assert (state_of, rest[:2]) == (State.FOUND if was_used else State.ISSUED, ["cl-1", "c-1"])
    assert ends.desk.told == [
        "refused card earlier",
        sent.get("card"),
        *(["kept"] if was_used else []),
        "ended",
    ]


# -- resumed


@pytest.mark.parametrize("step", STEPS)
def test_what_was_accepted_is_asked_about_and_never_sent_again(ends, step):
    def prepare(desk):
        desk.looks[step] = [{"client": CLIENT, "card": CARD, "activate": DONE}[step]]

    end = ends({"activate": "yes"}, prepare, **BEFORE[step], sent=sent_before(step, accepted=True))

    assert end == ISSUED
    assert ends.desk.told[0] == f"asked {step}"
    assert step not in ends.desk.effects()


@pytest.mark.parametrize("step", STEPS)
def test_what_may_have_been_sent_is_sent_again_as_it_was_and_says_when_it_was_first_sent(
    ends, step
):
    assert (
        ends({"activate": "yes", "asks": True}, **BEFORE[step], sent=sent_before(step, at=900.0))
        == ISSUED
    )
    # It is on the disk already.
    assert ends.desk.told[0] == f"sent {step}"
    assert ends.desk.steps_told[0] == ("leaves", "k7")
    assert ends.desk.options[0]["sent_before"] == SentBefore(905.0)
    assert ends.desk.options[0]["ask_once"]
    assert ends.desk.bodies[0] == msgspec.to_builtins(body_of(step))


def test_our_own_earlier_send_is_no_use_of_somebody_else(ends):
    def prepare(desk):
        desk.sends["card"] = [cards("c-1", found=True)]

    assert ends({}, prepare, client_id="cl-1", sent=sent_before("card")) == ISSUED


@pytest.mark.parametrize("step", STEPS)
def test_what_can_not_be_sent_as_it_was_is_only_asked_about(ends, step):
    def prepare(desk):
        desk.looks[step] = [{"client": CLIENT, "card": CARD, "activate": DONE}[step]]

    assert (
        ends({"activate": "yes"}, prepare, **BEFORE[step], sent=sent_before(step, digest=b"other"))
        == ISSUED
    )
    assert ends.desk.told[:2] == [f"asked {step}", f"accepted {step}"]
    assert step not in ends.desk.effects()


def test_it_is_waited_for_where_it_is_still_in_process(ends):
    def prepare(desk):
        desk.looks["card"] = [PROCESS, CARD]

    assert ends({}, prepare, client_id="cl-1", sent=sent_before("card", digest=b"other")) == ISSUED
    assert ends.desk.told == ["asked card", "accepted card", "asked card", "ended"]


def test_what_has_ended_is_asked_about_once(ends):
    def prepare(desk):
        desk.looks["card"] = [CARD]

    assert ends({}, prepare, client_id="cl-1", sent=sent_before("card", digest=b"other")) == ISSUED
    assert ends.desk.told == ["asked card", "accepted card", "ended"]


@pytest.mark.parametrize("step", ["client", "card"])
def test_it_is_unknown_where_the_issuer_does_not_know_it(ends, step):
    lost = OutcomeUnknown(
        (
            "it was sent by an earlier run, the issuer does not know the id, and the same bytes "
            "can't be made again to re-send it."
        ),
        request_id=own(step),
    )
    known = BEFORE[step]
    end = ends({}, **known, sent=sent_before(step, digest=b"other"))

    assert end == (State.UNKNOWN, known.get("client_id"), None, str(lost))
    assert ends.desk.told == [f"asked {step}", "ended"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"cards.issue": "fields.a, path"}, True), ({"clients.create": "path"}, False)],
)
def test_its_reason_names_what_has_changed_in_the_contract_of_its_call(ends, changed, told):
    def prepare(desk):
        desk.shared.changed = changed

    _, _, _, reason = ends({}, prepare, client_id="cl-1", sent=sent_before("card", digest=b"other"))
    why = ": the contract of cards.issue has changed since the batch was planned (fields.a, path)."

    assert (why in reason) is told


def test_one_answer_that_says_nothing_of_it_is_no_answer(ends):
    def prepare(desk):
        desk.looks["card"] = [error(ProtocolError), error(NotSent), CARD]

    assert ends({}, prepare, client_id="cl-1", sent=sent_before("card", digest=b"other")) == ISSUED


# -- documents


class Desktop:
    """Where documents are read."""

    def __init__(self, monkeypatch) -> None:
        self.read, self.problem = [], None
        monkeypatch.setattr(row_flow, "creation", self)

    async def __call__(self, planned, place):
        self.read.append(planned.row.key)
        await asyncio.sleep(0)
        if self.problem is not None:
            raise self.problem
        return body_of("client")


@pytest.fixture
def documents(monkeypatch):
    return Desktop(monkeypatch)


def test_without_its_document_nothing_is_sent_and_the_row_stays_planned(ends, documents):
    documents.problem = DocumentProblem("id.pdf is not the document that was planned")

    reason = (
        "nothing was sent: id.pdf is not the document that was planned. Put the planned document "
        "back, and resume"
    )
    assert ends({}, document="id.pdf") == (State.PLANNED, None, None, reason)
    assert ends.desk.told == ["ended"]


@pytest.mark.parametrize("known", [CLIENT, None])
def test_without_its_document_what_was_sent_before_is_asked_about(ends, documents, known):
    documents.problem = DocumentProblem("gone")

    def prepare(desk):
        desk.looks["client"] = [known]

    end = ends({}, prepare, document="id.pdf", sent=sent_before("client"))

    assert end[0] is (State.UNKNOWN if known is None else State.ISSUED)
    assert ends.desk.effects() == ([] if known is None else ["card"])


async def run_with_documents(desk, rows, *, step="client", **known):
    desk.turn = asyncio.Event()
    for each in ("client", "card"):
        desk.sends[each] = desk.sends[each] * rows
    issuing = [
        asyncio.create_task(desk.issue(key=f"k{number}", document="id.pdf", **known))
        for number in range(rows)
    ]
    await asyncio.sleep(1.0)
    written = desk.told.count(f"written {step}")
    desk.turn.set()
    await asyncio.gather(*issuing)
    return written


def test_no_more_documents_are_in_memory_than_two_for_each_place(play, documents):
    async def story():
        desk = Desk(concurrency=2, ahead=9)
        return await run_with_documents(desk, 7), len(documents.read)

    assert play(story()) == (4, 7)


def test_a_later_step_has_no_document_and_waits_for_none(play):
    async def story():
        return await run_with_documents(
            Desk(concurrency=2, ahead=9), 7, step="card", client_id="cl-1"
        )

    assert play(story()) == 7


def test_nor_does_a_row_without_one(play):
    async def story():
        desk = Desk(concurrency=1, ahead=9)
        desk.turn = asyncio.Event()
        desk.sends = {step: said * 5 for step, said in desk.sends.items()}
        issuing = [asyncio.create_task(desk.issue(key=f"k{number}")) for number in range(5)]
        await asyncio.sleep(1.0)
        written = desk.told.count("written client")
        desk.turn.set()
        await asyncio.gather(*issuing)
        return written

    assert play(story()) == 5


def test_a_document_is_put_away_before_a_refusal_is_asked_about(play, documents):
    async def story():
        desk = Desk(concurrency=1, ahead=9)
        desk.sends["client"] = [error(of="client", refused=True)] * 5
        waiting = asyncio.Event()

        async def waits(row, step, call, told, *, refusal):
            await waiting.wait()
            raise Ended(State.REFUSED, "no")

        desk.of_this_run = waits
        issuing = [
            asyncio.create_task(desk.issue(key=f"k{number}", document="id.pdf"))
            for number in range(5)
        ]
        await asyncio.sleep(1.0)
        sent = len(desk.effects())
        waiting.set()
        await asyncio.gather(*issuing)
        return sent

    assert play(story()) == 5
