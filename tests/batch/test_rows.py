# ruff: noqa: RUF001 - letters that look alike are the point
from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.rows import REQUIRED, REQUIRED_1000, Row, read_row
from freedompay_async.contract.countries import COUNTRIES
from freedompay_async.contract.models.client_requests import Address, IdentificationInfo, NewClient

if TYPE_CHECKING:
    from freedompay_async.batch.input.problem import Problem

TODAY = date(2025, 6, 15)
LEAST = {"key": "app-1", "phone": "77017777777", "first_name": "Aidar", "last_name": "Omarov"}
ADDRESS1 = {
    "address1_country": "KAZ",
    "address1_postal_code": "050000",
    "address1_line1": "Almaty",
    "address1_line2": "Abay Avenue",
    "address1_line3": "10",
}
ADDRESS2 = {
    "address2_country": "KGZ",
    "address2_postal_code": "720000",
    "address2_line1": "Bishkek",
    "address2_line2": "Chuy Avenue",
    "address2_line3": "20",
}
FULL = {
    **LEAST,
    "middle_name": "Serikuly",
    "birthdate": "1990-12-31",
    "email": "aidar@example.com",
    "country": "KAZ",
    "person_id": "901231300123",
    "language": "kk",
    "document": "documents/id-1.pdf",
    "external_user_id": "user-1",
    "type": "3",
    "resident": "2",
    **ADDRESS1,
    **ADDRESS2,
    "branch_id": "branch-1",
    "idn_date": "2025-01-31",
    "identified_by": "Dana Akhmetova",
    "product_id": "1000",
    "card_product_id": "77",
}


def read(fields: dict[str, object], *, product_id: int = 2000) -> Row | list[Problem]:
    return read_row(fields, line=7, product_id=product_id, today=TODAY)


def row(**changes: object) -> Row:
    result = read({**LEAST, **changes})
    assert isinstance(result, Row), result
    return result


def problems(fields: dict[str, object], *, product_id: int = 2000) -> list[str]:
    result = read(fields, product_id=product_id)
    assert isinstance(result, list)
    return [str(problem) for problem in result]


class TestGoodRows:
    def test_every_column_gets_to_its_place(self):
        assert tuple(sorted(FULL)) == tuple(sorted(COLUMNS))
        assert read(dict(FULL)) == Row(
            line=7,
            key="app-1",
            product_id=1000,
            client=NewClient(
                phone=77017777777,
                type=3,
                resident=2,
                first_name="Aidar",
                last_name="Omarov",
                middle_name="Serikuly",
                birthdate="1990-12-31",
                email="aidar@example.com",
                country="KAZ",
                person_id="901231300123",
                language="kk",
                external_user_id="user-1",
                address1=Address(
                    country="KAZ",
                    postal_code="050000",
                    address_line1="Almaty",
                    address_line2="Abay Avenue",
                    address_line3="10",
                ),
                address2=Address(
                    country="KGZ",
                    postal_code="720000",
                    address_line1="Bishkek",
                    address_line2="Chuy Avenue",
                    address_line3="20",
                ),
            ),
            document="documents/id-1.pdf",
            identification_info=IdentificationInfo(
                idn_date="2025-01-31", identified_by="Dana Akhmetova"
            ),
            branch_id="branch-1",
            card_product_id=77,
        )

    def test_least_row(self):
        assert row() == Row(
            line=7,
            key="app-1",
            product_id=2000,
            client=NewClient(
                phone=77017777777, type=1, resident=1, first_name="Aidar", last_name="Omarov"
            ),
            document=None,
            identification_info=None,
            branch_id=None,
        )

    def test_spaces_around_a_value_are_dropped(self):
        assert row(**{column: f"  {value}\t\u00a0" for column, value in LEAST.items()}) == row()

    @pytest.mark.parametrize("nothing", [None, "", "   "])
    def test_nothing_is_nothing(self, nothing: str | None):
        assert row(**dict.fromkeys([*COLUMNS[4:], "no_such"], nothing)) == row()

    def test_numbers_are_taken_as_they_read(self):
        got = row(
            key=12,
            phone=77017777777,
            type=2,
            resident=2,
            product_id=3000,
            person_id=901231300123,
            branch_id=1.5,
        )
        assert (got.key, got.product_id, got.branch_id) == ("12", 3000, "1.5")
        assert (got.client.phone, got.client.type, got.client.resident, got.client.person_id) == (
            77017777777,
            2,
            2,
            "901231300123",
        )

    def test_row_survives_json(self):
        full = read(dict(FULL))
        assert msgspec.json.decode(msgspec.json.encode(full), type=Row) == full

    def test_row_without_a_product_of_the_card_is_written_as_it_always_was(self):
        assert msgspec.json.encode(row()) == (
            b'{"line":7,"key":"app-1","product_id":2000,"client":{"phone":77017777777,"type":1,"resident":1,"first_name":"Aidar",'
            b'"last_name":"Omarov"},"document":null,"identification_info":null,"branch_id":null}'
        )

    @pytest.mark.parametrize("product", ["1", 2000, "1000", "9" * 18])
    def test_the_product_of_a_card_is_any_number(self, product: object):
        assert row(card_product_id=product).card_product_id == int(str(product))

    @pytest.mark.parametrize(
        ("country", "person_id"),
        [("KAZ", "N12345678"), ("KAZ", "901231300123"), ("KGZ", "123"), (None, "012345678")],
    )
    def test_personal_number(self, country: str | None, person_id: str):
        assert row(country=country, person_id=person_id).client.person_id == person_id

    @pytest.mark.parametrize(
        "phone",
        [
            "+77017777777",
            "+996555123456",
            "998901234567",
            "234567890123456",
            "84912345678",
            "870771234567",
        ],
    )
    def test_phone(self, phone: str):
        assert row(phone=phone).client.phone == int(phone)

    @pytest.mark.parametrize("name", ["O'tkir", "Anna-Mariya", "John Jr.", "'t Hooft", "X"])
    def test_name(self, name: str):
        got = row(first_name=name, last_name=name, middle_name=name).client
        assert (got.first_name, got.last_name, got.middle_name) == (name, name, name)

    @pytest.mark.parametrize("day", ["1900-01-01", "2000-02-29", "2025-06-15"])
    def test_date(self, day: str):
        assert row(birthdate=day).client.birthdate == day

    def test_identification_date_has_no_end(self):
        assert row(
            idn_date="2025-06-16", identified_by="Dana"
        ).identification_info == IdentificationInfo(idn_date="2025-06-16", identified_by="Dana")

    @pytest.mark.parametrize("email", ["a@b.c", "first.last+tag@mail.example.com"])
    def test_email(self, email: str):
        assert row(email=email).client.email == email

    def test_key_of_200_characters(self):
        assert row(key="k" * 200).key == "k" * 200

    def test_a_long_key_is_measured_without_what_cannot_be_seen(self):
        assert row(key="k\u200b" * 200).key == "k" * 200

    @pytest.mark.parametrize(
        "key",
        [
            "Район  1",
            "Раи\u0306он 1",
            "Район\n1",
            "Район\u00a01",
            "\u200bРай\u00adон \ufe0f1\ufeff",
            "Район\r\n\t1",
        ],
    )
    def test_every_spelling_of_a_key_is_one_key(self, key: str):
        assert row(key=key).key == "Район 1"

    @pytest.mark.parametrize("value", ["12e45", "1E5", "0001", "юзер-1"])
    def test_identifiers_that_a_spreadsheet_did_not_make(self, value: str):
        got = row(key=value, external_user_id=value, person_id=value, branch_id=value)
        assert (got.key, got.client.external_user_id, got.client.person_id, got.branch_id) == (
            value,
            value,
            value,
            value,
        )

    @pytest.mark.parametrize(
        "text", ["ул. Абая", "Block A\nEntrance 2", "Abay\u00a0Avenue", "a\tb\r\nc"]
    )
    def test_addresses_and_names_of_offices_are_free_text(self, text: str):
        got = row(**{**ADDRESS1, "address1_line2": text}, idn_date="2025-01-31", identified_by=text)
        assert got.client.address1 is not None
        assert got.client.address1.address_line2 == text
        assert got.identification_info is not None
        assert got.identification_info.identified_by == text

    def test_one_address_without_the_other(self):
        client = row(**ADDRESS2).client
        assert client.address1 is None
        assert client.address2 is not None


class TestNeeded:
    @pytest.mark.parametrize("column", REQUIRED)
    @pytest.mark.parametrize("product_id", [1000, 2000, 3000])
    def test_in_every_row(self, column: str, product_id: int):
        assert problems({**FULL, column: " ", "product_id": product_id}) == [
            f"line 7, column {column}: is empty: every row needs it"
        ]

    @pytest.mark.parametrize("column", REQUIRED_1000)
    @pytest.mark.parametrize("product", ["1000", None])
    def test_for_product_1000(self, column: str, product: str | None):
        expected = [f"line 7, column {column}: is empty: product 1000 needs it"]
        assert problems({**FULL, column: None, "product_id": product}, product_id=1000) == expected

    def test_a_row_of_another_product_in_a_run_of_1000(self):
        assert isinstance(read({**LEAST, "product_id": "3000"}, product_id=1000), Row)

    @pytest.mark.parametrize("address", [ADDRESS1, ADDRESS2])
    def test_half_an_address(self, address: dict[str, str]):
        for column in address:
            expected = [
                f"line 7, column {column}: is empty: an address has all five fields or none"
            ]
            assert problems({**LEAST, **address, column: ""}) == expected

    def test_half_an_identification(self):
        assert problems({**LEAST, "idn_date": "2025-01-31"}) == [
            (
                "line 7, column identified_by: is empty: give it together with idn_date, or leave "
                "both empty"
            )
        ]
        assert problems({**LEAST, "identified_by": "Dana"}) == [
            (
                "line 7, column idn_date: is empty: give it together with identified_by, or leave "
                "both empty"
            )
        ]

    def test_all_problems_at_once(self):
        bad = {**dict.fromkeys(COLUMNS, "\u0001?"), "nonsense": "x"}
        result = read(bad)
        assert isinstance(result, list)
        assert [problem.column for problem in result] == [*COLUMNS, '"nonsense"']

    def test_an_empty_row(self):
        assert [text.split(":")[0] for text in problems({})] == [
            f"line 7, column {column}" for column in REQUIRED
        ]


def test_countries():
    assert len(COUNTRIES) == 249
    assert {"KAZ", "KGZ", "UZB", "RUS", "TJK", "USA"} <= COUNTRIES
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in COUNTRIES)
