"""The header of a client file: which cell of a row is which column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, Protocol, TypeAlias

from freedompay_async.batch.input.column_checks import COLUMNS, nearest
from freedompay_async.batch.input.guesses import guess, looks_like_names, suggestion
from freedompay_async.batch.input.mapping import ColumnMap, plain
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.rows import REQUIRED, REQUIRED_1000, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Cells", "Header", "Record", "Refuse", "known_names", "read_header"]

_OURS: Final = {plain(column): column for column in COLUMNS}
_IGNORED: Final = ""
_LISTED: Final = 5


class Cells(NamedTuple):
    """The cells of a row.

    Attributes:
        line: where the row is.
        fields: its cells by column.
        told: what is known to be wrong with other cells of it.
        uneven: how its number of cells differs from the header's, if it does: they may stand under
            wrong names.
    """

    line: int
    fields: dict[str, object]
    told: Sequence[Problem] = ()
    uneven: str = ""


Record: TypeAlias = Cells | Problem
"""A row, or why it can't be taken apart."""


class Refuse(Protocol):
    """Raises what says that the file is refused."""

    def __call__(self, message: str, *, notes: Iterable[str] = ()) -> NoReturn: ...


class Header:
    """Which cell of a row is which column.

    Args:
        columns: of each place our column; `None` where the header has no name; empty where the
            column is left out.
        constants: what the other columns hold in every row.
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
        """The cells of a row by column, and the constants; cells that are left out at its end are
        empty.
        """
        if self._whole and len(cells) == self.width:
            return dict(zip(self._columns, cells, strict=True))  # type: ignore[arg-type] # each is a column
        found: dict[str, object] = {
            column: cells[at] for at, column in self.places if at < len(cells)
        }
        return found | self._constants

    def uneven(self, cells: Sequence[object]) -> bool:
        """Whether a row has fewer cells than there are names, or more than the header has."""
        return not self._named_width <= len(cells) <= self.width

    def stray(self, cells: Sequence[object]) -> int | None:
        """The place, from 0, of the first cell that has something in it and no name above it."""
        if not self._nameless and len(cells) <= self.width:
            return None
        places = (*self._nameless, *range(self.width, len(cells)))
        return next((at for at in places if at < len(cells) and str(cells[at]).strip()), None)


def known_names(names: Iterable[str], mapping: ColumnMap) -> int:
    """How many names are ours, of the map, or words that may mean a column."""
    return sum(
        _column(name, mapping) is not None or guess(name) is not None
        for name in names
        if plain(name)
    )


def read_header(
    names: Sequence[str], where: str, *, product_id: int, mapping: ColumnMap, refuse: Refuse
) -> Header:
    """The header with these names; `where` begins the sentence that refuses it."""
    columns = [_column(name, mapping) if plain(name) else None for name in names]
    unknown = [
        name.strip()
        for name, column in zip(names, columns, strict=True)
        if column is None and plain(name)
    ]
    ours = [column for column in columns if column]
    if not ours and not looks_like_names(unknown):
        # Not shown: without a header this is somebody's data.
        refuse(
            f"{where} names no known column. Write the names there, such as "
            "key,phone,first_name,last_name "
            "(`freedompay batch columns` lists them); a JSON Lines file has a name that ends in "
            ".jsonl."
        )
    for column, spellings in mapping.spellings.items():
        if column not in ours:
            listed = " or ".join(shown(name) for name in spellings)
            have = f" Not named by it: {_some(unknown)}." if unknown else ""
            refuse(
                f"{where} has no column {listed}, which is {column} in {mapping.source}.{have} "
                "Correct one of them."
            )
    if unknown:
        _refuse_unknown(unknown, where, ours, refuse)
    twice = sorted({column for column in ours if ours.count(column) > 1})
    if twice:
        refuse(f"{where} has a column twice: {', '.join(twice)}. Delete one of each.")
    both = [column for column in mapping.constants if column in ours]
    if both:
        refuse(
            f"{where} has {', '.join(both)}, which is a constant in {mapping.source} too. Take it "
            "out of one of them."
        )
    needed = (
        (*REQUIRED, *REQUIRED_1000)
        if product_id == 1000 and "product_id" not in (*ours, *mapping.constants)
        else REQUIRED
    )
    missing = [
        column for column in needed if column not in ours and column not in mapping.constants
    ]
    if missing:
        why = "" if needed is REQUIRED else " (product 1000 needs them all)"
        refuse(f"{where} lacks needed columns: {', '.join(missing)}{why}. Add them.")
    return Header(columns, mapping.constants)


def _column(name: str, mapping: ColumnMap) -> str | None:
    form = plain(name)
    if form in mapping.ignored:
        return _IGNORED
    # An office may use one of our names for something else.
    return mapping.columns.get(form) or _OURS.get(form)


def _refuse_unknown(
    unknown: Sequence[str], where: str, ours: Sequence[str], refuse: Refuse
) -> NoReturn:
    named = [
        shown(name) + nearest(name).removesuffix("?").replace(": did you mean ", ", perhaps ")
        for name in unknown[:_LISTED]
    ]
    refuse(
        f"{where} has unknown columns: {_some(unknown, named)}. "
        "Rename or delete them, or say in a file for --columns (columns= in code) what they are.",
        notes=suggestion(unknown, ours),
    )


def _some(names: Sequence[str], listed: Sequence[str] = ()) -> str:
    more = f"; and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return "; ".join(listed or map(shown, names[:_LISTED])) + more
