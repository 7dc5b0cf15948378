"""The tables of the errors, the columns, the calls and the names are those that the package is made
from.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from freedompay_async.batch.input.column_checks import COLUMNS
from freedompay_async.errors import MEANINGS, Ending, Of
from tests.samples import SAMPLES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "tables.py"


def rows(table: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]
    ]


@pytest.mark.parametrize(
    ("name", "of", "table"),
    [
        ("README.md", "errors", "main_endings"),
        ("docs/errors.md", "errors", "all_endings"),
        ("docs/columns.md", "columns", "all_columns"),
        ("docs/calls.md", "calls", "all_calls"),
    ],
)
def test_a_file_has_exactly_what_the_script_writes(tables, name, of, table):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert tables.with_table(text, getattr(tables, table)(), of) == text


def test_the_page_of_the_names_has_each_public_module_and_its_whole_table(tables):
    text = (ROOT / "docs" / "names.md").read_text(encoding="utf-8")

    for module in tables.PUBLIC:
        assert f"## `{module}`" in text
        assert tables.with_table(text, tables.all_names(module), f"names of {module}") == text


def test_every_public_name_says_what_it_is(tables):
    shown = [row for module in tables.PUBLIC for row in rows(tables.all_names(module))]

    assert [name for name, what in shown if not what] == []


def test_the_table_of_the_columns_has_each_of_them_once(tables):
    assert [row[0] for row in rows(tables.all_columns())] == [f"`{column}`" for column in COLUMNS]


def test_the_table_of_the_calls_says_of_each_what_its_sample_does(tables):
    shown = {row[0].strip("`"): row[1:5] for row in rows(tables.all_calls())}

    assert shown == {
        name: [f"`{sample.path}`", sample.mark, sample.retry, "KZ" if sample.kz_only else "all"]
        for name, sample in SAMPLES.items()
    }


def test_the_whole_table_has_every_ending_once_and_in_order(tables):
    assert [row[0] for row in rows(tables.all_endings())] == [
        f"`{meaning.error.__name__}`" for meaning in MEANINGS.values()
    ]
    assert [row[2] for row in rows(tables.all_endings())] == [
        meaning.case for meaning in MEANINGS.values()
    ]


def test_the_table_of_the_readme_has_one_row_for_all_questions(tables):
    questions = [row for row in rows(tables.main_endings()) if row[1] == Of.READ]
    reads = {meaning.error.__name__ for meaning in MEANINGS.values() if meaning.of is Of.READ}

    assert [set(re.findall(r"`(\w+)`", row[0])) for row in questions] == [reads]


def test_the_table_of_the_readme_says_what_the_whole_one_says(tables):
    whole, short = rows(tables.all_endings()), rows(tables.main_endings())

    assert [row for row in short[:-1] if row not in whole] == []


@pytest.mark.parametrize("ending", Ending)
def test_no_cell_has_a_gap_left_to_fill_or_a_line_of_its_own(tables, ending):
    row = rows(tables.all_endings())[list(MEANINGS).index(ending)]

    assert len(row) == 6
    assert not [cell for cell in row if not cell or "{" in cell or "None" in cell]


def test_every_id_of_the_table_is_one_that_the_text_beside_it_explains(tables):
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")

    assert {row[4] for row in rows(tables.all_endings())} <= set(
        re.findall(r"\*(any|the same|none)\*", text)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- The table of the errors; `make tables` writes it. -->",
        "<!-- The end of the table of the errors. -->",
    ],
)
def test_a_file_without_a_place_for_the_table_is_refused(tables, text):
    with pytest.raises(ValueError, match="no place for the table"):
        tables.with_table(text, "")


def test_checking_ends_well_and_changes_nothing():
    names = ("README.md", "docs/errors.md", "docs/columns.md", "docs/calls.md", "docs/names.md")
    before = [(ROOT / name).read_bytes() for name in names]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert [(ROOT / name).read_bytes() for name in names] == before
