from __future__ import annotations

from collections import Counter

import pytest

from freedompay_async.codec.drift import Drift, DriftCount
from freedompay_async.codec.shapes import Difference, Note

FIELD, VALUE, MISSING, OTHER = (
    Note(kind, "a")
    for kind in (
        Difference.UNKNOWN_FIELD,
        Difference.UNKNOWN_VALUE,
        Difference.MISSING_FIELD,
        Difference.OTHER_TYPE,
    )
)


@pytest.fixture
def count():
    return DriftCount()


def told(count: DriftCount) -> list[tuple[str, str, str, int]]:
    return [(each.call, each.difference, each.field, each.count) for each in count.list()]


def test_of_nothing_is_empty(count):
    assert count.list() == []


def test_of_an_answer_as_it_should_be_is_empty(count):
    count.add("cards.info", ())

    assert count.list() == []


def test_counts_each_difference_of_each_call(count):
    for _ in range(3):
        count.add("cards.info", [FIELD])
    count.add("cards.info", [FIELD, MISSING])
    count.add("cards.balance", [FIELD])

    assert told(count) == [
        ("cards.info", "unknown field", "a", 4),
        ("cards.balance", "unknown field", "a", 1),
        ("cards.info", "missing field", "a", 1),
    ]


def test_counts_a_difference_that_an_answer_has_twice(count):
    count.add("cards.info", [FIELD, FIELD])

    assert told(count) == [("cards.info", "unknown field", "a", 2)]


def test_tells_the_most_frequent_first_and_the_rest_by_name(count):
    count.add("b", [VALUE, Note(Difference.UNKNOWN_VALUE, "z")])
    count.add("a", [OTHER, FIELD, MISSING])
    count.add("c", [OTHER, OTHER])

    assert told(count) == [
        ("c", "other type", "a", 2),
        ("a", "missing field", "a", 1),
        ("a", "other type", "a", 1),
        ("a", "unknown field", "a", 1),
        ("b", "unknown value", "a", 1),
        ("b", "unknown value", "z", 1),
    ]


def test_names_at_most_nine_hundred_unknown_fields(count):
    count.add("a", [Note(Difference.UNKNOWN_FIELD, f"{number:04}") for number in range(1_500)])

    assert [each[2] for each in told(count)] == [f"{number:04}" for number in range(900)]


@pytest.mark.parametrize(
    "kind", [Difference.UNKNOWN_VALUE, Difference.MISSING_FIELD, Difference.OTHER_TYPE]
)
def test_names_at_most_a_thousand_of_other_kinds(count, kind):
    count.add("a", [Note(kind, f"{number:04}") for number in range(1_500)])

    assert [each[2] for each in told(count)] == [f"{number:04}" for number in range(1_000)]


@pytest.mark.parametrize(
    "kind", [Difference.UNKNOWN_VALUE, Difference.MISSING_FIELD, Difference.OTHER_TYPE]
)
def test_keeps_a_hundred_places_from_unknown_fields(count, kind):
    count.add("a", [Note(Difference.UNKNOWN_FIELD, f"{number:04}") for number in range(1_500)])
    count.add("a", [Note(kind, f"{number:04}") for number in range(1_500)])

    assert Counter(each[1] for each in told(count)) == {"unknown field": 900, kind.value: 100}


def test_goes_on_counting_what_it_has_a_name_for(count):
    count.add("a", [Note(Difference.UNKNOWN_FIELD, f"{number:04}") for number in range(1_500)])
    count.add("a", [Note(Difference.UNKNOWN_FIELD, "0007"), Note(Difference.UNKNOWN_FIELD, "1400")])
    count.add("b", [FIELD])

    assert (len(count.list()), told(count)[0], {each[0] for each in told(count)}) == (
        900,
        ("a", "unknown field", "0007", 2),
        {"a"},
    )


def test_is_told_as_it_was_then(count):
    count.add("a", [FIELD])
    before = count.list()
    count.add("a", [FIELD])

    assert before == [Drift(call="a", difference="unknown field", field="a", count=1)]


@pytest.mark.parametrize("name", ["call", "count"])
def test_an_entry_cannot_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(Drift(call="a", difference="unknown field", field="a", count=1), name, "b")
