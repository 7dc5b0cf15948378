from __future__ import annotations

import datetime as dt

import pytest


async def test_a_movement_from_outside_is_in_the_statement(issuer, api):
    [card_id] = await api.bulk()
    issuer.add_movement(
        card_id,
        type="pay",
        amount=5,
        currency="KZT",
        datetime=dt.datetime.now(dt.UTC),
        merchant={"name": "Shop"},
    )
    answer = await api("card/statement", card_id=card_id)

    assert [(each["type"], each["merchant"]["name"]) for each in answer["operations"]] == [
        ("pay", "Shop")
    ]
    with pytest.raises(KeyError, match="nobody"):
        issuer.add_movement(
            "nobody", type="pay", amount=5, currency="KZT", datetime=dt.datetime.now(dt.UTC)
        )


async def test_a_pin_that_the_issuer_made(issuer, api):
    [card_id] = await api.bulk()
    assert issuer.made_pin(card_id) is None
    await api("card/set_pin", card_id=card_id)

    assert issuer.enter_pin(card_id, issuer.made_pin(card_id))
    assert issuer.made_pin("nobody") is None
