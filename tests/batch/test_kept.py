"""Rows that an earlier version has planned are sent as they were planned, whatever the rules are
now.
"""

from __future__ import annotations

import json

import msgspec
import pytest

from freedompay_async.batch.kept import KeptRow

# Each was good once.
OLD = {
    "phone": 7017777777,
    "type": 1,
    "resident": 1,
    "first_name": "Ivan",
    "last_name": "Ivanov",
    "country": "KAZ",
    "person_id": "123",
}
ADDRESS = {
    "country": "XXX",
    "postal_code": "",
    "address_line1": "a",
    "address_line2": "b",
    "address_line3": "c",
}


def as_planned(client) -> bytes:
    row = {
        "line": 2,
        "key": "k1",
        "product_id": 2000,
        "client": client,
        "document": None,
        "identification_info": None,
        "branch_id": None,
    }
    return json.dumps({"row": row, "document_sha256": None}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "client",
    [OLD, OLD | {"address1": ADDRESS, "address2": ADDRESS}],
    ids=["a client", "with addresses"],
)
def test_a_row_is_read_and_written_as_it_was(client):
    kept = msgspec.json.decode(as_planned(client), type=KeptRow)

    assert msgspec.json.encode(kept) == as_planned(client)
    assert kept.row.card_product_id is None


def test_its_document_is_sealed_all_the_same():
    kept = msgspec.json.decode(as_planned(OLD), type=KeptRow)
    client = msgspec.structs.replace(kept.row.client, document="JVBERi0=")

    assert "JVBERi0=" not in repr(client)
    assert client.document.reveal() == "JVBERi0="


async def test_it_goes_out_as_it_was_planned(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
    office.alter("UPDATE rows SET data = ?", (as_planned(OLD),))
    await office.resume()

    assert office.effects()[0]["client"] == OLD


async def test_a_resumed_journal_does_not_stop_at_it(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))
    office.alter("UPDATE rows SET data = ? WHERE number = 1", (as_planned(OLD),))
    report = await office.resume()

    # This issuer holds to the rules of today, so it refuses the first row; the other one has its
    # card.
    assert (report.refused, report.issued) == (1, 1)


async def test_the_same_file_planned_anew_is_held_to_the_rules(office, person):
    async with office.batch() as batch:
        plan = await office.plan(batch, office.file([person(1, phone=7017777777)]))

    assert [(each.line, each.column) for each in plan.problems] == [(2, "phone")]
