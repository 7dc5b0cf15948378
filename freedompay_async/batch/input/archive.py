"""Looks through the archive of a workbook before a library reads it.

The library takes a cell with an error for an empty one, uses memory for every cell between the
first and the last, and unpacks any archive.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipFile, ZipInfo

__all__ = ["CONTENT", "Archive", "BadArchive", "Extent", "column_number"]

_CHUNK: Final = 1024 * 1024
_UNPACKED: Final = 1024 * 1024 * 1024
# So many bytes may always be unpacked, whatever the ratio.
_ALWAYS: Final = 64 * 1024 * 1024
_RATIO: Final = 300
_SMALL_PART: Final = 16 * 1024 * 1024
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
CONTENT: Final = "content.xml"
"""The part of an .ods that has all of its sheets."""
# Some programs do not mark an error as one; then its cell has a formula.
_DOUBTFUL: Final = re.compile(rb'value-type="error"|table:formula=')
_LONGEST_MARK: Final = 24
_ENCRYPTED: Final = 0x1
_LONGEST_CELL: Final = 1024 * 1024


class BadArchive(ValueError):
    """The archive can't be read. The message is the rest of a sentence about the file."""


class Extent(Struct, frozen=True):
    """How far a sheet reaches.

    Attributes:
        filled: it has cells that are not empty.
        row, column: the last of them, from 1, by the cells that name their place.
        doubtful: it has cells with errors, or formulas without a value.
    """

    filled: bool = False
    row: int = 0
    column: int = 0
    doubtful: bool = False


class Archive:
    """A workbook as an archive.

    Raises:
        BadArchive: it is too large, or protected by a password.
    """

    def __init__(self, zipped: ZipFile) -> None:
        self._zipped: Final = zipped
        # Libraries ignore the case of the names of parts.
        self._parts: Final = {part.filename.lower(): part for part in zipped.infolist()}
        self._check_sizes()
        self._book: Final = self._main_part()
        self.is_ods: Final = self._is_ods()

    @property
    def is_xlsx(self) -> bool:
        return self._book.endswith(".xml")

    @property
    def is_xlsb(self) -> bool:
        return self._book.endswith(".bin")

    def sheets(self) -> dict[str, str]:
        """The sheets of an .xlsx, and the part of each."""
        folder, name = posixpath.split(self._book)
        targets = self._relations(posixpath.join(folder, "_rels", f"{name}.rels"), folder)
        found: dict[str, str] = {}
        for element in self._tree(self._book).iter():
            if _local(element.tag) == "sheet":
                ids = [
                    value
                    for attribute, value in element.attrib.items()
                    if attribute.endswith("}id")
                ]
                part = targets.get(ids[0], ("", ""))[1] if ids else ""
                if part in self._parts:
                    found[element.attrib.get("name", "")] = part
        return found

    def extent(self, part: str) -> Extent:
        """How far a sheet of an .xlsx reaches."""
        reader: _Sheet | None = None
        rest = b""
        for chunk in self.chunks(part):
            data = rest + chunk
            if reader is None:
                reader = _Sheet(data)
            rest = reader.feed(data)
        if reader is None:
            return Extent()
        reader.feed(rest, last=True)
        return reader.extent()

    def is_doubtful(self) -> bool:
        """Whether an .ods may have cells with errors, or formulas without a value."""
        tail = b""
        for chunk in self.chunks(CONTENT):
            if _DOUBTFUL.search(tail + chunk):
                return True
            tail = (tail + chunk)[-_LONGEST_MARK:]
        return False

    def chunks(self, part: str) -> Iterator[bytes]:
        """The content of a part, unpacked in pieces."""
        with self._zipped.open(self._parts[part]) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def _check_sizes(self) -> None:
        parts = self._zipped.infolist()
        total = sum(part.file_size for part in parts)
        if total > _UNPACKED or (
            total > _ALWAYS and total > _RATIO * sum(part.compress_size for part in parts)
        ):
            raise BadArchive(
                f"would be {total / 2**20:,.0f} MiB when unpacked, which is more than a client "
                "file has. Save it as CSV UTF-8, or put the rows into several files."
            )
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise BadArchive(
                "is protected by a password. Remove the password, and save it as .xlsx."
            )

    def _main_part(self) -> str:
        """The main part of an Office document, if it is a workbook."""
        if "_rels/.rels" in self._parts:
            targets = self._relations("_rels/.rels", "").values()
            main = next((part for kind, part in targets if kind.endswith("/officeDocument")), "")
        else:
            main = "xl/workbook.xml"
        if main not in self._parts:
            return ""
        if main.endswith(".xml") and _local(self._tree(main).tag) != "workbook":
            return ""
        return main

    def _is_ods(self) -> bool:
        if self._book or "mimetype" not in self._parts or CONTENT not in self._parts:
            return False
        if not self._read(self._parts["mimetype"]).startswith(_ODS):
            return False
        manifest = self._parts.get("meta-inf/manifest.xml")
        if manifest is not None and b"encryption-data" in self._read(manifest):
            raise BadArchive("is protected by a password. Remove the password, and save it again.")
        return True

    def _relations(self, part: str, folder: str) -> dict[str, tuple[str, str]]:
        """The relations of a part: the type of each, and the part that it leads to."""
        found: dict[str, tuple[str, str]] = {}
        for element in self._tree(part).iter():
            target = element.attrib.get("Target")
            if _local(element.tag) == "Relationship" and target is not None:
                path = target if target.startswith("/") else posixpath.join(folder, target)
                kind = element.attrib.get("Type", "")
                found[element.attrib.get("Id", "")] = (
                    kind,
                    posixpath.normpath(path).lstrip("/").lower(),
                )
        return found

    def _tree(self, part: str) -> ET.Element:
        content = self._read(self._parts[part])
        if b"<!DOCTYPE" in content:
            raise BadArchive(
                "has a part with XML definitions of its own, which no spreadsheet writes. Save it "
                "again as .xlsx."
            )
        return ET.fromstring(content)  # noqa: S314 - it is small, and has no definitions

    def _read(self, part: ZipInfo) -> bytes:
        if part.file_size > _SMALL_PART:
            raise BadArchive(
                f"has a list of sheets of {part.file_size:,} bytes. Save it again as .xlsx."
            )
        return self._zipped.read(part)


class _Sheet:
    """Searches the XML of a sheet without parsing it."""

    def __init__(self, start: bytes) -> None:
        root = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)worksheet[\s>]", start)
        name = root[1] if root else b""
        prefix = re.escape(name)
        # Cells that are not empty: an empty cell is one tag that closes itself.
        self._cell: Final = re.compile(
            rb"<%bc\s[^<>]*?\br=[\"']([A-Za-z]+)([0-9]+)[\"'][^<>]*(?<!/)>" % prefix
        )
        self._any_cell: Final = re.compile(rb"<%bc(?:\s[^<>]*)?(?<!/)>" % prefix)
        self._error: Final = re.compile(rb"<%bc\s[^<>]*\bt=[\"']e[\"']" % prefix)
        no_value = rb"(?:</%bf>|<%bf(?:\s[^<>]*)?/>)\s*(?:<%bv\s*/>|<%bv\s*>\s*</%bv>)?\s*</%bc>"
        self._no_value: Final = re.compile(no_value % ((prefix,) * 6))
        self._cell_start: Final = b"<" + name + b"c "
        self._formulas: Final = (b"<" + name + b"f", b"</" + name + b"f")
        self._filled = self._doubtful = False
        self._row = 0
        self._columns: set[bytes] = set()

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """Search this piece. The bytes that it returns belong before the next piece."""
        rest = b""
        if not last:
            # A cell must be searched as a whole.
            cut = data.rfind(self._cell_start)
            cut = data.rfind(b"<") if cut < 0 else cut
            if cut >= 0 and len(data) - cut <= _LONGEST_CELL:
                data, rest = data[:cut], data[cut:]
        cells: list[tuple[bytes, bytes]] = self._cell.findall(data)
        if cells:
            self._filled = True
            self._row = max(self._row, *(int(row) for row in {row for _, row in cells}))
            self._columns.update(column for column, _ in cells)
        elif not self._filled:
            self._filled = self._any_cell.search(data) is not None
        if not self._doubtful:
            self._doubtful = self._has_errors(data) or self._has_no_values(data)
        return rest

    def _has_errors(self, data: bytes) -> bool:
        return (b't="e"' in data or b"t='e'" in data) and self._error.search(data) is not None

    def _has_no_values(self, data: bytes) -> bool:
        return (
            any(formula in data for formula in self._formulas)
            and self._no_value.search(data) is not None
        )

    def extent(self) -> Extent:
        column = max((column_number(name.decode()) for name in self._columns), default=0)
        return Extent(filled=self._filled, row=self._row, column=column, doubtful=self._doubtful)


def column_number(letters: str) -> int:
    """The number of a column, from 1, by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
