from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path

import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import REQUIRED, Row
from freedompay_async.errors import ConfigurationError
from tests.batch.file_reading import TODAY, problems, read, refusal

HEADER = "key,phone,first_name,last_name"
GOOD = "app-1,77017777777,Aidar,Omarov"
OBJECT = {"key": "app-1", "phone": 77017777777, "first_name": "Aidar", "last_name": "Omarov"}


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes, name: str = "clients.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def keys(path: Path) -> list[str]:
    return [row.key for row in read(path) if isinstance(row, Row)]


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
    def test_dialects(self, write, delimiter: str, newline: str, bom: bytes):
        text = newline.join([HEADER, GOOD, GOOD.replace("app-1", "app-2")]).replace(",", delimiter)
        path = write(bom + text.encode())
        assert [(row.line, row.key) for row in read(path) if isinstance(row, Row)] == [
            (2, "app-1"),
            (3, "app-2"),
        ]

    def test_a_quoted_header(self, write):
        assert keys(
            write(f'"key";"phone";"first_name"; last_name \n{GOOD.replace(",", ";")}\n')
        ) == ["app-1"]

    def test_a_path_of_text(self, write):
        assert len(list(read_file(str(write(f"{HEADER}\n{GOOD}\n")), product_id=2000))) == 1

    def test_columns_in_any_order(self, write):
        assert keys(write("last_name,first_name,phone,key\nOmarov,Aidar,77017777777,app-9\n")) == [
            "app-9"
        ]

    def test_the_line_is_where_the_row_starts(self, write):
        header = f"{HEADER},address1_country,address1_postal_code,address1_line1,address1_line2,address1_line3"
        home = 'KAZ,050000,"Almaty","Abay ""A""\nEntrance 2\n",10'
        path = write(
            f"\n{header}\n\n{GOOD},{home}\n "
            f"\n,,,,,,,,\n{GOOD},{home}\n{GOOD.replace('77', 'x')},{home}\n"
        )
        first, second, third = read(path)
        assert isinstance(first, Row)
        assert isinstance(second, Row)
        assert first.client.address1 is not None
        assert (first.line, first.client.address1.address_line2) == (4, 'Abay "A"\nEntrance 2')
        assert second.line == 9
        assert isinstance(third, list)
        assert [problem.line for problem in third] == [12]

    def test_too_few_and_too_many_fields(self, write):
        path = write(f"{HEADER}\n{GOOD},more\n{GOOD}\napp-3,77017777777\n")
        quote = "put a field with a delimiter in it in quotation marks, or name the column"
        correct = (
            "put a field with a delimiter or a line break in it in quotation marks, or correct "
            "these fields"
        )
        assert problems(path) == [
            f"line 2: has something in field 5, for which the header has no name: {quote}",
            (
                "line 4: has 2 fields and the header has 4, and something is wrong in "
                f"first_name, last_name: {correct}"
            ),
        ]
        assert keys(path) == ["app-1"]

    @pytest.mark.parametrize(
        "row",
        [
            "a,77017777777,Ai,dar,Omarov,990101300123,,",
            "a,77017777777\nAidar,Omarov,990101300123",
            "77017777777,Ai,O,990101300123",
        ],
    )
    def test_a_personal_number_under_another_name_is_not_shown(self, write, row: str):
        path = write(f"{HEADER},person_id,document,email\n{row}\n")
        told = problems(path, documents=True)
        assert told
        assert [text for text in told if "990101300123" in text] == []

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_columns_at_the_end_in_which_nothing_is(self, write, delimiter: str):
        for text in (
            f"{HEADER},,\r\n{GOOD},,\r\n",
            f"{HEADER}\r\n{GOOD},, ,\r\n",
            f"{HEADER},middle_name,,\r\n{GOOD}\r\n",
        ):
            assert keys(write(text.replace(",", delimiter))) == ["app-1"]

    def test_a_wrong_value_beside_them_is_told_as_ever(self, write):
        assert problems(write(f"{HEADER},,\napp-1,1,Aidar,Omarov\n"))[0].startswith(
            'line 2, column phone: "1" '
        )

    def test_a_column_in_the_middle_in_which_nothing_is(self, write):
        path = write(
            ",key,phone,,first_name,last_name\n,app-1,77017777777,,Aidar,Omarov\n,app-2,77017777777,x,Aidar,Omarov\n"
        )
        assert keys(path) == ["app-1"]
        assert problems(path)[0].startswith(
            "line 3: has something in field 4, for which the header has no name: "
        )

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize(
        "line", ["sep={}", "SEP={}\r", '"sep={}"', "sep={}{}{}", "\ufeffsep={}", "\n \nsep={}"]
    )
    def test_a_line_that_says_what_parts_the_fields(self, write, line: str, delimiter: str):
        before = line.replace("{}", delimiter) + "\n"
        path = write(before + f"{HEADER}\n{GOOD}\n".replace(",", delimiter))
        assert [(row.line, row.key) for row in read(path) if isinstance(row, Row)] == [
            (before.count("\n") + 2, "app-1")
        ]

    def test_that_line_decides(self, write):
        path = write("sep=;\nkey,;phone;first_name;last_name\n")
        assert refusal(path).startswith('line 2, the header, has unknown columns: "key,"')

    def test_that_line_with_another_delimiter(self, write):
        expected = (
            'line 1 says that "|" separates the fields. Save it with a comma, a semicolon or a '
            "tab between them."
        )
        assert refusal(write("sep=|\nkey|phone\n")) == expected

    def test_that_line_and_nothing_else(self, write):
        assert (
            refusal(write("sep=;\n\n"))
            == "is empty. Write the names of the columns and one row for each card."
        )

    def test_a_map(self, write):
        path = write("№;Ключ;Телефон;Имя;Фамилия\n1;app-1;77017777777;Aidar;Omarov\n")
        given = {
            "key": "ключ",
            "phone": "Телефон",
            "first_name": "Имя",
            "last_name": "Фамилия",
            "ignore": ["№"],
            "constant": {"type": "2"},
        }
        (row,) = read(path, columns=given)
        assert isinstance(row, Row)
        assert (row.key, int(row.client.type)) == ("app-1", 2)

    def test_a_map_in_a_file(self, write):
        path = write("key;phone;Имя;last_name\napp-1;77017777777;Aidar;Omarov\n")
        given = write('first_name = "Имя"\n', "columns.toml")
        assert [row.key for row in read(path, columns=given) if isinstance(row, Row)] == ["app-1"]

    def test_a_map_is_suggested(self, write):
        with pytest.raises(ConfigurationError) as raised:
            read(write("Ключ;Телефон;Имя;Фамилия;Комментарий\n"))
        assert 'line 1, the header, has unknown columns: "Ключ"; "Телефон"; ' in str(raised.value)
        assert raised.value.__notes__[2:6] == [
            'key = "Ключ"',
            'phone = "Телефон"',
            'first_name = "Имя"',
            'last_name = "Фамилия"',
        ]

    def test_all_problems_of_a_row(self, write):
        path = write(f"{HEADER}\n,123,Aidar,Омаров\n")
        assert [text.split(":")[0] for text in problems(path)] == [
            f"line 2, column {name}" for name in ("phone", "last_name", "key")
        ]

    def test_quotation_marks_out_of_place(self, write):
        how = (
            'has a quotation mark out of place: close each quoted field, and write " inside one '
            'as ""'
        )
        path = write(
            f'{HEADER}\na,77017777777,"Ai"dar,Omarov\n{GOOD}\nb,77017777777,Aidar,"Omarov\n{GOOD}\n'
        )
        assert problems(path) == [f"line 2: {how}", f"line 4: {how}"]
        assert keys(path) == ["app-1"]

    def test_a_field_without_end(self, write):
        path = write(f'{HEADER}\n{GOOD}\nb,77017777777,Aidar,"Omarov\n' + f"{GOOD}\n" * 5000)
        expected = (
            "a field of the row at line 3 has more than 131,072 characters. Look for a quotation "
            "mark that is never closed."
        )
        assert refusal(path) == expected

    def test_a_line_without_end(self, write):
        expected = (
            "line 3 is longer than 1,048,576 characters. Check that it is a text file with one "
            "card per row."
        )
        assert refusal(write(f"{HEADER}\n{GOOD}\n" + "x" * 2**20)) == expected

    def test_zero_bytes_in_a_row(self, write):
        path = write(f"{HEADER}\n{GOOD}\na\0b,77017777777,Aidar,Omarov\n")
        assert problems(path) == [
            (
                'line 3, column key: "a\\u0000b" has a character that can\'t be seen (U+0000): '
                "delete it or write a space"
            )
        ]

    def test_every_known_column_is_taken(self, write):
        path = write(f"{','.join(COLUMNS)}\n{GOOD}{',' * (len(COLUMNS) - 4)}\n")
        assert keys(path) == ["app-1"]


class TestHeader:
    def test_unknown_columns(self, write):
        text = refusal(write(f"{HEADER},Phoneme,zzz\n"))
        assert text.startswith(
            'line 1, the header, has unknown columns: "Phoneme", perhaps phone; "zzz". Rename or '
            "delete them, or map them in a file"
        )

    def test_names_in_any_case_with_blanks_around(self, write):
        assert keys(write(f" KEY,Phone ,First Name,last-name\n{GOOD}\n")) == ["app-1"]

    def test_two_spellings_of_one_name(self, write):
        assert (
            refusal(write(f"{HEADER},Phone\n"))
            == "line 1, the header, has a column twice: phone. Delete one of each."
        )

    def test_many_unknown_columns(self, write):
        text = refusal(write(f"{HEADER},{','.join('qwxzjv')},{'y' * 50}\n"))
        assert '"q"; "w"; "x"; "z"; "j"; and 2 more.' in text

    def test_no_header(self, write):
        text = refusal(write(f"{GOOD}\n{GOOD}\n"))
        assert text.startswith("line 1, the header, names no known column. Write the names there")
        assert "Omarov" not in text

    @pytest.mark.parametrize("name", REQUIRED)
    def test_missing_column(self, write, name: str):
        header = ",".join(column for column in REQUIRED if column != name)
        assert (
            refusal(write(f"\n{header}\n"))
            == f"line 2, the header, lacks needed columns: {name}. Add them."
        )

    def test_missing_columns_of_product_1000(self, write):
        text = refusal(write(f"{HEADER}\n{GOOD}\n"), product_id=1000)
        assert text.startswith(
            "line 1, the header, lacks needed columns: country, person_id, document, "
            "address1_country,"
        )
        assert text.endswith("address2_line3 (product 1000 needs them all). Add them.")

    def test_rows_that_name_their_product_decide_for_themselves(self, write):
        path = write(f"{HEADER},product_id\n{GOOD},2000\n{GOOD},\n")
        first, second = read(path, product_id=1000)
        assert isinstance(first, Row)
        assert isinstance(second, list)
        assert len(second) == 13

    def test_a_column_twice(self, write):
        expected = "line 1, the header, has a column twice: key, phone. Delete one of each."
        assert refusal(write(f"{HEADER},phone,key\n")) == expected

    def test_a_header_that_is_too_long(self, write):
        expected = (
            "line 1, the header, is not a list of names in one line. Write the names of the "
            "columns there."
        )
        assert refusal(write("x" * 200_000)) == expected

    def test_an_open_quotation_mark(self, write):
        assert "is not a list of names in one line" in refusal(write(f'{HEADER},"email\n{GOOD}\n'))


class TestJsonLines:
    @pytest.mark.parametrize(
        "name", ["clients.jsonl", "clients.ndjson", "clients.json", "CLIENTS.JSONL"]
    )
    def test_rows(self, write, name: str):
        path = write(
            "\ufeff\n"
            + json.dumps(OBJECT)
            + "\r\n\n"
            + json.dumps(OBJECT | {"email": None, "type": 2}),
            name,
        )
        assert [
            (row.line, row.key, row.client.type) for row in read(path) if isinstance(row, Row)
        ] == [(2, "app-1", 1), (4, "app-1", 2)]

    def test_numbers_stay_as_written(self, write):
        path = write(json.dumps(OBJECT).replace("77017777777", "7.7E+10"), "c.jsonl")
        assert problems(path)[0].startswith(
            'line 1, column phone: "7.7E+10" was shortened by a spreadsheet'
        )

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('{"key": }', "is not JSON: Expecting value (character 9)"),
            ('{"key": "a"} x', "is not JSON: Extra data (character 14)"),
            ("[1]", "is not a JSON object: write {…}"),
            ("12", "is not a JSON object: write {…}"),
            ('{"key": "a", "key": "b"}', "is not a row: it names a field twice"),
            ("[" * 200_000, "is not a row: its values are nested too deeply"),
        ],
    )
    def test_bad_lines(self, write, line: str, message: str):
        path = write(f"{json.dumps(OBJECT)}\n{line}\n{json.dumps(OBJECT)}\n", "c.jsonl")
        assert problems(path) == [f"line 2: {message}"]
        assert len(read(path)) == 3

    @pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
    def test_what_a_program_writes_for_nothing(self, write, word: str):
        how = (
            f"is {word}, which is how a program writes that there is nothing: leave the field "
            "out, or write the value"
        )
        path = write(
            json.dumps(OBJECT | {"key": 0, "email": 0, "zzz": 0, "phone": "x"}).replace(
                " 0", f" {word}"
            ),
            "c.jsonl",
        )
        first, second, third, fourth = problems(path)
        assert [first, second, third] == [
            f"line 1, column {name}: {how}" for name in ("key", "email", '"zzz"')
        ]
        assert fourth.startswith("line 1, column phone: ")

    @pytest.mark.parametrize("number", ["7.7017777777e10", "7.7017777777E10", "7.7E+10"])
    def test_a_number_with_an_exponent(self, write, number: str):
        path = write(json.dumps(OBJECT).replace("77017777777", number), "c.jsonl")
        assert problems(path)[0].startswith(
            f'line 1, column phone: "{number}" was shortened by a spreadsheet'
        )

    def test_a_decimal_tail(self, write):
        (text,) = problems(write(json.dumps(OBJECT | {"person_id": 990101300123.0}), "c.jsonl"))
        assert text.startswith(
            "line 1, column person_id: ends in .0, which a program has added to a whole number"
        )

    def test_a_map(self, write):
        given = {"key": "id", "first_name": "Имя", "ignore": "row", "constant": {"resident": 2}}
        names = {
            "id": "app-1",
            "имя": "Aidar",
            "phone": 77017777777,
            "last_name": "Omarov",
            "row": [1],
        }
        (row,) = read(write(json.dumps(names), "c.jsonl"), columns=given)
        assert isinstance(row, Row)
        assert (row.key, row.client.first_name, int(row.client.resident)) == ("app-1", "Aidar", 2)

    def test_a_field_that_a_map_makes_twice(self, write):
        path = write(json.dumps(OBJECT | {"id": "b"}), "c.jsonl")
        assert problems(path, columns={"key": "id"}) == [
            'line 1, column key: is there twice, once as "id": remove one of them'
        ]

    def test_a_field_that_is_a_constant_too(self, write):
        path = write(json.dumps(OBJECT | {"resident": 1}), "c.jsonl")
        expected = (
            "line 1, column resident: is a constant in columns too: remove it from one of them"
        )
        assert problems(path, columns={"constant": {"resident": "2"}}) == [expected]

    def test_unknown_fields(self, write):
        path = write(
            json.dumps(OBJECT | {"mail": "a@b.c", "address1": {"country": "KAZ"}}), "c.jsonl"
        )
        assert problems(path) == [
            'line 1, column "mail": there is no such column: did you mean email?',
            'line 1, column "address1": there is no such column',
        ]

    @pytest.mark.parametrize("text", ['[{"key": "a"}]', '[\n{"key": "a"}\n]', '\n{\n"key": "a"\n}'])
    def test_a_document_of_many_lines(self, write, text: str):
        expected = (
            "begins an array, or an object of many lines. Write each card as one object on a line "
            "of its own."
        )
        assert refusal(write(text, "c.json")).endswith(expected)

    def test_a_document_that_is_no_text(self, write, tmp_path: Path):
        path = write(
            json.dumps(OBJECT | {"document": ["a.pdf"]})
            + "\n"
            + json.dumps(OBJECT | {"document": "a\0.pdf"}),
            "c.jsonl",
        )
        first, second = problems(path, documents=True)
        assert first == "line 1, column document: is neither text nor a number"
        assert second.startswith('line 2, column document: "a\\u0000.pdf" has a character')


class TestWholeFile:
    def test_missing(self, tmp_path: Path):
        assert refusal(tmp_path / "no.csv") == "is not there. Check the name and the permissions."
        assert (
            refusal(Path(__file__) / "x.csv") == "is not there. Check the name and the permissions."
        )

    def test_folder(self, tmp_path: Path):
        assert refusal(tmp_path) == "is a folder. Name a CSV, .xlsx, .ods or JSON Lines file."

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
    def test_pipe(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe")
        assert (
            refusal(tmp_path / "pipe")
            == "is not a regular file. Name a CSV, .xlsx, .ods or JSON Lines file."
        )

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            (PermissionError(13, "Permission denied"), "may not be read by this user"),
            (OSError(5, "Input/output error"), "can't be read (Input/output error)"),
        ],
        ids=["no permission", "broken disk"],
    )
    def test_no_reading(
        self, write, monkeypatch: pytest.MonkeyPatch, error: OSError, expected: str
    ):
        def fail(*_args, **_settings):
            raise error

        path = write(f"{HEADER}\n{GOOD}\n")
        monkeypatch.setattr(os, "open", fail)
        assert refusal(path) == f"{expected}. Check the name and the permissions."

    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \r\n\t\n"])
    def test_empty(self, write, content: bytes):
        assert (
            refusal(write(content))
            == "is empty. Write the names of the columns and one row for each card."
        )
        assert refusal(write(content, "c.jsonl")) == "has no rows. Write one row for each card."

    @pytest.mark.parametrize("rest", ["", "\n", "\n\n,,,\n"])
    def test_header_only(self, write, rest: str):
        assert refusal(write(HEADER + rest)) == "has no rows. Write one row for each card."

    @pytest.mark.parametrize("name", ["clients.csv", "clients.jsonl"])
    def test_not_utf8(self, write, name: str):
        start = f"{HEADER}\n" if name.endswith("csv") else "\n"
        path = write(
            start.encode()
            + "ключ-".encode()
            + "ключ".encode("cp1251")
            + b",77017777777,Aidar,Omarov\n",
            name,
        )
        assert refusal(path) == (
            "line 2 is not UTF-8 (byte 10 of the line). Save it as UTF-8 (in a spreadsheet: "
            "CSV UTF-8)."
        )

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf16(self, write, encoding: str):
        text = f"{HEADER}\n{GOOD}\n"
        assert (
            refusal(write(f"\ufeff{text}".encode(encoding)))
            == "is in UTF-16, not in UTF-8. Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
        )
        assert refusal(write(text.encode(encoding))) == (
            "has zero bytes, as a file in UTF-16 has. Save it as UTF-8 (in a spreadsheet: CSV "
            "UTF-8)."
        )


class TestStreaming:
    def test_a_row_comes_before_the_next_one_is_read(self, write):
        path = write(f"{HEADER}\n{GOOD}\n".encode() + b"x" * 100_000 + b"\n\xff\n")
        rows = read_file(path, product_id=2000, today=TODAY)
        assert isinstance(next(rows), Row)
        assert isinstance(next(rows), list)
        with pytest.raises(ConfigurationError, match="line 4 is not UTF-8"):
            next(rows)

    def test_nothing_is_opened_before_the_first_row_is_asked_for(self, tmp_path: Path):
        rows = read_file(tmp_path / "no.csv", product_id=2000)
        with pytest.raises(ConfigurationError):
            next(rows)

    def test_a_reader_that_stops_early_closes_the_file(self, write):
        rows = read_file(write(f"{HEADER}\n{GOOD}\n{GOOD}\n"), product_id=2000)
        assert len(list(islice(rows, 1))) == 1
        del rows

    def test_birthdates_end_today(self, write):
        path = write(f"{HEADER},birthdate\n{GOOD},2999-01-01\n")
        (row,) = read_file(path, product_id=2000)
        assert isinstance(row, list)
        assert "is in the future" in str(row[0])


def test_the_product_of_the_run_is_one_of_the_dictionary(tmp_path: Path):
    with pytest.raises(ConfigurationError) as raised:
        next(iter(read_file(tmp_path / "clients.csv", product_id=1234)))

    assert str(raised.value) == "product 1234 is not one of 1000, 2000, 3000. Nothing was sent."


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"path": None}, "path is None: give the path of a file, as text or as a Path."),
        (
            {"path": b"clients.csv"},
            (
                "path is of type bytes: give the path of a file, as text or as a Path: decode it "
                "first."
            ),
        ),
        (
            {"product_id": "2000"},
            "product_id is of type str: give a whole number (int), such as 2000.",
        ),
        ({"today": "2026-06-15"}, "today is of type str: give a date."),
        ({"sheet": 1}, "sheet is of type int: give the name of a sheet, as text."),
        (
            {"columns": ["phone"]},
            "columns is of type list: give a mapping, or the path of a TOML file.",
        ),
    ],
    ids=repr,
)
def test_arguments_of_another_type(given, told):
    with pytest.raises(ConfigurationError) as raised:
        next(iter(read_file(**{"path": "clients.csv", "product_id": 2000} | given)))

    assert str(raised.value) == f"{told} Nothing was sent."
