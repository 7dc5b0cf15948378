from __future__ import annotations

import hashlib
import json
from uuid import uuid4

PHONE = 77017777777


async def get(api, path):
    async with api.session.get(api.issuer.base_url + path) as response:
        return response.status, await response.json()


async def gift(api, call, **fields):
    body = json.dumps(fields).encode()
    headers = {
        "Auth-Id": "10001",
        "Request-Id": str(uuid4()),
        "Sign": hashlib.sha256(body + b"sandbox-secret").hexdigest(),
    }
    headers["Content-Type"] = "application/json"
    async with api.session.post(
        f"{api.issuer.base_url}/v5/cards/{call}", data=body, headers=headers
    ) as response:
        return await response.json()


async def test_cards(issuer, api, person):
    client_id = await api.client()
    first, second = await api.bulk(count=2)
    await api("card/link", client_id=client_id, card_id=first)
    await api("card/activate", card_id=first)
    await api("card/set_pin", card_id=first, pin="sealed")
    status, answer = await get(api, "/sandbox/cards")
    names = ("card_id", "status", "client_id", "phone", "product_id", "pin_set")

    assert (status, answer["total"]) == (200, 2)
    assert [tuple(card[name] for name in names) for card in answer["cards"]] == [
        (second, "issued", None, None, 2000, False),
        (first, "active", client_id, PHONE, 2000, True),
    ]


async def test_only_the_newest_cards(api):
    ids = await api.bulk(count=2_300)
    _, answer = await get(api, "/sandbox/cards")

    assert answer["total"] == 2_300
    assert [card["card_id"] for card in answer["cards"]] == ids[:-201:-1]


async def test_gift_cards_and_their_codes(issuer, api):
    [product, *_] = (await gift(api, "product_list"))["product_list"]
    card = await gift(
        api, "issue_card", cardholder_name="IVANOV IVAN", phone=PHONE, product_code=product["code"]
    )
    issuer.stock_gift_cards(1)
    _, answer = await get(api, "/sandbox/gift-cards")

    assert answer["total"] == 2
    assert [(each["card_id"], each["phone"], each["sms"]) for each in answer["cards"]] == [
        (card["card_id"] + 1, None, []),
        (card["card_id"], str(PHONE), issuer.sms(PHONE)),
    ]
    assert [each["card_id"] for each in issuer.gift_ledger()] == [
        card["card_id"],
        card["card_id"] + 1,
    ]


async def test_open_requests(issuer, api, person):
    await api.bulk()
    issuer.hold = True
    held = {call: str(uuid4()) for call in ("card/bulk_issue", "client/add")}
    document = "JVBERi0" + "A" * 20_001
    await api("card/bulk_issue", request_id=held["card/bulk_issue"], product_id=2000, count=1)
    await api(
        "client/add",
        request_id=held["client/add"],
        product_id=2000,
        client=person(document=document),
    )
    await api.ask(held["client/add"])
    _, answer = await get(api, "/sandbox/open")
    assert {each["call"]: each["request_id"] for each in answer} == held
    issuer.finish(held["client/add"])
    _, answer = await get(api, "/sandbox/open")
    assert [each["call"] for each in answer] == ["card/bulk_issue"]
    issuer.hold = False
    assert await get(api, "/sandbox/open") == (200, [])
