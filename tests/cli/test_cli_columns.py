"""`freedompay batch columns`, and files with columns, sheets and names of their own on the command
line.
"""

from __future__ import annotations

import csv
import json
import tomllib

import pytest

from freedompay_async.batch.input.columns import ABOUT
from freedompay_async.cli import columns
from tests.batch.workbooks import write_xlsx

HEADER = ["Код заявки", "Телефон", "Имя", "Фамилия", "Комментарий"]
MAP = 'key = "Код заявки"\nphone = "Телефон"\nfirst_name = "Имя"\nlast_name = "Фамилия"\n'
PLAN = ("batch", "plan", "--product", 2000)


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


def office(shell, name: str = "clients.csv", rows: int = 2) -> str:
    lines = [
        HEADER,
        *(
            [f"k{number}", str(77010000000 + number), "Ivan", "Ivanov", "x"]
            for number in range(1, rows + 1)
        ),
    ]
    (shell.folder / name).write_text(
        "".join(";".join(line) + "\n" for line in lines), encoding="utf-8"
    )
    return name


class TestColumns:
    def test_each_column_is_a_line(self, shell):
        result = shell("batch", "columns")
        lines = result.stdout.splitlines()

        assert (result.exit_code, result.stderr) == (0, "")
        assert lines[0].split() == ["column", "needed", "holds", "example"]
        for line, column in zip(lines[1:], ABOUT, strict=False):
            assert line.startswith(f"{column.name} ")
            assert f" {column.needed} " in line
            assert f" {column.format} " in line
            assert line.endswith(f"  {column.example}")

    def test_for_a_machine(self, shell):
        shown = json.loads(shell("batch", "columns", "--json").stdout)

        assert shown == {
            "columns": [
                {
                    "column": column.name,
                    "needed": column.needed,
                    "holds": column.format,
                    "example": column.example,
                }
                for column in ABOUT
            ]
        }

    @pytest.mark.parametrize("width", [60, 120])
    def test_on_a_terminal(self, monkeypatch, capsys, width):
        monkeypatch.setattr(columns.sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(width))
        columns.columns()
        said = capsys.readouterr().out

        assert [column.name for column in ABOUT if column.name not in said] == []


class TestExample:
    def test_it_is_good_as_it_is(self, shell):
        written = shell("batch", "columns", "--example", "clients.csv")
        result = shell("batch", "plan", "clients.csv")

        assert (written.exit_code, written.stderr) == (0, "")
        assert "freedompay batch plan clients.csv" in written.stdout
        assert (result.exit_code, "All rows are good" in result.stdout) == (0, True)

    def test_it_opens_well_in_a_spreadsheet(self, shell):
        shell("batch", "columns", "--example", "clients.csv")
        content = (shell.folder / "clients.csv").read_bytes()
        head, row = csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=";")

        assert content.startswith(b"\xef\xbb\xbfkey;phone;")
        assert head == [column.name for column in ABOUT]
        assert len(row) == len(head)

    def test_json_has_the_progress(self, shell):
        assert (
            json.loads(shell("batch", "columns", "--example", "clients.csv", "--json").stdout)[
                "written"
            ]
            == "clients.csv"
        )

    def test_a_file_that_is_there_is_left_alone(self, shell):
        (shell.folder / "clients.csv").write_text("mine")
        result = shell("batch", "columns", "--example", "clients.csv")

        assert (result.exit_code, result.stdout) == (2, "")
        assert (
            result.stderr
            == "freedompay: clients.csv exists: name a new file for --example. Nothing was sent.\n"
        )
        assert shell.text("clients.csv") == "mine"

    def test_a_folder_that_is_not_there(self, shell):
        result = shell("batch", "columns", "--example", "no/clients.csv")

        assert (result.exit_code, result.stdout) == (2, "")
        assert "can't be written (" in result.stderr


class TestMap:
    def test_a_plan_suggests_one_that_can_be_given_back(self, shell):
        file = office(shell)
        result = shell(*PLAN, file)
        first, *lines = result.stderr.splitlines()

        assert (result.exit_code, result.stdout) == (2, "")
        assert first.startswith(
            f'freedompay: {file}: line 1, the header, has unknown columns: "Код заявки"; '
            '"Телефон"; '
        )
        assert first.endswith(" Nothing was sent.")
        assert tomllib.loads("\n".join(lines)) == tomllib.loads(MAP)

        (shell.folder / "columns.toml").write_text(
            result.stderr.partition("\n")[2].replace("# ignore", "ignore"), encoding="utf-8"
        )
        again = shell(*PLAN, file, "--columns", "columns.toml")

        assert (again.exit_code, again.stderr) == (0, "")
        assert again.stdout.startswith(f"{file}: 2 rows, 2 cards to issue. All rows are good")

    def test_a_map_that_is_wrong(self, shell):
        (shell.folder / "columns.toml").write_text('phones = "Телефон"\n', encoding="utf-8")
        result = shell(*PLAN, office(shell), "--columns", "columns.toml")

        assert result.exit_code == 2
        assert result.stderr.startswith(
            'freedompay: columns.toml: "phones" is not a column: did you mean phone? '
        )

    def test_a_map_that_is_not_there(self, shell):
        result = shell(*PLAN, office(shell), "--columns", "no.toml")

        assert result.exit_code == 2
        assert result.stderr == (
            "freedompay: no.toml: is not there. It is the file that --columns names. Nothing "
            "was sent.\n"
        )

    def test_a_batch_takes_it_too(self, shell_of, issuer, one_each):
        shell = shell_of(issuer)
        (shell.folder / "columns.toml").write_text(
            MAP + 'ignore = ["Комментарий"]\n', encoding="utf-8"
        )
        result = shell(
            "batch",
            "issue",
            office(shell),
            "--journal",
            "run.db",
            "--product",
            2000,
            "--columns",
            "columns.toml",
        )

        assert result.exit_code == 0
        assert issuer.cards() == one_each(2)


class TestSheet:
    @pytest.fixture
    def book(self, shell):
        pytest.importorskip("python_calamine")
        head = ["key", "phone", "first_name", "last_name"]
        sheets = {
            month: [
                head,
                *(
                    [f"{month}-{number}", 77010000000 + number, "Ivan", "Ivanov"]
                    for number in range(1, rows + 1)
                ),
            ]
            for month, rows in {"June": 1, "July": 2}.items()
        }
        return write_xlsx(shell.folder / "clients.xlsx", sheets).name

    def test_one_is_to_be_named(self, shell, book):
        result = shell(*PLAN, book)

        assert result.exit_code == 2
        assert (
            'has several sheets that are not empty: "June", "July". Name one with --sheet'
            in result.stderr
        )

    def test_one_by_name(self, shell, book):
        result = shell(*PLAN, book, "--sheet", "July")

        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith("clients.xlsx: 2 rows, 2 cards to issue.")

    def test_a_batch_takes_it_too(self, shell_of, issuer, one_each, book):
        shell = shell_of(issuer)
        result = shell(
            "batch", "issue", book, "--sheet", "July", "--journal", "run.db", "--product", 2000
        )

        assert result.exit_code == 0
        assert issuer.cards() == one_each(2)
