"""What people are told of the columns is what the rows are held against."""

from __future__ import annotations

from datetime import date

import pytest

from freedompay_async.batch.input.cells import Wrong, value_of
from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.columns import ABOUT, example_row
from freedompay_async.batch.input.rows import REQUIRED, REQUIRED_1000, Row, read_row

TODAY = date(2025, 6, 15)
NEEDED = dict.fromkeys(REQUIRED, "always") | dict.fromkeys(REQUIRED_1000, "product 1000")


def test_every_column_is_told_in_order():
    assert [column.name for column in ABOUT] == list(COLUMNS)


@pytest.mark.parametrize("column", ABOUT, ids=lambda column: column.name)
def test_who_needs_it_is_who_is_asked_for_it(column):
    assert column.needed == NEEDED.get(column.name, "optional")


@pytest.mark.parametrize("column", ABOUT, ids=lambda column: column.name)
def test_nothing_is_left_out(column):
    assert column.format
    assert column.example
    assert "|" not in column.format


def test_the_example_is_good_without_a_document():
    row = read_row(example_row(), line=2, product_id=1000, today=TODAY)

    assert isinstance(row, Row)
    assert (row.product_id, row.document) == (2000, None)


def test_the_example_is_good_for_product_1000_with_its_document():
    document = next(column.example for column in ABOUT if column.name == "document")
    row = read_row(
        {**example_row(), "product_id": "1000", "document": document},
        line=2,
        product_id=1000,
        today=TODAY,
    )

    assert isinstance(row, Row)


def test_a_column_of_dates_says_so():
    dates = [
        column.name
        for column in ABOUT
        if not isinstance(value_of(column.name, date(1990, 12, 31)), Wrong)
    ]

    assert dates == [column.name for column in ABOUT if "YYYY-MM-DD" in column.format]
