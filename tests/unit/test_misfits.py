"""Rows that were made in code, with values that could not be sent as they are."""

from __future__ import annotations

from datetime import date
from math import nan

import pytest

from freedompay_async.batch.input.misfits import Misfits
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.rows import Row, read_row
from freedompay_async.contract.models import Address, IdentificationInfo
from freedompay_async.errors import ConfigurationError
from tests.person_examples import ADDRESS, new_client

HOME = Address(**ADDRESS)
WALLET = {"country": "KAZ", "person_id": "111111400005", "address1": HOME, "address2": HOME}
LEAST = {
    "line": 7,
    "key": "a",
    "product_id": 2000,
    "document": None,
    "identification_info": None,
    "branch_id": None,
}


def row(person: dict | None = None, **changes) -> Row:
    return Row(**LEAST | {"client": new_client(**person or {})} | changes)


def told(made: object, misfits: Misfits | None = None) -> list[str]:
    return [str(each) for each in (misfits or Misfits()).of(made, 3)]


@pytest.mark.parametrize(
    "made",
    [
        row(),
        row(
            {"birthdate": "1990-01-31", "external_user_id": "u-1"},
            branch_id="b-1",
            card_product_id=17,
            document="a.pdf",
        ),
        row(WALLET, product_id=1000, document="a.pdf"),
        row(identification_info=IdentificationInfo(idn_date="2025-01-31", identified_by="Dana")),
        row(
            identification_info=IdentificationInfo(idn_date=date(2025, 1, 31), identified_by="Dana")
        ),
        read_row(
            {"key": "a", "phone": "77017777777", "first_name": "A", "last_name": "B"},
            line=2,
            product_id=3000,
            today=date(2026, 6, 15),
        ),
    ],
    ids=["the least", "more", "a wallet", "an identification", "a date of one", "of a file"],
)
def test_good_rows(made):
    assert told(made) == []


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (row({"type": None}), "client.type is None: give a whole number (int)"),
        (row({"type": "1"}), "client.type is of type str: give a whole number (int)"),
        (row({"resident": True}), "client.resident is of type bool: give a whole number (int)"),
        (
            row({"resident": nan}),
            (
                "client.resident is NaN or infinite, as some programs read an empty cell: leave "
                "it out"
            ),
        ),
        (row({"external_user_id": nan}), "client.external_user_id is NaN or infinite"),
        (
            row({"external_user_id": b"u-1"}),
            "client.external_user_id is of type bytes: give text: decode it first",
        ),
        (row({"address1": {"country": "KAZ"}}), "client.address1 is of type dict"),
        (row(client=None), "client is None: give a NewClient"),
        (row(client={"phone": 77017777777}), "client is of type dict"),
        (row(product_id=nan), "product_id is NaN or infinite"),
        (row(product_id=None), "product_id is None: give a whole number (int)"),
        (row(product_id=2000.0), "product_id is of type float: give a whole number (int)"),
        (row(document=5), "document is of type int: give text"),
        (row(branch_id=nan), "branch_id is NaN or infinite"),
        (row(card_product_id="17"), "card_product_id is of type str: give a whole number (int)"),
        (
            row(identification_info=IdentificationInfo(idn_date=nan, identified_by="D")),
            "identification_info.idn_date is NaN or infinite",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_of_another_type(made, text):
    (found,) = told(made)

    assert found.startswith(f"line 7: {text}")
    assert "Nothing was sent" not in found


def test_a_line_that_is_no_number():
    assert told(row(line=None)) == ["row 3 of those given: line is None: give a whole number (int)"]


def test_rows_after_a_good_one_are_looked_at_too():
    misfits = Misfits()

    assert told(row(), misfits) == []
    assert len(told(row({"type": nan}), misfits)) == 1
    assert len(told(row({"type": nan}), misfits)) == 1
    assert told(row(line=8), misfits) == []


def test_a_key_is_looked_at_where_its_form_is():
    assert told(row(key=5)) == []


@pytest.mark.parametrize("absent", WALLET)
def test_product_1000_needs_more(absent):
    person = {name: value for name, value in WALLET.items() if name != absent}

    assert told(row(person, product_id=1000, document="a.pdf")) == [
        f"line 7, column {absent}: is empty: product 1000 needs it"
    ]


def test_all_that_product_1000_lacks_is_told():
    assert [text.partition(":")[0] for text in told(row(product_id=1000))] == [
        f"line 7, column {name}" for name in (*WALLET, "document")
    ]


WANT = (
    r"give a Row, or the problems of one as a list: read_row\(\) makes them of the values of a row\. "
    r"Nothing was sent\.$"
)


@pytest.mark.parametrize(
    "made",
    [
        None,
        {"key": "a"},
        "a",
        new_client(),
        (Problem(1, None, "wrong"),),
        Problem(1, None, "wrong"),
    ],
    ids=["None", "a dict", "text", "a client", "a tuple", "a problem"],
)
def test_what_is_no_row(made):
    with pytest.raises(ConfigurationError, match=rf"^row 3 of those given is .*: {WANT}"):
        told(made)


@pytest.mark.parametrize(
    "made",
    [[{"key": "a"}], [None], [Problem(1, None, "wrong"), "a"], [row()], [Problem("7", None, "a")]],
    ids=["a dict", "None", "text", "a row", "a problem without a line"],
)
def test_a_list_that_has_no_problems_in_it(made):
    with pytest.raises(
        ConfigurationError, match=rf"^what row 3 of those given has in its list is .*: {WANT}"
    ):
        told(made)


def test_an_empty_list_would_be_a_row_that_nobody_hears_of():
    with pytest.raises(
        ConfigurationError, match=rf"^row 3 of those given is an empty list: {WANT}"
    ):
        told([])


def test_problems_that_are_given_say_their_row():
    given = [Problem(7, "phone", "is wrong"), Problem(0, None, "is wrong too", key="k")]

    assert told(given) == ["line 7, column phone: is wrong", 'row 3, key "k": is wrong too']


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (row(product_id=17), 'column product_id: "17" is not allowed: write 1000, 2000 or 3000'),
        (row({"type": 4}), 'column type: "4" is not allowed: write 1 (individual)'),
        (row({"resident": 0}), 'column resident: "0" is not allowed: write 1 (resident)'),
        (row(card_product_id=0), 'column card_product_id: "0" is not a card product'),
        (row(card_product_id=-5), 'column card_product_id: "-5" is not a card product'),
        (row(branch_id="b\0"), 'column branch_id: "b\\u0000" has a character'),
        (
            row(identification_info=IdentificationInfo(idn_date="31.01.25", identified_by="D")),
            'column idn_date: "31.01.25" ',
        ),
        (
            row(identification_info=IdentificationInfo(idn_date="2025-01-31", identified_by="\1")),
            'column identified_by: "\\u0001" has a character that is not text',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_that_a_file_can_not_have_either(made, text):
    (found,) = told(made)

    assert found.startswith(f"line 7, {text}")
