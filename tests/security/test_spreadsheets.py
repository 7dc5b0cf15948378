"""A file of outcomes is opened in a spreadsheet, and an issuer or a row could have put a formula
into it.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freedompay_async.batch import Outcome, State
from freedompay_async.batch.form import PLAIN, SPREADSHEET, Form
from freedompay_async.cli.output import _DROPPED, _cell, write_outcomes

SIGNS = "=+-@＝＋－＠﹢﹣﹦﹫−"  # noqa: RUF001  the look-alikes are the point
HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tcmd",
    *(f"{sign}cmd|' /C calc'!A0" for sign in SIGNS),
    *(
        f"{lead}=HYPERLINK(1)"
        for lead in (
            " ",
            "   ",
            "\u00a0",
            "\u3000",
            "\u200b",
            "\ufeff",
            "\u202e",
            "\x00",
            "\x0b",
            '"',
            '""',
            '" ',
            "'",
            "''",
            "«",
        )
    ),
    'a;=1+1;"',
    '";=1+1',
    'a"\n=1+1',
    "a\r\n@x",
    "a\t=1",
    "a; '=1",
    "x;\t -1",
]


async def outcomes(texts):
    for number, text in enumerate(texts, 1):
        yield Outcome(
            number=number,
            line=number + 1,
            key=text,
            state=State.REFUSED,
            client_id=text,
            card_id=text,
            client_request_id="a",
            card_request_id="b",
            reason=text,
        )


@pytest.fixture
def written(tmp_path, play):
    """What is written of these texts, each in every column that can have it."""

    def write(*texts, name="issued.csv", form=PLAIN) -> str:
        file = tmp_path / name
        file.unlink(missing_ok=True)
        play(write_outcomes(file, outcomes(texts), form))
        with file.open(encoding="utf-8", newline="") as stream:
            return stream.read()

    return write


def is_formula(cell: str) -> bool:
    """By what a spreadsheet drops in front, read otherwise than the library does: blanks, what
    can't be seen, marks of quotation.
    """
    for char in cell:
        if char in SIGNS:
            return True
        if char == "'" or not (
            char in '"`«»‘’‚‛“”„‟' or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp")  # noqa: RUF001
        ):
            return False
    return False


def cells(text: str, delimiter: str = ","):
    """Each cell as each spreadsheet finds it: at the delimiter, or, where the country has it so, at
    another one whatever is in quotation.
    """
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield from row
    for other in ";\t" if delimiter == "," else ",;\t":
        for line in re.split(r"[\r\n]", text):
            yield from line.split(other)


def plain(cell: str) -> str:
    """What SECURITY.md says: the text without the apostrophes that stand before a sign."""
    return re.sub(
        rf"\A'(?={_DROPPED}[{re.escape(SIGNS)}\t\r\n])|(?<=[;\t\r\n])'(?={_DROPPED}[{re.escape(SIGNS)}])",
        "",
        cell,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(written, text):
    assert [cell for cell in cells(written(text)) if is_formula(cell)] == []


@pytest.mark.parametrize("text", [*HOSTILE, ",=1+1", "a,=1+1", "a, '=1", "a,\t -1"])
@pytest.mark.parametrize(
    "form",
    [SPREADSHEET, Form("\t", marked=False), Form(",", marked=True)],
    ids=["semicolons", "tabs", "commas"],
)
def test_no_cell_of_another_form_is_a_formula(written, text, form):
    read = written(text, form=form).removeprefix("\ufeff")

    assert [cell for cell in cells(read, form.delimiter) if is_formula(cell)] == []


PIECES = st.lists(
    st.sampled_from([*SIGNS, *" \t\r\n;,\"'«`\u200b\ufeff\x00\u00a0", "a", "1", "cmd"]), max_size=8
).map("".join)
quick = settings(deadline=None, max_examples=300, database=None)


@quick
@given(PIECES | st.text(max_size=20))
@example("'=1")
@example("\t'=1")
def test_text_comes_back_to_the_letter(text):
    assert plain(_cell(text)) == text


@quick
@given(PIECES | st.text(max_size=20))
def test_nothing_that_can_be_written_is_a_formula(text):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerow(["1", _cell(text), _cell(text), "end"])

    assert [cell for cell in cells(stream.getvalue()) if is_formula(cell)] == []


def test_nothing_that_can_not_be_seen_hides_a_formula():
    hidden = (chr(code) for code in range(sys.maxunicode + 1))

    assert [
        hex(ord(char))
        for char in hidden
        if char not in "\t\r\n" and is_formula(_cell(f"{char}=1+1"))
    ] == []


@pytest.mark.parametrize(
    "filler",
    "\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0100",
    ids=lambda char: f"{ord(char):x}",
)
def test_letter_that_is_shown_as_nothing_hides_no_formula(filler):
    assert _cell(f"{filler}=1+1") == f"'{filler}=1+1"


@pytest.mark.parametrize("key", ["+77017777777", "-1", "+7 (701) 777-77-77"])
def test_number_with_a_sign_is_usable_after_its_apostrophe(written, key):
    row = next(csv.DictReader(io.StringIO(written(key), newline="")))

    assert row["key"] == f"'{key}"
    assert plain(row["key"]) == key


@pytest.mark.parametrize(
    "key",
    [
        "77017777777",
        "k-1",
        "a+b",
        "a=b",
        "name@example.com",
        "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11",
        "O'Brien",
        "a - b; c",
        "",
    ],
)
def test_text_that_is_harmless_is_as_it_was(written, key):
    assert next(csv.DictReader(io.StringIO(written(key), newline="")))["key"] == key


@pytest.mark.parametrize("text", HOSTILE)
def test_json_lines_have_the_text_to_the_letter(written, text):
    told = json.loads(written(text, name="issued.jsonl"))

    assert (told["key"], told["reason"], told["card_id"]) == (text, text, text)


def test_long_hostile_cell_takes_no_time_to_speak_of(written):
    text = "\t \"'" * 250_000 + ";" * 250_000

    assert len(written(text)) > len(text)


def test_nothing_else_writes_csv():
    root = Path(find_spec("freedompay_async").submodule_search_locations[0])
    users = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("writer", "DictWriter")
                and ast.unparse(node.value) == "csv"
            ):
                users.add(file.relative_to(root).as_posix())

    # The second writes one row of ours, to start a file from.
    assert users == {"cli/output.py", "cli/columns.py"}
