"""In which form a file comes, and in which one goes back."""

from __future__ import annotations

import os

import pytest

from freedompay_async.batch.form import PLAIN, SPREADSHEET, Form, form_of, keep_form, known_form
from freedompay_async.batch.journal.records import Fact

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"key,phone\n1,2;3;4;5\n", PLAIN),
        (b"key\n", PLAIN),
        (MARK + b"key,phone\n", Form(",", marked=True)),
        (MARK + b"key;phone\r\n", SPREADSHEET),
        (b"key;phone\n", SPREADSHEET),
        (b"\n \nkey;phone\n", SPREADSHEET),
        (b"key\tphone\n", Form("\t", marked=True)),
        (b"sep=;\nkey,phone\n", SPREADSHEET),
        (MARK + b'"sep=,"\r\nkey;phone\r\n', Form(",", marked=True)),
        ('"Имя, отчество";"Телефон"\n'.encode(), SPREADSHEET),
        ("Ключ;Телефон\n".encode("cp1251"), SPREADSHEET),
        (b'"never closed', PLAIN),
        (b"", SPREADSHEET),
        (b"\n\n", SPREADSHEET),
        (b"PK\x03\x04 a workbook", SPREADSHEET),
        ("key,phone\n".encode("utf-16"), SPREADSHEET),
    ],
    ids=repr,
)
def test_form_of_a_file(tmp_path, content, form):
    (tmp_path / "a.csv").write_bytes(content)

    assert form_of(tmp_path / "a.csv") == form


@pytest.mark.parametrize("name", ["a.jsonl", "a.NDJSON", "a.json"])
def test_who_wants_csv_of_json_lines_opens_it_in_a_spreadsheet(tmp_path, name):
    (tmp_path / name).write_text('{"key": "a,b,c"}\n')

    assert form_of(tmp_path / name) == SPREADSHEET


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")

    assert form_of(tmp_path / "pipe.csv") == SPREADSHEET
    assert form_of(tmp_path) == SPREADSHEET
    assert form_of(tmp_path / "nowhere.csv") == SPREADSHEET


@pytest.mark.parametrize(
    "form",
    [PLAIN, SPREADSHEET, Form(",", marked=True), Form("\t", marked=True), Form(";", marked=False)],
)
async def test_a_journal_remembers_it(office, people, form):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
        await keep_form(batch.journal, SPREADSHEET)
        await keep_form(batch.journal, form)

        assert await known_form(batch.journal) == form


@pytest.mark.parametrize("kept", [None, "", "of a later version"])
async def test_a_journal_that_has_none_that_is_known(office, people, kept):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
        if kept is not None:
            await batch.journal.keep({Fact.OUT_FORM: kept})

        assert await known_form(batch.journal) == SPREADSHEET


async def test_it_is_no_part_of_the_plan(office, people):
    file = office.file(people(1))
    async with office.batch() as batch:
        first = await office.plan(batch, file)
        await keep_form(batch.journal, SPREADSHEET)
        again = await office.plan(batch, file)

    assert (again.resumed, again.settings) == (True, first.settings)
