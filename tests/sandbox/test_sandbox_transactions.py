from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.requests import DONE


def pay(counter, card_id, amount, **changes):
    fields = {"order_id": "order-1", "card_id": card_id, "amount": amount, "currency": "KZT"}
    return counter.do("transaction/create", **fields | changes)["transaction_id"]


def money(counter, card_id):
    facts = counter("card/balance", card_id=card_id)
    return facts["amount"], facts["blocked_amount"]


def decimals(*texts):
    return tuple(Decimal(text) for text in texts)


@pytest.fixture
def card_id(counter):
    return counter.card(active=True)


def test_a_payment_from_hold_to_refund(counter, card_id):
    state = counter.do(
        "transaction/create",
        order_id=7,
        card_id=card_id,
        amount=Decimal("12.10"),
        currency="KZT",
        description="tea",
    )
    transaction_id = state["transaction_id"]
    assert state == DONE | {
        "transaction_id": transaction_id,
        "fin_document_id": state["fin_document_id"],
    }
    assert money(counter, card_id) == decimals("987.90", "12.10")
    facts = {
        "transaction_id": transaction_id,
        "order_id": "7",
        "card_id": card_id,
        "transaction_status": "created",
        "amount": Decimal("12.10"),
        "cleared_amount": Decimal("0.00"),
        "refunded_amount": Decimal("0.00"),
        "currency": "KZT",
        "datetime": "2026-01-15T12:00:00+05:00",
    }
    assert counter("transaction/info", transaction_id=transaction_id) == DONE | facts

    cleared = counter.do(
        "transaction/clearing", order_id="7", transaction_id=transaction_id, amount=10
    )
    assert cleared["transaction_id"] == transaction_id
    assert cleared["fin_document_id"] != state["fin_document_id"]
    assert money(counter, card_id) == decimals("990.00", "0.00")
    facts |= {"transaction_status": "cleared", "cleared_amount": Decimal("10.00")}
    assert counter("transaction/info", transaction_id=transaction_id) == DONE | facts

    counter.do(
        "transaction/refund",
        order_id="7",
        transaction_id=transaction_id,
        amount=Decimal("3.55"),
        description="cold",
    )
    assert money(counter, card_id) == decimals("993.55", "0.00")
    assert counter("transaction/info", transaction_id=transaction_id) == DONE | facts | {
        "refunded_amount": Decimal("3.55")
    }
    counter.do("transaction/refund", order_id="7", transaction_id=transaction_id)
    assert money(counter, card_id) == decimals("1000.00", "0.00")
    facts |= {"transaction_status": "refunded", "refunded_amount": Decimal("10.00")}
    assert counter("transaction/info", transaction_id=transaction_id) == DONE | facts

    moved = counter("card/statement", card_id=card_id)["operations"]
    assert [(each["type"], each["amount"]) for each in moved] == [
        ("pay", Decimal("10.00")),
        ("refund", Decimal("3.55")),
        ("refund", Decimal("6.45")),
    ]


def test_the_answer_to_a_payment_is_the_envelope(counter, card_id):
    request_id = "828cf71d-a447-4a67-a149-c1df8bc197ca"
    counter.issuer.hold = True
    fields = {
        "request_id": request_id,
        "order_id": "1",
        "card_id": card_id,
        "amount": 1,
        "currency": "KZT",
    }
    assert counter("transaction/create", **fields) == {"status": "ok", "request_status": "process"}
    assert counter("request/status", request_id=request_id) == {
        "status": "ok",
        "request_status": "process",
    }
    counter.issuer.finish(request_id)
    assert counter("request/status", request_id=request_id).keys() == {
        "status",
        "request_status",
        "transaction_id",
        "fin_document_id",
    }


def test_the_whole_amount_is_cleared_where_none_is_named(counter, card_id):
    transaction_id = pay(counter, card_id, Decimal("99.99"))
    counter.do("transaction/clearing", order_id="1", transaction_id=transaction_id)
    assert money(counter, card_id) == decimals("900.01", "0.00")


def test_no_more_than_there_is(counter, card_id):
    pay(counter, card_id, 600)
    assert (
        counter.no(
            "transaction/create",
            order_id="1",
            card_id=card_id,
            amount=Decimal("400.01"),
            currency="KZT",
        )
        == "not_enough_money"
    )
    pay(counter, card_id, 400)
    assert money(counter, card_id) == decimals("0.00", "1000.00")


def test_no_more_than_was_held_or_cleared(counter, card_id):
    transaction_id = pay(counter, card_id, 100)
    each = {"order_id": "1", "transaction_id": transaction_id}
    assert counter.no("transaction/refund", **each) == "not_cleared"
    assert (
        counter.no("transaction/clearing", **each, amount=Decimal("100.01")) == "amount_too_large"
    )
    counter.do("transaction/clearing", **each, amount=60)
    assert counter.no("transaction/clearing", **each, amount=40) == "already_cleared"
    assert counter.no("transaction/refund", **each, amount=Decimal("60.01")) == "amount_too_large"
    counter.do("transaction/refund", **each, amount=60)
    assert counter.no("transaction/refund", **each) == "amount_too_large"
    assert money(counter, card_id) == decimals("1000.00", "0.00")


def test_only_an_active_card_pays(counter):
    card_id = counter.card()
    fields = {"order_id": "1", "card_id": card_id, "amount": 1, "currency": "KZT"}
    assert counter.no("transaction/create", **fields) == "card_not_active"
    counter.do("card/activate", card_id=card_id)
    counter.do("card/block", card_id=card_id, description="lost")
    assert counter.no("transaction/create", **fields) == "card_blocked"
    assert counter.no("transaction/create", **fields | {"card_id": "nothing"}) == "unknown_card"
    assert counter.no("transaction/create", **fields | {"currency": "USD"}) == "card_blocked"


def test_a_payment_of_a_closed_card_stays_as_it_is(counter, card_id):
    transaction_id = pay(counter, card_id, 100)
    counter.do("card/close", card_id=card_id, description="lost")
    assert (
        counter.no("transaction/clearing", order_id="1", transaction_id=transaction_id)
        == "card_closed"
    )
    assert (
        counter.no("transaction/refund", order_id="1", transaction_id=transaction_id)
        == "card_closed"
    )
    assert (
        counter("transaction/info", transaction_id=transaction_id)["transaction_status"]
        == "created"
    )


@pytest.mark.parametrize("call", ["transaction/clearing", "transaction/refund"])
def test_an_unknown_payment(counter, call):
    assert counter.no(call, order_id="1", transaction_id="nothing") == "unknown_transaction"


def test_another_currency(counter, card_id):
    assert (
        counter.no("transaction/create", order_id="1", card_id=card_id, amount=1, currency="USD")
        == "wrong_currency"
    )


@pytest.mark.parametrize(
    "amount", ["1", True, 0, -1, "0.001", "-0.01", "1e400", "1e-400", "1000000000000", None, [1]]
)
def test_an_amount_is_a_number_with_two_decimals(counter, card_id, amount):
    value = Decimal(amount) if isinstance(amount, str) and amount != "1" else amount
    answer = counter(
        "transaction/create",
        request_id="828cf71d-a447-4a67-a149-c1df8bc197ca",
        order_id="1",
        card_id=card_id,
        amount=value,
        currency="KZT",
    )
    assert answer["error_code"] == "invalid_request"
    assert "$.amount" in answer["error_description"]
    assert money(counter, card_id) == decimals("1000.00", "0.00")
