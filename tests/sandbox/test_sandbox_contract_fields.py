"""Fields that a host requires or names otherwise."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.sandbox.requests import says


class TestFields:
    @pytest.mark.parametrize(
        ("required", "values", "expected"),
        [
            (["cardholder"], {}, "cardholder is required"),
            (["cardholder"], {"cardholder": None}, "cardholder is required"),
            (
                ["cardholder.phone"],
                {"cardholder": {"first_name": "A"}},
                "cardholder.phone is required",
            ),
            (["a.b.c"], {"a": {"b": 1}}, "a.b.c is required"),
            (["branch", "cardholder"], {"cardholder": {}}, "branch is required"),
        ],
    )
    def test_that_are_wanted_are_named_as_a_host_would(self, desk_of, required, values, expected):
        counter = desk_of({"card/issue": {"required": required}})
        taken = counter.take(
            "/v5/card-api/card/issue", {"request_id": str(uuid4()), "product_id": 2000, **values}
        )
        answer = says(taken)

        assert answer.pop("dt")
        assert (taken.verdict, taken.answer.http) == ("refused", 200)
        assert answer == {
            "status": "error",
            "request_status": "error",
            "error_code": "invalid_request",
            "error_description": expected,
        }

    def test_of_gift_cards_that_are_wanted_are_refused_by_a_number(self, desk_of):
        counter = desk_of({"gift_cards.products": {"required": ["shop"]}})

        assert says(counter.take("/v5/cards/product_list", {}))["status"] == -1
        assert says(counter.take("/v5/cards/product_list", {"shop": 1}))["status"] == 0

    @pytest.mark.parametrize(
        ("holder", "phone"),
        [
            ({"phone": 77010000001, "first_name": "IVAN", "last_name": "IVANOV"}, 77010000001),
            ({"phone": "77010000001"}, 0),
            ({"phone": -1, "first_name": 5}, 0),
            ({}, 0),
        ],
    )
    def test_of_a_holder_make_a_client_and_a_card(self, desk_of, holder, phone):
        counter = desk_of({"cards.issue": {"required": ["product_id", "cardholder"]}})
        facts = counter.do("card/issue", product_id=17, cardholder=holder)
        (card,) = next(iter(counter.issuer.pages()))

        assert (card["phone"], card["product_id"], card["client_id"]) == (
            phone,
            17,
            facts["client_id"],
        )
        assert [each["card_id"] for each in facts["cards"]] == [card["card_id"]]

    def test_of_a_client_are_taken_where_they_are_given_all_the_same(self, desk_of):
        counter = desk_of({"cards.issue": {"required": ["product_id"]}})
        client_id = counter.client()
        counter.do("card/issue", product_id=2000, client_id=client_id)
        counter.do("card/issue", product_id=2000)

        assert [card["client_id"] for card in next(iter(counter.issuer.pages()))] == [
            client_id,
            None,
        ]

    def test_of_a_holder_are_refused_by_a_host_as_on_the_pages(self, counter):
        assert (
            counter.no("card/issue", product_id=2000, cardholder={"phone": 1}) == "invalid_request"
        )

    def test_that_are_not_wanted_may_be_absent(self, desk_of):
        counter = desk_of(
            {"client/add": {"required": ["client.fio"]}, "card/block": {"required": ["card_id"]}}
        )
        counter.do("client/add", client={"fio": "IVANOV IVAN"})
        card_id = counter.card(active=True)

        assert counter.do("card/block", card_id=card_id)["request_status"] == "success"

    def test_in_a_header_only_may_hold_the_id(self, desk_of):
        counter = desk_of({"card/bulk_issue": {"required": ["product_id", "count"]}})
        own = str(uuid4())
        taken = counter.take("/v5/card-api/card/bulk_issue", {"product_id": 1, "count": 1}, own=own)

        assert says(taken)["request_status"] == "success"
        assert len(counter("request/status", request_id=own)["cards"]) == 1

    def test_that_are_called_otherwise_are_known_by_that_name_only(self, desk_of):
        names = {"client": "person", "client.first_name": "firstName"}
        counter = desk_of({"client/add": {"names": names}})
        person = {
            "phone": 77010000001,
            "type": 1,
            "resident": 1,
            "firstName": "IVAN",
            "last_name": "IVANOV",
        }

        assert "client_id" in counter.do("client/add", product_id=2000, person=person)
        assert counter.no("client/add", product_id=2000, client=person) == "invalid_request"
        assert (
            counter.no(
                "client/add",
                product_id=2000,
                person=person | {"first_name": "IVAN", "firstName": None},
            )
            == "invalid_request"
        )

    def test_of_a_body_that_is_no_object_are_none(self, desk_of):
        assert (
            desk_of({"card/issue": {"required": ["a"]}})
            .take("/v5/card-api/card/issue", b"[]")
            .verdict
            == "not json"
        )
