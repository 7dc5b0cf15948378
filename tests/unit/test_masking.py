from __future__ import annotations

import json
import pickle
import re
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from freedompay_async.redaction.masking import mask_text, masked_body
from freedompay_async.redaction.secret import Pin, Secret
from freedompay_async.redaction.spelling import Known, hide_known

PAN = "4111111111111111"
NAMES = [
    *(
        "secret",
        "secret_key",
        "client_secret",
        "mysecretword",
        "pan",
        "PAN",
        "card_number",
        "cardnumber",
        "cardNumber",
    ),
    *("cvv", "cvv2", "cvc", "cvc2", "pin", "Pin", "otp", "password", "document", "expiry"),
    *(
        "api_key",
        "authorization",
        "Authorization",
        "security_code",
        "card_no",
        "cardNo",
        "valid_thru",
        "track1",
        "track2",
        "sms_code",
    ),
    *("expiration", "expiration_date"),
]


def without(text: str, secrets: list[Secret]) -> str:
    return hide_known(text, [*map(Known, secrets)])


def masked(text: str, **options) -> str:
    return masked_body(text.encode(), **options)


class TestNamedFields:
    @pytest.mark.parametrize("name", NAMES)
    def test_that_are_secret_are_masked(self, name):
        assert masked(f'{{"{name}":"12a4"}}') == f'{{"{name}":"***"}}'

    @pytest.mark.parametrize(
        "value",
        [
            '"1234"',
            '""',
            "1234",
            "-1",
            "12.5",
            '"a\\"b"',
            '"a\\\\"',
            '"\\u0031"',
            '"ключ"',
            '"one\ntwo"',
        ],
    )
    def test_of_every_scalar_form_are_masked(self, value):
        assert masked(f'{{"pin":{value},"more":1}}') == '{"pin":"***","more":1}'

    def test_with_blanks_around_the_colon_are_masked(self):
        assert masked('{"pin" :\n "1234"}') == '{"pin":"***"}'
        assert masked('{"pin" :\n "1234') == '{"pin" :\n "***"'

    def test_are_masked_wherever_they_are(self):
        assert (
            masked('{"a":[{"cvv":"123"},{"pan":5,"otp":"1"}]}')
            == '{"a":[{"cvv":"***"},{"pan":"***","otp":"***"}]}'
        )

    def test_that_were_cut_off_are_masked(self):
        assert masked('{"document":"JVBERi0xLjQ') == '{"document":"***"'

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('{"pin":[1,{"a":"2"}],"b":3', '{"pin":"***","b":3'),
            ('{"pin":[1,"2', '{"pin":"***"'),
            ('x {"pin":} y', 'x {"pin":"***"} y'),
            ('x {"pin":,"b":3}', 'x {"pin":"***","b":3}'),
        ],
    )
    def test_that_were_cut_off_or_hold_parts_or_nothing_are_masked(self, text, expected):
        assert masked(text) == expected

    @pytest.mark.parametrize(
        "name", ["status", "card_id", "company", "spin", "pins", "opinion", "documents", "expand"]
    )
    def test_that_are_not_secret_are_left(self, name):
        assert masked(f'{{"{name}":"12a4"}}') == f'{{"{name}":"12a4"}}'


class TestCardNumbers:
    @pytest.mark.parametrize(
        "number",
        [
            PAN,
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
            "4222222222222",
            "6304000000000000000",
        ],
    )
    def test_are_masked(self, number):
        assert masked(f'{{"note":"card {number} lost"}}') == '{"note":"card *** lost"}'

    def test_are_masked_as_numbers_too(self):
        assert masked(f'{{"note":{PAN}}}') == '{"note":***}'

    def test_are_masked_in_what_is_no_json(self):
        assert masked(f"<p>{PAN}</p><p>{PAN}</p>") == "<p>***</p><p>***</p>"

    @pytest.mark.parametrize(
        "text",
        [
            "411111111111",
            "41111111111111111111",
            "77017777777",
            "828cf71d-a447-4a67-a149-c1df8bc197ca",
            "123456******1234",
        ],
    )
    def test_are_told_from_other_digits(self, text):
        assert masked(text) == text

    @pytest.mark.parametrize(
        "text", [f"{PAN} 12/27", f"{PAN} 123", f"5 {PAN}", f"2024-01-01 {PAN}"]
    )
    def test_are_masked_beside_other_digits(self, text):
        assert PAN not in masked(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12 3782 822463 10005", "12 ***"),
            ("3782 822463 10005 3782 822463 10005", "*** ***"),
        ],
    )
    def test_in_groups_are_masked_wherever_they_begin(self, text, expected):
        assert masked(text) == expected

    @pytest.mark.parametrize("text", ["2024 4111 1111 1111 1111", "12-2027-4111-1111-1111-1111"])
    def test_in_groups_are_masked_behind_another_group(self, text):
        assert "1111" not in masked(text)

    def test_in_two_pieces_are_masked_beside_others(self):
        assert masked("card 411111 1111111111 12 of 3") == "card *** 12 of 3"
        assert masked("call 411111 1111111111, 12 of 3") == "call ***, 12 of 3"

    def test_of_19_digits_in_groups_are_masked(self):
        assert "6304 1234" not in masked("card 6304 1234 5678 9010 002")


class TestInside:
    @pytest.mark.parametrize("text", ['{"pin":"1234"}', '[{"pin":"1234"}]'])
    def test_a_text_that_is_json_is_masked(self, text):
        assert "1234" not in masked(json.dumps({"answer": text}))

    def test_a_text_that_only_begins_like_json_stays(self):
        assert masked('{"answer":"{pin"}') == '{"answer":"{pin"}'

    def test_a_nesting_too_deep_to_be_looked_through_is_masked(self):
        assert masked('{"a":' * 70 + "1" + "}" * 70) == '{"a":' * 61 + '"***"' + "}" * 61

    def test_a_body_too_long_to_be_parsed_is_masked(self):
        assert masked('{"pin":"1234","more":"' + "x y " * 20_000 + '"}').startswith(
            '{"pin":"***","more":"x y x'
        )


class TestLength:
    def test_up_to_the_most_is_shown_whole(self):
        assert masked("abcd", most=4) == "abcd"

    def test_over_the_most_is_cut_and_counted(self):
        assert masked("ab, cd, ef", most=8) == "ab, cd,… (2 characters more)"

    def test_is_at_most_16_kib_unless_told_otherwise(self):
        assert masked("a, " * 6_000) == ("a, " * 5_461)[:-1] + "… (1616 characters more)"

    def test_is_counted_in_bytes_where_it_is_not_all_read(self):
        assert masked_body(b"a, " * 100_000, most=6) == "a, a,… (299994 bytes more)"

    def test_is_counted_in_characters(self):
        assert (masked("я,", most=2), masked("я,я", most=2)) == ("я,", "я,… (1 characters more)")

    @pytest.mark.parametrize("shown", [13, 14, 15])
    def test_that_cuts_a_card_number_shows_no_part_of_it(self, shown):
        assert PAN[:shown] not in masked(PAN + "x" * 9, most=shown)

    def test_that_cuts_a_card_number_behind_a_masked_field_shows_no_part_of_it(self):
        assert "41111" not in masked(
            f'{{"secret":"{"a" * 60}","x":"{PAN}","y":"{"z" * 20}"}}', most=56
        )


def test_of_nothing_is_nothing():
    assert masked_body(b"") == ""


def test_of_text_is_not_cut():
    assert mask_text("a b " * 5_000 + PAN) == "a b " * 5_000 + "***"


def test_shows_what_is_not_utf_8():
    assert masked_body(b"\xffab") == "\ufffdab"


class TestConcealed:
    @pytest.mark.parametrize(
        ("secrets", "expected"),
        [
            ([], 'wrong pin "a/b1" or a\\/b1, code 77'),
            (["a/b1"], 'wrong pin "***" or ***, code 77'),
            (["77"], 'wrong pin "a/b1" or a\\/b1, code 77'),
            ([""], 'wrong pin "a/b1" or a\\/b1, code 77'),
            (["a/b1", "code"], 'wrong pin "***" or ***, *** 77'),
        ],
    )
    def test_is_each_value_of_more_than_two_letters(self, secrets, expected):
        assert (
            without('wrong pin "a/b1" or a\\/b1, code 77', [Secret(each) for each in secrets])
            == expected
        )

    @pytest.mark.parametrize("shown", [24, 30, 60])
    def test_is_a_long_value_where_it_is_cut_off_too(self, shown):
        value = "JVBERi0xLjQK" * 5

        assert without(f"a {value[:shown]}- b {value} c", [Secret(value)]) == "a ***- b *** c"

    def test_is_nothing_that_came_out_of_a_pickle(self):
        assert without("None of 1234", [pickle.loads(pickle.dumps(Pin("1234")))]) == "None of 1234"

    @pytest.mark.parametrize("size", [199, 200, 201, 5_000])
    def test_is_a_document_of_any_length(self, size):
        value = ("JVBERi0xLjQK/+" * 500)[:size]

        assert without(f"a {value} b", [Secret(value)]) == "a *** b"
        assert without("a b", [Secret(value)]) == "a b"

    @pytest.mark.parametrize("place", [3, 23, 24, 25, 40, 400])
    @pytest.mark.parametrize("odd", ["/", "+", "=", '"', "\\", "é", "&"])
    @pytest.mark.parametrize(
        "written",
        [
            str,
            lambda value: json.dumps(value)[1:-1],
            lambda value: json.dumps(json.dumps(value)[1:-1])[1:-1],
            lambda value: value.replace("/", "\\/"),
            lambda value: repr(value)[1:-1],
            escape,
            lambda value: quote(value, safe=""),
            quote_plus,
            lambda value: re.sub("%..", lambda match: match[0].lower(), quote(value, safe="")),
        ],
    )
    def test_is_a_long_value_in_every_spelling_wherever_its_odd_letter_stands(
        self, place, odd, written
    ):
        value = "Ab" * (place // 2) + "c" * (place % 2) + odd + "TailOfIt" * 9

        assert (
            without(f"file <{written(value)}> is wrong", [Secret(value)]) == "file <***> is wrong"
        )
