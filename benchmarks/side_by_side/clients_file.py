"""Client files of fictional people."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["people", "write_full", "write_short", "write_workbook"]

_PROJECT: Final = Path(__file__).parents[2]
_MAKER: Final = _PROJECT / "examples" / "make_clients.py"
_WORKBOOKS: Final = _PROJECT / "tests" / "batch" / "workbooks.py"


def people(rows: int) -> Iterator[dict[str, str]]:
    """Rows with the columns that product 2000 needs, and no others."""
    for number in range(1, rows + 1):
        yield {
            "key": f"app-{number:07}",
            "phone": f"7701{number:07}",
            "first_name": "AIGERIM",
            "last_name": "SERIKOVA",
        }


def write_short(path: Path, rows: int) -> None:
    """A CSV file of `people`."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("key,phone,first_name,last_name\n")
        stream.writelines(",".join(each.values()) + "\n" for each in people(rows))


def write_full(path: Path, rows: int) -> None:
    """As the example writes it: every column that product 1000 needs, two addresses and a document
    for each row.
    """
    subprocess.run(
        [sys.executable, _MAKER, "--rows", str(rows), "--out", path],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def write_workbook(path: Path, source: Path) -> None:
    """An .xlsx with the rows of a CSV file, as an office has them: phones are numbers, everything
    else is text.
    """
    with source.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        head = next(reader)
        phone = head.index("phone")
        rows = (
            [int(cell) if place == phone else cell or None for place, cell in enumerate(row)]
            for row in reader
        )
        _workbooks().write_xlsx(path, {"Clients": _after(head, rows)})


def _after(
    head: list[str], rows: Iterator[list[str | int | None]]
) -> Iterator[list[str] | list[str | int | None]]:
    yield head
    yield from rows


def _workbooks() -> ModuleType:
    """The tests' module that writes workbooks; the tests are not an installed package."""
    spec = importlib.util.spec_from_file_location("workbooks", _WORKBOOKS)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{_WORKBOOKS} is not there")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
