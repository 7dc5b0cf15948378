"""What is known is found however a server spells it, and nothing beside it is hidden."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.secret import Secret
from freedompay_async.spelling import Known, hide_known, present

DOCUMENT = base64.b64encode(bytes(range(256)) * 3).decode()
CYRILLIC = "очень секретная фраза для входа в систему, которую никто не знает"
DASHED = "0b5e3a52-9988-7766-5544-aabbccddeeff-0011"
VALUES = [
    "hunter2",
    "a/b1",
    'it\'s <my> "key" & more',
    "пароль",
    CYRILLIC,
    DASHED,
    DOCUMENT,
    "tab\tand\nline",
    "back\\slash",
    "\U0001f511 key",
]


def wrapped(size: int, end: str):
    return lambda text: end.join(text[at : at + size] for at in range(0, len(text), size))


WAYS = {
    "plain": str,
    "JSON": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "ASCII": lambda text: json.dumps(text)[1:-1],
    "PHP": lambda text: re.sub(r"\\u([0-9a-f]{4})", lambda m: "\\u" + m[1].upper(), json.dumps(text)[1:-1]).replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text)[1:-1])[1:-1])[1:-1],
    "Python": lambda text: repr(text)[1:-1],
    "Python's bytes": lambda text: repr(text.encode())[2:-1],
    "HTML": html.escape,
    "HTML of PHP": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "HTML of XML": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "HTML in numbers": lambda text: "".join(f"&#{ord(each)};" if not each.isalnum() or ord(each) > 127 else each for each in text),
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "a URL": lambda text: quote(text, safe=""),
    "a URL in small letters": lambda text: re.sub("%..", lambda m: m[0].lower(), quote(text, safe="")),
    "a form": quote_plus,
    "a URL twice": lambda text: quote(quote(text, safe=""), safe=""),
}


def hide(text: str, *values: str) -> str:
    return hide_known(text, [Known(Secret(value)) for value in values])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_hidden_however_it_is_spelled(value, way):
    text = f"no good <{WAYS[way](value)}> it is"

    assert hide(text, value) == "no good <***> it is"
    assert present([Known(Secret(value))], text.encode()) != ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\\n", "\\r\\n", " ", "\n    "])
@pytest.mark.parametrize("size", [40, 60, 64, 76])
@pytest.mark.parametrize("value", [DOCUMENT, DOCUMENT[:100]])
def test_a_long_value_is_hidden_in_lines_of_any_length(value, size, end):
    assert hide(f"no good: {wrapped(size, end)(value)}; it is", value) == "no good: ***; it is"


@pytest.mark.parametrize("shown", [24, 40, 200])
@pytest.mark.parametrize("way", ["plain", "PHP", "a URL", "JSON in JSON"])
@pytest.mark.parametrize("value", [CYRILLIC, DASHED, DOCUMENT])
def test_a_long_value_is_hidden_where_it_is_cut(value, way, shown):
    left = value[:shown]

    assert hide(f"no good: {WAYS[way](left)} | it is", value) == "no good: *** | it is"


def test_a_short_text_spoils_nothing_for_a_longer_one():
    known = [Known(Secret(DASHED)), Known(Secret(CYRILLIC))]

    assert hide_known("0b5e3a52", known) == "0b5e3a52"
    assert hide_known(f"key {DASHED} is, {CYRILLIC}", known) == "key *** is, ***"


@pytest.mark.parametrize("order", [("4821", "482193"), ("482193", "4821"), ("hunter2", "hunter2-blue"), ("hunter2-blue", "hunter2")])
def test_of_values_that_begin_alike_nothing_is_left(order):
    assert hide(f"is {order[0]}, was {order[1]}.", *order) == "is ***, was ***."


def test_the_case_of_a_long_key_does_not_matter():
    assert hide(f"key {DASHED.upper()}", DASHED) == "key ***"


@pytest.mark.parametrize("text", ["148210", "48210", "0b5e4821-7c1c-4e6f-9f57-5b4c3f1f0a11", "4821-05-01T10:00"])
def test_a_code_is_no_part_of_a_number_or_an_id(text):
    assert hide(text, "4821") == text


def test_a_key_that_looks_like_an_id_is_hidden_beside_a_code():
    key = "0b5e4821-7c1c-4e6f-9f57-5b4c3f1f0a11"

    assert hide(f"key {key}, pin 4821", key, "4821") == "key ***, pin ***"


@pytest.mark.parametrize("text", ["4821", "PIN4821x", "x:4821", "4821.", "(4821)"])
def test_a_code_is_hidden_beside_whatever_is_no_digit(text):
    assert hide(text, "4821") == text.replace("4821", "***")


def test_what_is_escaped_four_times_stops_no_search():
    assert hide("100%2525252541 of hunter2", "hunter2") == "100%2525252541 of ***"
    assert hide("is %2525252541-key it", "%2525252541-key") == "is *** it"


@pytest.mark.parametrize("value", ["", "ok", "1"])
def test_a_value_of_two_letters_is_not_searched(value):
    assert hide("ok, it is 1", value) == "ok, it is 1"
    assert present([Known(Secret(value))], b"ok, it is 1") == ()


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(VALUES), st.sampled_from(sorted(WAYS)))
def test_what_stands_beside_it_is_left(before, after, value, way):
    text = f"{before} \x00{WAYS[way](value)}\x00 {after}"
    shown = hide(text, value)

    assert "\x00***\x00" in shown
    assert hide(shown, value) == shown


@given(st.text(st.sampled_from("\\%&#;xunrt04aFЖ+ \n"), max_size=200))
def test_any_text_is_searched(text):
    assert isinstance(hide(text, *VALUES), str)
