"""A batch whose client has a contract of its own."""

from __future__ import annotations

import hashlib
import json

from freedompay_async import Override
from freedompay_async.batch import Limits, State
from tests.batch.runs import abandoned

BRANCH = {"contract": [Override(call="clients.create", fields={"branch_id": "b-7"})]}


def digests(office) -> set[bytes]:
    with office.on_disk() as disk:
        return {
            each
            for (each,) in disk.execute("SELECT body_sha256 FROM intents WHERE step = 'client'")
        }


async def test_the_fields_of_an_override_go_out(office, people, one_each):
    report = await office.issue(office.file(people(3)), client=BRANCH)
    bodies = [
        json.loads(each.body) for each in office.issuer.received if each.path.endswith("client/add")
    ]

    assert report.complete
    assert office.cards() == one_each(3)
    assert [body["branch_id"] for body in bodies] == ["b-7"] * 3


async def test_the_journal_has_the_digest_of_what_went_out(office, people):
    await office.issue(office.file(people(3)), client=BRANCH)
    sent = {
        hashlib.sha256(each.body).digest()
        for each in office.issuer.received
        if each.path.endswith("client/add")
    }

    assert digests(office) == sent


async def test_a_row_that_was_sent_with_the_fields_is_sent_again_with_them(
    office, people, one_each
):
    await abandoned(office, people, **BRANCH)
    report = await office.resume(client=BRANCH)

    assert report.complete
    assert office.cards() == one_each(1)
    assert (office.arrived("client/add"), len(digests(office))) == (2, 1)


async def test_a_row_that_was_sent_without_the_fields_is_not_sent_again_with_them(office, people):
    await abandoned(office, people)
    before = office.arrived("client/add")
    async with office.batch(
        limits=Limits(settle=0.3), client=BRANCH, contract_changed=True
    ) as batch:
        (told,) = [each async for each in batch.run()]

    assert (told.state, office.arrived("client/add")) == (State.UNKNOWN, before)


async def test_a_row_that_was_sent_with_the_fields_is_not_sent_again_without_them(office, people):
    await abandoned(office, people, **BRANCH)
    before = office.arrived("client/add")
    async with office.batch(limits=Limits(settle=0.3), contract_changed=True) as batch:
        (told,) = [each async for each in batch.run()]

    assert (told.state, office.arrived("client/add")) == (State.UNKNOWN, before)
