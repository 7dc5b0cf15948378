"""Where masking begins and ends: lengths, depths, names that are written in another way."""

from __future__ import annotations

import json

import pytest

from freedompay_async.redaction.masking import (
    cut,
    is_secret_name,
    mask_text,
    masked_body,
    masked_codes,
)

ID = "123e4567-e89b-42d3-a456-426614174000"
PLUS = r"\u002b"
"""One letter of Base64, as some servers write it."""


def nested(depth: int, inner: str = "1") -> str:
    return "[" * depth + inner + "]" * depth


@pytest.mark.parametrize(
    ("size", "counted"), [(262_144, "262138 characters"), (262_145, "262139 bytes")]
)
def test_characters_are_counted_in_what_is_read_whole(size, counted):
    assert (
        masked_body(b"a, " * (size // 3) + b"a" * (size % 3), most=6) == f"a, a,… ({counted} more)"
    )


@pytest.mark.parametrize(("size", "begin"), [(65_536, '{"pin":"***"'), (65_537, '{"pin" : "***"')])
def test_json_is_written_anew_up_to_65536_characters(size, begin):
    text = '{"pin" : "1234","a":"'

    assert masked_body(f"{text}{'a ' * size}"[: size - 2].encode() + b'"}').startswith(
        f'{begin},"a":"'
    )


@pytest.mark.parametrize("between", ["\n", "\r\n"])
def test_ids_one_below_the_other_are_shown(between):
    assert mask_text(f"{ID}{between}{ID}") == f"{ID}{between}{ID}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLUS * 16, PLUS * 16),
        (PLUS * 20 + "abcdefgh", PLUS * 20 + "abcdefgh"),
        (PLUS * 20 + "abcdefghi", "***"),
        ("a" * 63, "a" * 63),
        ("a" * 64, "***"),
        (PLUS + "a" * 62, PLUS + "a" * 62),
        (PLUS + "a" * 63, "***"),
    ],
    ids=[
        "16 letters",
        "128 characters",
        "129 characters",
        "63",
        "64",
        "63 in two spellings",
        "64 in two spellings",
    ],
)
def test_base64_is_told_by_its_letters_and_not_by_how_they_are_written(text, expected):
    assert mask_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("in 1 2 days", "in 1 2 days"), ("in 1 2 3 days", "in *** days")]
)
def test_two_digits_are_no_code(text, expected):
    assert masked_codes(text) == expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("abc 1", 5, "abc 1"),
        ("abc 1", 4, "abc"),
        ("secretword", 5, ""),
        ("to 4111 1111 11", 12, "to"),
        ("a" * 50 + " " + "b" * 200, 250, "a" * 50),
    ],
)
def test_a_cut_shows_no_part_of_a_word_or_a_number(text, most, expected):
    assert cut(text, most) == expected


def test_64_letters_of_a_name_are_looked_at():
    assert is_secret_name("a" * 60 + "_pinx")
    assert not is_secret_name("a" * 61 + "_pin")


class TestDepth:
    def test_of_60_lists_is_looked_into(self):
        assert masked_body(nested(60).encode()) == nested(60)

    def test_of_more_is_masked(self):
        assert masked_body(nested(61).encode()) == nested(61, '"***"')

    def test_of_60_objects_is_looked_into(self):
        text = '{"a":' * 60 + "1" + "}" * 60

        assert masked_body(text.encode()) == text

    def test_of_json_inside_a_text_counts_for_15(self):
        assert masked_body(json.dumps([nested(44)]).encode()) == json.dumps([nested(44)])
        assert masked_body(json.dumps([nested(45)]).encode()) == json.dumps([nested(45, '"***"')])


@pytest.mark.parametrize("inner", ['{"pin":"***"}', '[{"pin":"***"}]'])
def test_json_inside_a_text_is_written_anew(inner):
    came = inner.replace(":", " : ").replace("***", "1234")

    assert masked_body(json.dumps({"a": came}).encode()) == json.dumps(
        {"a": inner}, separators=(",", ":")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"pin":"1234" x', '"pin":"***" x'),
        (r'x {"p\u0069n":"1234"} y', r'x {"p\u0069n":"***"} y'),
        (r'x {"p\u0069\u006e":"1234"} y', r'x {"p\u0069\u006e":"***"} y'),
        ('x {"pin":X,"b":3} y', 'x {"pin":"***","b":3} y'),
        ('x {"pin":[1]"otp":[2]} y', 'x {"pin":"***""otp":"***"} y'),
    ],
    ids=[
        "at the begin",
        "a letter by its number",
        "two letters",
        "a value without quotation marks",
        "without a comma",
    ],
)
def test_a_named_secret_in_what_is_no_json_is_masked(text, expected):
    assert mask_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111111111111111-5555555555554444", "***-***"),
        ("4111111111111111 12 5555555555554444", "*** 12 ***"),
        # The number that ends here begins with the second group: only its own digits are in its
        # check.
        ("7 41111111 11111111", "7 ***"),
    ],
)
def test_numbers_of_cards_in_one_run_are_masked_each(text, expected):
    assert mask_text(text) == expected
