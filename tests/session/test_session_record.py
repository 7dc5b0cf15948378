"""A client with a record: what is in the file when a call that can't be asked about is made, and
when it has ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading

import msgspec
import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPayError,
    JwsSigner,
    OutcomeUnknown,
    Override,
    Policy,
    Retry,
    Secret,
    Section,
)
from freedompay_async.calls.record import Record
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.contract.models import GiftCardId
from freedompay_async.contract.table import GIFT_CARDS_RESEND
from freedompay_async.traffic.lane import Lane
from tests.person_examples import new_client
from tests.samples import UNKNOWN_CALL, UNKNOWN_PATH
from tests.transports import owned

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
DT = "2026-05-14T16:00:00+06:00"
PERSON = new_client()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.jsonl"


@pytest.fixture
def lines(path):
    return lambda: (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    )


@pytest.fixture
def recorded(memory, client_of, path):
    """A client over a wire of these scripts, with a record, whose pauses take no time; `fp.wire` is
    the wire.
    """

    def build(*, scheme="KZ", record=path, contract=(), **scripts):
        wire = memory(**scripts)
        fp = client_of(
            wire,
            scheme=scheme,
            record=record,
            contract=contract,
            policy=Policy(pause=0.001, max_pause=0.001),
        )
        fp.wire = wire
        return fp

    return build


def issue(fp):
    return fp.gift_cards.issue(
        cardholder_name="IVAN", phone=77017777777, product_code=1, request_id=OWN
    )


ENDS = {
    "done": (lambda say: [say.gift(card_id=5)], "done", 1, 1),
    "refused": (lambda say: [say.gift(-4)], "refused", 1, None),
    "no money": (lambda say: [say.gift(-6)], "unknown", 1, None),
    "denied": (lambda say: [say.gift_denied], "refused", 1, 1),
    "denied by a gateway": (lambda say: [say.denied], "unknown", 1, 1),
    "not sent": (lambda say: [say.not_sent], "not sent", 4, 4),
    "lost": (lambda say: [say.lost], "unknown", 1, 1),
    "a page": (lambda say: [say.page], "unknown", 1, 1),
    "done, and not to be read": (lambda say: [say.gift(card_id=[5])], "done", 1, 1),
}


@pytest.mark.parametrize("name", ENDS)
async def test_call_is_written_down_with_its_end(recorded, say, lines, scheme, name):
    script, state, jws, sign = ENDS[name]
    fp = recorded(scheme=scheme, issue_card=script(say))
    if name == "done":
        await issue(fp)
    else:
        with pytest.raises(FreedomPayError):
            await issue(fp)

    # A refusal of a given id that goes out may be that of a duplicate.
    end = "unknown" if scheme == "KG" and sign is None else state
    assert [(line["state"], line["call"], line["request_id"]) for line in lines()] == [
        ("sending", "gift_cards.issue", OWN),
        (end, "gift_cards.issue", OWN),
    ]
    assert len(fp.wire.sent) == (jws if scheme == "KZ" else sign or 1)


async def test_first_line_is_on_the_disk_before_the_first_byte(recorded, say, lines):
    seen = []

    async def step(attempt, sent):
        seen.extend(line["state"] for line in lines())
        return await say.gift(card_id=5)(attempt, sent)

    await issue(recorded(issue_card=[step]))

    assert seen == ["sending"]


async def test_no_place_for_the_line_and_nothing_is_sent(recorded, say, tmp_path):
    fp = recorded(record=tmp_path, issue_card=[say.gift(card_id=5)])

    with pytest.raises(ConfigurationError, match="Nothing was sent") as caught:
        await issue(fp)

    assert (caught.value.request_id, caught.value.call, fp.wire.sent) == (
        OWN,
        "gift_cards.issue",
        [],
    )


@pytest.mark.parametrize(("sent", "state"), [(True, "unknown"), (False, "not sent")])
async def test_cancelled_call_is_unknown_where_it_had_a_place(recorded, lines, sent, state):
    reached = asyncio.Event()

    async def step(attempt, message):
        if sent:
            attempt.connected()
        reached.set()
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(issue(recorded(issue_card=[step])))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert [line["state"] for line in lines()] == ["sending", state]


async def test_code_and_pin_are_in_no_line(recorded, say, path):
    fp = recorded(activate_card=[say.gift(-8)], card__set_pin=[say.ok()])
    with pytest.raises(FreedomPayError):
        await fp.gift_cards.confirm(otp="907351", card_id=5)
    await fp.cards.set_pin("c-1")

    assert '"otp":"***"' in path.read_text()
    assert "907351" not in path.read_text()


async def test_only_what_cannot_be_asked_about_is_written_down(recorded, say, lines):
    fp = recorded(
        card_status=[say.gift(card_status=1)],
        card__set_pin=[say.ok()],
        client__add=[say.process],
        card__balance=[say.ok()],
        request__status=[say.success],
    )
    await fp.gift_cards.status(5)
    await fp.cards.set_pin("c-1", "U2FsdGVkX18=")
    await fp.clients.create(product_id=1000, client=PERSON)
    await fp.cards.balance("c-1")
    await fp.requests.status(OWN)

    assert lines() == []


@pytest.mark.parametrize(
    ("retry", "states"),
    [(Retry.UNASKABLE, ["sending", "done"]), (Retry.READ, []), (Retry.REPEATABLE, [])],
)
async def test_custom_call_is_written_down_where_it_cannot_be_asked_about(
    recorded, say, lines, retry, states
):
    fp = recorded(**{UNKNOWN_CALL: [say.ok()]})
    await fp.call(UNKNOWN_PATH, {"card_id": "c-1", "word": Secret("hunter2")}, dict, retry=retry)

    assert [line["state"] for line in lines()] == states
    assert [line["request"] for line in lines()] == [
        {"fields": {"card_id": "c-1", "word": "***"}}
    ] * len(states)


@pytest.mark.parametrize(
    ("retry", "states"), [(Retry.UNASKABLE, ["sending", "done"]), (Retry.ASKABLE, [])]
)
async def test_call_of_an_override_is_written_down_where_it_cannot_be_asked_about(
    recorded, say, lines, retry, states
):
    fp = recorded(
        card__activate=[say.success], contract=[Override(call="cards.activate", retry=retry)]
    )
    await fp.cards.activate("c-1", request_id=OWN)

    assert [(line["state"], line["call"], line["request_id"]) for line in lines()] == [
        (state, "cards.activate", OWN) for state in states
    ]


async def test_added_fields_are_written_down(recorded, say, lines):
    fp = recorded(
        resend=[say.gift(card_id=5)],
        contract=[Override(section=Section.GIFT_CARDS, fields={"agent": 7, "pin": "9876"})],
    )
    await fp.gift_cards.resend(5, extra={"branch": 2})
    await fp.call("/v5/cards/resend", {"card_id": 5}, dict, section=Section.GIFT_CARDS)

    own, added = {"branch": 2}, {"agent": 7, "pin": "***"}
    assert [line["extra"] for line in lines()] == [added | own, added | own, added, added]


async def test_what_a_contract_does_to_the_request_is_written_down(recorded, say, lines):
    override = Override(
        call="gift_cards.issue", leave_out=["phone"], rename={"cardholder_name": "holder"}
    )
    fp = recorded(issue_card=[say.gift(card_id=5)], contract=[override])
    await issue(fp)

    assert json.loads(fp.wire.sent[0].body) == {"holder": "IVAN", "product_code": 1}
    assert [(line["left_out"], line["renamed"]) for line in lines()] == [
        (["phone"], {"cardholder_name": "holder"})
    ] * 2


async def test_answer_of_the_callers_own_type_is_sealed(recorded, say, lines, path):
    fp = recorded(**{UNKNOWN_CALL: [say.ok(cvv="987", note="4111111111111111", name="new")]})
    answer = await fp.call(UNKNOWN_PATH, {"card_id": "c-1", "pin": "9876"}, dict)

    assert answer == {
        "status": "ok",
        "dt": DT,
        "cvv": "987",
        "note": "4111111111111111",
        "name": "new",
    }
    assert lines()[1]["answer"] == {
        "status": "ok",
        "dt": DT,
        "cvv": "***",
        "note": "***",
        "name": "new",
    }
    assert [line["request"] for line in lines()] == [
        {"fields": {"card_id": "c-1", "pin": "***"}}
    ] * 2
    assert [text for text in ("987", "4111111111111111") if text in path.read_text()] == []


async def test_half_of_a_surrogate_is_written_down_without_its_request_and_refused(
    recorded, say, lines
):
    fp = recorded(issue_card=[say.gift(card_id=5)])

    with pytest.raises(ConfigurationError, match="half of a surrogate pair") as caught:
        await fp.gift_cards.issue(
            cardholder_name="IVAN \ud83d", phone=77017777777, product_code=1, request_id=OWN
        )

    assert (caught.value.request_id, caught.value.call, fp.wire.sent) == (
        OWN,
        "gift_cards.issue",
        [],
    )
    assert [
        {name: value for name, value in line.items() if name not in ("at", "error")}
        for line in lines()
    ] == [
        {"state": state, "call": "gift_cards.issue", "request_id": OWN}
        for state in ("sending", "not sent")
    ]


async def test_cancelled_in_its_first_line_it_was_not_sent(recorded, say, lines, monkeypatch):
    begun, go, write = threading.Event(), threading.Event(), os.write

    def slow(file, line):
        if b'"state":' in line:
            begun.set()
            assert go.wait(20)
        return write(file, line)

    monkeypatch.setattr(os, "write", slow)
    fp = recorded(issue_card=[say.gift(card_id=5)])
    task = asyncio.create_task(issue(fp))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    asyncio.get_running_loop().call_soon(go.set)
    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    assert (caught.value.request_id, caught.value.outcome_unknown, fp.wire.sent) == (OWN, False, [])
    assert [(line["state"], line["request_id"]) for line in lines()] == [
        ("sending", OWN),
        ("not sent", OWN),
    ]


async def test_calls_at_once_have_their_own_lines(recorded, say, lines):
    fp = recorded(resend=[say.gift(card_id=5)])
    await asyncio.gather(*(fp.gift_cards.resend(number) for number in range(20)))

    assert sorted((line["request"]["card_id"], line["state"]) for line in lines()) == sorted(
        (number, state) for number in range(20) for state in ("sending", "done")
    )


async def test_lane_of_a_client_keeps_its_record(memory, say, lines, path):
    shared = SharedResources.of(
        owned(memory(resend=[say.lost])),
        signers={Section.GIFT_CARDS: JwsSigner(auth_id="10001", secret_key="sandbox-secret")},
        policy=Policy(pause=0.001, max_pause=0.001),
        timeout=60.0,
        record=Record(path),
    )
    session = Session(shared).in_lane(Lane(concurrency=1))
    with pytest.raises(OutcomeUnknown):
        await session.change(GIFT_CARDS_RESEND, GiftCardId(card_id=5))

    assert [line["state"] for line in lines()] == ["sending", "unknown"]


async def test_body_of_the_callers_own_type_is_sealed(recorded, say, lines):
    class Body(msgspec.Struct):
        pin: str
        note: str

    fp = recorded(**{UNKNOWN_CALL: [say.ok()]})
    await fp.call(UNKNOWN_PATH, Body(pin="8642", note="4111111111111111"), dict)

    assert [line["request"] for line in lines()] == [{"pin": "***", "note": "***"}] * 2
