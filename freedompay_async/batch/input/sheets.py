"""Chooses the sheet of a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from freedompay_async.batch.input.mapping import normalized
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import refuse

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.batch.input.archive import Extent

__all__ = ["EMPTY", "Sheets", "chosen"]

_LISTED: Final = 10
EMPTY: Final = "is empty. Write the names of the columns and one row for each card."


class Sheets(Protocol):
    """The sheets of a workbook."""

    @property
    def names(self) -> list[str]: ...

    @property
    def visible(self) -> list[str]: ...

    def extent(self, name: str) -> Extent:
        """What a sheet holds."""
        ...


def chosen(path: Path, book: Sheets, sheet: str | None) -> tuple[str, Extent]:
    """The sheet of this name; without a name, the only visible sheet that is not empty."""
    if sheet is not None:
        named = [name for name in book.names if name == sheet] or [
            name for name in book.names if normalized(name) == normalized(sheet)
        ]
        if len(named) != 1:
            refuse(path, f"has no sheet {shown(sheet)}. It has: {_listed(book.names)}.")
        return named[0], book.extent(named[0])
    filled = {name: extent for name in book.visible if (extent := book.extent(name)).filled}
    if not filled:
        _refuse_empty(path, [name for name in book.names if name not in book.visible])
    if len(filled) > 1:
        refuse(
            path,
            (
                f"has several sheets that are not empty: {_listed(list(filled))}. Name one with "
                "--sheet (sheet= in code)."
            ),
        )
    return next(iter(filled.items()))


def _refuse_empty(path: Path, hidden: list[str]) -> NoReturn:
    if hidden:
        refuse(
            path,
            (
                "has only empty visible sheets. Name one of the others with --sheet: "
                f"{_listed(hidden)}."
            ),
        )
    refuse(path, EMPTY)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return (", ".join(map(shown, names[:_LISTED])) or "none") + more
