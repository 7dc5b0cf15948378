"""A map of an office's own names for columns: what is taken, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from freedompay_async.batch.input.mapping import NO_MAP, column_map
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import Row
from freedompay_async.errors import ConfigurationError

TEXT = """\
phone = "Телефон"
first_name = ["Имя", "Имя (лат.)"]
ignore = ["№", "Комментарий"]

[constant]
resident = "2"
type = 1
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "columns.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(given: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        column_map(given)
    text = str(raised.value)
    source = "columns" if isinstance(given, dict) else str(given)
    assert text.startswith(f"{source}: ")
    assert text.endswith(" Nothing was sent.")
    return text.removeprefix(f"{source}: ").removesuffix(" Nothing was sent.")


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file(write, bom: bytes, newline: str):
    path = write(bom + TEXT.replace("\n", newline).encode())
    found = column_map(path)

    assert found.columns == {"телефон": "phone", "имя": "first_name", "имя (лат.)": "first_name"}
    assert found.spellings == {"phone": ("Телефон",), "first_name": ("Имя", "Имя (лат.)")}
    assert found.ignored == {"no", "комментарий"}
    assert found.constants == {"resident": "2", "type": "1"}
    assert found.source == str(path)


def test_the_example_is_good(tmp_path: Path):
    found = column_map(Path(__file__).parents[2] / "examples" / "columns.toml")
    clients = tmp_path / "clients.csv"
    head = (
        "№;номер заявки ;Мобильный телефон;Имя;Фамилия;Отчество;Дата рождения;ИИН;Почта;Комментарий"
    )
    clients.write_text(
        f"{head}\n1;app-1;77017777777;Aidar;Omarov;;1990-12-31;;;call back\n", encoding="utf-8"
    )
    (row,) = read_file(clients, product_id=1000, columns=Path(found.source))

    assert isinstance(row, Row)
    assert (row.key, row.client.phone, row.client.country, row.product_id) == (
        "app-1",
        77017777777,
        "KAZ",
        2000,
    )


def test_a_path_of_text_is_the_same_as_a_path(write):
    assert column_map(str(write(TEXT))) == column_map(write(TEXT))


def test_a_mapping_in_code():
    found = column_map({"phone": "Телефон", "first_name": ("Имя",)})

    assert found.columns == {"телефон": "phone", "имя": "first_name"}
    assert found.source == "columns"


def test_no_map_is_no_map():
    assert column_map(None) is NO_MAP
    assert column_map({}).columns == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"phones": "Телефон"},
            (
                '"phones" is not a column: did you mean phone? `freedompay batch columns` lists '
                "the columns."
            ),
        ),
        (
            {"zzz": "Телефон"},
            '"zzz" is not a column. `freedompay batch columns` lists the columns.',
        ),
        (
            {"Телефон": "phone"},
            '"Телефон" is not a column: write it the other way round, phone = "Телефон".',
        ),
        ({3: "phone"}, "the name of a column is text, not int."),
        (
            {"phone": "Телефон", "email": "ТЕЛЕФОН "},
            '"ТЕЛЕФОН " is there twice: for phone and for email. Remove one of them.',
        ),
        (
            {"phone": ["Тел", "тел"]},
            '"тел" is there twice: for phone and for phone. Remove one of them.',
        ),
        (
            {"phone": "Тел", "ignore": ["тел"]},
            '"тел" is there twice: for phone and for ignore. Remove one of them.',
        ),
        (
            {"ignore": ["тел"], "phone": "Тел"},
            '"Тел" is there twice: for ignore and for phone. Remove one of them.',
        ),
        (
            {"constant": {"zzz": "1"}},
            '"zzz" is not a column. `freedompay batch columns` lists the columns.',
        ),
        ({"constant": {"key": "1"}}, "key can't be a constant: each row has a key of its own."),
        (
            {"email": "Почта", "constant": {"email": "a@b.c"}},
            "email is a column of the file and a constant too. Remove one of them.",
        ),
        (
            {"constant": "1"},
            'constant is not a table: write [constant] and below it lines such as resident = "1".',
        ),
    ],
)
def test_what_is_wrong(given: dict, message: str):
    assert refusal(given) == message


@pytest.mark.parametrize(
    "value", [1, True, None, [], "", "  ", ["Тел", 1], ["Тел", ""], {"a": "b"}]
)
@pytest.mark.parametrize("column", ["phone", "ignore"])
def test_what_is_no_name(column: str, value: object):
    expected = (
        f'{column} is not a name of a column in the file, such as "Телефон", or a list of such '
        "names."
    )
    assert refusal({column: value}) == expected


@pytest.mark.parametrize("value", [True, 1.5, None, ["1"], "", " "])
def test_what_is_no_constant(value: object):
    assert (
        refusal({"constant": {"resident": value}})
        == "the constant resident is not a text: write it in quotation marks."
    )


def test_what_is_no_toml(write):
    assert refusal(write("phone = Телефон\n")).startswith("is not TOML: ")
    assert refusal(write('phone = "Тел"\nphone = "Телефон"\n')).startswith("is not TOML: ")
    assert refusal(write("Телефон = 'phone'\n")).endswith(
        '. Write lines such as phone = "Телефон".'
    )
    assert refusal(write("a = " + "[" * 5_000)).endswith(" it is nested too deeply.")


def test_another_encoding(write):
    assert refusal(write(TEXT.encode("cp1251"))) == "is not UTF-8. Save it as UTF-8."


def test_a_file_that_is_too_large(write):
    assert (
        refusal(write("#" * (1024 * 1024 + 1)))
        == "has more than 1,048,576 bytes: it is not a map of columns."
    )


def test_a_file_that_is_not_there(tmp_path: Path):
    assert refusal(tmp_path / "no.toml") == "is not there. It is the file that --columns names."


def test_a_folder(tmp_path: Path):
    assert refusal(tmp_path).endswith(" It is the file that --columns names.")
