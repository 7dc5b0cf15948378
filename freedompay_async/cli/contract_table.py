"""`freedompay contract`: every call of the API, how sure its shape is, and what a contract file
changes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from posixpath import commonpath
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from freedompay_async.cli.call_descriptions import MARK_TEXTS, RETRY_TEXTS
from freedompay_async.cli.common import errors_reported
from freedompay_async.cli.output import printable
from freedompay_async.cli.verbs.answers import draw_table
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import Call, Mark, Section
from freedompay_async.contract.client_contract import Contract, differences
from freedompay_async.contract.file.reading import read_contract
from freedompay_async.contract.file.template import template
from freedompay_async.contract.regions import Region
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freedompay_async.contract.file.reading import ContractFile

__all__ = ["contract"]

_COLUMNS = ("call", "path", "section", "mark", "retry", "menu", "page")
_WIDE = 116
"""The width of a terminal that has room for the menus and the pages."""
_IF_WIDE = ("menu", "page")
_STYLES = {Mark.DOCUMENTED: "green", Mark.PARTIAL: "yellow", Mark.INFERRED: "red"}
_ROWS = (*TABLE, *HASHDT_TABLE)
_SITE = "docs.freedompay.kz "
_DIFFERS = "*"
_MENUS = "In the vendor's menu for KZ only, as far as seen: "
_OVERRIDES = (
    "Where the vendor gave you something else, write it into a contract file; you need no fork:\n"
    "  [cards.activate]\n"
    '  path = "/v5/card-api/card/activation"\n'
    "It changes the path, the names of headers, the fields (added, left out, renamed), or what "
    "may follow a lost answer.\n"
    "--template writes one to start from, --file shows the table with your changes.\n"
    'In code: FreedomPay(contract=[Override(call="cards.activate", path="…")])\n'
    "fp.drift() counts how the answers differ from this table."
)


class _Shown(NamedTuple):
    """The rows to show, and the changes of each in words."""

    rows: Sequence[Call[Any]]
    changes: Mapping[str, Mapping[str, str]]
    file: ContractFile | None
    region: Region | None


def contract(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            readable=False,
            help=(
                "Check this contract file, and show the table with its changes. "
                "[FREEDOMPAY_CONTRACT]"
            ),
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            envvar="FREEDOMPAY_REGION",
            help="With --file: show its changes for KZ, KG or UZ too.",
        ),
    ] = None,
    as_template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Print a contract file to start from, all of it comments, and nothing else.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="With --template: the file to write. Must be new."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show every call: its path, how sure its shape is, what may follow a lost answer, and the
    vendor's page. Nothing is sent.

    Each call of Freedom Pay is a command too: `cards.bulk_issue` is `freedompay cards bulk-issue`.
    The section hashdt is another issuer's API, of the class `HashDT`, and has no commands.
    """
    with errors_reported():
        if as_template:
            _write(template(), out, mixed=file is not None or json)
            return
        if out is not None:
            raise ConfigurationError("--out goes with --template. Nothing was written.")
        shown = _shown(file or _of_environment(), region)
    if json:
        typer.echo(to_json(_as_record(shown)))
        return
    if sys.stdout.isatty():
        _draw(shown)
    else:
        draw_table(_COLUMNS, [_line(row, shown) for row in shown.rows])
    typer.echo()
    draw_table(
        ("mark", "calls", ""),
        [
            (mark, str(sum(row.mark is mark for row in _ROWS)), text)
            for mark, text in MARK_TEXTS.items()
        ],
    )
    typer.echo()
    draw_table(("retry", ""), [(retry.value, text) for retry, text in RETRY_TEXTS.items()])
    typer.echo(f"\n{_MENUS}{', '.join(row.name for row in _ROWS if row.kz_only)}.")
    if shown.file is None:
        typer.echo(f"\n{_OVERRIDES}")
    else:
        _show_differences(shown, shown.file)


def _of_environment() -> Path | None:
    """The contract file that the other commands use."""
    name = os.environ.get("FREEDOMPAY_CONTRACT")
    return Path(name) if name else None


def _write(text: str, out: Path | None, *, mixed: bool) -> None:
    if mixed:
        raise ConfigurationError("--template goes with --out only. Nothing was written.")
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ConfigurationError(f"{out} exists: name a new file. Nothing was written.") from error
    except OSError as error:
        raise ConfigurationError(
            f"{out} can't be written ({error.strerror}). Nothing was written."
        ) from error
    typer.echo(
        (
            f"{out}: remove the comment signs from the lines that you change, then: freedompay "
            f"contract --file {out}"
        ),
        err=True,
    )


def _shown(file: Path | None, region: str | None) -> _Shown:
    if file is None:
        return _Shown(_ROWS, {}, None, None)
    read = read_contract(file)
    own = Contract(read.overrides, Region(region) if region else None)
    return _Shown([own.rows.get(row.name, row) for row in _ROWS], own.says, read, own.region)


def _line(row: Call[Any], shown: _Shown) -> tuple[str, ...]:
    """The cells of a row; a changed row has a star behind its name."""
    name = f"{row.name}{_DIFFERS}" if row.name in shown.changes else row.name
    return (
        name,
        row.path,
        row.section.value,
        row.mark.value,
        row.retry.value,
        "KZ" if row.kz_only else "all",
        row.source,
    )


def _as_record(shown: _Shown) -> dict[str, Any]:
    calls: list[dict[str, Any]] = []
    for row in shown.rows:
        line: dict[str, Any] = dict(zip(_COLUMNS, _line(row, shown), strict=True)) | {
            "call": row.name
        }
        calls.append(
            line if shown.file is None else line | {"differs": shown.changes.get(row.name, {})}
        )
    record: dict[str, Any] = {
        "calls": calls,
        "marks": {mark.value: text for mark, text in MARK_TEXTS.items()},
        "retries": {retry.value: text for retry, text in RETRY_TEXTS.items()},
    }
    if shown.file is None:
        return record
    # Changes of a section hold for calls outside the table too.
    sections = {
        section.value: shown.changes[section] for section in Section if section in shown.changes
    }
    return record | {
        "file": shown.file.path,
        "digest": shown.file.digest,
        "region": shown.region,
        "sections": sections,
    }


def _show_differences(shown: _Shown, file: ContractFile) -> None:
    whose = f" for a client of {shown.region}" if shown.region else ""
    lines = differences(
        {},
        {
            row.name: dict(shown.changes[row.name])
            for row in shown.rows
            if row.name in shown.changes
        },
    )
    if lines:
        typer.echo(f"\n{_DIFFERS} {printable(file.path)} changes this{whose}:")
        for line in lines:
            typer.echo(f"  {printable(line)}")
    else:
        typer.echo(f"\n{printable(file.path)} changes nothing{whose}.")
    others = sorted(
        {str(each.region) for each in file.overrides if each.region not in (None, shown.region)}
    )
    if others:
        typer.echo(f"It also has changes for {', '.join(others)}, which --region shows.")
    typer.echo(f"Its digest is {file.digest}.")


def _draw(shown: _Shown) -> None:
    """Draw the table with the common part of the paths in each section's heading, because most
    terminals are narrower than the whole table.
    """
    console = Console(highlight=False)
    columns = [
        name
        for name in _COLUMNS
        if name != "section" and (name not in _IF_WIDE or console.width >= _WIDE)
    ]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name != "page")
    for section in Section:
        prefix = commonpath([row.path for row in _ROWS if row.section is section]) + "/"
        table.add_row(f"[bold]{section.value.replace('_', ' ')}[/]", f"[bold]{prefix}…[/]")
        for row in shown.rows:
            if row.section is section:
                name, _, _, _, *rest, page = _line(row, shown)
                mark = f"[{_STYLES[row.mark]}]{row.mark}[/]"
                cells = (name, row.path.removeprefix(prefix), mark, *rest, page.removeprefix(_SITE))
                table.add_row(*cells[: len(columns)])
        table.add_section()
    console.print(table)
    wide = f"A page without a site is on {_SITE.strip()}."
    typer.echo(
        wide
        if "page" in columns
        else (
            "The vendor's pages are in the help of each command, in --json, and here in a wider "
            "terminal."
        )
    )
