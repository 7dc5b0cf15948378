"""`freedompay contract`: every call of the API, and how sure the library is of it."""

from __future__ import annotations

import sys
from posixpath import commonpath
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from freedompay_async.cli.marks import MARKS, RETRIES
from freedompay_async.cli.verbs.answers import draw_table
from freedompay_async.contract import HASHDT_TABLE, TABLE, Call, Mark, Section
from freedompay_async.plain import to_json

__all__ = ["contract"]

_COLUMNS = ("call", "path", "section", "mark", "retry", "page")
_WIDE = 110
"""Columns of a terminal that has room for the pages."""
_STYLES = {Mark.DOCUMENTED: "green", Mark.PARTIAL: "yellow", Mark.INFERRED: "red"}
_ROWS = (*TABLE, *HASHDT_TABLE)
_SITE = "docs.freedompay.kz "
_OVERRIDES = (
    "Where the vendor gave you something else, say so in your code; nothing has to be forked:\n"
    '  FreedomPay(contract=[Override(call="cards.activate", path="/v5/card-api/card/activation")])\n'
    "An override changes the path, the names of headers, the fields, or what may follow a lost answer.\n"
    "fp.drift() counts how the answers differ from this table."
)


def contract(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show every call: its path, how sure it is, what may follow a lost answer, and the vendor's page. Nothing is sent.

    Each call of Freedom Pay is a command too: `cards.bulk_issue` is `freedompay cards bulk-issue`. The section hashdt is another issuer's
    API, of the class `HashDT`, and has no commands.
    """
    if json:
        marks = {mark.value: text for mark, text in MARKS.items()}
        retries = {retry.value: text for retry, text in RETRIES.items()}
        calls = [dict(zip(_COLUMNS, _line(row), strict=True)) for row in _ROWS]
        typer.echo(to_json({"calls": calls, "marks": marks, "retries": retries}))
        return
    if sys.stdout.isatty():
        _draw()
    else:
        draw_table(_COLUMNS, map(_line, _ROWS))
    typer.echo()
    draw_table(("mark", "calls", ""), [(mark, str(sum(row.mark is mark for row in _ROWS)), text) for mark, text in MARKS.items()])
    typer.echo()
    draw_table(("retry", ""), [(retry.value, text) for retry, text in RETRIES.items()])
    typer.echo(f"\n{_OVERRIDES}")


def _line(row: Call[Any]) -> tuple[str, ...]:
    return row.name, row.path, row.section.value, row.mark.value, row.retry.value, row.source


def _draw() -> None:
    """What all rows of a section have in common is in its heading: most terminals are narrower than the table would be."""
    console = Console(highlight=False)
    columns = [name for name in _COLUMNS if name != "section" and (name != "page" or console.width >= _WIDE)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name != "page")
    for section in Section:
        rows = [row for row in _ROWS if row.section is section]
        prefix = commonpath([row.path for row in rows]) + "/"
        table.add_row(f"[bold]{section.value.replace('_', ' ')}[/]", f"[bold]{prefix}…[/]")
        for row in rows:
            mark = f"[{_STYLES[row.mark]}]{row.mark}[/]"
            cells = (row.name, row.path.removeprefix(prefix), mark, row.retry.value, row.source.removeprefix(_SITE))
            table.add_row(*cells[: len(columns)])
        table.add_section()
    console.print(table)
    wide = f"A page without a site is on {_SITE.strip()}."
    typer.echo(
        wide if "page" in columns else "The vendor's pages are in the help of each command, in --json, and here in a wider terminal."
    )
