"""Prints an answer: its fields as names and values, its lists as tables; or one line of JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from freedompay_async.cli.output import printable
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.models.answers import Answer, RequestState
from freedompay_async.contract.models.dictionaries import CallStatus, GiftStatus
from freedompay_async.contract.models.gift_cards import GiftAnswer
from freedompay_async.contract.models.open import Fields, OpenInt
from freedompay_async.contract.models.results import (
    Completed,
    CreatedClient,
    CreatedTransaction,
    IssuedCards,
)
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

__all__ = ["Finished", "Shown", "draw_facts", "draw_table", "show", "show_list"]

# Not shown: the exit code says that a call went well, and the terminal has its own clock.
_ENVELOPE: Final = {"answer", "dt", "request_status", "request_id", "ordered", "ordered_for"}
_MOST_DIGITS: Final = 60
_GIFT_ENVELOPE: Final = {"datetime", "request_id"}


Finished: TypeAlias = Completed | CreatedClient | CreatedTransaction | IssuedCards
"""The results of finished requests."""
Shown: TypeAlias = Answer | GiftAnswer | Finished
"""The answers that a command prints."""


@dataclass(frozen=True, slots=True)
class _View:
    """The fields and lists of an answer, as texts."""

    facts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def show(value: Shown, *, json: bool, reveal: bool = False) -> None:
    """Print an answer to standard output."""
    if json:
        typer.echo(to_json(value, reveal=reveal))
        return
    view = _View()
    _read(value, view, "", reveal=reveal)
    _read_envelope(value, view)
    draw_facts(view.facts)
    for name, rows in view.lists.items():
        typer.echo(f"\n{name}")
        _draw_rows(rows)


def show_list(values: Sequence[msgspec.Struct]) -> None:
    """Print answers of one kind as a table."""
    rows: list[dict[str, str]] = []
    for value in values:
        view = _View()
        _read(value, view, "", reveal=False)
        rows.append(view.facts)
    _draw_rows(rows)


def draw_facts(facts: dict[str, str]) -> None:
    """Print names and values, one pair a line."""
    width = max(map(len, facts), default=0)
    if not sys.stdout.isatty():
        for name, text in facts.items():
            typer.echo(f"{name:<{width}}  {text}".rstrip())
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts.items():
        grid.add_row(name, Text(text))
    _print(grid)


def draw_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; off a terminal, in columns of spaces."""
    lines = [tuple(columns), *map(tuple, rows)]
    if not sys.stdout.isatty():
        widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
        for line in lines:
            typer.echo(
                "  ".join(
                    text.ljust(width) for text, width in zip(line, widths, strict=True)
                ).rstrip()
            )
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for name in columns:
        table.add_column(name, overflow="fold")
    for line in lines[1:]:
        table.add_row(*map(Text, line))
    _print(table)


def _draw_rows(rows: list[dict[str, str]]) -> None:
    if not rows:
        typer.echo("none")
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    draw_table(columns, [[row.get(name, "") for name in columns] for row in rows])


def _print(what: RenderableType) -> None:
    Console(highlight=False, soft_wrap=False).print(what)


def _read(value: msgspec.Struct, view: _View, at: str, *, reveal: bool) -> None:
    envelope = _GIFT_ENVELOPE if isinstance(value, GiftAnswer) else _ENVELOPE
    for name in value.__struct_fields__:
        part = getattr(value, name)
        if (
            part is None
            or part == ""
            or (not at and name in envelope)
            or (name in ("extra", "found", "other_body") and not part)
        ):
            continue
        if isinstance(part, CallStatus) or (isinstance(part, GiftStatus) and part is GiftStatus.OK):
            continue
        if isinstance(part, Fields):
            view.facts.update(
                (f"{at}{printable(each)}", _text(inner, reveal=reveal))
                for each, inner in part.items()
            )
        elif isinstance(part, msgspec.Struct):
            _read(part, view, f"{at}{name}.", reveal=reveal)
        elif isinstance(part, list) and all(isinstance(each, msgspec.Struct) for each in part):
            rows = view.lists.setdefault(f"{at}{name}", [])
            for each in cast("list[msgspec.Struct]", part):
                inner = _View()
                _read(each, inner, "", reveal=reveal)
                rows.append(inner.facts)
        else:
            view.facts[f"{at}{name}"] = _text(part, reveal=reveal)


def _read_envelope(value: Shown, view: _View) -> None:
    """Add what an answer says about the call itself."""
    answer = value.answer if isinstance(value, Finished) else value
    status = answer.request_status if isinstance(answer, Answer) else None
    # For a question it is shown only if there is nothing else, or if it is no success.
    if status and (answer is not value or status != "success" or not (view.facts or view.lists)):
        view.facts["request_status"] = printable(str(status))
    if isinstance(value, GiftAnswer) and not (view.facts or view.lists):
        view.facts["status"] = _text(value.status, reveal=False)
    if isinstance(answer, RequestState) and answer.found:
        view.facts["found"] = (
            "yes: the issuer refused the id and knows it: it was used before this call, or a "
            "proxy sent the call twice"
        )
    view.facts["request_id"] = value.request_id


def _text(value: object, *, reveal: bool) -> str:
    if isinstance(value, Secret):
        return printable(value.reveal() if reveal else str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, OpenInt):
        name = value.name.lower().replace("_", " ")
        return f"{value.value} ({name if value.known else 'in no dictionary of the issuer'})"
    if isinstance(value, Decimal):
        # The digits of an exponent of millions would take all the memory.
        return format(value, "f") if -_MOST_DIGITS < value.adjusted() < _MOST_DIGITS else str(value)
    if isinstance(value, tuple):
        return ", ".join(_text(part, reveal=reveal) for part in cast("tuple[object, ...]", value))
    if isinstance(value, list | dict):
        return printable(to_json(cast("object", value), reveal=reveal))
    return printable(str(value))
