from __future__ import annotations

import json
import math
import pickle
from decimal import Decimal, localcontext

import pytest

from freedompay_async.codec.encode import encode
from freedompay_async.contract.models import (
    Clearing,
    GiftCardId,
    GiftConfirmation,
    GiftIssue,
    Limit,
    LimitAmount,
    LimitSetting,
    LimitTarget,
    PinSetting,
    Refund,
    StatementQuery,
    TransactionCreation,
)
from freedompay_async.contract.models.requests import money
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Document, Otp, Pin, Secret
from tests.person_examples import new_client


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "expected"),
        [
            (0, "0"),
            (5, "5"),
            ("5", "5"),
            ("12.10", "12.10"),
            ("0.01", "0.01"),
            (Decimal("12.10"), "12.10"),
            (Decimal("0.30"), "0.30"),
            ("007.50", "7.50"),
            ("0.000001", "0.000001"),
            (Decimal("1E-6"), "0.000001"),
            (Decimal("1E+3"), "1000"),
            (Decimal("1.50E+2"), "150"),
            (Decimal("1E+23"), "1" + "0" * 23),
            (10**24 - 1, "9" * 24),
            ("9" * 24 + ".999999", "9" * 24 + ".999999"),
        ],
    )
    def test_is_exact_and_has_no_exponent(self, amount, expected):
        assert (type(money(amount)), str(money(amount))) == (Decimal, expected)

    def test_is_not_rounded_by_the_callers_context(self):
        with localcontext(prec=3):
            assert str(money("123456.78")) == "123456.78"

    def test_is_none_of_the_callers_errors(self):
        with localcontext() as context:
            context.clear_traps()
            with pytest.raises(ConfigurationError):
                money("much")

    @pytest.mark.parametrize(
        "amount", [12.1, 1.0, math.nan, math.inf, True, False, None, [], b"5", object()]
    )
    def test_refuses_what_holds_no_exact_amount(self, amount):
        with pytest.raises(ConfigurationError) as caught:
            money(amount)

        assert caught.value.text == (
            f"an amount is a {type(amount).__name__}: use Decimal, int or text, such as '12.10'. "
            "Nothing was sent."
        )

    @pytest.mark.parametrize(
        "amount",
        [
            "",
            " ",
            "much",
            "1_000",
            " 5 ",
            "5\n",
            "+5",
            "-5",
            "-0.01",
            ".5",
            "5.",
            "\N{ARABIC-INDIC DIGIT FIVE}",
            "\N{FULLWIDTH DIGIT FIVE}",
            "1e5",
            "1.50E2",
            "0x10",
            "1.0000000",
            "0.0000001",
            -1,
            Decimal("-0.01"),
            Decimal("1E-7"),
            Decimal("1.0000000"),
            Decimal("1E+24"),
            "12,10",
            "12.10.1",
            "NaN",
            "sNaN",
            "Infinity",
            "-inf",
            Decimal("NaN"),
            Decimal("-Infinity"),
            10**24,
            -(10**30),
            "1" * 25,
            "0." + "1" * 31,
            "1e999999999",
        ],
        ids=lambda amount: f"{type(amount).__name__} {str(amount)[:20]!r}",
    )
    def test_refuses_what_is_no_number_of_money(self, amount):
        with pytest.raises(ConfigurationError) as caught:
            money(amount)

        assert caught.value.text == (
            "an amount must be a number of at most 24 digits and 6 decimal places, 0 or more. "
            "Nothing was sent."
        )

    def test_speaks_of_no_value(self):
        with pytest.raises(ConfigurationError) as caught:
            money("4111111111111111 KZT")

        assert "4111" not in str(caught.value)


class TestAmountsOnTheWire:
    @pytest.mark.parametrize(
        ("amount", "expected"),
        [
            ("12.10", b"12.10"),
            (5, b"5"),
            (Decimal("0.3"), b"0.3"),
            (Decimal("1E+3"), b"1000"),
            (10**23, b"1" + b"0" * 23),
        ],
    )
    @pytest.mark.parametrize("kind", [Clearing, Refund])
    def test_are_numbers_digit_by_digit(self, kind, amount, expected):
        body = encode(kind(request_id="r", order_id="o", transaction_id="t", amount=money(amount)))

        assert (
            body
            == b'{"request_id":"r","order_id":"o","transaction_id":"t","amount":' + expected + b"}"
        )

    def test_of_a_new_transaction_are_numbers(self):
        body = encode(
            TransactionCreation(
                request_id="r", order_id="o", card_id="c", amount=money("0.10"), currency="KZT"
            )
        )

        assert (
            body
            == b'{"request_id":"r","order_id":"o","card_id":"c","amount":0.10,"currency":"KZT"}'
        )

    def test_stay_so_beside_more_fields(self):
        body = encode(
            Clearing(request_id="r", order_id="o", transaction_id="t", amount=money("12.10")),
            {"fee": Decimal("0.50")},
        )

        assert (
            body
            == b'{"request_id":"r","order_id":"o","transaction_id":"t","amount":12.10,"fee":0.50}'
        )

    @pytest.mark.parametrize("kind", [Clearing, Refund])
    def test_are_left_out_where_all_is_meant(self, kind):
        assert (
            encode(kind(request_id="r", order_id="o", transaction_id="t"))
            == b'{"request_id":"r","order_id":"o","transaction_id":"t"}'
        )


class TestLimits:
    @pytest.mark.parametrize("value", ["100.50", Decimal("100.50")])
    def test_have_their_amounts_as_text(self, value):
        limit = Limit(
            transaction_type="pay",
            period="day",
            amount=[LimitAmount(type="max", value=value, currency="KZT")],
        )
        body = LimitSetting(
            request_id="r", object=LimitTarget(type="card", value="5"), limits=[limit]
        )

        assert json.loads(encode(body)) == {
            "request_id": "r",
            "object": {"type": "card", "value": "5"},
            "limits": [
                {
                    "transaction_type": "pay",
                    "amount": [{"type": "max", "value": "100.50", "currency": "KZT"}],
                    "period": "day",
                }
            ],
        }

    @pytest.mark.parametrize(
        ("value", "expected"), [(500, "500"), ("0.000001", "0.000001"), (Decimal("1E+2"), "100")]
    )
    def test_write_an_amount_out(self, value, expected):
        assert LimitAmount(type="max", value=value, currency="KZT").value == expected

    @pytest.mark.parametrize("value", [1.5, "much", True, "1e3", "-1"])
    def test_refuse_what_is_no_amount(self, value):
        with pytest.raises(ConfigurationError):
            LimitAmount(type="max", value=value, currency="KZT")


class TestNewClient:
    @pytest.mark.parametrize("document", ["JVBERi0=", Document("JVBERi0="), Secret("JVBERi0=")])
    def test_seals_its_document(self, document):
        client = new_client(document=document)

        assert (type(client.document), client.document.reveal()) == (Document, "JVBERi0=")
        assert "JVBERi0=" not in repr(client) + str(client)

    def test_sends_its_document(self):
        assert json.loads(encode(new_client(document="JVBERi0=")))["document"] == "JVBERi0="

    def test_has_no_document_unless_given(self):
        assert new_client().document is None

    def test_leaves_its_document_out_of_a_pickle(self):
        data = pickle.dumps(new_client(document="JVBERi0="))

        assert b"JVBERi0=" not in data
        assert pickle.loads(data).first_name == "AIDAR"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PinSetting(card_id="c"), {"card_id": "c"}),
        (PinSetting(card_id="c", pin=Pin("AbC=")), {"card_id": "c", "pin": "AbC="}),
        (StatementQuery(card_id="c"), {"card_id": "c"}),
        (
            StatementQuery(card_id="c", start_date="2026-01-01"),
            {"card_id": "c", "start_date": "2026-01-01"},
        ),
        (
            GiftIssue(cardholder_name="A", phone=1, product_code=2),
            {"cardholder_name": "A", "phone": 1, "product_code": 2},
        ),
        (GiftConfirmation(otp=Otp("0012"), card_id=5), {"otp": "0012", "card_id": 5}),
        (GiftConfirmation(otp=Otp("0012")), {"otp": "0012"}),
        (GiftCardId(card_id=5), {"card_id": 5}),
    ],
    ids=repr,
)
def test_a_body_has_the_vendors_fields(body, expected):
    assert json.loads(encode(body)) == expected
