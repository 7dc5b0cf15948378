from __future__ import annotations

import base64
from uuid import uuid4

import pytest

from tests.person_examples import ADDRESS

PDF = base64.b64encode(b"%PDF-1.7 ...").decode()
WALLET = {
    "country": "KAZ",
    "person_id": "900101300123",
    "document": PDF,
    "address1": ADDRESS,
    "address2": ADDRESS,
}


async def test_a_wallet_client_with_everything(api, person):
    whole = person(
        **WALLET,
        middle_name="Ivanovich",
        birthdate="1990-01-01",
        email="i@example.com",
        language="ru",
        external_user_id="Иванов",
    )
    info = {"idn_date": "2026-01-01", "identified_by": "branch"}
    answer = await api(
        "client/add", product_id=1000, branch_id="5", client=whole, identification_info=info
    )
    assert answer["status"] == "ok"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": None}, "phone"),
        ({"phone": "77017777777"}, "client.phone"),
        ({"phone": True}, "client.phone"),
        ({"phone": -7}, "client.phone"),
        ({"phone": 10**15}, "client.phone"),
        ({"phone": 7017777777}, "client.phone"),
        ({"type": 4}, "client.type"),
        ({"type": "1"}, "client.type"),
        ({"resident": 0}, "client.resident"),
        ({"first_name": "Иван"}, "client.first_name"),
        ({"first_name": ""}, "client.first_name"),
        ({"middle_name": "5"}, "client.middle_name"),
        ({"email": "\u0430idar@example.com"}, "client.email"),
        ({"country": "KAZ", "person_id": "12345678901"}, "client.person_id"),
        ({"last_name": "Ivanov\n"}, "client.last_name"),
        ({"last_name": None}, "last_name"),
        ({"birthdate": "01.01.1990"}, "client.birthdate"),
        ({"birthdate": "1990-02-30"}, "client.birthdate"),
        ({"country": "KZ"}, "client.country"),
        ({"country": "kaz"}, "client.country"),
        ({"country": "XXX"}, "client.country"),
        ({"language": "rus"}, "client.language"),
        ({"document": "%PDF-1.7"}, "client.document"),
        ({"document": base64.b64encode(b"GIF89a").decode()}, "`document`"),
        (
            {"document": base64.b64encode(b"%PDF-" + bytes(2 * 1024 * 1024)).decode()},
            "client.document",
        ),
        ({"address1": {**ADDRESS, "country": "KZ"}}, "client.address1.country"),
        ({"address2": {key: ADDRESS[key] for key in list(ADDRESS)[:-1]}}, "address_line3"),
        ({"address2": "Almaty"}, "client.address2"),
    ],
)
async def test_a_wrong_field_of_a_client_is_refused_by_name(issuer, api, person, changes, field):
    answer = await api("client/add", product_id=2000, client=person(**changes))
    assert (answer["status"], answer["request_status"], answer["error_code"]) == (
        "error",
        "error",
        "invalid_request",
    )
    assert field in answer["error_description"]
    assert issuer.received[-1].verdict == "refused"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n", b"x" * 1019])
async def test_a_document_may_begin_behind_other_bytes(api, person, before):
    documents = [
        base64.b64encode(content).decode()
        for content in (before + b"%PDF-1.7", b"x" * 1020 + b"%PDF-1.7")
    ]
    taken, refused = [
        await api("client/add", product_id=2000, client=person(document=document))
        for document in documents
    ]

    assert taken["status"] == "ok"
    assert "is no PDF" in refused["error_description"]


@pytest.mark.parametrize("field", WALLET)
async def test_a_wallet_needs_more(api, person, field):
    answer = await api("client/add", product_id=1000, client=person(**{**WALLET, field: None}))
    assert answer["error_code"] == "invalid_request"
    assert f"client.{field}" in answer["error_description"]


@pytest.mark.parametrize(
    ("call", "changes", "field"),
    [
        ("card/bulk_issue", {"count": 0}, "count"),
        ("card/bulk_issue", {"count": 10_001}, "count"),
        ("card/bulk_issue", {"count": "2"}, "count"),
        ("card/bulk_issue", {"product_id": 0}, "product_id"),
        ("client/add", {"product_id": 1}, "product_id"),
        ("card/bulk_issue", {"product_id": -2000}, "product_id"),
        ("card/bulk_issue", {"product_id": "2000"}, "product_id"),
        ("card/bulk_issue", {"request_id": "no-uuid"}, "request_id"),
        ("card/issue", {"client_id": 5}, "client_id"),
        ("card/link", {"client_id": "x"}, "card_id"),
        ("card/activate", {"card_id": ""}, "card_id"),
        ("client/add", {}, "client"),
        ("client/add", {"client": {}, "identification_info": {}}, "client"),
    ],
)
async def test_a_wrong_field_is_refused_by_name(api, call, changes, field):
    answer = await api(
        call, **{"request_id": str(uuid4()), "product_id": 2000, "count": 2, **changes}
    )
    assert answer["error_code"] == "invalid_request"
    assert field in answer["error_description"]


@pytest.mark.parametrize("call", ["card/issue", "card/issue_plastic", "card/bulk_issue"])
async def test_a_card_may_be_of_any_product(issuer, api, call):
    """Whose list is not that of the clients' products."""
    whose = {"count": 1} if call == "card/bulk_issue" else {"client_id": await api.client()}
    answer = await api(call, product_id=77, **whose)

    assert answer["status"] == "ok"
    assert [card["product_id"] for card in issuer.ledger()] == [77]
