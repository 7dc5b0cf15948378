"""A client in a file, in code and at the sandbox: what one takes the others take, each by its own
rules.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from freedompay_async.batch.input.rows import Row, read_row
from freedompay_async.contract.countries import COUNTRIES
from freedompay_async.contract.models import Address, ClientUpdate, NewClient
from freedompay_async.contract.models.client_requests import NewPhone
from freedompay_async.contract.person import (
    email_flaw,
    iin_is_of,
    iin_is_right,
    national_flaw,
    phone_flaw,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.sandbox.issuing import persons, rules
from freedompay_async.sandbox.issuing.refused import Refused
from tests.person_examples import ADDRESS, BASE, REFUSED, TAKEN

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
PARTS = {
    "country": "country",
    "postal_code": "postal_code",
    "address_line1": "line1",
    "address_line2": "line2",
    "address_line3": "line3",
}


def planned(fields) -> bool:
    """As a row of a file."""
    row = {"key": "a"}
    for name, value in (BASE | fields).items():
        if isinstance(value, dict):
            row |= {f"{name}_{PARTS[part]}": text for part, text in value.items()}
        else:
            row[name] = str(value)
    return isinstance(read_row(row, line=2, product_id=2000, today=date(2026, 6, 15)), Row)


def made(fields) -> bool:
    """In code."""
    try:
        NewClient(
            **BASE
            | {
                name: Address(**value) if isinstance(value, dict) else value
                for name, value in fields.items()
            }
        )
    except ConfigurationError as error:
        return not error.text.endswith("Nothing was sent.")
    return True


def issued(fields) -> bool:
    """By the sandbox."""
    try:
        rules.read("client/add", {"request_id": OWN, "product_id": 2000, "client": BASE | fields})
    except Refused as refused:
        return refused.code != "invalid_request"
    return True


@pytest.mark.parametrize("fields", TAKEN, ids=repr)
def test_all_three_take(fields):
    assert (planned(fields), made(fields), issued(fields)) == (True, True, True)


@pytest.mark.parametrize("fields", REFUSED, ids=repr)
def test_all_three_refuse(fields):
    assert (planned(fields), made(fields), issued(fields)) == (False, False, False)


def test_the_sandbox_knows_the_same_countries():
    assert persons.COUNTRIES == COUNTRIES


@pytest.mark.parametrize("phone", [77017777778, 7017777777, 996555123456, 99655512345])
def test_a_changed_phone_is_held_to_the_same(phone):
    good = phone_flaw(str(phone)) is None
    try:
        ClientUpdate(client_id="c", product_id=2000, client=NewPhone(phone=phone))
    except ConfigurationError:
        taken = False
    else:
        taken = True
    try:
        rules.read(
            "client/update",
            {"request_id": OWN, "client_id": "c", "product_id": 2000, "client": {"phone": phone}},
        )
    except Refused:
        issued = False
    else:
        issued = True

    assert (taken, issued) == (good, good)


class TestStructs:
    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            (
                {"phone": 7017777777},
                (
                    "phone has 10 digits, and a number with the country code 7 has 11: the "
                    "country code is missing, or a digit is"
                ),
            ),
            (
                {"phone": "77017777777"},
                "phone is of type str: give an integer, such as 77017777777",
            ),
            ({"phone": True}, "phone is of type bool: give an integer, such as 77017777777"),
            (
                {"phone": 10**5000},
                (
                    "phone is not a phone number: give the whole number with the country code, "
                    "digits only, such as 77017777777"
                ),
            ),
            ({"first_name": None}, "first_name is of type NoneType: give a text"),
            (
                {"last_name": "Айдар"},
                "last_name has Cyrillic letters: write it in Latin letters, as in the passport",
            ),
            ({"middle_name": float("nan")}, "middle_name is of type float: give a text"),
            ({"middle_name": ""}, "middle_name has no letter"),
            ({"birthdate": "2999-01-01"}, "birthdate is in the future: check the year"),
            (
                {"country": "KZ"},
                (
                    "country has two letters: write the code of three letters (ISO 3166-1 "
                    "alpha-3), such as KAZ and not KZ"
                ),
            ),
            (
                {"language": "RU"},
                "language is not a language: write two small letters (ISO 639-1), such as kk or ru",
            ),
            ({"person_id": " "}, "person_id is empty: fill it in, or leave it out"),
            (
                {"person_id": "123", "country": "KAZ"},
                "person_id has 3 digits, and a personal number of Kazakhstan has 12: ",
            ),
        ],
    )
    def test_say_which_value_and_what_is_wrong_with_it(self, fields, told):
        with pytest.raises(ConfigurationError) as caught:
            NewClient(**BASE | fields)

        assert caught.value.text.startswith(f"NewClient.{told}")
        assert caught.value.text.endswith(" Nothing was sent.")

    @pytest.mark.parametrize(
        "fields",
        [
            {"last_name": "Ivan0v"},
            {"email": "ivan.ivanov@"},
            {"person_id": "90123130012", "country": "KAZ"},
        ],
        ids=repr,
    )
    def test_do_not_repeat_it(self, fields):
        with pytest.raises(ConfigurationError) as caught:
            NewClient(**BASE | fields)

        assert [
            value for value in fields.values() if len(value) > 3 and value in caught.value.text
        ] == []

    def test_of_an_address_are_checked_too(self):
        with pytest.raises(
            ConfigurationError,
            match=r"^Address\.country is not in capital letters: write KAZ\. Nothing was sent\.$",
        ):
            Address(**ADDRESS | {"country": "kaz"})
        with pytest.raises(ConfigurationError, match=r"^Address\.postal_code is empty"):
            Address(**ADDRESS | {"postal_code": " "})
        with pytest.raises(
            ConfigurationError,
            match=r"^Address\.address_line2 is of type float: give a text\. Nothing was sent\.$",
        ):
            Address(**ADDRESS | {"address_line2": float("nan")})

    def test_take_who_is_born_today_wherever_that_is(self):
        now = datetime.now(UTC)
        for hours in (-12, 14):
            day = (now + timedelta(hours=hours)).date().isoformat()
            assert NewClient(**BASE, birthdate=day).birthdate == day


class TestEmail:
    def test_names_the_letter(self):
        assert email_flaw("aidar@m\u0430il.kz") == (
            'has the letter "\u0430" (CYRILLIC SMALL LETTER A, U+0430) among letters of Latin: type '
            "the address again"
        )

    def test_names_the_letter_that_is_unlike_most(self):
        assert "(LATIN SMALL LETTER A, U+0061)" in email_flaw("ивaн@почта.рф")

    def test_may_have_signs_alone(self):
        assert email_flaw("☃@☃.☃") is None


class TestPersonalNumbers:
    # The last one needs the other weights.
    @pytest.mark.parametrize("number", ["940613704640", "000000000000", "900131300102"])
    def test_with_the_right_check_digit(self, number):
        assert iin_is_right(number)

    @pytest.mark.parametrize("digit", "0123456789")
    def test_for_which_there_is_no_check_digit(self, digit):
        assert not iin_is_right(f"90013130014{digit}")

    @pytest.mark.parametrize("digit", "123456789")
    def test_with_a_wrong_check_digit(self, digit):
        assert not iin_is_right(f"94061370464{digit}")

    @pytest.mark.parametrize(
        ("number", "birthdate", "same"),
        [
            ("900131300000", "1990-01-31", True),
            ("900131300000", "1890-01-31", False),
            ("900131300000", "1990-01-30", False),
            ("050131500000", "2005-01-31", True),
            ("050131500000", "1905-01-31", False),
            ("050131000000", "1905-01-31", True),
            ("050131000000", "2005-01-31", True),
            ("050131000000", "2005-02-01", False),
            ("900131100000", "1890-01-31", True),
        ],
    )
    def test_begins_with_the_birthdate(self, number, birthdate, same):
        assert iin_is_of(number, birthdate) is same

    def test_of_other_countries_may_have_any_length(self):
        assert national_flaw("123", "KGZ") is None
        assert national_flaw("123", None) is None
