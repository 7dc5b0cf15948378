"""Headers that are decoded when one is asked for."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from freedompay_async.transport.direct.headers import Headers

RAW = [(b"Retry-After", b"5"), (b"Via", b"a"), (b"via", b"\xc3\xa9"), (b"X-Odd", b"\xff")]


@pytest.fixture
def headers():
    return Headers(list(RAW))


def test_names_have_no_case(headers):
    assert (headers["retry-after"], headers.get("RETRY-AFTER"), "Retry-after" in headers) == (
        "5",
        "5",
        True,
    )


def test_one_that_is_not_there_is_a_key_error(headers):
    assert headers.get("Date") is None
    with pytest.raises(KeyError):
        headers["Date"]


def test_each_of_a_name_that_came_twice_is_an_item(headers):
    assert [value for name, value in headers.items() if name.lower() == "via"] == ["a", "é"]
    assert set(map(str.lower, headers)) == {"retry-after", "via", "x-odd"}
    assert len(headers) == len(CIMultiDict(headers.items()))


def test_bytes_of_no_text_do_not_stand_in_the_way(headers):
    assert headers["X-Odd"].encode("utf-8", "surrogateescape") == b"\xff"
