from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from freedompay_async.sandbox.issuing.numbers import iban, printed
from freedompay_async.sandbox.issuing.refused import Refused
from tests.sandbox.requests import DONE

SHOP = {"name": "SANDBOX SHOP", "city": "ALMATY", "country": "KAZ"}


def at(text):
    return datetime.fromisoformat(text)


def operation(**changes):
    return {
        "type": "pay",
        "amount": Decimal("1.00"),
        "commission": Decimal("0.00"),
        "currency": "KZT",
        "mcc": 5411,
        "datetime": "2026-01-10T10:00:00+05:00",
        "rrn": "000000000000",
        "merchant": SHOP,
    } | changes


def move(counter, card_id, **changes):
    fields = {
        "type": "pay",
        "amount": 1,
        "currency": "KZT",
        "datetime": at("2026-01-10T10:00:00+05:00"),
    } | changes
    counter.issuer.add_movement(card_id, **fields)


def test_a_movement_that_a_test_adds(counter):
    card_id = counter.card()
    move(counter, card_id)
    move(
        counter,
        card_id,
        type="withdrawal_atm",
        amount=Decimal("25.50"),
        currency="USD",
        commission=Decimal("0.75"),
        datetime=at("2026-01-11T23:30:00+00:00"),
        mcc=6011,
        rrn="123456789012",
        merchant={"name": "ATM", "country": "USA"},
    )
    other = operation(
        type="withdrawal_atm",
        amount=Decimal("25.50"),
        currency="USD",
        commission=Decimal("0.75"),
        datetime="2026-01-11T23:30:00+00:00",
        mcc=6011,
        rrn="123456789012",
        merchant={"name": "ATM", "city": "ALMATY", "country": "USA"},
    )

    assert counter("card/statement", card_id=card_id) == DONE | {"operations": [operation(), other]}
    assert counter("card/balance", card_id=card_id)["amount"] == 1000


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ({}, [9, 10, 11, 12]),
        ({"start_date": "2026-01-10"}, [10, 11, 12]),
        ({"end_date": "2026-01-10"}, [9, 10]),
        ({"start_date": "2026-01-10", "end_date": "2026-01-11"}, [10, 11]),
        ({"start_date": "2026-01-11", "end_date": "2026-01-11"}, [11]),
        ({"start_date": "2026-02-01"}, []),
        ({"start_date": "2026-01-12", "end_date": "2026-01-09"}, []),
        ({"start_date": None, "end_date": None}, [9, 10, 11, 12]),
    ],
)
def test_the_dates_are_inclusive_and_the_movements_own(counter, dates, days):
    card_id, another = counter.card(), counter.card()
    # In another order, and each at an edge of its own day, which is another day elsewhere.
    for text in (
        "2026-01-12T00:00:00-08:00",
        "2026-01-10T23:59:59+14:00",
        "2026-01-09T00:00:00+05:00",
        "2026-01-11T23:59:59-08:00",
    ):
        move(counter, card_id, datetime=at(text))
    move(counter, another)

    facts = counter("card/statement", card_id=card_id, **dates)["operations"]
    assert [at(each["datetime"]).day for each in facts] == days


@pytest.mark.parametrize(
    "changes", [{"start_date": "10.01.2026"}, {"end_date": "2026-02-30"}, {"start_date": 20260110}]
)
def test_a_date_of_another_form(counter, changes):
    assert counter.no("card/statement", card_id=counter.card(), **changes) == "invalid_request"


def test_an_extended_statement_needs_both_dates(counter):
    assert (
        counter.no("card/statement_extended", card_id=counter.card(), start_date="2026-01-01")
        == "invalid_request"
    )


def test_the_extended_statement_says_everything(counter):
    client_id = counter.client()
    card_id = counter.card(client_id, active=True)
    paid = counter.do(
        "transaction/create", order_id="a", card_id=card_id, amount=100, currency="KZT"
    )["transaction_id"]
    counter.do("transaction/clearing", order_id="a", transaction_id=paid)
    counter.do("transaction/refund", order_id="a", transaction_id=paid, amount=Decimal("0.50"))
    waiting = counter.do(
        "transaction/create", order_id="b", card_id=card_id, amount=30, currency="KZT"
    )["transaction_id"]
    move(counter, card_id, amount=7, currency="USD", datetime=at("2026-01-15T13:00:00+05:00"))
    number = iban(card_id)
    moved = counter("card/statement", card_id=card_id)["operations"]
    assert len(moved) == 3
    assert len({each["rrn"] for each in moved}) == 3

    assert counter(
        "card/statement_extended", card_id=card_id, start_date="2026-01-15", end_date="2026-01-15"
    ) == DONE | {
        "client_id": client_id,
        "card": {"card_id": card_id, "card_mask": printed(card_id, made_at="2026-01-15").mask},
        "balances": [{"currency": "KZT", "amount": Decimal("870.50")}],
        "accounts": [
            {
                "iban": number,
                "currency": "KZT",
                "debit": Decimal("100.00"),
                "credit": Decimal("0.50"),
                "amount": Decimal("870.50"),
                "blocked_amount": Decimal("30.00"),
            }
        ],
        "authorizations": [
            {
                "datetime": "2026-01-15T12:00:00+05:00",
                "type": "pay",
                "amount": Decimal("30.00"),
                "commission": Decimal("0.00"),
                "full_amount": Decimal("30.00"),
                "cashback": Decimal("0.00"),
                "currency": "KZT",
                "iban": number,
                "merchant": SHOP,
                "additional_parameters": [
                    {"name": "transaction_id", "value": waiting},
                    {"name": "order_id", "value": "b"},
                ],
            }
        ],
        "operations": moved,
    }


def test_the_extended_statement_of_another_time_and_of_nobody(counter):
    card_id = counter.card(active=True)
    counter.do("transaction/create", order_id="b", card_id=card_id, amount=30, currency="KZT")
    facts = counter(
        "card/statement_extended", card_id=card_id, start_date="2026-01-01", end_date="2026-01-14"
    )

    assert "client_id" not in facts
    assert (facts["authorizations"], facts["operations"]) == ([], [])


def test_what_is_no_movement(counter):
    card_id = counter.card()
    with pytest.raises(Refused, match="names no card"):
        move(counter, "nothing")
    with pytest.raises(ValueError, match="offset"):
        move(counter, card_id, datetime=at("2026-01-10T10:00:00"))
    with pytest.raises(ValueError, match="a number"):
        move(counter, card_id, amount=1.5)
    assert counter("card/statement", card_id=card_id)["operations"] == []
