"""Which cell of a row is which column, and what is said of a header that does not tell."""

from __future__ import annotations

import tomllib
from typing import NoReturn

import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.guesses import guess, looks_like_names, suggestion
from freedompay_async.batch.input.headers import Header, known_names, read_header
from freedompay_async.batch.input.mapping import NO_MAP, column_map, normalized

LEAST = ["key", "phone", "first_name", "last_name"]
RUSSIAN = ["№ заявки", "Телефон", "Имя", "Фамилия"]


class Refused(Exception):
    def __init__(self, message: str, notes) -> None:
        super().__init__(message)
        self.notes = list(notes)


def refuse(message: str, *, notes=()) -> NoReturn:
    raise Refused(message, notes)


def header(names: list[str], given: dict | None = None, product_id: int = 2000) -> Header:
    return read_header(
        names, "the header", product_id=product_id, mapping=column_map(given), refuse=refuse
    )


def refusal(names: list[str], given: dict | None = None, product_id: int = 2000) -> str:
    with pytest.raises(Refused) as raised:
        header(names, given, product_id)
    return str(raised.value).removeprefix("the header ")


class TestNames:
    @pytest.mark.parametrize(
        "names",
        [
            ["KEY", "Phone ", " First_Name", "LAST_NAME"],
            ["key", "phone", "First Name", "last-name"],
            ["\ufeffkey", "pho\u200bne", "first\u00a0name", "last  name"],
        ],
    )
    def test_case_and_blanks_make_no_other_name(self, names: list[str]):
        assert header(names).fields(["a", "1", "b", "c"]) == dict(
            zip(LEAST, ["a", "1", "b", "c"], strict=True)
        )

    def test_two_spellings_of_one_name_are_ambiguous(self):
        assert refusal([*LEAST, "Phone"]) == "has a column twice: phone. Delete one of each."

    @pytest.mark.parametrize("column", COLUMNS)
    def test_no_name_of_ours_is_that_of_another(self, column: str):
        assert [other for other in COLUMNS if normalized(other) == normalized(column)] == [column]

    def test_names_that_are_known(self):
        mapping = column_map({"phone": "Связь", "ignore": ["Заметка"]})

        assert known_names(["key", "связь", "заметка", "Имя", "zzz", ""], mapping) == 4
        assert known_names(["key", "связь"], NO_MAP) == 1


class TestCells:
    def test_cells_without_a_name_are_fine_while_they_are_empty(self):
        made = header(["", *LEAST[:2], " ", *LEAST[2:], "", ""])

        assert made.stray(["", "a", "1", " ", "b", "c"]) is None
        assert made.stray(["", "a", "1", "", "b", "c", "", "", "", ""]) is None
        assert made.fields(["", "a", "1", "", "b", "c", ""]) == dict(
            zip(LEAST, ["a", "1", "b", "c"], strict=True)
        )

    @pytest.mark.parametrize(("place", "width"), [(0, 8), (3, 8), (6, 8), (8, 9), (9, 12)])
    def test_a_cell_with_something_in_it_has_a_name(self, place: int, width: int):
        cells = [""] * width
        cells[place] = "x"

        assert header(["", *LEAST[:2], " ", *LEAST[2:], "", ""]).stray(cells) == place

    def test_a_whole_header_has_no_stray_cells(self):
        assert header(LEAST).stray(["a", "b", "c", "d"]) is None
        assert header(LEAST).stray(["a", "b", "c", "d", "e"]) == 4

    @pytest.mark.parametrize(
        ("width", "uneven"), [(0, True), (3, True), (4, False), (5, False), (6, False), (7, True)]
    )
    def test_a_row_is_even_from_the_last_name_to_the_end_of_the_header(
        self, width: int, uneven: bool
    ):
        assert header([*LEAST, "", ""]).uneven([""] * width) is uneven

    def test_cells_that_are_left_out_at_the_end_are_empty(self):
        assert header([*LEAST, "email"]).fields(["a", "1"]) == {"key": "a", "phone": "1"}


class TestMap:
    def test_the_offices_own_names(self):
        made = header(
            RUSSIAN,
            {
                "key": "№ заявки",
                "phone": "телефон ",
                "first_name": ["Given", "имя"],
                "last_name": "ФАМИЛИЯ",
            },
        )

        assert made.fields(["a", "1", "b", "c"]) == dict(
            zip(LEAST, ["a", "1", "b", "c"], strict=True)
        )

    def test_columns_that_are_left_out(self):
        made = header([*LEAST, "№", "Комментарий"], {"ignore": ["№", "комментарий"]})

        assert made.fields(["a", "1", "b", "c", "9", "x"]) == dict(
            zip(LEAST, ["a", "1", "b", "c"], strict=True)
        )
        assert made.stray(["a", "1", "b", "c", "9", "x"]) is None

    def test_a_constant(self):
        assert (
            header(LEAST, {"constant": {"resident": "2"}}).fields(["a", "1", "b", "c"])["resident"]
            == "2"
        )
        assert (
            header(LEAST[:3], {"constant": {"last_name": "Omarov"}}).fields(["a", "1", "b"])[
                "last_name"
            ]
            == "Omarov"
        )

    def test_a_constant_decides_about_the_product(self):
        assert header(LEAST, {"constant": {"product_id": 2000}}, product_id=1000).places

    def test_a_constant_that_is_a_column_too(self):
        expected = "has email, which is a constant in columns too. Remove it from one of them."
        assert refusal([*LEAST, "Email"], {"constant": {"email": "a@b.c"}}) == expected

    def test_the_map_goes_before_our_own_names(self):
        made = header([*LEAST[1:], "Key", "email"], {"key": "email", "external_user_id": "KEY"})

        assert made.fields(["1", "b", "c", "u", "a"]) == {
            "phone": "1",
            "first_name": "b",
            "last_name": "c",
            "external_user_id": "u",
            "key": "a",
        }

    def test_our_own_name_in_place_of_the_offices(self):
        assert header(LEAST, {"phone": "Телефон"}).fields(["a", "1", "b", "c"])["phone"] == "1"

    def test_a_name_that_is_not_in_the_file(self):
        expected = (
            'has no column "Mail" or "E-mail", which is email in columns. Correct one of them.'
        )
        assert refusal(LEAST, {"email": ["Mail", "E-mail"]}) == expected

    def test_a_name_that_is_spelt_otherwise_in_the_file(self):
        expected = (
            'has no column "Телефон", which is phone in columns. The map does not name: "Тел. '
            'клиента". Correct one of them.'
        )
        assert (
            refusal(["key", "Тел. клиента", "first_name", "last_name"], {"phone": "Телефон"})
            == expected
        )

    def test_two_names_for_one_column(self):
        assert (
            refusal([*LEAST, "Телефон"], {"phone": "Телефон"})
            == "has a column twice: phone. Delete one of each."
        )


class TestUnknown:
    def test_they_are_named(self):
        text = refusal([*LEAST, "fone", "zzz"])

        assert text.startswith('has unknown columns: "fone"')
        assert text.endswith(
            '; "zzz". Rename or delete them, or map them in a file for --columns (columns= in '
            "code)."
        )

    def test_somebodys_data_is_not_shown(self):
        text = refusal(["app-1", "77017777777", "Aidar", "Omarov", "Телефон"])

        assert text.startswith("names no known column.")
        assert "Omarov" not in text

    def test_a_header_of_another_language_is_told_and_a_map_is_suggested(self):
        with pytest.raises(Refused) as raised:
            header(RUSSIAN)

        assert str(raised.value).startswith(
            'the header has unknown columns: "№ заявки"; "Телефон"; "Имя"; "Фамилия". '
        )
        given = tomllib.loads("\n".join(raised.value.notes))
        assert given == dict(zip(LEAST, RUSSIAN, strict=True))
        assert header(RUSSIAN, given).places

    def test_missing_columns(self):
        assert refusal(["key", "phone"]) == "lacks needed columns: first_name, last_name. Add them."
        assert refusal(LEAST, product_id=1000).endswith(" (product 1000 needs them all). Add them.")


class TestGuesses:
    @pytest.mark.parametrize(
        ("name", "column"),
        [
            ("Телефон", "phone"),
            ("Моб. телефон:", "phone"),  # noqa: RUF001  it is Cyrillic
            ("ИМЯ (латиница)", "first_name"),
            ("Фамилия*", "last_name"),
            ("Отчество", "middle_name"),
            ("ИИН", "person_id"),
            ("ЖСН", "person_id"),
            ("ПИНФЛ", "person_id"),
            ("Дата рождения", "birthdate"),
            ("Д/р", "birthdate"),  # noqa: RUF001
            ("Туған күні", "birthdate"),
            ("Tug‘ilgan sana", "birthdate"),  # noqa: RUF001  so it is written
            ("E-mail", "email"),
            ("Эл. почта", "email"),
            ("Страна", "country"),
            ("Гражданство", "country"),
            ("Азаматтығы", "country"),
            ("Surname", "last_name"),
            ("date_of_birth", "birthdate"),
            ("Город проживания", "address2_line1"),
            ("Почтовый индекс (прописка)", "address1_postal_code"),
        ],
    )
    def test_words_of_offices(self, name: str, column: str):
        assert guess(name) == column

    @pytest.mark.parametrize("name", ["№", "Комментарий", "PIN", "name", "", "Имя" + " " * 100])
    def test_what_may_be_anything_is_not_guessed(self, name: str):
        assert guess(name) is None

    def test_a_guess_is_one_of_our_columns(self):
        every = suggestion(
            [
                "Телефон",
                "Имя",
                "Фамилия",
                "Отчество",
                "ИИН",
                "Почта",
                "Город регистрации",
                "Индекс проживания",
            ],
            (),
        )

        assert set(tomllib.loads("\n".join(every))) <= set(COLUMNS)

    def test_nothing_is_suggested_where_nothing_is_known(self):
        assert suggestion(["Комментарий", "fone"], ()) == []

    def test_a_column_is_suggested_once(self):
        lines = suggestion(["Телефон", "Мобильный", "Почта", "Имя"], ["email"])

        assert tomllib.loads("\n".join(lines)) == {"phone": "Телефон", "first_name": "Имя"}
        assert lines[-1] == '# ignore = ["Мобильный", "Почта"]'

    def test_what_is_left_can_be_left_out_by_hand(self):
        lines = suggestion(["Телефон", 'A "b"\\\x7f', "x" * 200], ())

        assert tomllib.loads(lines[-1].removeprefix("# ")) == {"ignore": ['A "b"\\\x7f']}

    def test_names_of_columns_are_told_from_data(self):
        assert looks_like_names(["Имя", "Фамилия", "x"])
        assert not looks_like_names(["Имя", "Aidar", "77017777777"])
