"""Never run: what a type checker must make of the names that users see."""

from __future__ import annotations

from typing import assert_type

from freedompay_async import (
    Completed,
    CreatedClient,
    FreedomPay,
    IssuedCards,
    NewClient,
    Operation,
    RequestState,
)
from freedompay_async.batch import Batch, Journal, Outcome, Plan, Report, read_file


async def calls(fp: FreedomPay, person: NewClient) -> None:
    created = await fp.clients.create(product_id=1000, client=person)
    assert_type(created, Operation[CreatedClient])
    client = await created.result()
    assert_type(client.client_id, str)
    issued = await (await fp.cards.issue(client_id=client.client_id, product_id=1000)).result(timeout=60)
    assert_type(issued, IssuedCards)
    assert_type(issued.card_ids, tuple[str, ...])
    assert_type(await (await fp.cards.bulk_issue(product_id=1000, count=3)).result(), IssuedCards)
    assert_type(await (await fp.cards.link("card", client_id="client")).result(), Completed)
    assert_type(await (await fp.cards.activate("card")).result(), Completed)
    attached = fp.requests.attach("id")
    assert_type(attached, Operation[RequestState])
    assert_type(await attached.refresh(), RequestState | None)
    async for operation in fp.requests.as_completed([created]):
        assert_type(operation, Operation[CreatedClient])


async def batches(fp: FreedomPay) -> None:
    async with Journal.open("run.db") as journal:
        batch = Batch(fp, journal)
        assert_type(await batch.plan(read_file("clients.csv", product_id=1000)), Plan)
        async for outcome in batch.run():
            assert_type(outcome, Outcome)
        assert_type(await batch.report(), Report)
