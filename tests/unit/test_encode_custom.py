"""Bodies that the caller wrote or added to."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from freedompay_async.codec.encode import encode
from freedompay_async.contract.models import (
    CardActivation,
    CardIntent,
    CustomBody,
    CustomIntent,
    LimitSetting,
    LimitTarget,
    PinSetting,
    Refund,
)
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Document, Pin, Secret
from tests.person_examples import new_client


@dataclass
class Level:
    level: int
    fee: Decimal = Decimal(0)


class TestFields:
    @pytest.mark.parametrize(
        ("request_body", "fields", "expected"),
        [
            (CardActivation(request_id="r", card_id="5"), {}, b'{"request_id":"r","card_id":"5"}'),
            (
                CardActivation(request_id="r", card_id="5"),
                None,
                b'{"request_id":"r","card_id":"5"}',
            ),
            (
                CardActivation(request_id="r", card_id="5"),
                {"a": 1, "b": None},
                b'{"request_id":"r","card_id":"5","a":1,"b":null}',
            ),
            (
                CardActivation(request_id="r", card_id="5"),
                {"card_id": "6"},
                b'{"request_id":"r","card_id":"5"}',
            ),
            (
                CardActivation(request_id="r", card_id="5"),
                Fields({"a": {"b": [1]}}),
                b'{"request_id":"r","card_id":"5","a":{"b":[1]}}',
            ),
            (
                PinSetting(card_id="5", pin=Pin("AbC=")),
                {"a": 1},
                b'{"card_id":"5","pin":"AbC=","a":1}',
            ),
            (PinSetting(card_id="5"), {"pin": Pin("AbC=")}, b'{"card_id":"5","pin":"AbC="}'),
            (
                Refund(request_id="r", order_id="o", transaction_id="t", amount=Decimal("0.10")),
                {"fee": Decimal("0.50")},
                b'{"request_id":"r","order_id":"o","transaction_id":"t","amount":0.10,"fee":0.50}',
            ),
            (
                LimitSetting(request_id="r", object=LimitTarget(type="card", value="5"), limits=[]),
                {"a": 1},
                b'{"request_id":"r","object":{"type":"card","value":"5"},"limits":[],"a":1}',
            ),
        ],
    )
    def test_are_added_to_a_body(self, request_body, fields, expected):
        assert encode(request_body, fields) == expected

    def test_are_added_beside_a_document(self):
        client = new_client(
            document=Document("JVBERi0="),
        )

        assert msgspec.json.decode(encode(client, {"a": 1}))["document"] == "JVBERi0="

    def test_leave_the_order_of_the_body(self):
        body = encode(CardActivation(request_id="r", card_id="5"), {"z": 1, "card_id": "6", "a": 2})

        assert list(msgspec.json.decode(body)) == ["request_id", "card_id", "z", "a"]

    @pytest.mark.parametrize("value", [object(), {1, object()}, range(3)])
    def test_without_a_form_in_json_are_refused(self, value):
        with pytest.raises(
            ConfigurationError, match=r"a value can't be written as JSON: .* Nothing was sent\."
        ):
            encode(CardActivation(card_id="5"), {"a": value})

    def test_that_hold_themselves_are_refused(self):
        endless: list = []
        endless.append(endless)

        with pytest.raises(ConfigurationError, match="a value can't be written as JSON"):
            encode(CustomBody(fields=Fields({"a": endless})))

    @pytest.mark.parametrize("value", [1 << 70, 0.1, "ё/\n", None, True])
    def test_of_any_kind_that_json_has_are_written(self, value):
        assert msgspec.json.decode(encode(CustomBody(fields=Fields({"a": value})))).keys() == {"a"}


class TestExtra:
    BODY = CardActivation(request_id="r", card_id="5")

    def test_is_added_where_an_override_adds_nothing(self):
        assert encode(self.BODY, None, {"b": 2}) == b'{"request_id":"r","card_id":"5","b":2}'

    def test_is_added_behind_the_fields_of_an_override(self):
        assert (
            encode(self.BODY, {"a": 1}, {"b": 2}) == b'{"request_id":"r","card_id":"5","a":1,"b":2}'
        )

    def test_replaces_what_an_override_adds(self):
        assert (
            encode(self.BODY, Fields({"a": 1, "z": 0}), {"a": 2})
            == b'{"request_id":"r","card_id":"5","a":2,"z":0}'
        )

    @pytest.mark.parametrize(
        ("body", "extra", "names"),
        [
            (BODY, {"card_id": "6"}, "card_id"),
            (BODY, {"request_id": "r", "card_id": "5", "a": 1}, "card_id, request_id"),
            (CustomBody(fields=Fields({"a": 1})), {"a": 1}, "a"),
            (CustomIntent(fields=Fields({}), request_id="r"), {"request_id": "r"}, "request_id"),
        ],
    )
    def test_that_names_what_the_body_has_is_refused(self, body, extra, names):
        with pytest.raises(ConfigurationError) as caught:
            encode(body, {"b": 1}, extra)

        assert (
            caught.value.text
            == f"extra can't hold {names}: the body has it already. Nothing was sent."
        )


class TestGiven:
    def test_body_is_its_fields(self):
        assert encode(CustomBody(fields=Fields({"b": 1, "a": Secret("s")}))) == b'{"b":1,"a":"s"}'

    def test_body_of_nothing_is_an_empty_object(self):
        assert encode(CustomBody(fields=Fields({}))) == b"{}"

    def test_body_takes_more(self):
        assert encode(CustomBody(fields=Fields({"a": 1})), {"a": 2, "b": 3}) == b'{"a":1,"b":3}'

    def test_intent_has_the_id_of_its_call(self):
        body = CustomIntent(fields=Fields({"a": 1, "request_id": "mine"}))
        body.request_id = "r"

        assert msgspec.json.decode(encode(body, {"b": 2, "request_id": "other"})) == {
            "a": 1,
            "b": 2,
            "request_id": "r",
        }

    def test_fields_inside_of_a_body_are_written_as_an_object(self):
        assert encode(CustomBody(fields=Fields({"a": Fields({"b": 1})}))) == b'{"a":{"b":1}}'


class Holder(msgspec.Struct):
    pin: Any
    more: Any = None


@dataclass
class Unset:
    pin: str = field(init=False)


class TestOwnStructs:
    """A body of the caller's own type may hold anything anywhere."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (Holder(Pin("1")), b'{"pin":"1","more":null}'),
            (
                Holder("1", Extra({"n": Decimal("1.50"), "cvv": "123"})),
                b'{"pin":"1","more":{"n":1.50,"cvv":"123"}}',
            ),
            (
                Holder([Holder(Pin("1"))], Fields({"a": Pin("2")})),
                b'{"pin":[{"pin":"1","more":null}],"more":{"a":"2"}}',
            ),
            (Holder(Level(7)), b'{"pin":{"level":7,"fee":0},"more":null}'),
            (Holder(Level(Pin("7"))), b'{"pin":{"level":"7","fee":0},"more":null}'),
        ],
    )
    def test_are_written_with_their_secrets(self, body, expected):
        assert encode(body) == expected

    def test_keep_their_secrets(self):
        body = Holder(Pin("1"))
        encode(body)

        assert (str(body.pin), body.pin.reveal()) == ("***", "1")

    @pytest.mark.parametrize(
        "value", [object(), {1: object()}, Unset(), pickle.loads(pickle.dumps(Pin("1")))]
    )
    def test_that_hold_what_has_no_form_are_refused(self, value):
        with pytest.raises(
            ConfigurationError, match=r"a value can't be written as JSON: .* Nothing was sent\."
        ) as caught:
            encode(Holder(value))

        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "body", [CardIntent(card_id="5", description="***"), CardIntent(card_id="***", description="a")]
)
def test_a_text_that_looks_like_a_secret_goes_out_as_it_is(body):
    assert msgspec.json.decode(encode(body)) == {
        "card_id": body.card_id,
        "description": body.description,
    }


@pytest.mark.parametrize("field", ["description", "card_id"])
def test_a_secret_where_text_is_expected_goes_out_with_its_value(field):
    body = CardIntent(**{"card_id": "5", "description": "lost"} | {field: Secret("hunter2")})

    assert msgspec.json.decode(encode(body))[field] == "hunter2"
