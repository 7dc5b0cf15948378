"""Each fault of the sandbox, on each kind of call, under both schemes."""

from __future__ import annotations

import asyncio
import json

import pytest

from freedompay_async import OutcomeUnknown, ProtocolError
from freedompay_async.sandbox import Fault, Faults, Sandbox
from freedompay_async.traffic.rate_limit import RateLimit

BULK = "card/bulk_issue"
STATUS = "request/status"
FAULTS = [fault for fault in Fault if fault is not Fault.NONE]
UNREADABLE = (Fault.HTML_200, Fault.CUT_JSON, Fault.OTHER_SHAPE)
# What proves at once that the work was done; the call needs no look-up.
ANSWERED = (Fault.LATE, Fault.DRIP, Fault.ODD_STATUS)
# What lets an effect go out again: a whole answer that says "not known", however slowly it came, or
# a 429.
CLEAN = ("unknown", "unknown, fault:DRIP", "unknown, fault:ODD_STATUS", "fault:LIMITED")
UNDONE = (Fault.DROPPED, Fault.UNAVAILABLE)


@pytest.fixture(autouse=True)
def _nothing_is_learnt(monkeypatch):
    """What a 429 teaches the client is tested elsewhere; here it would only take time."""
    monkeypatch.setattr(RateLimit, "limited", lambda *_: None)


@pytest.fixture
def client(connect, issuer, scheme, hasty):
    def build(fault):
        return connect(
            issuer,
            scheme=scheme,
            policy=hasty(attempt_timeout=0.2 if fault is Fault.STALLED else 10.0),
        )

    return build


def check_wire(arrived, issuer, scheme):
    """What holds whatever happened: one body and one signature for the effect, a fresh header id
    for each question.
    """
    effects = arrived(issuer, BULK)
    questions = arrived(issuer, STATUS)
    ids = [each.headers["Request-Id"] for each in questions] if scheme == "KG" else []
    ids += [effects[0].headers["Request-Id"]] if scheme == "KG" else []

    assert len({each.body for each in effects}) == 1
    assert (
        len({each.headers.get("Sign", each.headers.get("X-JWS-Signature")) for each in effects})
        == 1
    )
    assert len({each.headers.get("Request-Id") for each in effects}) == 1
    assert len(set(ids)) == len(ids)
    assert "bad signature" not in {each.verdict for each in issuer.received}


def check_order(issuer):
    """An effect goes out again only after a clean "not known", or an answer which says that nothing
    was done.
    """
    before = None
    for each in issuer.received:
        if each.path.endswith(BULK) and before is not None:
            assert before in CLEAN
        before = each.verdict


@pytest.mark.parametrize("fault", FAULTS)
async def test_fault_in_the_first_answer_of_an_effect_ends_in_its_one_card(
    client, issuer, arrived, scheme, fault
):
    issuer.script(BULK, fault)

    op = await client(fault).cards.bulk_issue(product_id=2000, count=1)
    issued = await op.result()

    check_wire(arrived, issuer, scheme)
    check_order(issuer)
    assert [card["card_id"] for card in issuer.ledger()] == list(issued.card_ids)
    assert op.request_id == issuer.ledger()[0]["request_id"]
    assert op.request_id == json.loads(arrived(issuer, BULK)[0].body)["request_id"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_fault_in_the_first_answer_is_sent_again_only_where_nothing_was_done(
    client, issuer, arrived, scheme, fault
):
    issuer.script(BULK, fault)

    await client(fault).cards.bulk_issue(product_id=2000, count=1)

    assert (2 if fault in (*UNDONE, Fault.LIMITED) else 1) == len(arrived(issuer, BULK))
    assert (fault in ANSWERED or fault is Fault.LIMITED) == (not arrived(issuer, STATUS))


@pytest.mark.parametrize("first", [Fault.CLOSED, Fault.DROPPED])
@pytest.mark.parametrize("fault", FAULTS)
async def test_fault_in_the_look_up_of_work_that_was_done_or_not_ends_in_the_one_card(
    client, issuer, arrived, scheme, first, fault
):
    issuer.script(BULK, first)
    issuer.script(STATUS, fault)

    op = await client(fault).cards.bulk_issue(product_id=2000, count=1)
    issued = await op.result()

    check_wire(arrived, issuer, scheme)
    if first is Fault.CLOSED:
        assert len(arrived(issuer, BULK)) == 1
    else:
        check_order(issuer)
    assert [card["card_id"] for card in issuer.ledger()] == list(issued.card_ids)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault not in (*UNREADABLE, Fault.ODD_STATUS)]
)
async def test_fault_in_a_read_is_asked_again(client, issuer, arrived, scheme, fault):
    fp = client(fault)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    issuer.script(STATUS, fault)

    state = await fp.requests.status(op.request_id)

    check_wire(arrived, issuer, scheme)
    assert state.request_id == op.request_id
    assert state.card_ids == (issuer.ledger()[0]["card_id"],)
    assert len(arrived(issuer, STATUS)) == (1 if fault in (Fault.LATE, Fault.DRIP) else 2)


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_answer_of_another_kind_to_a_read_is_a_protocol_error(
    client, issuer, arrived, scheme, fault
):
    fp = client(fault)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    issuer.script(STATUS, fault)

    with pytest.raises(ProtocolError) as caught:
        await fp.requests.status(op.request_id)

    assert caught.value.request_id == op.request_id
    assert caught.value.http_status == 200
    assert caught.value.body
    assert len(arrived(issuer, STATUS)) == 1


async def test_odd_status_of_a_read_is_passed_through(client, issuer, scheme):
    fp = client(Fault.ODD_STATUS)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    issuer.script(STATUS, Fault.ODD_STATUS)

    state = await fp.requests.status(op.request_id)

    assert state.request_status == "queued"
    assert not state.final


async def test_read_that_never_gets_an_answer_says_that_it_is_harmless(
    client, issuer, arrived, scheme
):
    fp = client(Fault.CLOSED)
    issuer.script(STATUS, *[Fault.CLOSED] * 10)

    with pytest.raises(OutcomeUnknown, match="safe to repeat"):
        await fp.requests.status("8c6b7f3e-0000-4000-8000-000000000000")

    assert len(arrived(issuer, STATUS)) == 4


@pytest.mark.parametrize("seed", range(2))
async def test_thirty_effects_through_every_fault_make_thirty_cards(connect, scheme, hasty, seed):
    storm = Faults(
        seed=seed,
        lost=0.3,
        dropped=0.1,
        reset=0.1,
        error_500=0.1,
        html_502=0.1,
        unavailable=0.05,
        limited=0.05,
        late=0.05,
        stall=0,
        late_by=0.02,
        drip_over=0,
        retry_after=0,
    )
    async with Sandbox(faults=storm) as issuer:
        fp = connect(issuer, scheme=scheme, policy=hasty(retries_per_second=10_000))
        ops = await asyncio.gather(
            *(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(30))
        )
        cards = [(await op.result()).card_ids for op in ops]
        made = sorted(card["card_id"] for card in issuer.ledger())

    assert made == sorted(card for (card,) in cards)
