"""Rows that are made in code: what a row has by itself, what is wrong with one, and where it is."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from math import inf, nan
from uuid import UUID

import msgspec
import pytest

from freedompay_async.batch import Problem, Row, outcomes, read_row
from freedompay_async.batch.kept import KeptRow, PlannedRow
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from tests.person_examples import new_client
from tests.rows import row_of_code, row_of_file

TODAY = date(2026, 6, 15)


def read(**changes):
    return read_row(row_of_file(1, **changes), product_id=2000, today=TODAY)


def _hash(rows):
    return hashlib.sha256(b"".join(data for (data,) in rows)).hexdigest()


def test_a_row_needs_a_key_a_product_and_a_client():
    row = row_of_code(1)

    assert (row.line, row.document, row.identification_info, row.branch_id) == (0, None, None, None)
    assert row.card_product_id is None


def test_a_journal_keeps_a_row_in_the_bytes_of_ever():
    """The hash of a plan is made of them, so a file that was planned by an earlier version is the
    same batch.
    """
    row = read_row(row_of_file(1), line=2, product_id=2000, today=TODAY)
    data = msgspec.json.encode(PlannedRow(row=row))

    assert data == (
        b'{"row":{"line":2,"key":"k1","product_id":2000,"client":{"phone":77010000001,"type":1,'
        b'"resident":1,"first_name":"Ivan","last_name":"Ivanov"},"document":null,'
        b'"identification_info":null,"branch_id":null},"document_sha256":null}'
    )
    assert msgspec.json.decode(data, type=KeptRow).row.key == "k1"


async def test_the_hash_of_a_plan_is_that_of_its_rows(office, people):
    async with office.batch() as batch:
        plan = await office.plan(batch, office.file(people(2)))
        data = office.kept("SELECT data FROM rows ORDER BY number")

    assert plan.settings["rows_sha256"] == _hash(data)


class TestReading:
    def test_gives_a_row(self):
        row = read(birthdate="1990-01-31", branch_id="b-1")

        assert isinstance(row, Row)
        assert (row.key, row.line, row.product_id, row.branch_id) == ("k1", 0, 2000, "b-1")
        assert row.client.phone == 77010000001

    @pytest.mark.parametrize("column", ["birthdate", "idn_date"])
    def test_takes_a_date_as_a_database_gives_it(self, column):
        more = {"identified_by": "Dana"} if column == "idn_date" else {}
        row = read(**{column: date(1990, 1, 31)}, **more)

        assert isinstance(row, Row)
        assert "1990-01-31" in (
            row.client.birthdate,
            row.identification_info and row.identification_info.idn_date,
        )

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("birthdate", datetime(1990, 1, 31, tzinfo=UTC)),
            ("branch_id", date(1990, 1, 31)),
            ("phone", Decimal(77010000001)),
            ("key", UUID(int=5)),
            ("key", b"k1"),
            ("first_name", True),
            ("person_id", Secret("900101300001")),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_a_value_of_another_type_is_a_problem(self, column, value):
        problems = read(**{column: value})

        assert [(each.column, each.message) for each in problems] == [
            (column, "is neither text nor a number")
        ]

    @pytest.mark.parametrize(
        ("column", "value", "told"),
        [
            (column, value, told)
            for column in ("key", "middle_name", "external_user_id")
            for value, told in (
                (nan, "is NaN or infinite: give None where there is nothing"),
                (-inf, "is NaN or infinite: give None where there is nothing"),
                (10**5_000, "is a number of too many digits"),
            )
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_a_number_that_says_nothing_is_a_problem(self, column, value, told):
        """As pandas gives a value that is missing."""
        problems = read(**{column: value})

        assert [(each.column, each.message) for each in problems] == [(column, told)]

    @pytest.mark.parametrize("kind", [str, int])
    def test_takes_the_value_of_a_member_of_an_enum(self, kind):
        """Whose `str` is the name of the member."""
        member = Enum("Member", {"ONE": "77" if kind is str else 77}, type=kind).ONE
        row = read(key=member, external_user_id=member)

        assert isinstance(row, Row)
        assert (row.key, row.client.external_user_id) == ("77", "77")
        assert {type(row.key), type(row.client.external_user_id)} == {str}

    def test_a_problem_of_a_row_without_a_line_says_its_key(self):
        problems = read(phone="8701", last_name=None)

        assert [str(each).partition(": ")[0] for each in problems] == [
            'key "k1", column phone',
            'key "k1", column last_name',
        ]

    def test_a_problem_of_a_row_with_a_line_says_the_line(self):
        (problem,) = read_row(row_of_file(1, phone="1"), line=9, product_id=2000, today=TODAY)

        assert str(problem).startswith("line 9, column phone: ")

    @pytest.mark.parametrize("key", [None, "", b"k", UUID(int=5)])
    def test_a_row_without_a_key_has_none_to_say(self, key):
        (problem,) = read(key=key)

        assert (problem.line, problem.key, problem.column) == (0, None, "key")

    @pytest.mark.parametrize("name", ["Phone", 5, None, ("a", "b")])
    def test_a_name_that_is_no_column_is_a_problem(self, name):
        (problem,) = read_row(row_of_file(1) | {name: "x"}, product_id=2000)

        assert problem.message.startswith("there is no such column")

    def test_without_a_day_a_birthdate_of_tomorrow_is_in_the_future(self):
        today = datetime.now(UTC).astimezone().date()
        problems = read_row(row_of_file(1, birthdate=today + timedelta(days=2)), product_id=2000)

        assert [each.column for each in problems] == ["birthdate"]

    @pytest.mark.parametrize(
        ("fields", "options", "told"),
        [
            (None, {}, "fields is None: give the values by column, such as dict(row)"),
            ([1, 2], {}, "fields is of type list: give the values by column, such as dict(row)"),
            ({}, {"product_id": "2000"}, "product_id is of type str: give a whole number (int)"),
            ({}, {"product_id": 7}, "product 7 is not one of 1000, 2000, 3000"),
            ({}, {"line": "7"}, "line is of type str: give a whole number (int)"),
            ({}, {"line": True}, "line is of type bool: give a whole number (int)"),
            ({}, {"line": -1}, "line is no number of a line: give one from 1, or 0"),
            ({}, {"line": 10**30}, "line is no number of a line: give one from 1, or 0"),
            ({}, {"today": "2026-01-01"}, "today is of type str: give a date"),
        ],
    )
    def test_a_wrong_argument(self, fields, options, told):
        with pytest.raises(ConfigurationError) as caught:
            read_row(fields, **{"product_id": 2000} | options)

        assert str(caught.value).startswith(told)
        assert str(caught.value).endswith(" Nothing was sent.")


async def test_rows_without_a_line_have_their_place(office, one_each):
    rows = [read_row(row_of_file(number), product_id=2000, today=TODAY) for number in range(1, 4)]
    async with office.batch() as batch:
        plan = await batch.plan(rows)
        report = await office.finish(batch)
        told = [(each.line, each.key) async for each in outcomes(batch.journal)]

    assert (plan.rows, report.issued, office.cards()) == (3, 3, one_each(3))
    assert told == [(1, "k1"), (2, "k2"), (3, "k3")]


async def test_the_same_rows_again_are_the_same_plan(office):
    async with office.batch() as batch:
        first = await batch.plan([row_of_code(1), row_of_code(2)])
        again = await batch.plan(row_of_code(number) for number in (1, 2))

    assert (first.resumed, again.resumed, again.settings) == (False, True, first.settings)


async def test_every_problem_says_the_place_and_the_key_of_its_row(office):
    wrong = [
        row_of_code(1),
        msgspec.structs.replace(row_of_code(2), key="k1"),
        msgspec.structs.replace(row_of_code(3), client=None),
        msgspec.structs.replace(row_of_code(4), document="absent.pdf"),
        msgspec.structs.replace(row_of_code(5), branch_id=Secret("b")),
        msgspec.structs.replace(row_of_code(6), product_id=1000),
        msgspec.structs.replace(row_of_code(7), key=7),
        msgspec.structs.replace(row_of_code(8), key=""),
        msgspec.structs.replace(row_of_code(9), line=-0.0),
        msgspec.structs.replace(row_of_code(10), line=False),
        read_row(row_of_file(11, phone="1"), product_id=2000),
        read_row(row_of_file(12, key=None), product_id=2000),
    ]
    async with office.batch() as batch:
        plan = await batch.plan(wrong)
        assert office.sizes() == (0, 0)

    told = [str(each).partition(": ")[0] for each in plan.problems]
    assert told == [
        'row 2, key "k1", column key',
        'row 3, key "k3"',
        'row 4, key "k4", column document',
        'row 5, key "k5"',
        *[
            f'row 6, key "k6", column {name}'
            for name in ("country", "person_id", "address1", "address2", "document")
        ],
        "line 7, column key",
        "line 8, column key",
        'row 11, key "k11", column phone',
        "line 12, column key",
        "row 9 of those given",
        "row 10 of those given",
    ]


@pytest.mark.parametrize("line", [-1, 10**16, 10**5_000], ids=["negative", "large", "huge"])
async def test_a_line_that_no_file_has_is_a_problem(office, line):
    """SQLite keeps none above 64 bits."""
    async with office.batch() as batch:
        plan = await batch.plan(
            [row_of_code(1), msgspec.structs.replace(row_of_code(2), line=line)]
        )
        assert office.sizes() == (0, 0)

    (problem,) = map(str, plan.problems)
    assert problem.startswith("row 2 of those given: line is no number of a line: give one from 1")


@pytest.mark.parametrize(
    "problem",
    [
        Problem(-1, None, "wrong"),
        Problem("1", None, "wrong"),
        Problem(1, 5, "wrong"),
        Problem(1, None, None),
        Problem(1, None, "wrong", key=5),
    ],
)
async def test_a_problem_that_can_not_be_shown_is_refused(office, problem):
    async with office.batch() as batch:
        with pytest.raises(
            ConfigurationError, match=r"row 2 of those given .* is a Problem of wrong"
        ):
            await batch.plan([row_of_code(1), [problem]])
        assert office.sizes() == (0, 0)


async def test_a_problem_with_its_key_is_json(office):
    async with office.batch() as batch:
        plan = await batch.plan([read_row(row_of_file(1, phone="1"), product_id=2000)])
    (told,) = msgspec.json.decode(msgspec.json.encode(plan))["problems"]

    assert (told["line"], told["key"], told["column"]) == (1, "k1", "phone")
    assert msgspec.json.decode(msgspec.json.encode(Problem(1, None, "wrong"))) == {
        "line": 1,
        "column": None,
        "message": "wrong",
    }


async def later():
    """An async generator, which the tests do not call."""
    yield row_of_code(1)


def now():
    yield row_of_code(1)


class Cursor:
    def rows(self):
        yield row_of_code(1)


A_ROW = "give a Row, or the problems of one as a list: read_row() makes them of the values of a row"
ROWS = "give rows, such as read_file() gives, or read_row() for each row"
CALL = "give what it gives when you call it"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row_of_code(1), {"key": "b"}], f"row 2 of those given is of type dict: {A_ROW}"),
        ([row_of_code(1), None], f"row 2 of those given is None: {A_ROW}"),
        ([new_client()], f"row 1 of those given is of type NewClient: {A_ROW}"),
        ([(row_of_code(1),)], f"row 1 of those given is of type tuple: {A_ROW}"),
        ([[row_of_code(1)]], f"what row 1 of those given has in its list is of type Row: {A_ROW}"),
        ([[]], f"row 1 of those given is an empty list: {A_ROW}"),
        ("clients.csv", f"rows is of type str: {ROWS}"),
        (b"clients.csv", f"rows is of type bytes: {ROWS}: decode it first"),
        ({"k1": row_of_code(1)}, f"rows is of type dict: {ROWS}"),
        (row_of_code(1), f"rows is of type Row: {ROWS}"),
        (None, f"rows is None: {ROWS}"),
        (5, f"rows is of type int: {ROWS}"),
        (list, f"rows is of type type: {ROWS}"),
        (later, f"rows is of type function: {CALL}"),
        (now, f"rows is of type function: {CALL}"),
        (Cursor().rows, f"rows is of type method: {CALL}"),
        ([later()], f"row 1 of those given is of type async_generator: {A_ROW}"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_row_or_no_rows_at_all(office, rows, told):
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError) as caught:
            await batch.plan(rows)
        assert office.sizes() == (0, 0)

    assert str(caught.value) == f"{told}. Nothing was sent."


async def test_a_coroutine_is_to_be_awaited_first(office):
    async def fetched():
        return [row_of_code(1)]

    rows = fetched()
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError, match=r"^rows is of type coroutine: .* await it\."):
            await batch.plan(rows)
        plan = await batch.plan(await rows)

    assert plan.rows == 1
