from __future__ import annotations

import pytest

from freedompay_async.contract.regions import Region
from freedompay_async.errors import ConfigurationError


@pytest.mark.parametrize("text", ["KZ", "kz", " Kz\n"])
def test_is_read_without_regard_to_case_and_blanks(text):
    assert Region(text) is Region.KZ


@pytest.mark.parametrize("value", ["", "RU", "Kazakhstan", None, 7])
def test_that_is_none_is_refused_with_those_there_are(value):
    with pytest.raises(ConfigurationError) as caught:
        Region(value)

    assert caught.value.text == f"region is {value!r}: use one of KZ, KG, UZ. Nothing was sent."
