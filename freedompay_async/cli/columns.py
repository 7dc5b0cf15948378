"""`freedompay batch columns`: the columns of a client file, and a file to start from."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from freedompay_async.batch.input.columns import ABOUT, example_row
from freedompay_async.cli.common import errors_reported
from freedompay_async.cli.output import in_shell
from freedompay_async.cli.verbs.answers import draw_table
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError

__all__ = ["columns"]

_HEAD: Final = ("column", "needed", "holds", "example")
_STYLES: Final = {"always": "red", "product 1000": "yellow", "optional": "green"}
_MORE: Final = """\
An address has all five fields or none. Columns may be in any order, their names in capital or
small letters.
A file with names of its own: freedompay batch plan FILE --columns MAP.toml
A file to start from: freedompay batch columns --example clients.csv"""


_Example = Annotated[
    Path | None,
    typer.Option(
        "--example",
        metavar="FILE.csv",
        help="Write a CSV file to start from, with one made-up person. Must be new.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def columns(example: _Example = None, json: _Json = False) -> None:
    """Show every column of a client file: whether it is needed, its content, and an example.

    Nothing is sent.
    """
    with errors_reported():
        if example is not None:
            _write(example)
    if json:
        records = [
            {
                "column": each.name,
                "needed": each.needed,
                "holds": each.format,
                "example": each.example,
            }
            for each in ABOUT
        ]
        typer.echo(
            to_json({"columns": records} | ({} if example is None else {"written": str(example)}))
        )
        return
    if example is not None:
        typer.echo(
            f"{example}: every column, and one made-up person. Check it with: freedompay batch "
            f"plan {in_shell(example)}\n"
            "Its column `document` is empty: only product 1000 needs the path of a PDF there.\n"
            "Before you fill it in with a spreadsheet, format the columns of numbers as text: "
            "otherwise zeros and digits are lost."
        )
        return
    if sys.stdout.isatty():
        _draw()
    else:
        draw_table(_HEAD, [(each.name, each.needed, each.format, each.example) for each in ABOUT])
    typer.echo(f"\n{_MORE}")


def _draw() -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in _HEAD:
        # Long texts are wrapped, but for the names of columns, which people copy.
        table.add_column(name, overflow="fold", no_wrap=name in {"column", "needed"})
    for each in ABOUT:
        table.add_row(
            each.name,
            Text(each.needed, _STYLES[each.needed]),
            Text(each.format),
            Text(each.example),
        )
    Console(highlight=False).print(table)


def _write(path: Path) -> None:
    """Write the file for spreadsheets of these countries: with semicolons, and with a byte order
    mark, by which they know UTF-8.
    """
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(
                stream, [each.name for each in ABOUT], delimiter=";", lineterminator="\r\n"
            )
            writer.writeheader()
            writer.writerow(example_row())
    except FileExistsError as error:
        raise ConfigurationError(
            f"{path} exists: name a new file for --example. Nothing was sent."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be written ({error.strerror}). Nothing was sent."
        ) from error
