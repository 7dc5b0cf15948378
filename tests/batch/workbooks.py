"""Workbooks as spreadsheets save them, written without a library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Broken", "Formula", "Xml", "letters", "write_ods", "write_xlsx"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# The built-in formats of a date, of a date with a time, and of a time; then text.
_FORMATS = (0, 14, 22, 21, 49)


@dataclass(frozen=True)
class Broken:
    """A cell that shows an error."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A cell with a formula, and the value that it had when the file was saved, if it was
    calculated at all.
    """

    text: str
    value: object = None


@dataclass(frozen=True)
class Xml:
    """A cell as it stands in the file."""

    text: str


def letters(place: int) -> str:
    """The name of a column, from 0."""
    name = ""
    number = place + 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def write_xlsx(
    path: Path, sheets: Mapping[str, Iterable[Sequence[object]]], *, hidden: Iterable[str] = ()
) -> Path:
    """Cells that are `None` are left out, and so are rows without cells."""
    texts: dict[str, int] = {}
    unseen = set(hidden)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for number, rows in enumerate(sheets.values(), 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for row, cells in enumerate(rows, 1):
                    made = "".join(
                        _cell(f"{letters(place)}{row}", cell, texts)
                        for place, cell in enumerate(cells)
                        if cell is not None
                    )
                    if made:
                        part.write(f'<row r="{row}">{made}</row>'.encode())
                part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(
                f'{_XML}<sst xmlns="{_MAIN}" count="{len(texts)}" uniqueCount="{len(texts)}">'.encode()
            )
            for text in texts:
                part.write(f'<si><t xml:space="preserve">{escape(text)}</t></si>'.encode())
            part.write(b"</sst>")
        formats = "".join(
            f'<xf numFmtId="{each}" fontId="0" fillId="0" borderId="0" xfId="0"/>'
            for each in _FORMATS
        )
        archive.writestr(
            "xl/styles.xml",
            (
                f'{_XML}<styleSheet xmlns="{_MAIN}"><cellXfs '
                f'count="{len(_FORMATS)}">{formats}</cellXfs></styleSheet>'
            ),
        )
        listed = "".join(
            (
                f"<sheet name={quoteattr(name)} "
                f'sheetId="{number}"{" state=" + quoteattr("hidden") if name in unseen else ""} '
                f'r:id="rId{number}"/>'
            )
            for number, name in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            (
                f'{_XML}<workbook xmlns="{_MAIN}" '
                f'xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
            ),
        )
        parts = {
            f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml")
            for number in range(1, len(sheets) + 1)
        }
        parts |= {
            "rIdStyles": ("styles", "styles.xml"),
            "rIdTexts": ("sharedStrings", "sharedStrings.xml"),
        }
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(parts))
        archive.writestr("_rels/.rels", _relations({"rId1": ("officeDocument", "xl/workbook.xml")}))
        kinds = "".join(
            f'<Override PartName="/xl/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for name, kind in {
                "workbook.xml": "sheet.main",
                "styles.xml": "styles",
                "sharedStrings.xml": "sharedStrings",
                **{
                    f"worksheets/sheet{number}.xml": "worksheet"
                    for number in range(1, len(sheets) + 1)
                },
            }.items()
        )
        archive.writestr(
            "[Content_Types].xml",
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{kinds}</Types>',
        )
    return path


def _relations(parts: Mapping[str, tuple[str, str]]) -> str:
    made = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{part}"/>'
        for name, (kind, part) in parts.items()
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def _cell(place: str, cell: object, texts: dict[str, int]) -> str:
    if isinstance(cell, Xml):
        return cell.text
    if isinstance(cell, Broken):
        return f'<c r="{place}" t="e"><v>{escape(cell.text)}</v></c>'
    if isinstance(cell, Formula):
        kind = ' t="str"' if isinstance(cell.value, str) else ""
        value = "" if cell.value is None else f"<v>{escape(str(cell.value))}</v>"
        return f'<c r="{place}"{kind}><f>{escape(cell.text)}</f>{value}</c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime):
        return f'<c r="{place}" s="2"><v>{_days(cell.date()) + _day(cell.time())}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="1"><v>{_days(cell)}</v></c>'
    if isinstance(cell, time):
        return f'<c r="{place}" s="3"><v>{_day(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    return f'<c r="{place}" s="4" t="s"><v>{texts.setdefault(str(cell), len(texts))}</v></c>'


def _days(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def _day(moment: time) -> float:
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400


_ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style", "manifest")
)
_CALCEXT = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def write_ods(
    path: Path, sheets: Mapping[str, Iterable[Sequence[object]]], *, manifest: str = ""
) -> Path:
    """As LibreOffice does it: what is empty, or the same several times, is there once with a
    number.
    """
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        # First and as it is, so that the kind of the file can be told from its first bytes.
        archive.writestr(ZipInfo("mimetype"), _ODS_KIND, ZIP_STORED)
        entry = (
            '<manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="{_ODS_KIND}">{manifest}</manifest:file-entry>'
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f"{_XML}<manifest:manifest {_ODS_NAMES}>{entry}</manifest:manifest>",
        )
        tables = "".join(
            f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}"
            '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
            'table:number-columns-repeated="16384"/></table:table-row>'
            "</table:table>"
            for name, rows in sheets.items()
        )
        archive.writestr(
            "content.xml",
            f"{_XML}<office:document-content {_ODS_NAMES} "
            f"{_CALCEXT}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _ods_row(cells: Sequence[object]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells)) or '<table:table-cell/>'}</table:table-row>"


def _ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, Xml):
        return cell.text
    if isinstance(cell, Broken):
        return (
            '<table:table-cell table:formula="of:=NA()" office:value-type="string" '
            'office:string-value="" calcext:value-type="error">'
            f"<text:p>{escape(cell.text)}</text:p></table:table-cell>"
        )
    formula = f" table:formula={quoteattr('of:=' + cell.text)}" if isinstance(cell, Formula) else ""
    value = cell.value if isinstance(cell, Formula) else cell
    if isinstance(value, bool):
        kind = f'"boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, datetime | date):
        kind = f'"date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, time):
        kind = f'"time" office:time-value="PT{value.hour:02}H{value.minute:02}M{value.second:02}S"'
    elif isinstance(value, int | float):
        kind = f'"float" office:value="{value!r}"'
    else:
        kind = '"string"'
    return (
        f"<table:table-cell{formula} "
        f"office:value-type={kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
    )
