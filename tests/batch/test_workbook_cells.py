"""A cell of a workbook that is no text, as it is meant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from freedompay_async.batch.input.cells import Wrong, cell_name, value_of

DAY = datetime(1990, 12, 31)  # noqa: DTZ001  a workbook has no zones
MOMENT = DAY.replace(hour=10, minute=30)
AGAIN = "format the column as text, and write the value again"


def message(column: str, cell: object) -> str:
    value = value_of(column, cell)
    assert isinstance(value, Wrong)
    return value.message


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (77017777777.0, "77017777777"),
        (77017777777, "77017777777"),
        (0.0, "0"),
        (-3.0, "-3"),
        (1.5, "1.5"),
        (999999999999999.0, "9" * 15),
    ],
)
@pytest.mark.parametrize("column", ["key", "phone", "branch_id"])
def test_a_number_is_its_digits(column: str, cell: object, text: str):
    assert value_of(column, cell) == text


@pytest.mark.parametrize(
    "cell", [1e15, 10**15, 990101300123456789.0, -1e15, float("inf"), float("nan")]
)
def test_a_number_that_was_rounded(cell: float):
    assert (
        message("external_user_id", cell)
        == f"is a number of more than 15 digits, which a spreadsheet rounds: {AGAIN}"
    )


@pytest.mark.parametrize("column", ["birthdate", "idn_date"])
@pytest.mark.parametrize("cell", [date(1990, 12, 31), DAY])
def test_a_date(column: str, cell: object):
    assert value_of(column, cell) == "1990-12-31"


def test_a_date_with_a_time_of_day():
    assert message("birthdate", MOMENT) == "has a time of day: write the date alone"


def test_a_number_in_the_place_of_a_date():
    assert (
        message("birthdate", 33238.0)
        == "is the number 33238 and not a date: format the column as a date, or write YYYY-MM-DD"
    )


@pytest.mark.parametrize("cell", [date(2025, 2, 1), MOMENT])
def test_a_date_in_the_place_of_text(cell: object):
    assert message("key", cell) == f"is a date, because the spreadsheet took it for one: {AGAIN}"


@pytest.mark.parametrize("cell", [time(10, 30), timedelta(hours=30)])
@pytest.mark.parametrize("column", ["key", "birthdate"])
def test_a_time(column: str, cell: object):
    assert message(column, cell) == f"is a time, because the spreadsheet took it for one: {AGAIN}"


def test_a_logical_value():
    assert message("resident", True) == f"is TRUE, a logical value: {AGAIN}"
    assert message("resident", False) == f"is FALSE, a logical value: {AGAIN}"


def test_what_no_workbook_has():
    assert message("key", b"x") == f"is neither text nor a number but bytes: {AGAIN}"


def test_a_personal_number_whose_zeros_may_be_lost():
    told = message("person_id", 10203300123.0)

    assert told.startswith(
        "is a number of 11 digits: if it began with zeros, the spreadsheet has dropped them. "
        "Format the column as text"
    )
    assert "10203300123" not in told


@pytest.mark.parametrize("cell", [990101300123.0, 12345678901234])
def test_a_personal_number_with_all_of_its_digits(cell: float):
    assert value_of("person_id", cell) == str(int(cell))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("#N/A", '"#N/A" is an error of the spreadsheet'),
        ("Err:502", '"Err:502" is an error of the spreadsheet'),
        ("990101300123", "is an error of the spreadsheet"),
        ("", "is a formula that was never calculated"),
    ],
)
def test_an_error(text: str, told: str):
    wrong = Wrong.of_error(text)

    assert value_of("person_id", wrong) is wrong
    assert wrong.message.startswith(told)
    assert str(wrong) == wrong.message


@pytest.mark.parametrize(
    ("place", "row", "name"),
    [
        (0, 1, "A1"),
        (2, 17, "C17"),
        (25, 2, "Z2"),
        (26, 2, "AA2"),
        (701, 3, "ZZ3"),
        (702, 3, "AAA3"),
        (16383, 9, "XFD9"),
    ],
)
def test_the_name_of_a_cell(place: int, row: int, name: str):
    assert cell_name(place, row) == name
