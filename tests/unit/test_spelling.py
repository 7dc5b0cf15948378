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

from freedompay_async.redaction.secret import Secret
from freedompay_async.redaction.spelling import Known, hide_known, present

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
    "A-B C",
]


def wrapped(size: int, end: str):
    return lambda text: end.join(text[at : at + size] for at in range(0, len(text), size))


WAYS = {
    "plain": str,
    "JSON": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "ASCII": lambda text: json.dumps(text)[1:-1],
    "PHP": lambda text: re.sub(
        r"\\u([0-9a-f]{4})", lambda m: "\\u" + m[1].upper(), json.dumps(text)[1:-1]
    ).replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text)[1:-1])[1:-1])[1:-1],
    "Python": lambda text: repr(text)[1:-1],
    "Python's bytes": lambda text: repr(text.encode())[2:-1],
    "bytes in capitals": lambda text: re.sub(
        r"\\x..", lambda m: "\\x" + m[0][2:].upper(), repr(text.encode())[2:-1]
    ),
    "HTML": html.escape,
    "HTML of PHP": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "HTML of XML": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "HTML in numbers": lambda text: "".join(
        f"&#{ord(each)};" if not each.isalnum() or ord(each) > 127 else each for each in text
    ),
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "a URL": lambda text: quote(text, safe=""),
    "a URL in small letters": lambda text: re.sub(
        "%..", lambda m: m[0].lower(), quote(text, safe="")
    ),
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


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_hidden_where_what_stands_beside_it_is_spelled_in_the_same_way(value, way):
    before, after = map(WAYS[way], "«»")

    # What is of one run with it may be hidden too.
    expected = {f"{left}***{right}" for left in ("", before) for right in ("", after)}
    assert hide(WAYS[way](f"«{value}»"), value) in expected


def test_a_value_is_hidden_in_what_only_looks_like_a_sign_of_html():
    assert hide("a=1&word; &notword; it is", "word") == "a=1*** *** it is"


def test_a_value_is_hidden_where_the_text_begins_with_it():
    assert hide("hunter2 &amp; hunter2", "hunter2") == "*** &amp; ***"


def test_a_value_is_hidden_in_a_text_that_has_all_signs_of_escapes():
    text = "100% of R&D: \\u043f\\u0430\\u0440\\u043e\\u043b\\u044c"

    assert hide(text, "пароль") == "100% of R&D: ***"
    assert present([Known(Secret("пароль"))], text.encode()) != ()


@pytest.mark.parametrize("broken", ["%FF", "\\xff", "\\ud800"])
def test_a_value_is_hidden_beside_escapes_that_stand_for_nothing(broken):
    assert hide(f"{broken} {broken}пароль", "пароль") == f"{broken} {broken}***"


def test_a_value_is_seen_beside_bytes_that_are_no_text():
    assert present([Known(Secret("пароль"))], b"\xff " + "пароль".encode()) != ()


def test_only_the_values_that_may_be_there_are_searched():
    named, odd = Known(Secret("hunter2")), Known(Secret("a-b"))

    assert present([named, odd], b"nothing") == ()
    assert present([named, odd], b"it is hunter2") == (named,)
    assert present([named, odd], b"it is a-b") == (odd,)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("hunter2", "hunter2", True),
        ("hunter2", "hunter2 ", False),
        ("hunter2", "hunter", False),
        ("ok", "ok", False),
        ("", "", False),
    ],
)
def test_a_text_is_a_value_if_all_of_it_is(value, text, expected):
    assert Known(Secret(value)).is_value(text) is expected


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


@pytest.mark.parametrize(
    "order",
    [
        ("4821", "482193"),
        ("482193", "4821"),
        ("hunter2", "hunter2-blue"),
        ("hunter2-blue", "hunter2"),
    ],
)
def test_of_values_that_begin_alike_nothing_is_left(order):
    assert hide(f"is {order[0]}, was {order[1]}.", *order) == "is ***, was ***."


@pytest.mark.parametrize("value", [DASHED, "0123-ABCD-4567-EFGH-89ab"])
def test_the_case_of_a_key_of_24_letters_does_not_matter(value):
    assert hide(f"key {value.upper()}, {value.lower()}", value) == "key ***, ***"


def test_the_first_16_letters_of_a_key_give_it_away_whatever_follows():
    value = "ab-cd-ef-gh-ij-kl-mnopqrst-uv"

    assert hide(f"key {value[:16]}, {value[:15]}", value) == f"key ***, {value[:15]}"


def test_the_beginning_of_a_short_value_is_left():
    assert hide("correct horse stands", "correct horse stapler") == "correct horse stands"


@pytest.mark.parametrize(
    "text",
    [
        "148210",
        "48210",
        "48210 ",
        "14821",
        "a14821",
        "0b5e4821-7c1c-4e6f-9f57-5b4c3f1f0a11",
        "4821-05-01T10:00",
    ],
)
def test_a_code_is_no_part_of_a_number_or_an_id(text):
    assert hide(text, "4821") == text


@pytest.mark.parametrize(
    "text", ["***ab5e3a-9988-7766-5544-aabbccddeeff", "0b5e3a52-9988-7766-5544-aabbccdde***"]
)
def test_a_code_that_is_only_in_part_in_an_id_is_hidden(text):
    assert hide(text.replace("***", "4821"), "4821") == text


def test_a_code_of_8_digits_is_no_part_of_a_number_and_a_longer_one_is():
    assert hide("123456789 12345678 x", "12345678") == "123456789 *** x"
    assert hide("1234567890 x", "123456789") == "***0 x"


def test_a_word_is_hidden_beside_a_digit():
    assert hide("1hunter2 hunter21", "hunter2") == "1*** ***1"


def test_a_key_that_looks_like_an_id_is_hidden_beside_a_code():
    key = "0b5e4821-7c1c-4e6f-9f57-5b4c3f1f0a11"

    assert hide(f"key {key}, pin 4821", key, "4821") == "key ***, pin ***"


@pytest.mark.parametrize(
    "text", ["4821", "PIN4821x", "x:4821", "4821.", "(4821)", "4821x1", "1x4821"]
)
def test_a_code_is_hidden_beside_whatever_is_no_digit(text):
    assert hide(text, "4821") == text.replace("4821", "***")


def test_what_is_escaped_four_times_stops_no_search():
    assert hide("100%2525252541 of hunter2", "hunter2") == "100%2525252541 of ***"
    assert hide("is %2525252541-key it", "%2525252541-key") == "is *** it"


def test_a_value_of_three_letters_is_searched():
    assert hide("cvv 123 of 1234", "123") == "cvv *** of 1234"


@pytest.mark.parametrize("value", ["", "ok", "1"])
def test_a_value_of_two_letters_is_not_searched(value):
    assert hide("ok, it is 1", value) == "ok, it is 1"
    assert present([Known(Secret(value))], b"ok, it is 1") == ()


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.sampled_from(VALUES),
    st.sampled_from(sorted(WAYS)),
)
def test_what_stands_beside_it_is_left(before, after, value, way):
    text = f"{before} \x00{WAYS[way](value)}\x00 {after}"
    shown = hide(text, value)

    assert "\x00***\x00" in shown
    assert hide(shown, value) == shown


@given(st.text(st.sampled_from("\\%&#;xunrt04aFЖ+ \n"), max_size=200))
def test_any_text_is_searched(text):
    assert isinstance(hide(text, *VALUES), str)
