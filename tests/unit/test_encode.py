from __future__ import annotations

import traceback

import msgspec
import pytest

from freedompay_async.codec.encode import encode
from freedompay_async.contract.models import (
    CardActivation,
    CardIssue,
    ClientCreation,
    StatusQuery,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from tests.person_examples import new_client


class TestEncode:
    def test_is_one_line_of_compact_json_in_the_order_of_the_fields(self):
        request = CardIssue(
            request_id="828cf71d-a447-4a67-a149-c1df8bc197ca", client_id="77", product_id=1000
        )

        assert (
            encode(request)
            == b'{"request_id":"828cf71d-a447-4a67-a149-c1df8bc197ca","client_id":"77","product_id":1000}'
        )

    def test_keeps_cyrillic_and_slashes_as_they_are(self):
        request = StatusQuery(request_id="Иванов/Ёлка")

        assert encode(request) == '{"request_id":"Иванов/Ёлка"}'.encode()

    @pytest.mark.parametrize(
        ("leave_out", "rename", "expected"),
        [
            ((), {}, b'{"request_id":"r","client_id":"77","product_id":1000}'),
            (("client_id",), {}, b'{"request_id":"r","product_id":1000}'),
            (
                (),
                {"product_id": "productId"},
                b'{"request_id":"r","client_id":"77","productId":1000}',
            ),
            (("request_id", "client_id"), {"product_id": "p"}, b'{"p":1000}'),
        ],
    )
    def test_has_what_a_contract_leaves_of_it_in_its_order(self, leave_out, rename, expected):
        request = CardIssue(request_id="r", client_id="77", product_id=1000)

        assert encode(request, leave_out=leave_out, rename=rename) == expected

    def test_has_objects_inside_as_a_contract_says(self):
        client = new_client()
        body = encode(
            ClientCreation(request_id="r", product_id=1, client=client),
            leave_out={"client.type"},
            rename={"client": "person", "client.first_name": "firstName"},
        )

        assert msgspec.json.decode(body) == {
            "request_id": "r",
            "product_id": 1,
            "person": {
                "phone": 77017777777,
                "resident": 1,
                "firstName": "AIDAR",
                "last_name": "OMAROV",
            },
        }

    def test_has_what_is_added_beside_the_other_names(self):
        body = encode(
            CardIssue(request_id="r", client_id="77", product_id=1),
            {"b": 1},
            {"c": 2},
            leave_out={"client_id"},
            rename={"product_id": "a"},
        )

        assert body == b'{"request_id":"r","a":1,"b":1,"c":2}'

    @pytest.mark.parametrize(
        ("extra", "expected"),
        [
            ({"client_id": "1"}, "client_id: the contract leaves it out, or gives it another name"),
            ({"product_id": 1}, "product_id: the contract leaves it out, or gives it another name"),
            (
                {"client_id": 1, "product_id": 1},
                "client_id, product_id: the contract leaves it out, or gives it another name",
            ),
            ({"a": 1}, "a: the body has it already"),
        ],
    )
    def test_refuses_what_a_contract_has_taken_away(self, extra, expected):
        with pytest.raises(ConfigurationError) as caught:
            encode(
                CardIssue(client_id="77", product_id=1),
                None,
                extra,
                leave_out={"client_id"},
                rename={"product_id": "a"},
            )

        assert caught.value.text == f"extra can't hold {expected}. Nothing was sent."

    def test_writes_a_line_break_in_a_value_as_an_escape(self):
        assert encode(StatusQuery(request_id="one\ntwo")) == b'{"request_id":"one\\ntwo"}'

    def test_leaves_out_what_is_none(self):
        client = new_client()

        assert (
            encode(client)
            == b'{"phone":77017777777,"type":1,"resident":1,"first_name":"AIDAR","last_name":"OMAROV"}'
        )

    def test_reveals_a_secret(self):
        client = new_client(
            document=Secret("JVBERi0="),
        )
        body = encode(ClientCreation(request_id="id", product_id=1, client=client))

        assert msgspec.json.decode(body)["client"]["document"] == "JVBERi0="

    def test_gives_the_same_bytes_each_time(self):
        request = CardActivation(request_id="id", card_id="5")

        assert encode(request) == encode(request)

    def test_refuses_a_value_that_has_no_form_on_the_wire(self):
        class Odd(msgspec.Struct):
            value: object

        with pytest.raises(ConfigurationError) as caught:
            encode(Odd(value=range(3)))

        assert (
            str(caught.value)
            == "a value can't be written as JSON: it is of type range. Nothing was sent."
        )

    def test_refuses_text_that_utf_8_has_no_bytes_for_without_showing_it(self, tmp_path):
        value = f"{tmp_path.name}\ud800"

        with pytest.raises(ConfigurationError) as caught:
            encode(CardIssue(client_id=value, product_id=1))

        assert caught.value.text == (
            "a value has characters that UTF-8 can't write (half of a surrogate pair). "
            "Nothing was sent."
        )
        assert tmp_path.name not in "".join(traceback.format_exception(caught.value))
