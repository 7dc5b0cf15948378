"""Ids that were used before, and errors that may or may not be the duplicate's, in each shape that
the issuer may give them.
"""

from __future__ import annotations

import asyncio
import itertools
from uuid import uuid4

import pytest

from freedompay_async import NewClient, OutcomeUnknown, ProtocolError, RequestFailed
from freedompay_async.sandbox import Fault, Faults, Sandbox

BULK = "card/bulk_issue"
ADD = "client/add"
STATUS = "request/status"
SHAPES = list(itertools.product(["error", "400", "409"], ["error", "404", "bare"]))


@pytest.fixture(params=SHAPES, ids="-".join)
def faults(request):
    duplicate, unknown = request.param
    return Faults(
        stall=0, late_by=0.06, drip_over=0, retry_after=0, duplicate=duplicate, unknown=unknown
    )


def person(last_name="IVANOV"):
    return NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name=last_name)


async def test_id_that_was_used_finds_the_first_card(issuer, connect, scheme):
    own = str(uuid4())
    first = await (
        await connect(issuer, scheme=scheme).cards.bulk_issue(
            product_id=2000, count=1, request_id=own
        )
    ).result()

    op = await connect(issuer, scheme=scheme).cards.bulk_issue(
        product_id=2000, count=1, request_id=own
    )
    second = await op.result()

    assert op.answer.found
    assert first.card_ids == second.card_ids
    assert len(issuer.ledger()) == 1


async def test_id_that_was_used_and_its_first_answer_lost_finds_the_first_card(
    issuer, connect, scheme
):
    own = str(uuid4())
    await connect(issuer, scheme=scheme).cards.bulk_issue(product_id=2000, count=1, request_id=own)
    issuer.script(BULK, Fault.CLOSED)

    op = await connect(issuer, scheme=scheme).cards.bulk_issue(
        product_id=2000, count=1, request_id=own
    )

    assert op.answer.card_ids == tuple(card["card_id"] for card in issuer.ledger())
    assert len(issuer.ledger()) == 1


async def test_refusal_of_a_given_id_is_a_refusal(issuer, connect, scheme, arrived):
    own = str(uuid4())

    with pytest.raises(RequestFailed) as caught:
        await connect(issuer, scheme=scheme).clients.create(
            product_id=2000, client=person("REFUSED"), request_id=own
        )

    assert caught.value.request_id == own
    assert caught.value.error_code == "client_refused"
    assert len(arrived(issuer, ADD)) == 1


async def test_refusal_of_a_fresh_id_makes_one_look_up(issuer, connect, scheme, arrived):
    with pytest.raises(RequestFailed) as caught:
        await connect(issuer, scheme=scheme).clients.create(
            product_id=2000, client=person("REFUSED")
        )

    assert (caught.value.proved, caught.value.done) == (False, None)
    assert (len(arrived(issuer, ADD)), len(arrived(issuer, STATUS))) == (1, 1)


async def test_refusal_is_no_refusal_where_a_gateway_answers_the_question(connect, scheme):
    async with Sandbox(faults=Faults(unknown="gateway")) as issuer:
        fp = connect(issuer, scheme=scheme)
        with pytest.raises(OutcomeUnknown) as caught:
            await fp.clients.create(product_id=2000, client=person("REFUSED"))
        with pytest.raises(ProtocolError):
            await fp.requests.attach(caught.value.request_id).refresh()

        assert (caught.value.refused, caught.value.done, issuer.ledger()) == (True, None, [])


async def test_work_that_was_not_done_is_done_though_a_gateway_answers_the_question(
    connect, scheme
):
    async with Sandbox(faults=Faults(unknown="gateway")) as issuer:
        issuer.script(BULK, Fault.DROPPED)
        op = await connect(issuer, scheme=scheme).cards.bulk_issue(product_id=2000, count=1)

        assert [card["request_id"] for card in issuer.ledger()] == [op.request_id]


async def test_failure_that_a_used_id_stands_for_is_proved(issuer, connect, scheme):
    own = str(uuid4())
    fp = connect(issuer, scheme=scheme)
    await fp.clients.create(product_id=2000, client=person("DECLINED"), request_id=own)

    with pytest.raises(RequestFailed) as caught:
        await fp.clients.create(product_id=2000, client=person("DECLINED"), request_id=own)

    assert caught.value.proved
    assert caught.value.error_code == "client_declined"


async def test_work_that_was_not_done_is_done_once_under_its_id(issuer, connect, scheme, arrived):
    issuer.script(BULK, Fault.DROPPED, Fault.DROPPED)

    op = await connect(issuer, scheme=scheme).cards.bulk_issue(product_id=2000, count=1)

    assert len(arrived(issuer, BULK)) == 3
    assert [card["request_id"] for card in issuer.ledger()] == [op.request_id]


async def test_work_that_was_done_behind_a_lost_answer_is_not_done_again(
    issuer, connect, scheme, arrived
):
    issuer.script(BULK, Fault.CUT)

    op = await connect(issuer, scheme=scheme).cards.bulk_issue(product_id=2000, count=1)

    assert len(arrived(issuer, BULK)) == 1
    assert [card["request_id"] for card in issuer.ledger()] == [op.request_id]


async def test_id_that_the_issuer_does_not_know_is_none_to_an_operation(issuer, connect, scheme):
    op = connect(issuer, scheme=scheme).requests.attach(str(uuid4()))

    assert await op.refresh() is None
    assert op.answer is None


async def test_two_clients_that_race_under_one_id_make_one_card(issuer, connect, scheme):
    own = str(uuid4())
    issuer.script(BULK, Fault.CLOSED, Fault.CUT)

    ops = await asyncio.gather(
        *(
            connect(issuer, scheme=scheme).cards.bulk_issue(
                product_id=2000, count=1, request_id=own
            )
            for _ in range(5)
        )
    )
    cards = {(await op.result()).card_ids for op in ops}

    assert cards == {(issuer.ledger()[0]["card_id"],)}
    assert len(issuer.ledger()) == 1
