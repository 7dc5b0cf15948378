from __future__ import annotations

from datetime import date

import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.rows import read_row

PROSE = [
    f"address{number}_{part}"
    for number in (1, 2)
    for part in ("postal_code", "line1", "line2", "line3")
]
FULL = {
    **dict.fromkeys(COLUMNS, "1"),
    **dict.fromkeys(["first_name", "last_name", "middle_name"], "Aidar"),
    **dict.fromkeys(["birthdate", "idn_date"], "1990-12-31"),
    **dict.fromkeys([name for name in COLUMNS if name.endswith("country")], "KAZ"),
    "phone": "77017777777",
    "email": "aidar@example.com",
    "language": "kk",
    "person_id": "901231300123",
    "product_id": "1000",
}


def problems(fields: dict[str, object]) -> list[str]:
    result = read_row(fields, line=7, product_id=2000, today=date(2025, 6, 15))
    assert isinstance(result, list)
    return [str(problem) for problem in result]


def message(column: str, value: object) -> str:
    """The one message about a value in an otherwise good row."""
    (text,) = problems({**FULL, column: value})
    start = f"line 7, column {column}: "
    assert text.startswith(start)
    return text.removeprefix(start)


HOW = "give the whole number with the country code, digits only, such as 77017777777"
LETTERS = "a name has Latin letters A to Z, spaces, apostrophes, hyphens and dots"
UNSEEN = "has a character that can't be seen (U+{}): delete it or write a space"
SHORTENED = (
    "was shortened by a spreadsheet, and digits are lost: format the column as text and write "
    "the whole value"
)


class TestMessages:
    @pytest.mark.parametrize(
        "value",
        [
            "870O7777777",
            "+7 701 777 77 77",
            "8(701)7777777",
            "701777",
            "2345678901234567",
            "0701234567",
            "٧٧٠١٧٧٧٧٧٧٧",  # noqa: RUF001
            "77017777777.0",
        ],
    )
    def test_phone(self, value: str):
        assert message("phone", value) == f'"{value}" is not a phone number: {HOW}'

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            (
                "7017777777",
                (
                    "has 10 digits, and a number with the country code 7 has 11: the country code "
                    "is missing, or a digit is"
                ),
            ),
            (
                "+7701777777",
                (
                    "has 10 digits, and a number with the country code 7 has 11: the country code "
                    "is missing, or a digit is"
                ),
            ),
            (
                "701777777",
                (
                    "has 9 digits, and a number with the country code 7 has 11: the country code "
                    "is missing, or digits are"
                ),
            ),
            (
                "7701777",
                "has 7 digits, and a number with the country code 7 has 11: digits are missing",
            ),
            (
                "99655512345",
                "has 11 digits, and a number with the country code 996 has 12: a digit is missing",
            ),
            (
                "9989012345678",
                (
                    "has 13 digits, and a number with the country code 998 has 12: look for "
                    "digits that are too many"
                ),
            ),
            (
                "77017777777777777",
                (
                    "has 17 digits, and a number with the country code 7 has 11: look for digits "
                    "that are too many"
                ),
            ),
        ],
    )
    def test_phone_of_another_length(self, value: str, told: str):
        assert message("phone", value) == f'"{value}" {told}'

    @pytest.mark.parametrize("value", ["7.7E+10", "7,7018E+10", "7e+10", 7.7e16])
    def test_phone_of_a_spreadsheet(self, value: object):
        assert (
            message("phone", value)
            == f'"{value}" was shortened by a spreadsheet: format the column as text and {HOW}'
        )

    @pytest.mark.parametrize("value", ["87017777777", "+89161234567"])
    def test_phone_as_dialled_at_home(self, value: str):
        expected = (
            f'"{value}" begins with 8, as dialled inside the country: begin with the country '
            "code, such as 7 for Kazakhstan"
        )
        assert message("phone", value) == expected

    @pytest.mark.parametrize("column", ["first_name", "last_name", "middle_name"])
    def test_names(self, column: str):
        assert (
            message(column, "Айдар")
            == '"Айдар" has Cyrillic letters: write it in Latin letters, as in the passport'
        )
        assert (
            message(column, "\u0410idar")
            == '"\u0410idar" has Cyrillic letters: write it in Latin letters, as in the passport'
        )
        assert (
            message(column, "O’tkir")  # noqa: RUF001
            == '"O’tkir" has the typographic apostrophe "’": write the simple one, \''  # noqa: RUF001
        )
        assert message(column, "J0hn") == f'"J0hn" has the character "0": {LETTERS}'
        assert message(column, "Jos\u00e9") == f'"José" has the character "é": {LETTERS}'
        assert message(column, "A\nB") == f'"A\\u000aB" has the character "\\u000a": {LETTERS}'
        assert message(column, "-.") == '"-." has no letter'

    @pytest.mark.parametrize("column", ["birthdate", "idn_date"])
    def test_dates(self, column: str):
        for value in ("31.12.1990", "19901231", "1990-1-1", "1990-W01-1"):
            assert (
                message(column, value)
                == f'"{value}" is not a date of the form YYYY-MM-DD, such as 1990-12-31'
            )
        for value in ("2023-02-29", "1990-13-01", "0000-00-00"):
            assert (
                message(column, value)
                == f'"{value}" is a day that the calendar does not have: write YYYY-MM-DD'
            )
        assert message(column, "1899-12-31") == '"1899-12-31" is before 1900: check the year'

    def test_birthdate_in_the_future(self):
        assert message("birthdate", "2025-06-16") == '"2025-06-16" is in the future: check the year'

    @pytest.mark.parametrize(
        "value",
        ["aidar", "a@b", "a@@b.c", "a@b@c.d", "a b@c.d", "a@b.", "@b.c", "a@.", "a\u200b@b.c"],
    )
    def test_email(self, value: str):
        seen = value.replace("\u200b", "\\u200b")
        assert message("email", value) == (
            f'"{seen}" is not an e-mail address: it has one @ and a dot after it, such as '
            "name@example.com"
        )

    def test_email_with_a_letter_of_another_script(self):
        assert message("email", "\u0430idar@example.com") == (
            '"\u0430idar@example.com" has the letter "\u0430" (CYRILLIC SMALL LETTER A, U+0430) among '
            "letters of Latin: type the address again"
        )

    @pytest.mark.parametrize("column", ["country", "address1_country", "address2_country"])
    def test_countries(self, column: str):
        assert message(column, "kaz") == '"kaz" is not in capital letters: write KAZ'
        two = "write the code of three letters (ISO 3166-1 alpha-3), such as KAZ and not KZ"
        assert message(column, "KZ") == f'"KZ" has two letters: {two}'
        code = "write its three capital letters (ISO 3166-1 alpha-3), such as KAZ"
        for value in ("Kazakhstan", "XXX", "398"):
            assert message(column, value) == f'"{value}" is not the code of a country: {code}'

    @pytest.mark.parametrize("value", ["RU", "kaz", "r", "қз"])
    def test_language(self, value: str):
        assert (
            message("language", value)
            == f'"{value}" is not a language: write two small letters (ISO 639-1), such as kk or ru'
        )

    @pytest.mark.parametrize("value", ["0", "4", "1.0", "01"])
    def test_numbers_of_a_list(self, value: str):
        kinds = "1 (individual), 2 (legal entity) or 3 (individual entrepreneur)"
        assert message("type", value) == f'"{value}" is not allowed: write {kinds}'
        assert (
            message("resident", value)
            == f'"{value}" is not allowed: write 1 (resident) or 2 (non-resident)'
        )
        assert message("product_id", value) == f'"{value}" is not allowed: write 1000, 2000 or 3000'

    def test_long_key(self):
        expected = f'"{"k" * 39}…" has 201 characters: a key has at most 200'
        assert message("key", "k" * 201) == expected

    @pytest.mark.parametrize("column", ["key", "external_user_id", "branch_id", "document"])
    def test_codes(self, column: str):
        assert message(column, "a\0b") == '"a\\u0000b" ' + UNSEEN.format("0000")
        assert message(column, "a\ud800") == '"a\\ud800" ' + UNSEEN.format("D800")
        assert message(column, "9.01E+11") == f'"9.01E+11" {SHORTENED}'

    @pytest.mark.parametrize("column", ["external_user_id", "branch_id", "document"])
    def test_codes_that_are_no_key_are_taken_as_they_are(self, column: str):
        assert message(column, "a\u00a0b") == '"a\\u00a0b" ' + UNSEEN.format("00A0")
        assert message(column, "a\u200bb") == '"a\\u200bb" ' + UNSEEN.format("200B")

    def test_keys(self):
        nothing = "has no visible character: give a key"
        assert message("key", "\u200b\ufe0f") == '"\\u200b\ufe0f" ' + nothing
        assert message("key", "a\ue000b") == '"a\\ue000b" ' + UNSEEN.format("E000")
        assert message("key", "a\u0378") == '"a\\u0378" ' + UNSEEN.format("0378")
        assert message("key", "9.01\u200bE+11") == f'"9.01E+11" {SHORTENED}'

    def test_person_id_is_never_shown(self):
        assert message("person_id", "9.01231E+11") == SHORTENED
        assert message("person_id", "901231300123\u200b4") == UNSEEN.format("200B")
        assert message("person_id", ["901231300123"]) == "is neither text nor a number"
        twelve = "and a personal number of Kazakhstan has 12"
        zeros = (
            "a spreadsheet drops zeros at the beginning, so format the column as text and write "
            "the whole number"
        )
        assert message("person_id", "10130012345") == f"has 11 digits, {twelve}: {zeros}"
        assert message("person_id", "9012313001230") == f"has 13 digits, {twelve}"

    @pytest.mark.parametrize("value", ["0", "-1", "1.5", "A", "007", "1" * 19])
    def test_product_of_a_card(self, value: str):
        assert (
            message("card_product_id", value)
            == f'"{value}" is not a card product: write its number, such as 2000'
        )

    @pytest.mark.parametrize("column", [*PROSE, "identified_by"])
    def test_free_text(self, column: str):
        assert (
            message(column, "a\0b")
            == '"a\\u0000b" has a character that is not text (U+0000): delete it'
        )
        assert (
            message(column, "a\udfffb")
            == '"a\\udfffb" has a character that is not text (U+DFFF): delete it'
        )

    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("value", [True, False, [], ["x"], {"a": 1}])
    def test_neither_text_nor_number(self, column: str, value: object):
        assert message(column, value) == "is neither text nor a number"

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("Phone", ": did you mean phone?"),
            ("First Name", ": did you mean first_name?"),
            ("birth-date", ": did you mean birthdate?"),
            ("addres1_line1", ": did you mean address1_line1?"),
            ("zzz", ""),
        ],
    )
    def test_unknown_column(self, name: str, hint: str):
        assert problems({**FULL, name: "x"}) == [
            f'line 7, column "{name}": there is no such column{hint}'
        ]

    def test_shown_values_are_short_and_visible(self):
        assert f'"{"9" * 40}"' in message("phone", "9" * 40)
        assert f'"{"9" * 39}…"' in message("phone", "9" * 41)
        assert '"\\u001b[31m"' in message("phone", "\x1b[31m")
        assert f'"{"9" * 35}\\u00…"' in message("phone", "9" * 35 + "\x01\x01")

    def test_problem_of_the_whole_file(self):
        assert str(Problem(0, None, "nobody looked")) == "nobody looked"

    def test_problem_without_a_column(self):
        assert str(Problem(3, None, "is not JSON")) == "line 3: is not JSON"
