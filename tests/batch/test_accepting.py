"""What somebody says of rows that were used before: which are accepted, which were not found, and
what is refused.
"""

from __future__ import annotations

import sqlite3

import pytest

from freedompay_async.batch import Accepted
from freedompay_async.batch.accepting import accept, accepted_keys, some
from freedompay_async.batch.journal import sqlite_plan
from freedompay_async.errors import ConfigurationError

ROWS = [
    # key, state, found, accepted before, reason
    ("k1", "found", 1, 0, "used before"),
    ("k2", "found", 1, 0, "used before"),
    ("k3", "started", 1, 0, None),
    ("k4", "issued", 0, 0, None),
    ("k5", "issued", 1, 1, None),
    ("k6", "doubtful", 1, 0, "two cards"),
    ("k7", "planned", 0, 0, None),
    ("k8", "started", 1, 1, "accepted before"),
    ("k9", "refused", 1, 0, "no"),
]


class Books:
    """A journal as far as this goes: rows in memory."""

    name = "run.db"

    def __init__(self, *more) -> None:
        self.calls = 0
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute(
            "CREATE TABLE rows (number INTEGER PRIMARY KEY, key, state, found, accepted_found, "
            "reason)"
        )
        self.connection.executemany(
            "INSERT INTO rows (key, state, found, accepted_found, reason) VALUES (?, ?, ?, ?, ?)",
            [*ROWS, *more],
        )

    async def accept_found(self, keys):
        self.calls += 1
        return sqlite_plan.accept_found(self.connection, keys)

    def rows(self):
        return self.connection.execute(
            "SELECT key, state, found, accepted_found, reason FROM rows ORDER BY number"
        ).fetchall()

    def changed(self):
        return [row for row in self.rows() if row not in ROWS]


@pytest.fixture
def books():
    books = Books()
    yield books
    books.connection.close()


@pytest.fixture
def books_with():
    made = []

    def make(*more):
        made.append(Books(*more))
        return made[-1]

    yield make
    for each in made:
        each.connection.close()


# -- which keys


@pytest.mark.parametrize("given", [None, [], (), [""], [" ", "\n"]])
def test_no_key_is_none(given):
    assert accepted_keys(given) == ()


def test_all_is_every_row():
    assert accepted_keys("all") == "all"


def test_each_key_counts_once_and_in_its_one_form():
    assert accepted_keys(iter([" k1", "k2", "", "k1", "k 3\n"])) == ("k1", "k2", "k 3")


@pytest.mark.parametrize("given", ["k1", b"all", 5, True])
def test_what_is_no_list_of_keys_is_refused(given):
    with pytest.raises(ConfigurationError) as caught:
        accepted_keys(given)

    assert (
        caught.value.text
        == f"accept_found={given!r}: give the keys as a list, or 'all'. Nothing was sent."
    )


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (5, "the key is of type int"),
        ("a\0", r"the key 'a\x00' has a character"),
        (None, "the key is of type NoneType"),
    ],
)
def test_what_is_no_key_is_refused_in_a_list_too(key, why):
    with pytest.raises(ConfigurationError) as caught:
        accepted_keys(["k1", key])

    assert caught.value.text.startswith(why)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, '"k1"'),
        (5, '"k1", "k2", "k3", "k4", "k5"'),
        (6, '"k1", "k2", "k3", "k4", "k5" and 1 more'),
        (1_505, '"k1", "k2", "k3", "k4", "k5" and 1,500 more'),
    ],
)
def test_a_few_keys_are_named_and_the_rest_counted(count, told):
    assert some([f"k{number}" for number in range(1, count + 1)]) == told


# -- what is accepted


async def test_without_a_key_the_journal_is_left_alone(books):
    assert await accept(books, ()) == Accepted(rows=0, not_found=())
    assert (books.changed(), books.calls) == ([], 0)


async def test_all_accepts_what_is_found_and_not_accepted_and_no_other(books):
    assert await accept(books, "all") == Accepted(rows=4)
    assert books.changed() == [
        ("k1", "started", 1, 1, None),
        ("k2", "started", 1, 1, None),
        ("k3", "started", 1, 1, None),
        ("k9", "refused", 1, 1, "no"),
    ]
    assert await accept(books, "all") == Accepted(rows=0)


async def test_keys_accept_their_rows_only_and_those_that_are_not_found_are_told(books):
    assert await accept(books, ("k2", "k4", "k3", "k7")) == Accepted(rows=2, not_found=("k4", "k7"))
    assert books.changed() == [("k2", "started", 1, 1, None), ("k3", "started", 1, 1, None)]


async def test_a_row_that_was_accepted_before_is_neither_counted_nor_told_as_not_found(books):
    assert await accept(books, ("k5", "k8")) == Accepted(rows=0, not_found=())
    assert books.changed() == []


async def test_a_doubtful_row_is_not_accepted(books):
    assert await accept(books, ("k6",)) == Accepted(rows=0, not_found=("k6",))
    assert books.changed() == []


async def test_a_key_that_the_journal_does_not_have_accepts_nothing(books):
    with pytest.raises(ConfigurationError) as caught:
        await accept(books, ("k1", "other", "k2", "more"))

    assert caught.value.text == (
        'run.db has no row with the key "other", "more": nothing was accepted, and nothing '
        "was sent."
    )
    assert books.changed() == []


async def test_a_key_that_an_earlier_version_kept_as_it_was_written_is_found_by_its_one_form(
    books_with,
):
    books = books_with(
        ("\0", "found", 1, 0, "used before"), (" old \n", "found", 1, 0, "used before")
    )

    assert await accept(books, ("old",)) == Accepted(rows=1)
    assert books.changed() == [
        ("\0", "found", 1, 0, "used before"),
        (" old \n", "started", 1, 1, None),
    ]


async def test_a_key_that_two_rows_read_as_accepts_nothing(books_with):
    books = books_with(("k1 ", "found", 1, 0, "used before"))

    with pytest.raises(ConfigurationError) as caught:
        await accept(books, ("k2", "k1"))

    assert caught.value.text == (
        'run.db has several rows whose keys read as "k1", so one of them can\'t be named: nothing '
        "was accepted, and nothing was sent."
    )
    assert [row[3] for row in books.rows()[:2]] == [0, 0]
