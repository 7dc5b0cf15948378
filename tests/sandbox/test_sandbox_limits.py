from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from tests.sandbox.requests import DONE


def limit(value="500.50", **changes):
    currency = changes.pop("currency", "KZT")
    return {
        "transaction_type": "pay",
        "period": "day",
        "amount": [{"type": "sum", "value": value, "currency": currency}],
    } | changes


def put(counter, of, *limits):
    assert counter.do("limits/set", object=of, limits=list(limits)) == DONE


def facts(counter, of):
    answer = counter("limits/list", request_id=str(uuid4()), object=of)
    limits = answer.pop("limits")
    assert answer == DONE
    return limits


def test_limits_are_kept_and_told(counter):
    of = {"type": "card", "value": counter.card()}
    assert facts(counter, of) == []
    put(
        counter,
        of,
        limit(),
        limit("7", transaction_type="withdrawal", region="KAZ", period=None, currency="USD"),
    )

    assert facts(counter, of) == [
        {
            "type": "pay",
            "period": "day",
            "maximum": Decimal("500.50"),
            "currency": "KZT",
            "counter": Decimal("0.00"),
            "remaining": Decimal("500.50"),
        },
        {
            "type": "withdrawal",
            "maximum": Decimal("7.00"),
            "currency": "USD",
            "counter": Decimal("0.00"),
            "remaining": Decimal("7.00"),
        },
    ]


def test_the_same_limit_takes_the_former_ones_place(counter):
    of = {"type": "card", "value": counter.card()}
    put(counter, of, limit("1"), limit("2", period="month"))
    put(counter, of, limit("3"))

    assert [(each["period"], each["maximum"]) for each in facts(counter, of)] == [
        ("day", 3),
        ("month", 2),
    ]


def test_limits_of_one_object_are_not_anothers(counter):
    client_id = counter.client()
    card = {"type": "card", "value": counter.card(client_id)}
    client = {"type": "client", "value": client_id}
    account = {"type": "account", "value": "KZ000000000000000000"}
    for of, value in ((card, "1"), (client, "2"), (account, "3")):
        put(counter, of, limit(value))

    assert [facts(counter, of)[0]["maximum"] for of in (card, client, account)] == [1, 2, 3]


def test_what_was_paid_counts(counter):
    client_id = counter.client()
    first, second = (counter.card(client_id, active=True) for _ in range(2))
    card, client = {"type": "card", "value": first}, {"type": "client", "value": client_id}
    for of in (card, client):
        put(
            counter,
            of,
            limit("50"),
            limit("500", period="month"),
            limit("9", transaction_type="withdrawal"),
        )
    paid = counter.do(
        "transaction/create", order_id="1", card_id=first, amount=100, currency="KZT"
    )["transaction_id"]
    counter.do("transaction/clearing", order_id="1", transaction_id=paid, amount=60)
    counter.do("transaction/create", order_id="2", card_id=second, amount=5, currency="KZT")

    def spent(of):
        return [(each["counter"], each["remaining"]) for each in facts(counter, of)]

    assert spent(card) == [(60, 0), (60, 440), (0, 9)]
    assert spent(client) == [(65, 0), (65, 435), (0, 9)]
    counter.now += 24 * 3600
    assert spent(card) == [(0, 50), (60, 440), (0, 9)]
    counter.now += 31 * 24 * 3600
    assert spent(card) == [(0, 50), (0, 500), (0, 9)]


@pytest.mark.parametrize("kind", ["card", "client"])
def test_an_unknown_object(counter, kind):
    assert (
        counter.no("limits/set", object={"type": kind, "value": "nothing"}, limits=[limit()])
        == f"unknown_{kind}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"object": {"type": "shop", "value": "1"}},
        {"object": {"type": "card"}},
        {"limits": []},
        {"limits": [{"transaction_type": "pay"}]},
        {"limits": [limit(amount=[])]},
        {"limits": [limit(5)]},
        {"limits": [limit("-1")]},
        {"limits": [limit("1.001")]},
        {"limits": [limit("\u0661")]},
        {"limits": [limit("1", currency="tenge")]},
    ],
)
def test_a_limit_of_another_form(counter, changes):
    fields = {"object": {"type": "card", "value": counter.card()}, "limits": [limit()]} | changes
    assert counter.no("limits/set", **fields) == "invalid_request"
