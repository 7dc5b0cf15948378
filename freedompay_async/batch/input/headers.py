"""Reads the header of a client file: which cell of a row is which column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, Protocol, TypeAlias

from freedompay_async.batch.input.column_checks import COLUMNS, nearest
from freedompay_async.batch.input.guesses import guess, looks_like_names, suggestion
from freedompay_async.batch.input.mapping import ColumnMap, normalized
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.rows import REQUIRED, REQUIRED_1000

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Cells", "Header", "Record", "Refuse", "known_names", "read_header"]

_BY_NAME: Final = {normalized(column): column for column in COLUMNS}
_IGNORED: Final = ""
_LISTED: Final = 5


class Cells(NamedTuple):
    """The cells of a row.

    Attributes:
        line: the line of the row.
        fields: its cells by column.
        problems: what is wrong with cells that are not in `fields`.
        uneven: how the number of cells differs from that of the header; empty: it does not. Cells
            may stand under wrong names then.
    """

    line: int
    fields: dict[str, object]
    problems: Sequence[Problem] = ()
    uneven: str = ""


Record: TypeAlias = Cells | Problem
"""A row, or why it can't be read."""


class Refuse(Protocol):
    """Raises the error that refuses the file."""

    def __call__(self, message: str, *, notes: Iterable[str] = ()) -> NoReturn: ...


class Header:
    """Which cell of a row is which column.

    Args:
        columns: the column of each place; `None`: the header has no name there; empty: the column
            is ignored.
        constants: the values of other columns, the same in every row.
    """

    def __init__(self, columns: Sequence[str | None], constants: Mapping[str, str]) -> None:
        self._columns: Final = tuple(columns)
        self.width: Final = len(columns)
        self._named_width: Final = max(
            (at + 1 for at, column in enumerate(columns) if column is not None), default=0
        )
        self._constants: Final = dict(constants)
        self.places: Final = tuple((at, column) for at, column in enumerate(columns) if column)
        self._nameless: Final = tuple(at for at, column in enumerate(columns) if column is None)
        self._whole: Final = len(self.places) == len(columns) and not constants

    def fields(self, cells: Sequence[object]) -> dict[str, object]:
        """The cells of a row by column, and the constants. Missing cells at the end are empty."""
        if self._whole and len(cells) == self.width:
            return dict(zip(self._columns, cells, strict=True))  # type: ignore[arg-type] # each is a column
        found: dict[str, object] = {
            column: cells[at] for at, column in self.places if at < len(cells)
        }
        return found | self._constants

    def uneven(self, cells: Sequence[object]) -> bool:
        """Whether a row has fewer cells than names, or more cells than the header."""
        return not self._named_width <= len(cells) <= self.width

    def stray(self, cells: Sequence[object]) -> int | None:
        """The place, from 0, of the first cell that is not empty and has no name; or `None`."""
        if not self._nameless and len(cells) <= self.width:
            return None
        places = (*self._nameless, *range(self.width, len(cells)))
        return next((at for at in places if at < len(cells) and str(cells[at]).strip()), None)


def known_names(names: Iterable[str], mapping: ColumnMap) -> int:
    """How many names are columns, are in the map, or may mean a column."""
    return sum(
        _column(name, mapping) is not None or guess(name) is not None
        for name in names
        if normalized(name)
    )


def read_header(
    names: Sequence[str], where: str, *, product_id: int, mapping: ColumnMap, refuse: Refuse
) -> Header:
    """The header with these names. `where` is the beginning of a sentence about it."""
    columns = [_column(name, mapping) if normalized(name) else None for name in names]
    unknown = [
        name.strip()
        for name, column in zip(names, columns, strict=True)
        if column is None and normalized(name)
    ]
    known = [column for column in columns if column]
    if not known and not looks_like_names(unknown):
        # The names are not shown: in a file without a header they are somebody's data.
        refuse(
            f"{where} names no known column. Write the names there, such as "
            "key,phone,first_name,last_name (`freedompay batch columns` lists them). The name of a "
            "JSON Lines file must end in .jsonl."
        )
    for column, spellings in mapping.spellings.items():
        if column not in known:
            listed = " or ".join(shown(name) for name in spellings)
            have = f" The map does not name: {_some(unknown)}." if unknown else ""
            refuse(
                f"{where} has no column {listed}, which is {column} in {mapping.source}.{have} "
                "Correct one of them."
            )
    if unknown:
        _refuse_unknown(unknown, where, known, refuse)
    twice = sorted({column for column in known if known.count(column) > 1})
    if twice:
        refuse(f"{where} has a column twice: {', '.join(twice)}. Delete one of each.")
    both = [column for column in mapping.constants if column in known]
    if both:
        refuse(
            f"{where} has {', '.join(both)}, which is a constant in {mapping.source} too. Remove "
            "it from one of them."
        )
    needed = (
        (*REQUIRED, *REQUIRED_1000)
        if product_id == 1000 and "product_id" not in (*known, *mapping.constants)
        else REQUIRED
    )
    missing = [
        column for column in needed if column not in known and column not in mapping.constants
    ]
    if missing:
        why = "" if needed is REQUIRED else " (product 1000 needs them all)"
        refuse(f"{where} lacks needed columns: {', '.join(missing)}{why}. Add them.")
    return Header(columns, mapping.constants)


def _column(name: str, mapping: ColumnMap) -> str | None:
    form = normalized(name)
    if form in mapping.ignored:
        return _IGNORED
    # The map comes first, because an office may use the name of a column for another.
    return mapping.columns.get(form) or _BY_NAME.get(form)


def _refuse_unknown(
    unknown: Sequence[str], where: str, known: Sequence[str], refuse: Refuse
) -> NoReturn:
    named = [
        f"{shown(name)}, perhaps {near}" if (near := nearest(name)) else shown(name)
        for name in unknown[:_LISTED]
    ]
    refuse(
        f"{where} has unknown columns: {_some(unknown, named)}. "
        "Rename or delete them, or map them in a file for --columns (columns= in code).",
        notes=suggestion(unknown, known),
    )


def _some(names: Sequence[str], listed: Sequence[str] = ()) -> str:
    more = f"; and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return "; ".join(listed or map(shown, names[:_LISTED])) + more
