"""What a plan warns of in one row."""

from __future__ import annotations

from datetime import date

import pytest

from freedompay_async.batch.input.doubts import Kind, doubts, needs_no_look
from freedompay_async.batch.input.rows import Row, read_row

LEAST = {"key": "a", "phone": "77017777777", "first_name": "Aidar", "last_name": "Omarov"}
# Of somebody born in a century to come; see `examples/make_clients.py`.
IIN = "940613704640"
ZEROS = "a spreadsheet drops zeros at the beginning, so look whether some are lost"


def row(**changes) -> Row:
    made = read_row(LEAST | changes, line=2, product_id=2000, today=date(2026, 6, 15))
    assert isinstance(made, Row), made
    return made


def told(**changes) -> list[tuple[Kind, str, str]]:
    made = row(**changes)
    found = list(doubts(made))
    # What is needs_no_look has nothing to be told of.
    client = made.client
    assert not (
        found and needs_no_look(client, client.first_name.upper(), client.last_name.upper())
    )
    return found


def address(which: str = "address1", **changes) -> dict[str, str]:
    whole = {
        "country": "KAZ",
        "postal_code": "050000",
        "line1": "Almaty",
        "line2": "Abay",
        "line3": "1",
    } | changes
    return {f"{which}_{part}": text for part, text in whole.items()}


def test_most_rows_have_nothing():
    made = row()

    assert told() == []
    assert needs_no_look(made.client, "AIDAR", "OMAROV")


@pytest.mark.parametrize("column", ["first_name", "last_name", "middle_name"])
@pytest.mark.parametrize("name", ["Nan", "NULL", "none", "Na"])
def test_a_name_that_a_program_may_have_written(column, name):
    assert told(**{column: name}) == [
        (
            Kind.NAME,
            column,
            f'"{name}" may be what a program wrote for nothing: look whether it is the name',
        )
    ]


@pytest.mark.parametrize("name", ["Nana", "Nullman", "N.A.", "Nona"])
def test_other_names(name):
    assert told(first_name=name, last_name=name, middle_name=name) == []


@pytest.mark.parametrize("country", ["KAZ", None])
def test_a_wrong_check_digit(country):
    assert told(country=country, person_id=IIN) == []
    assert told(country=country, person_id=f"{IIN[:-1]}1") == [
        (
            Kind.PERSON_ID,
            "person_id",
            "has a wrong check digit: if it is a Kazakh IIN, a digit of it is wrong",
        )
    ]


@pytest.mark.parametrize("person_id", [f"{IIN[:-1]}1", "123", "N12345678"])
def test_numbers_of_other_countries_are_theirs(person_id):
    assert told(country="RUS", person_id=person_id) == []


@pytest.mark.parametrize("person_id", ["12345678901", "1234567890123", "N12345678901"])
def test_without_a_country_only_twelve_digits_are_taken_for_an_iin(person_id):
    assert told(person_id=person_id) == []


# Of the others two have no right check digit, one has no such month, and one is of a century to
# come.
@pytest.mark.parametrize(
    ("person_id", "lost"),
    [
        ("50131500123", True),
        ("101500120", True),
        ("50131500124", False),
        ("101500121", False),
        ("51331500123", False),
        ("1", False),
        ("40613704640", False),
    ],
)
def test_a_number_that_has_lost_its_zeros(person_id, lost):
    text = f"has {len(person_id)} digits, and would be a Kazakh IIN with zeros before them: {ZEROS}"

    assert told(person_id=person_id) == ([(Kind.PERSON_ID, "person_id", text)] if lost else [])
    assert told(person_id=person_id, country="RUS") == []


@pytest.mark.parametrize("person_id", ["990101O00123", "990101\u041e00123", "99010130012l3"])
@pytest.mark.parametrize("country", ["KAZ", "KGZ", None])
def test_a_letter_among_the_digits(country, person_id):
    assert told(country=country, person_id=person_id) == [
        (
            Kind.PERSON_ID,
            "person_id",
            "has a letter among its digits: look whether a digit is meant, such as 0 and not O",
        )
    ]


@pytest.mark.parametrize(
    "person_id", ["N12345678", "12345678N", "AN1234567", "12 345-678", "12AB34"]
)
def test_letters_as_documents_have_them(person_id):
    assert told(person_id=person_id) == []


@pytest.mark.parametrize(("country", "name"), [("KGZ", "Kyrgyzstan"), ("UZB", "Uzbekistan")])
def test_the_length_of_the_other_personal_numbers(country, name):
    assert told(country=country, person_id="2" * 14) == []
    assert told(country=country, person_id="AN1234567") == []
    assert told(country=country, person_id="2" * 13) == [
        (Kind.PERSON_ID, "person_id", f"has 13 digits, and a personal number of {name} has 14")
    ]


def test_a_birthdate_that_is_not_that_of_the_number():
    assert told(person_id=IIN, birthdate="1994-06-13") == []
    assert told(person_id=IIN, birthdate="1994-06-14") == [
        (
            Kind.BIRTHDATE,
            "birthdate",
            '"1994-06-14" is not the date that person_id begins with: one of them is wrong',
        )
    ]


def test_of_a_number_that_is_wrong_the_date_is_not_told_too():
    assert [kind for kind, _, _ in told(person_id=f"{IIN[:-1]}1", birthdate="1994-06-14")] == [
        Kind.PERSON_ID
    ]


def test_the_number_of_a_firm_begins_with_no_birthdate():
    """Its fifth digit is its kind."""
    assert told(person_id="990140000007", type="2", birthdate="1994-06-14") == []


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("KAZ", "050000"),
        ("KAZ", "A15E3H4"),
        ("KGZ", "720000"),
        ("UZB", "100000"),
        ("RUS", "1"),
        ("GBR", "SW1A 1AA"),
    ],
)
def test_good_postal_codes(country, code):
    assert told(**address(country=country, postal_code=code)) == []


@pytest.mark.parametrize("which", ["address1", "address2"])
@pytest.mark.parametrize(
    ("country", "code", "text"),
    [
        (
            "KAZ",
            "50000",
            (
                '"50000" is not a postal code of Kazakhstan, which has 6 digits, or the form of '
                f"A15E3H4: {ZEROS}"
            ),
        ),
        (
            "KAZ",
            "0500001",
            (
                '"0500001" is not a postal code of Kazakhstan, which has 6 digits, or the form of '
                "A15E3H4"
            ),
        ),
        (
            "KAZ",
            "A15E3",
            (
                '"A15E3" is not a postal code of Kazakhstan, which has 6 digits, or the form of '
                "A15E3H4"
            ),
        ),
        ("KGZ", "A15E3H4", '"A15E3H4" is not a postal code of Kyrgyzstan, which has 6 digits'),
        (
            "UZB",
            "10000",
            f'"10000" is not a postal code of Uzbekistan, which has 6 digits: {ZEROS}',
        ),
    ],
)
def test_doubtful_postal_codes(which, country, code, text):
    assert told(**address(which, country=country, postal_code=code)) == [
        (Kind.POSTAL_CODE, f"{which}_postal_code", text)
    ]


def test_both_addresses_are_looked_at():
    assert [
        column
        for _, column, _ in told(**address(postal_code="1"), **address("address2", postal_code="2"))
    ] == [
        "address1_postal_code",
        "address2_postal_code",
    ]


def test_a_personal_number_is_never_shown():
    for person_id in (f"{IIN[:-1]}1", IIN):
        assert [
            text
            for _, _, text in told(person_id=person_id, birthdate="1990-01-01")
            if person_id in text
        ] == []


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 more person is in several rows"), (1_200, "1,200 more people are in several rows")],
)
def test_how_many_more_there_are(count, text):
    assert Kind.PERSON.more(count) == text
