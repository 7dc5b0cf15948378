from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from freedompay_async.codec.shapes import Note, read_shape
from freedompay_async.contract.models import (
    CardBalance,
    CardRef,
    CardSecrets,
    GiftCardState,
    GiftCardStatus,
    GiftProduct,
    GiftProducts,
    LimitList,
    LimitState,
    Movement,
    Statement,
)
from freedompay_async.redaction.secret import Cvv, Expiry, Pan, Secret
from tests.unit.shape_examples import GIFT, GOOD, Kind, Loose


class Odd:
    """A type of the caller's that JSON does not have."""


class Holder(msgspec.Struct):
    odd: Odd


def read(kind, /, **fields):
    notes: list[Note] = []
    return read_shape(fields, kind, notes=notes), notes


class TestSecrets:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("4111111111111111", "4111111111111111"),
            (4111111111111111, "4111111111111111"),
            ("", ""),
            ("RSA:AbC=", "RSA:AbC="),
        ],
    )
    def test_are_read_into_their_kind(self, value, expected):
        answer, notes = read(CardSecrets, **GOOD, pan=value, cvv=value, expiry=value)

        assert [
            (type(each), each.reveal()) for each in (answer.pan, answer.cvv, answer.expiry)
        ] == [
            (Pan, expected),
            (Cvv, expected),
            (Expiry, expected),
        ]
        assert notes == []

    def test_show_nothing(self):
        answer, _ = read(CardSecrets, **GOOD, pan="4111111111111111", cvv="123", level="gold")

        assert [
            text for text in ("4111", "123", "gold") if text in repr(answer) + str(answer)
        ] == []


class TestTypes:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (Decimal("12.10"), "12.10"),
            (Decimal("0.1"), "0.1"),
            (Decimal("12345678901234567890.123456789"), "12345678901234567890.123456789"),
            (5, "5"),
            (10**25, str(10**25)),
            ("12.10", "12.10"),
            (-3, "-3"),
        ],
    )
    def test_amounts_are_exact(self, value, expected):
        answer, notes = read(CardBalance, **GOOD, amount=value)

        assert (type(answer.amount), str(answer.amount), notes) == (Decimal, expected, [])

    def test_amounts_of_parts_are_exact(self):
        answer, _ = read(
            Statement, **GOOD, operations=[{"amount": Decimal("0.30"), "commission": 0}]
        )

        assert answer.operations == [Movement(amount=Decimal("0.30"), commission=Decimal(0))]

    def test_parts_may_be_absent_or_none(self):
        assert read(Loose, kind=None, one=None, maybe="text") == (Loose(maybe="text"), [])

    def test_parts_may_stand_alone_or_in_a_list(self):
        assert read(Loose, kind="one", one={"card_id": 1}, maybe=[{"card_id": 2}]) == (
            Loose(kind=Kind.ONE, one=CardRef(card_id=1), maybe=[CardRef(card_id=2)]),
            [],
        )

    def test_products_are_read_with_either_form_of_a_code(self):
        answer, notes = read(
            GiftProducts,
            **GIFT,
            product_list=[{"code": 1, "balance": 500}, {"code": "2", "name": "Подарок"}],
        )

        assert answer.products == (
            GiftProduct(code=1, balance=Decimal(500)),
            GiftProduct(code="2", name="Подарок"),
        )
        assert notes == []

    def test_limits_are_read(self):
        answer, _ = read(
            LimitList,
            **GOOD,
            limits=[{"type": "pay", "period": "day", "maximum": "100.50", "remaining": 7}],
        )

        assert answer.limits == [
            LimitState(type="pay", period="day", maximum=Decimal("100.50"), remaining=Decimal(7))
        ]

    def test_a_gift_card_is_read(self):
        answer, _ = read(
            GiftCardState,
            **GIFT,
            card_status=1,
            card_currency="KZT",
            card_balance=5000,
            card_mask="1234********5678",
        )

        assert (answer.card_status, answer.card_balance, answer.card_mask) == (
            GiftCardStatus.ISSUED,
            Decimal(5000),
            "1234********5678",
        )

    def test_the_callers_own_types_are_read_and_nothing_is_noted(self):
        @dataclass
        class Mine:
            level: int
            amount: Decimal
            pin: Secret

        made, notes = read(Mine, level=1, amount=Decimal("0.10"), pin="1234", more="ignored")

        assert (made, notes) == (Mine(1, Decimal("0.10"), Secret("1234")), [])

    def test_a_dict_is_given_as_it_came(self):
        assert read(dict, a=1, b=Decimal("0.10"), c=[None]) == (
            {"a": 1, "b": Decimal("0.10"), "c": [None]},
            [],
        )

    def test_a_type_that_json_does_not_have_is_not_made_up(self):
        with pytest.raises(msgspec.ValidationError, match="Expected `Odd`, got `int`"):
            read(Holder, odd=1)
