"""An id of the caller's own that could not go out, or would write headers of its own, is refused before anything is sent."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest

from freedompay_async import ConfigurationError, NewClient, RequestFailed, Retry
from freedompay_async.contract.models import RequestState
from freedompay_async.models import Address, Limit, LimitAmount

BAD = {
    "two lines": "s3cret\r\nx-evil: 1",
    "a line end": "s3cret\n",
    "a carriage return": "s3cret\r",
    "a zero": "s3cret\x00",
    "a space": "s3cret s3cret",
    "a space in front": " s3cret",
    "a space behind": "s3cret ",
    "a tab": "s3cret\t",
    "half a pair": "s3cret\ud800",
    "another alphabet": "s3cret\u043a",
    "digits of another alphabet": "\u0661\u0662",
    "empty": "",
    "129 characters": "s3cret" + "a" * 123,
    "a number": 5,
    "bytes": b"s3cret",
    "a list": ["s3cret"],
    "a truth": True,
}
ADDRESS = Address(country="KAZ", postal_code="050000", address_line1="Almaty", address_line2="Abai", address_line3="1")
PERSON = NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name="IVANOV", address1=ADDRESS)
LIMIT = Limit(transaction_type="pay", period="day", amount=(LimitAmount(type="max", value="100", currency="KZT"),))
GIFT = {"cardholder_name": "IVANOV IVAN", "phone": 79651234567, "product_code": 1}
MONEY = {"order_id": "order-1", "amount": Decimal("12.10")}
RENAME = ("/v5/card-api/card/rename", {"card_id": "c-1"})
CALLS = {
    "cards.bulk_issue": lambda fp, own: fp.cards.bulk_issue(product_id=2000, count=1, request_id=own),
    "cards.issue": lambda fp, own: fp.cards.issue(client_id="cl-1", product_id=2000, request_id=own),
    "cards.issue_plastic": lambda fp, own: fp.cards.issue_plastic(client_id="cl-1", product_id=2000, request_id=own),
    "cards.link": lambda fp, own: fp.cards.link("c-1", client_id="cl-1", request_id=own),
    "cards.activate": lambda fp, own: fp.cards.activate("c-1", request_id=own),
    "cards.block": lambda fp, own: fp.cards.block("c-1", description="lost", request_id=own),
    "cards.unblock": lambda fp, own: fp.cards.unblock("c-1", description="found", request_id=own),
    "cards.reset_pin_counter": lambda fp, own: fp.cards.reset_pin_counter("c-1", request_id=own),
    "cards.close": lambda fp, own: fp.cards.close("c-1", description="stolen", request_id=own),
    "clients.create": lambda fp, own: fp.clients.create(product_id=2000, client=PERSON, request_id=own),
    "clients.update": lambda fp, own: fp.clients.update("cl-1", product_id=2000, phone=77017777778, request_id=own),
    "transactions.create": lambda fp, own: fp.transactions.create(card_id="c-1", currency="KZT", **MONEY, request_id=own),
    "transactions.clear": lambda fp, own: fp.transactions.clear(transaction_id="t-1", **MONEY, request_id=own),
    "transactions.refund": lambda fp, own: fp.transactions.refund(transaction_id="t-1", **MONEY, request_id=own),
    "limits.set": lambda fp, own: fp.limits.set(object_type="card", object_id="c-1", limits=(LIMIT,), request_id=own),
    "gift_cards.issue": lambda fp, own: fp.gift_cards.issue(**GIFT, request_id=own),
    "gift_cards.order": lambda fp, own: fp.gift_cards.order(**GIFT, request_id=own),
    "call": lambda fp, own: fp.call(*RENAME, dict, request_id=own),
    "call, askable": lambda fp, own: fp.call(*RENAME, RequestState, retry=Retry.ASKABLE, request_id=own),
}
NAMES = {"gift_cards.order": "gift_cards.issue", "call": RENAME[0], "call, askable": RENAME[0]}


@pytest.mark.parametrize("name", CALLS)
async def test_id_that_can_not_go_out_is_refused_and_not_shown(fp, issuer, name):
    errors = []
    for bad in BAD.values():
        with pytest.raises(ConfigurationError, match="request_id is ") as caught:
            await CALLS[name](fp, bad)
        errors.append(caught.value)

    assert list(issuer.received) == []
    assert [error.request_id for error in errors] == [None] * len(BAD)
    assert {error.call for error in errors} == {NAMES.get(name, name)}
    assert "s3cret" not in " ".join(f"{error!s} {error!r} {vars(error)} {error.__cause__!r}" for error in errors)


@pytest.mark.parametrize("own", ["a", "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", "!~{}\"'\\/<>&%", "a" * 128])
async def test_id_of_visible_ascii_goes_out_as_it_is(fp, issuer, own):
    # The sandbox takes nothing but a UUID.
    with suppress(RequestFailed):
        await fp.cards.bulk_issue(product_id=2000, count=1, request_id=own)

    assert json.loads(issuer.received[0].body)["request_id"] == own
