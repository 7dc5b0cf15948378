"""What spreadsheets and programs leave in a cell in place of a value."""

from __future__ import annotations

from datetime import date

import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.rows import Row, read_row
from freedompay_async.batch.input.spoilt import FIRST, spoilt

LEAST = {"key": "app-1", "phone": "77017777777", "first_name": "Aidar", "last_name": "Omarov"}
NAMES = ("first_name", "last_name", "middle_name")
WORDS = (
    *NAMES,
    "identified_by",
    *(f"address{number}_line{line}" for number in (1, 2) for line in (1, 2, 3)),
)
IDS = (
    "key",
    "person_id",
    "external_user_id",
    "branch_id",
    "address1_postal_code",
    "address2_postal_code",
)
ERRORS = [
    *(
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
    ),
    *("#Н/Д", "#ЗНАЧ!", "#ССЫЛКА!", "#ИМЯ?", "#ДЕЛ/0!", "#ПУСТО!", "#ЧИСЛО!", "#ПЕРЕНОС!"),  # noqa: RUF001  they are Cyrillic
    *("#n/a", "#Ref!", "#знач!", "#н/д", "Err:502", "########"),
]
NOTHING = ["nan", "NaN", "NULL", "null", "None", "<NA>", "N/A", "NaT", "undefined"]
ERROR = (
    "is an error of the spreadsheet and not a value: correct the formula of the cell, or write "
    "the value"
)
EMPTY = "is how a program writes that there is nothing: leave the cell empty, or write the value"


def told(column: str, value: object) -> list[str]:
    """What a row is told of this column."""
    row = read_row({**LEAST, column: value}, line=7, product_id=2000, today=date(2025, 6, 15))
    return [] if isinstance(row, Row) else [each.message for each in row if each.column == column]


@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "person_id"])
@pytest.mark.parametrize("text", ERRORS)
def test_an_error_is_no_value_of_any_column(column: str, text: str):
    assert told(column, text) == [f'"{text}" {ERROR}']


@pytest.mark.parametrize(
    "column", [column for column in COLUMNS if column not in (*WORDS, "person_id")]
)
@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_no_value_of_a_code_a_date_or_an_id(column: str, text: str):
    assert told(column, text) == [f'"{text}" {EMPTY}']


@pytest.mark.parametrize("column", NAMES)
@pytest.mark.parametrize("text", ["nan", "Nan", "Null", "NULL", "None"])
def test_somebody_may_be_called_null(column: str, text: str):
    assert told(column, text) == []


@pytest.mark.parametrize("column", WORDS)
@pytest.mark.parametrize("text", NOTHING)
def test_a_street_may_be_called_anything(column: str, text: str):
    assert spoilt(column, text) is None


@pytest.mark.parametrize("column", [column for column in IDS if column != "person_id"])
@pytest.mark.parametrize(
    ("text", "tail"), [("990101300123.0", ".0"), ("12.00", ".00"), ("7,0", ",0"), ("0.0", ".0")]
)
def test_a_decimal_tail_is_told(column: str, text: str, tail: str):
    assert (
        f'"{text}" ends in {tail}, which a program has added to a whole number: write it '
        "without that, and as text"
    ) in told(column, text)


@pytest.mark.parametrize("text", ["7.7017777777e10", "7.7017777777E10", "9,9E11", "9.9e+11"])
@pytest.mark.parametrize("column", ["key", "external_user_id", "branch_id", "phone"])
def test_a_number_with_an_exponent_is_no_id(column: str, text: str):
    (message,) = told(column, text)

    assert message.startswith(f'"{text}" was shortened by a spreadsheet')


@pytest.mark.parametrize("text", ["#N/A", "#ЗНАЧ!", "nan", "990101300123.0", "9.9e11"])
def test_a_personal_number_is_never_shown(text: str):
    (message,) = told("person_id", text)

    assert text not in message


@pytest.mark.parametrize(
    "text",
    [
        "#1",
        "#A",
        "##",
        "# N/A",
        "#12!",
        "nano",
        "Nancy",
        "1.5",
        "12.05",
        "10",
        "1.0.0",
        "E5",
        "12e45",
        "err:50",
    ],
)
def test_what_looks_alike_is_left_alone(text: str):
    assert [column for column in COLUMNS if spoilt(column, text) is not None] == []


@pytest.mark.parametrize("text", ["#12!", "nano", "12.05", "1.0.0", "err:50"])
def test_a_key_that_looks_alike_is_taken(text: str):
    assert told("key", text) == []


@pytest.mark.parametrize("text", [*ERRORS, *NOTHING, "1.0", "1,00"])
def test_a_row_asks_about_each_of_them(text: str):
    assert text[0] in FIRST or text[-1] == "0"


def test_a_long_one_is_cut():
    assert told("key", "#" * 300) == [f'"{"#" * 39}…" {ERROR}']
