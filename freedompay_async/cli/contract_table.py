"""`freedompay contract`: every call of the API, how sure the library is of it, and what a contract
file changes.
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

from freedompay_async.cli.common import errors_told
from freedompay_async.cli.marks import MARKS, RETRIES
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
"""Columns of a terminal that has room for the menus and the pages."""
_IF_WIDE = ("menu", "page")
_STYLES = {Mark.DOCUMENTED: "green", Mark.PARTIAL: "yellow", Mark.INFERRED: "red"}
_ROWS = (*TABLE, *HASHDT_TABLE)
_SITE = "docs.freedompay.kz "
_DIFFERS = "*"
_MENUS = "In the vendor's menu for KZ only, as far as seen: "
_OVERRIDES = (
    "Where the vendor gave you something else, say so in a contract file; nothing has to be "
    "forked:\n"
    "  [cards.activate]\n"
    '  path = "/v5/card-api/card/activation"\n'
    "It changes the path, the names of headers, the fields (added, left out, renamed), or what "
    "may follow a lost answer.\n"
    "--template writes one to start from, --file shows the table as it is with yours.\n"
    'In code: FreedomPay(contract=[Override(call="cards.activate", path="…")])\n'
    "fp.drift() counts how the answers differ from this table."
)


class _Shown(NamedTuple):
    """What is shown: rows, and what is different in each, as said of it."""

    rows: Sequence[Call[Any]]
    says: Mapping[str, Mapping[str, str]]
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
                "Check this contract file, and show the table as it is with that. "
                "[FREEDOMPAY_CONTRACT]"
            ),
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            envvar="FREEDOMPAY_REGION",
            help="With --file: what it says for KZ, KG or UZ counts too.",
        ),
    ] = None,
    as_template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Write a contract file to start from, all of it comments, and nothing else.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="With --template: write it there. Must be new."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show every call: its path, how sure it is, what may follow a lost answer, and the vendor's
    page. Nothing is sent.

    Each call of Freedom Pay is a command too: `cards.bulk_issue` is `freedompay cards bulk-issue`.
    The section hashdt is another issuer's API, of the class `HashDT`, and has no commands.
    """
    with errors_told():
        if as_template:
            _write(template(), out, told=file is not None or json)
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
        [(mark, str(sum(row.mark is mark for row in _ROWS)), text) for mark, text in MARKS.items()],
    )
    typer.echo()
    draw_table(("retry", ""), [(retry.value, text) for retry, text in RETRIES.items()])
    typer.echo(f"\n{_MENUS}{', '.join(row.name for row in _ROWS if row.kz_only)}.")
    if shown.file is None:
        typer.echo(f"\n{_OVERRIDES}")
    else:
        _tell_differences(shown, shown.file)


def _of_environment() -> Path | None:
    """The contract file that the other commands go by."""
    name = os.environ.get("FREEDOMPAY_CONTRACT")
    return Path(name) if name else None


def _write(text: str, out: Path | None, *, told: bool) -> None:
    if told:
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
            f"{out}: take the comment signs away from the lines that you change, then: freedompay "
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
    """A row; a star stands behind the name of one that is different."""
    name = f"{row.name}{_DIFFERS}" if row.name in shown.says else row.name
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
            line if shown.file is None else line | {"differs": shown.says.get(row.name, {})}
        )
    told: dict[str, Any] = {
        "calls": calls,
        "marks": {mark.value: text for mark, text in MARKS.items()},
        "retries": {retry.value: text for retry, text in RETRIES.items()},
    }
    if shown.file is None:
        return told
    # What is said of a section holds for calls that the table does not have, too.
    sections = {section.value: shown.says[section] for section in Section if section in shown.says}
    return told | {
        "file": shown.file.path,
        "digest": shown.file.digest,
        "region": shown.region,
        "sections": sections,
    }


def _tell_differences(shown: _Shown, file: ContractFile) -> None:
    whose = f" for a client of {shown.region}" if shown.region else ""
    lines = differences(
        {}, {row.name: dict(shown.says[row.name]) for row in shown.rows if row.name in shown.says}
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
        typer.echo(f"It also says something for {', '.join(others)}, which --region shows.")
    typer.echo(f"Its digest is {file.digest}.")


def _draw(shown: _Shown) -> None:
    """What all rows of a section have in common is in its heading: most terminals are narrower than
    the table would be.
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
