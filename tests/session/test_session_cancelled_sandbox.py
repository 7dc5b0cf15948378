"""A call to a sandbox that is cancelled: what its error says, and that it can be found again."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import partial

import pytest

from freedompay_async import NotSent, OutcomeUnknown, Secret
from freedompay_async.sandbox import Fault
from tests.person_examples import new_client

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture(params=[False, True], ids=["waiting", "woken"])
def late(request):
    return request.param


async def drained(issuer, fp, scheme):
    """A call that works, after which whatever had left before has arrived too."""
    await (await fp.cards.bulk_issue(product_id=3000, count=1)).result()


async def at_each_wait(cancelled_at, call, after, **how):
    """The errors of a call that is made anew and cancelled at its first wait, its second, and so
    on, until it waits no more.
    """
    told = []
    while (error := await cancelled_at(call(), len(told), **how)) is not None:
        told.append(error)
        await after()
    return told


def taken_for_not_sent(issuer, told):
    """The ids that came to the issuer, and whose error says that they were not sent."""
    came = {json.loads(each.body)["request_id"] for each in issuer.received}
    return [
        error.request_id for error in told if error.request_id in came and not error.outcome_unknown
    ]


@pytest.fixture
def whole_again(issuer, scheme, pool, settled):
    """After a cancellation the pool is whole, and takes another call."""

    async def check(fp):
        await settled()
        assert (pool(fp).taken, pool(fp).waiting) == (0, 0)
        await drained(issuer, fp, scheme)

    return check


async def test_cancelled_at_each_wait_of_a_real_call_tells_the_truth(
    issuer, connect, scheme, cancelled_at, whole_again, late
):
    fp = connect(issuer, scheme=scheme, max_connections=1)
    await drained(issuer, fp, scheme)
    call = partial(fp.cards.bulk_issue, product_id=2000, count=1)
    told = await at_each_wait(cancelled_at, call, partial(whole_again, fp), late=late)

    assert told
    assert taken_for_not_sent(issuer, told) == []
    assert True in {error.outcome_unknown for error in told}


async def test_cancelled_at_each_wait_on_a_fresh_connection_tells_the_truth(
    issuer, connect, scheme, cancelled_at, late
):
    made = []

    def call():
        made.append(connect(issuer, scheme=scheme))
        return made[-1].cards.bulk_issue(product_id=2000, count=1)

    told = await at_each_wait(
        cancelled_at, call, lambda: drained(issuer, made[-1], scheme), late=late
    )

    assert len(told) >= 3
    assert not told[0].outcome_unknown
    assert taken_for_not_sent(issuer, told) == []


async def test_cancelled_at_each_wait_of_a_large_write_tells_the_truth(
    issuer, connect, scheme, cancelled_at, whole_again
):
    fp = connect(issuer, scheme=scheme, max_connections=1)
    document = Secret(base64.b64encode(b"%PDF-" + b"0" * 1_900_000).decode())
    person = new_client(
        document=document,
    )
    await drained(issuer, fp, scheme)
    call = partial(fp.clients.create, product_id=2000, client=person)
    told = await at_each_wait(cancelled_at, call, partial(whole_again, fp))

    assert told
    assert taken_for_not_sent(issuer, told) == []


async def test_cancelled_at_each_wait_of_a_real_settling_tells_the_truth(
    issuer, connect, scheme, cancelled_at, whole_again
):
    fp = connect(issuer, scheme=scheme, max_connections=1)

    def call():
        issuer.script(BULK, Fault.CUT)
        return fp.cards.bulk_issue(product_id=2000, count=1)

    async def after():
        issuer.script(BULK)
        await whole_again(fp)

    told = await at_each_wait(cancelled_at, call, after)

    made = {card["request_id"] for card in issuer.ledger()}
    assert [
        error.request_id for error in told if error.request_id in made and not error.outcome_unknown
    ] == []


async def test_call_that_is_cancelled_behind_a_gate_can_be_found_again(
    issuer, connect, scheme, warnings_of, cancelled_behind_a_gate
):
    fp = connect(issuer, scheme=scheme)
    error = await cancelled_behind_a_gate(issuer, fp)

    state = await fp.requests.attach(error.request_id).result()

    assert error.outcome_unknown
    assert warnings_of() == [error.request_id]
    assert state.card_ids == tuple(card["card_id"] for card in issuer.ledger())


async def test_call_that_is_cancelled_behind_a_gate_can_be_repeated_under_its_id(
    issuer, connect, scheme, cancelled_behind_a_gate
):
    fp = connect(issuer, scheme=scheme)
    error = await cancelled_behind_a_gate(issuer, fp)

    op = await fp.cards.bulk_issue(product_id=2000, count=1, request_id=error.request_id)

    assert op.answer.found
    assert len(issuer.ledger()) == 1


async def test_call_that_is_cancelled_while_it_waits_for_the_pool_was_not_sent(
    issuer, connect, pool, settled
):
    fp = connect(issuer, max_connections=1)
    gate = issuer.gate(BULK)
    first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
    await gate.reached()
    second = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN))
    await settled()
    waiting = pool(fp).waiting
    second.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await second
    gate.open()
    await first

    assert waiting == 1
    assert not caught.value.outcome_unknown
    assert OWN not in {card["request_id"] for card in issuer.ledger()}


async def test_question_that_is_cancelled_behind_a_gate_leaves_the_pool_whole(
    issuer, connect, pool, settled
):
    fp = connect(issuer, max_connections=1)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    gate = issuer.gate(STATUS)
    task = asyncio.create_task(op.result())
    await gate.reached()
    task.cancel()
    await asyncio.wait([task])
    await settled()
    whole = pool(fp).taken
    gate.open()
    issued = await op.result()

    assert whole == 0
    assert task.cancelled()
    assert len(issued.card_ids) == 1


async def test_deadline_of_many_calls_behind_a_gate_leaves_the_pool_whole(issuer, connect, pool):
    fp = connect(issuer, max_connections=3)
    gate = issuer.gate(BULK)
    calls = [fp.cards.bulk_issue(product_id=2000, count=1, timeout=0.3) for _ in range(10)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    gate.open()
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    await op.result()

    unknown = {error.request_id for error in errors if type(error) is OutcomeUnknown}
    assert {type(error) for error in errors} == {OutcomeUnknown, NotSent}
    assert {card["request_id"] for card in issuer.ledger()} == unknown | {op.request_id}
    assert pool(fp).taken == 0
