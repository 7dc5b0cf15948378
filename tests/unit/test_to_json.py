from __future__ import annotations

import json
from decimal import Decimal

import pytest

import freedompay_async
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.models import CustomBody, Extra, RequestState
from freedompay_async.contract.models.open import Fields
from freedompay_async.redaction.secret import Pin


def test_is_public():
    assert freedompay_async.to_json is to_json


@pytest.mark.parametrize(("reveal", "expected"), [(False, "***"), (True, "1234")])
def test_shows_a_secret_only_if_told(reveal, expected):
    assert json.loads(to_json(CustomBody(fields=Fields({"a": [Pin("1234")]})), reveal=reveal)) == {
        "fields": {"a": [expected]}
    }


def test_writes_an_amount_as_it_came():
    assert (
        to_json({"amount": Decimal("0.10"), "more": (1, None)}) == '{"amount":0.10,"more":[1,null]}'
    )


@pytest.mark.parametrize(("extra", "there"), [({}, False), ({"a": 1}, True)])
def test_leaves_out_an_extra_that_is_empty(extra, there):
    assert ("extra" in json.loads(to_json(RequestState(status="ok", extra=Extra(extra))))) is there


def test_of_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError, match="object can't be written as JSON"):
        to_json({"a": object()})
