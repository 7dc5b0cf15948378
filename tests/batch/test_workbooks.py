"""Clients in .xlsx and .ods: read as they are meant, or refused with the cell and what to do."""

from __future__ import annotations

import sys
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest

from freedompay_async.batch.input import archive, error_cells, workbook
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import Row
from freedompay_async.errors import ConfigurationError
from tests.batch.file_reading import problems, read, refusal
from tests.batch.workbooks import Broken, Formula, Xml, write_ods, write_xlsx

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("python_calamine")

LEAST = ["key", "phone", "first_name", "last_name"]
GOOD = ["app-1", 77017777777, "Aidar", "Omarov"]
WRITERS = {"xlsx": write_xlsx, "ods": write_ods}
SAVE_AGAIN = "Open it in a spreadsheet and save it as .xlsx."


@pytest.fixture(params=WRITERS)
def write(request, tmp_path: Path):
    """Writes one sheet, or several."""

    def write(rows, **options) -> Path:
        sheets = rows if isinstance(rows, dict) else {"Clients": rows}
        return WRITERS[request.param](tmp_path / f"clients.{request.param}", sheets, **options)

    return write


def rows(path: Path, **settings) -> list[Row]:
    found = read(path, **settings)
    assert [each for each in found if not isinstance(each, Row)] == []
    return found


class TestRows:
    def test_cells_as_they_are_meant(self, write):
        path = write(
            [
                [
                    *LEAST,
                    "birthdate",
                    "person_id",
                    "type",
                    "external_user_id",
                    "idn_date",
                    "identified_by",
                ],
                [
                    "0012",
                    77017777777.0,
                    "Aidar",
                    " Omarov ",
                    date(1990, 12, 31),
                    "001231300123",
                    1,
                    12.5,
                    date(2025, 1, 31),
                    "Dana",
                ],
                [
                    12,
                    "+77017777778",
                    "Dana",
                    "Omarova",
                    "1991-01-02",
                    990101300123,
                    2.0,
                    None,
                    None,
                    None,
                ],
            ]
        )
        first, second = rows(path)

        assert (first.line, first.key, first.client.phone, first.client.last_name) == (
            2,
            "0012",
            77017777777,
            "Omarov",
        )
        assert (first.client.birthdate, first.client.person_id, int(first.client.type)) == (
            "1990-12-31",
            "001231300123",
            1,
        )
        assert first.client.external_user_id == "12.5"
        assert first.identification_info is not None
        assert first.identification_info.idn_date == "2025-01-31"
        assert (second.line, second.key, second.client.phone) == (3, "12", 77017777778)
        assert (second.client.birthdate, second.client.person_id, int(second.client.type)) == (
            "1991-01-02",
            "990101300123",
            2,
        )

    def test_the_line_is_the_row_of_the_sheet(self, write):
        path = write(
            [
                [],
                ["", " "],
                [None, *LEAST],
                [],
                [None, *GOOD],
                ["", ""],
                [None, "app-2", *GOOD[1:]],
                [None, "app-3", "x", *GOOD[2:]],
            ]
        )
        first, second, third = read(path)

        assert isinstance(first, Row)
        assert isinstance(second, Row)
        assert isinstance(third, list)
        assert (first.line, second.line, [problem.line for problem in third]) == (5, 7, [8])

    def test_a_formula_is_its_value(self, write):
        path = write(
            [LEAST, [Formula("A1", "app-1"), Formula("7*1", 77017777777), "Aidar", "Omarov"]]
        )

        assert [(row.key, row.client.phone) for row in rows(path)] == [("app-1", 77017777777)]

    def test_names_of_columns_in_any_form(self, write):
        assert len(rows(write([["Key ", "PHONE", "First Name", "last_name"], GOOD]))) == 1

    def test_columns_without_a_name_are_fine_while_they_are_empty(self, write):
        assert len(rows(write([[*LEAST, None, ""], [*GOOD, "", " "]]))) == 1

    def test_a_cell_under_no_name(self, write):
        path = write([[*LEAST, "", ""], [*GOOD, None, "x"], GOOD])

        assert problems(path) == [
            (
                "line 2: has something in the cell F2, whose column has no name: name the column, "
                "or empty the cell"
            )
        ]
        assert len(read(path)) == 2

    def test_a_map_and_what_it_leaves_out(self, write):
        path = write([["№", "Код", "Телефон", "Имя", "Фамилия"], [True, *GOOD]])
        given = {
            "key": "Код",
            "phone": "Телефон",
            "first_name": "Имя",
            "last_name": "Фамилия",
            "ignore": ["№"],
            "constant": {"resident": "2"},
        }

        assert [(row.key, int(row.client.resident)) for row in rows(path, columns=given)] == [
            ("app-1", 2)
        ]

    def test_a_map_is_suggested(self, write):
        with pytest.raises(ConfigurationError) as raised:
            read(write([["Код заявки", "Телефон", "Имя", "Фамилия"], GOOD]))

        assert (
            'row 1 of the sheet "Clients", the header, has unknown columns: "Код заявки"; '
            in str(raised.value)
        )
        assert 'phone = "Телефон"' in raised.value.__notes__

    def test_text_is_not_touched(self, write):
        path = write([[*LEAST, "external_user_id"], [*GOOD, "0 & <1> 'é' \"x\""]])

        assert [row.client.external_user_id for row in rows(path)] == ["0 & <1> 'é' \"x\""]

    def test_what_the_extension_says_does_not_matter(self, write):
        path = write([LEAST, GOOD])
        other = path.rename(path.with_suffix(".csv"))

        assert len(rows(other)) == 1

    def test_a_document_is_beside_the_file(self, write):
        path = write([[*LEAST, "document"], [*GOOD, "id.pdf"]])
        (path.parent / "id.pdf").write_bytes(b"%PDF-1.4")

        assert [row.document for row in rows(path, documents=True)] == [str(path.parent / "id.pdf")]


class TestWrongCells:
    @pytest.mark.parametrize(
        ("column", "cell", "message"),
        [
            (
                "external_user_id",
                12345678901234567890,
                "is a number of more than 15 digits, which a spreadsheet rounds",
            ),
            (
                "external_user_id",
                date(2025, 2, 1),
                "is a date, because the spreadsheet took it for one",
            ),
            ("branch_id", True, "is TRUE, a logical value"),
            ("birthdate", 33238, "is the number 33238 and not a date"),
            ("birthdate", datetime(1990, 12, 31, 10, 30), "has a time of day"),  # noqa: DTZ001  a workbook has no zones
            ("birthdate", time(10, 30), "is a time, because the spreadsheet took it for one"),
            (
                "person_id",
                10203300123,
                (
                    "is a number of 11 digits: if it began with zeros, the spreadsheet has "
                    "dropped them"
                ),
            ),
            ("email", Broken("#N/A"), '"#N/A" is an error of the spreadsheet and not a value'),
            (
                "email",
                Broken("#VALUE!"),
                '"#VALUE!" is an error of the spreadsheet and not a value',
            ),
            (
                "person_id",
                Broken("#REF!"),
                '"#REF!" is an error of the spreadsheet and not a value',
            ),
        ],
    )
    def test_they_are_told_with_their_name(self, write, column: str, cell: object, message: str):
        (text,) = problems(write([[*LEAST, "middle_name", column], [*GOOD, None, cell], GOOD]))

        assert text.startswith(f"line 2, column {column}: {message}")
        assert text.endswith(" (cell F2)")

    def test_a_wrong_cell_is_not_told_as_empty_too(self, write):
        found = problems(write([LEAST, [True, Broken("#N/A"), "Айдар", "Omarov"]]))

        assert [text.partition(":")[0] for text in found] == [
            f"line 2, column {name}" for name in ("key", "phone", "first_name")
        ]

    def test_errors_beyond_everything_else(self, write):
        path = write(
            [
                [*LEAST, "email"],
                GOOD,
                [],
                [None, None, None, None, Broken("#N/A")],
                [Broken("#DIV/0!")],
            ]
        )
        found = problems(path)

        assert 'line 4, column email: "#N/A" is an error of the spreadsheet' in found[0]
        assert any(text.startswith('line 5, column key: "#DIV/0!" is an error') for text in found)

    def test_an_error_in_a_column_that_is_left_out(self, write):
        path = write([[*LEAST, "№"], [*GOOD, Broken("#N/A")]])

        assert len(rows(path, columns={"ignore": ["№"]})) == 1

    def test_text_that_reads_like_an_error(self, write):
        (text,) = problems(write([[*LEAST, "email"], [*GOOD, "#ЗНАЧ!"]]))

        assert text.startswith(
            'line 2, column email: "#ЗНАЧ!" is an error of the spreadsheet and not a value'
        )

    def test_a_formula_that_was_never_calculated(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx", {"A": [[*LEAST, "email"], [*GOOD, Formula("B1&C1")], GOOD]}
        )

        assert problems(path) == [
            (
                "line 2, column email: is a formula that was never calculated: open the file in a "
                "spreadsheet, and save it there (cell E2)"
            )
        ]

    def test_a_formula_whose_value_is_an_empty_text(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx", {"A": [[*LEAST, "email"], [*GOOD, Formula("B1&C1", "")]]}
        )

        assert [row.client.email for row in rows(path)] == [None]

    @pytest.mark.parametrize(
        "formula", ['<f t="shared" si="0"/>', "<f>B1</f><v/>", "<f>B1</f><v></v>"]
    )
    def test_forms_of_a_formula_without_a_value(self, tmp_path: Path, formula: str):
        path = write_xlsx(
            tmp_path / "c.xlsx",
            {"A": [[*LEAST, "email"], [*GOOD, Xml(f'<c r="E2">{formula}</c>')]]},
        )

        assert ["formula that was never calculated" in text for text in problems(path)] == [True]

    def test_errors_that_no_library_knows(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx",
            {"A": [[*LEAST, "email"], [*GOOD, Broken("#SPILL!")], [*GOOD, Broken("#CALC!")]]},
        )
        try:
            told = problems(path)
        except ConfigurationError as error:
            told = [str(error)]

        assert "E2" in told[0]

    def test_more_errors_than_are_listed(self, write, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(error_cells, "_MOST", 2)
        path = write([[*LEAST, "email"], *([*GOOD, Broken("#N/A")] for _ in range(3))])

        assert refusal(path) == (
            "has more than 2 cells with errors, the first of them in row 2. Correct its formulas."
        )

    def test_repeated_cells_of_an_ods(self, tmp_path: Path):
        cell = (
            '<table:table-cell table:number-columns-repeated="2" office:value-type="string" '
            'office:string-value="" calcext:value-type="error"/>'
        )
        path = write_ods(
            tmp_path / "c.ods",
            {"Other": [["x"]], "A": [[*LEAST, "email", "branch_id"], [*GOOD, Xml(cell)]]},
        )

        assert [text[-10:] for text in problems(path, sheet="A")] == [" (cell E2)", " (cell F2)"]

    @pytest.mark.parametrize(
        "value", ['"string" office:string-value=""', '"float" office:value="0"']
    )
    def test_an_error_of_an_ods_that_is_not_marked_as_one(self, tmp_path: Path, value: str):
        note = "<office:annotation><text:p>why?</text:p></office:annotation>"
        cell = (
            '<table:table-cell table:formula="of:=NA()" '
            f"office:value-type={value}>{note}<text:p>#ЗНАЧ!</text:p></table:table-cell>"
        )
        path = write_ods(
            tmp_path / "c.ods", {"A": [[*LEAST, "external_user_id"], [*GOOD, Xml(cell)]]}
        )

        (text,) = problems(path)
        assert text.startswith(
            'line 2, column external_user_id: "#ЗНАЧ!" is an error of the spreadsheet and not a '
            "value"
        )

    def test_a_formula_of_an_ods_that_was_never_calculated(self, tmp_path: Path):
        cell = '<table:table-cell table:formula="of:=[.B1]"/>'
        path = write_ods(tmp_path / "c.ods", {"A": [[*LEAST, "email"], [*GOOD, Xml(cell)], GOOD]})

        assert problems(path) == [
            (
                "line 2, column email: is a formula that was never calculated: open the file in a "
                "spreadsheet, and save it there (cell E2)"
            )
        ]

    def test_formulas_of_an_ods_with_values(self, tmp_path: Path):
        narrow = (
            '<table:table-cell table:formula="of:=1" office:value-type="float" '
            'office:value="7"><text:p>###</text:p></table:table-cell>'
        )
        names = [*LEAST, "email", "external_user_id"]
        path = write_ods(
            tmp_path / "c.ods", {"A": [names, [*GOOD, Formula("B1", ""), Xml(narrow)]]}
        )

        assert [(row.client.email, row.client.external_user_id) for row in rows(path)] == [
            (None, "7")
        ]


class TestSheets:
    def test_the_only_one_with_something_in_it(self, write):
        assert len(rows(write({"Empty": [], "Clients": [LEAST, GOOD], "Empty too": []}))) == 1

    def test_several_are_listed(self, write):
        path = write({"Июнь": [LEAST, GOOD], "Июль": [LEAST, GOOD, GOOD], "Empty": []})

        assert refusal(path) == (
            'has several sheets that are not empty: "Июнь", "Июль". Name one with --sheet '
            "(sheet= in code)."
        )

    @pytest.mark.parametrize("name", ["Июль", "июль", " ИЮЛЬ "])
    def test_one_by_name(self, write, name: str):
        path = write({"Июнь": [LEAST, GOOD], "Июль": [LEAST, GOOD, GOOD]})

        assert len(rows(path, sheet=name)) == 2

    def test_one_that_there_is_not(self, write):
        path = write({"Июнь": [LEAST, GOOD], "Июль": [LEAST, GOOD]})

        assert refusal(path, sheet="May") == 'has no sheet "May". It has: "Июнь", "Июль".'

    def test_many_names(self, write):
        path = write({f"Sheet {number}": [LEAST] for number in range(12)})

        assert refusal(path, sheet="May").endswith('"Sheet 9" and 2 more.')

    def test_a_hidden_one_is_not_meant(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx",
            {"Lists": [["a"], ["b"]], "Clients": [LEAST, GOOD]},
            hidden=["Lists"],
        )

        assert len(rows(path)) == 1

    def test_only_a_hidden_one(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx", {"Lists": [LEAST, GOOD], "Clients": []}, hidden=["Lists"]
        )

        assert refusal(path) == (
            'has only empty visible sheets. Name one of the others with --sheet: "Lists".'
        )
        assert len(rows(path, sheet="Lists")) == 1

    @pytest.mark.parametrize("rows", [[], [[]], [["", " "], [None]]])
    def test_nothing_at_all(self, write, rows):
        assert (
            refusal(write(rows))
            == "is empty. Write the names of the columns and one row for each card."
        )

    def test_an_empty_one_by_name(self, write):
        assert (
            refusal(write({"A": [LEAST], "B": []}), sheet="B")
            == "is empty. Write the names of the columns and one row for each card."
        )

    def test_a_header_only(self, write):
        assert (
            refusal(write([LEAST, [], [None, ""]])) == "has no rows. Write one row for each card."
        )

    def test_a_text_file_has_none(self, tmp_path: Path):
        path = tmp_path / "clients.csv"
        path.write_text(",".join(LEAST))

        assert refusal(path, sheet="A") == 'has no sheet "A": only a workbook has sheets.'


class TestRefused:
    def test_without_the_extra(self, write, monkeypatch: pytest.MonkeyPatch):
        path = write([LEAST, GOOD])
        monkeypatch.setitem(sys.modules, "python_calamine", None)

        assert refusal(path) == (
            "is a workbook, and python-calamine, which reads it, is not installed: pip install "
            "'freedompay-async[excel]', "
            "or save it as CSV UTF-8 in a spreadsheet."
        )

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
    def test_cut(self, write, part: float):
        path = write([LEAST, *[GOOD] * 100])
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * part)])

        assert refusal(path).startswith("is a workbook or an archive that can't be read (")
        assert refusal(path).endswith(SAVE_AGAIN)

    @pytest.mark.parametrize(
        "start", [b"PK\x03\x04", b"PK\x03\x04 and so on", b"PK\x03\x04" + b"\xff" * 1000]
    )
    def test_no_archive_at_all(self, tmp_path: Path, start: bytes):
        path = tmp_path / "clients.xlsx"
        path.write_bytes(start)

        assert refusal(path).startswith("is a workbook or an archive that can't be read (")

    def test_bytes_that_were_changed(self, write):
        path = write([LEAST, *[[f"app-{number}", *GOOD[1:]] for number in range(500)]])
        with zipfile.ZipFile(path) as zipped:
            largest = max(zipped.infolist(), key=lambda part: part.compress_size)
        content = bytearray(path.read_bytes())
        middle = largest.header_offset + 60 + largest.compress_size // 2
        content[middle : middle + 20] = bytes(255 - each for each in content[middle : middle + 20])
        path.write_bytes(content)

        assert refusal(path).startswith("is a workbook or an archive that can't be read (")

    def test_another_archive(self, tmp_path: Path):
        path = tmp_path / "clients.zip"
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("clients.csv", ",".join(LEAST))

        assert refusal(path) == (
            "is an archive, and no workbook is in it. Name a CSV, .xlsx, .ods or JSON Lines file."
        )

    def test_another_document_of_the_office(self, tmp_path: Path):
        path = write_xlsx(tmp_path / "clients.docx", {"A": [LEAST]})
        parts = rewritten(
            path,
            {
                "xl/workbook.xml": lambda text: text.replace(b"<workbook", b"<document").replace(
                    b"</workbook", b"</document"
                )
            },
        )

        assert refusal(parts) == (
            "is an archive, and no workbook is in it. Name a CSV, .xlsx, .ods or JSON Lines file."
        )

    def test_another_document_of_libre_office(self, tmp_path: Path):
        path = rewritten(
            write_ods(tmp_path / "c.odt", {"A": [LEAST]}),
            {"mimetype": lambda text: text.replace(b"spreadsheet", b"text")},
        )

        assert "no workbook is in it" in refusal(path)

    def test_a_binary_workbook(self, tmp_path: Path):
        path = rewritten(
            write_xlsx(tmp_path / "c.xlsb", {"A": [LEAST]}),
            {
                "_rels/.rels": lambda text: text.replace(b"workbook.xml", b"workbook.bin"),
                "xl/workbook.xml": None,
            },
            more={"xl/workbook.bin": b"\x83\x01\x00"},
        )

        assert refusal(path).startswith(
            "is a binary workbook (.xlsb), in which errors can't be told from empty cells."
        )

    def test_an_old_workbook(self, tmp_path: Path):
        path = tmp_path / "clients.xls"
        path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(3_000_000))

        assert refusal(path).startswith(
            "is an old workbook (.xls), in which errors can't be told from empty cells. Save it "
            "as .xlsx"
        )

    @pytest.mark.parametrize("before", [100, 1024 * 1024 - 10, 2_000_000])
    def test_a_workbook_behind_a_password(self, tmp_path: Path, before: int):
        path = tmp_path / "clients.xlsx"
        path.write_bytes(
            b"\xd0\xcf\x11\xe0"
            + bytes(before)
            + "EncryptedPackage".encode("utf-16-le")
            + bytes(100)
        )

        assert refusal(path) == (
            "is protected by a password. Open it in a spreadsheet, remove the password, and save "
            "it as .xlsx."
        )

    def test_an_ods_behind_a_password(self, tmp_path: Path):
        path = write_ods(
            tmp_path / "c.ods",
            {"A": [LEAST]},
            manifest='<manifest:encryption-data manifest:checksum="x"/>',
        )

        assert (
            refusal(path) == "is protected by a password. Remove the password, and save it again."
        )

    def test_xml_with_definitions_of_its_own(self, tmp_path: Path):
        begun = b'<!DOCTYPE workbook [<!ENTITY a "aaaaaaaaaa">]><workbook'
        path = rewritten(
            write_xlsx(tmp_path / "c.xlsx", {"A": [LEAST]}),
            {"xl/workbook.xml": lambda text: text.replace(b"<workbook", begun)},
        )

        assert refusal(path) == (
            "has a part with XML definitions of its own, which no spreadsheet writes. Save it "
            "again as .xlsx."
        )

    @pytest.mark.parametrize(
        "part",
        [
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
            "xl/worksheets/sheet1.xml",
            "xl/sharedStrings.xml",
        ],
    )
    @pytest.mark.parametrize("content", [b"", b"<", b"<a></b>", b"\xff\xfe\x00"])
    def test_xml_that_is_broken(self, tmp_path: Path, part: str, content: bytes):
        path = rewritten(
            write_xlsx(tmp_path / "c.xlsx", {"A": [LEAST, GOOD]}), {part: lambda _: content}
        )

        assert "Nothing was sent." not in refusal(path)

    @pytest.mark.parametrize("part", ["xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
    def test_a_part_that_is_not_there(self, tmp_path: Path, part: str):
        path = rewritten(write_xlsx(tmp_path / "c.xlsx", {"A": [LEAST, GOOD]}), {part: None})

        assert refusal(path).startswith("is a workbook or an archive that can't be read (")


class TestSize:
    def test_more_than_a_client_file_has(self, write, monkeypatch: pytest.MonkeyPatch):
        path = write([LEAST, *[GOOD] * 100])
        monkeypatch.setattr(archive, "_UNPACKED", 2_000)

        assert refusal(path).startswith(
            "would be 0 MiB when unpacked, which is more than a client file has."
        )

    def test_packed_more_than_cells_can_be(self, write, monkeypatch: pytest.MonkeyPatch):
        path = write([LEAST, *[GOOD] * 2_000])
        monkeypatch.setattr(archive, "_ALWAYS", 1_000)
        monkeypatch.setattr(archive, "_RATIO", 2)

        assert "when unpacked, which is more than a client file has" in refusal(path)

    @pytest.mark.parametrize("place", ["XFD1048576", "A99999999", "AAAAAA9"])
    def test_a_cell_that_is_far_away(self, tmp_path: Path, place: str):
        path = write_xlsx(
            tmp_path / "c.xlsx",
            {"A": [LEAST, GOOD, [Xml(f'<c r="XFD5"><v>1</v></c><c r="{place}"><v>1</v></c>')]]},
        )

        assert (
            "which is more than a client file has. Delete what is there, or save the sheet as "
            "CSV UTF-8."
        ) in refusal(path)

    def test_an_empty_cell_that_is_far_away(self, tmp_path: Path):
        path = write_xlsx(
            tmp_path / "c.xlsx", {"A": [LEAST, GOOD, [Xml('<c r="XFD1048576" s="1"/>')]]}
        )

        assert len(rows(path)) == 1

    def test_a_list_of_sheets_that_is_too_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(archive, "_SMALL_PART", 100)

        assert refusal(write_xlsx(tmp_path / "c.xlsx", {"A": [LEAST]})).startswith(
            "has a list of sheets of "
        )

    @pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
    def test_what_is_looked_for_is_found_wherever_the_pieces_end(
        self, write, monkeypatch: pytest.MonkeyPatch, chunk: int
    ):
        path = write([[*LEAST, "email"], GOOD, [*GOOD, Broken("#N/A")]])
        monkeypatch.setattr(archive, "_CHUNK", chunk)

        assert [text.partition(":")[0] for text in problems(path)] == ["line 3, column email"]

    def test_a_sheet_with_names_of_another_prefix(self, tmp_path: Path):
        def prefixed(text: bytes) -> bytes:
            text = text.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"<x:?", b"<?")
            return text.replace(b"xmlns=", b"xmlns:x=")

        path = write_xlsx(
            tmp_path / "c.xlsx", {"A": [[*LEAST, "email"], [*GOOD, Broken("#N/A")]], "B": []}
        )
        path = rewritten(path, {f"xl/worksheets/sheet{number}.xml": prefixed for number in (1, 2)})

        assert [text.partition(":")[0] for text in problems(path)] == ["line 2, column email"]


class TestStreaming:
    def test_nothing_is_opened_before_the_first_row_is_asked_for(self, tmp_path: Path):
        made = read_file(tmp_path / "no.xlsx", product_id=2000)

        with pytest.raises(ConfigurationError, match="is not there"):
            next(made)

    def test_a_disk_that_breaks(self, write, monkeypatch: pytest.MonkeyPatch):
        def fail(*_args, **_settings):
            raise OSError(5, "Input/output error")

        path = write([LEAST, GOOD])
        monkeypatch.setattr(workbook, "ZipFile", fail)

        assert (
            refusal(path)
            == "can't be read (Input/output error). Check the name and the permissions."
        )


def rewritten(path: Path, parts: dict, more: dict[str, bytes] | None = None) -> Path:
    """With other content in some parts, or without them."""
    with zipfile.ZipFile(path) as zipped:
        contents = {name: zipped.read(name) for name in zipped.namelist()} | (more or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in contents.items():
            change = parts.get(name, lambda text: text)
            if change is not None:
                zipped.writestr(name, change(content))
    return path
