from __future__ import annotations

import msgspec
import pytest

from freedompay_async.contract.bodies import collision, names_of, outer, reshaped, secrets_renamed
from freedompay_async.contract.models import (
    CardId,
    CardIssue,
    ClientCreation,
    GiftConfirmation,
    GiftProductQuery,
    IdentificationInfo,
    LimitSetting,
    PinSetting,
    StatusQuery,
)
from freedompay_async.contract.table import TABLE
from freedompay_async.redaction.secret import Otp, Pin
from tests.person_examples import new_client

PERSON = new_client(
    person_id="900101300001",
)
BODY = {
    "request_id": "r",
    "client": {"phone": 7, "first_name": "A"},
    "limits": [{"amount": [{"value": "1"}, {"value": "2"}]}],
}


class TestNames:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (GiftProductQuery, set()),
            (CardId, {"card_id"}),
            (CardIssue, {"request_id", "client_id", "product_id"}),
            (IdentificationInfo, {"idn_date", "identified_by"}),
        ],
    )
    def test_of_a_body_are_those_on_the_wire(self, kind, expected):
        assert names_of(kind) == expected

    @pytest.mark.parametrize(
        "name",
        [
            "client",
            "client.phone",
            "client.address1",
            "client.address2.country",
            "identification_info.idn_date",
            "product_id",
        ],
    )
    def test_of_objects_inside_stand_behind_a_dot(self, name):
        assert name in names_of(ClientCreation)

    @pytest.mark.parametrize(
        "name", ["limits", "limits.period", "limits.amount", "limits.amount.value", "object.type"]
    )
    def test_of_lists_are_those_of_their_parts(self, name):
        assert name in names_of(LimitSetting)

    @pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
    def test_of_every_call_have_their_objects_too(self, row):
        names = names_of(row.request)

        assert {name.rpartition(".")[0] for name in names} - {""} <= names


class TestOuter:
    @pytest.mark.parametrize(
        ("name", "among", "expected"),
        [
            ("client", {"client"}, None),
            ("client.phone", {"client"}, "client"),
            ("client.phone", {"client.phone"}, None),
            ("client.address1.country", {"client.address1"}, "client.address1"),
            ("client.address1.country", {"client", "client.address1"}, "client"),
            ("client_id", {"client"}, None),
            ("client.phone", set(), None),
        ],
    )
    def test_is_the_object_that_a_field_is_inside_of(self, name, among, expected):
        assert outer(name, among) == expected


class TestCollision:
    NAMES = frozenset({"a", "b", "o", "o.a", "o.b", "p", "p.a"})

    @pytest.mark.parametrize(
        ("leave_out", "rename", "expected"),
        [
            ((), {}, None),
            ((), {"a": "b"}, ("a", "b")),
            ((), {"b": "a"}, ("b", "a")),
            ((), {"a": "c", "b": "c"}, ("b", "a")),
            ((), {"a": "b", "b": "a"}, None),
            (("b",), {"a": "b"}, None),
            ((), {"o.a": "b"}, ("o.a", "o.b")),
            ((), {"o.a": "p"}, None),
            (("o.b",), {"o.a": "b"}, None),
            (("o",), {"o.a": "b"}, None),
            ((), {"a": "a"}, None),
            ((), {"a": "c"}, None),
        ],
    )
    def test_is_of_two_fields_of_one_object(self, leave_out, rename, expected):
        assert collision(self.NAMES, leave_out, rename) == expected


class TestReshaped:
    @pytest.mark.parametrize(
        ("leave_out", "rename", "expected"),
        [
            ((), {}, BODY),
            (("client",), {}, {name: value for name, value in BODY.items() if name != "client"}),
            (("client.phone",), {}, BODY | {"client": {"first_name": "A"}}),
            (("limits.amount.value",), {}, BODY | {"limits": [{"amount": [{}, {}]}]}),
            (
                (),
                {"client.first_name": "firstName"},
                BODY | {"client": {"phone": 7, "firstName": "A"}},
            ),
            (
                (),
                {"limits.amount.value": "sum"},
                BODY | {"limits": [{"amount": [{"sum": "1"}, {"sum": "2"}]}]},
            ),
            ((), {"phone": "tel"}, BODY),
        ],
    )
    def test_has_what_is_left_under_its_new_name(self, leave_out, rename, expected):
        assert reshaped(BODY, leave_out, rename) == expected

    def test_keeps_the_order_and_the_body_that_it_is_made_of(self):
        before = msgspec.json.encode(BODY)

        assert list(reshaped(BODY, (), {"client": "person", "client.phone": "tel"})) == [
            "request_id",
            "person",
            "limits",
        ]
        assert msgspec.json.encode(BODY) == before

    def test_takes_tuples_for_lists(self):
        assert reshaped({"a": ({"b": 1},)}, (), {"a.b": "c"}) == {"a": [{"c": 1}]}


class TestSecretsRenamed:
    @pytest.mark.parametrize(
        ("request_", "rename", "expected"),
        [
            (CardIssue(client_id="77", product_id=1), {"client_id": "pin"}, ["77"]),
            (CardIssue(client_id="77", product_id=1), {"client_id": "holder"}, []),
            (
                ClientCreation(product_id=1, client=PERSON),
                {"client.person_id": "pin"},
                ["900101300001"],
            ),
            (StatusQuery(request_id="r"), {"request_id": "secret"}, ["r"]),
        ],
    )
    def test_are_what_has_the_name_of_one_now(self, request_, rename, expected):
        assert [each.reveal() for each in secrets_renamed(request_, rename)] == expected

    @pytest.mark.parametrize(
        "request_", [PinSetting(card_id="c", pin=Pin("9876")), GiftConfirmation(otp=Otp("1234"))]
    )
    def test_are_none_of_those_that_are_sealed(self, request_):
        assert secrets_renamed(request_, {"pin": "code", "otp": "cvv"}) == []

    def test_are_none_where_the_body_has_no_form_in_json(self):
        assert secrets_renamed(CardId(card_id=object()), {"card_id": "pin"}) == []
