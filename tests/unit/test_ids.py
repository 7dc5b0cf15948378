from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.ids import checked_request_id, derive_request_id, new_request_id


def test_a_new_id_is_a_random_uuid_in_its_usual_form():
    made = new_request_id()

    assert (UUID(made).version, str(UUID(made))) == (4, made)


def test_no_two_new_ids_are_alike():
    assert len({new_request_id() for _ in range(1000)}) == 1000


# A derived id must never change: a batch that is run again has to name its rows as it did before.
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("123456", "may", "1", "card"), "9a0dda42-2957-5bbb-8bec-3148e66986cf"),
        (("123456", "may", "1", "client"), "936c90f9-be6c-5236-9602-1eb716d2c7eb"),
        (("123456", "май", "Иванов", "card"), "d5af0e81-5f3f-5899-b61a-8c0ef95d5bf1"),
        (("", "", "", ""), "f3bdadb5-6a4a-5988-b4ba-64195ce65da0"),
    ],
)
def test_a_derived_id_is_the_same_for_ever(parts, expected):
    assert derive_request_id(*parts) == expected


def test_a_derived_id_is_a_uuid_of_a_name():
    assert UUID(derive_request_id("m", "b", "r", "s")).version == 5


def test_no_two_different_quadruples_give_the_same_id():
    parts = ("", "a", "b", "ab", '"', ",", '", "')
    quadruples = list(itertools.product(parts, repeat=4))

    assert len({derive_request_id(*quadruple) for quadruple in quadruples}) == len(quadruples)


@pytest.mark.parametrize("given", ["828cf71d-a447-4a67-a149-c1df8bc197ca", "r-1", "~", "x" * 128])
def test_an_id_of_the_callers_is_taken_as_it_is(given):
    assert checked_request_id(given) is given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\n", "a\r\nX: 1", "\N{CYRILLIC SMALL LETTER ER}-1", "\x7f", 5, None, b"r-1"])
def test_an_id_that_does_not_fit_into_a_header_is_refused(given):
    with pytest.raises(ConfigurationError) as caught:
        checked_request_id(given)

    assert caught.value.message == (
        "request_id is no UUID, nor another text of 1 to 128 ASCII characters without spaces. Nothing was sent."
    )
