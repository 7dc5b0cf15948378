"""Fields that may be anything are: very deep, very long; and what is kept aside is the same after a
pickle.
"""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.codec.decode import read_answer
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.models import CardInfo, Extra, StatementExtended
from freedompay_async.contract.models.open import Fields

DIGITS = "7" * 4000
ODD = {
    "lists of 450": "[" * 450 + "]" * 450,
    "lists of 900": "[" * 900 + "]" * 900,
    "objects of 450": '{"a":' * 450 + "1" + "}" * 450,
    "objects of 900": '{"a":' * 900 + "1" + "}" * 900,
    "secrets of 450": '{"pin":' * 450 + "1" + "}" * 450,
    "4,000 digits": DIGITS,
    "4,000 digits below nothing": f"-{DIGITS}",
    "4,000 digits in a list": f"[[{DIGITS}]]",
    "4,000 digits in an object": f'{{"a":{{"b":{DIGITS}}}}}',
    "4,000 digits as text": f'"{DIGITS}"',
    "4,000 places": f"0.{DIGITS}",
}
PLACES = {
    "dt": '{{"status":"ok","dt":{}}}',
    "error_description": '{{"status":"ok","error_description":{}}}',
    "balances": '{{"status":"ok","balances":[{}]}}',
    "merchant": '{{"status":"ok","authorizations":[{{"merchant":{{"a":{0}}},"additional_parameters":[{0}]}}]}}',
    "extra": '{{"status":"ok","more":{}}}',
    "extra of a part": '{{"status":"ok","card":{{"more":{}}}}}',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("odd", ODD)
def test_odd_value_leaves_the_answer_readable(place, odd):
    verdict = read_answer(
        Reply(200, {}, PLACES[place].format(ODD[odd]).encode()),
        StatementExtended,
        effect=False,
        now=0.0,
    )
    answer = verdict.answer
    told = json.loads(to_json(answer), parse_int=str, parse_float=str, parse_constant=pytest.fail)

    assert told["status"] == "ok"
    assert repr(pickle.loads(pickle.dumps(answer))) == repr(answer)
    assert repr(copy.deepcopy(answer)) == repr(answer)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", ["{}", "-{}", "[[{}]]", '{{"a":{}}}'])
def test_integer_that_no_reader_takes_makes_the_answer_unreadable_and_is_not_shown(place, number):
    body = PLACES[place].format(number.format("7" * 5000))
    verdict = read_answer(Reply(200, {}, body.encode()), StatementExtended, effect=False, now=0.0)

    assert (verdict.evidence, verdict.answer) == (Evidence.UNCLEAR, None)
    assert "777" not in verdict.reason


# No name and no text of these reads like a secret.
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("xyz ", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text("xyz", max_size=4), PLAIN, max_size=4))
def test_extra_is_the_same_after_a_pickle(fields):
    extra = Extra(fields)
    again = pickle.loads(pickle.dumps(extra))

    assert again == extra == fields == Fields(fields)
    assert (repr(again), list(again), type(again)) == (repr(extra), list(fields), Extra)
    assert copy.deepcopy(extra) == copy.copy(extra) == extra


@given(
    st.dictionaries(
        st.sampled_from(["pin", "cvv", "note", "x"]),
        st.text("0123456789", min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_extra_shows_the_same_names_after_a_pickle_and_has_no_secret(fields):
    answer = CardInfo(status="ok", extra=Extra(fields))
    again = pickle.loads(pickle.dumps(answer))

    assert repr(again) == repr(answer)
    assert list(again.extra) == list(fields)
    assert {str(again.extra[name]) for name in fields.keys() & {"pin", "cvv"}} <= {"***"}
