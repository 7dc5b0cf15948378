"""Counts how the issuer's answers differ from the contract, by name and never with a value."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from freedompay_async.redaction.portable import Portable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.codec.shapes import Note

__all__ = ["Drift", "DriftCount"]

# An issuer that invents field names could fill the memory.
_MOST: Final = 1_000


class Drift(Portable, kw_only=True, frozen=True):
    """One difference between the contract and the issuer's answers."""

    call: str
    """The method, such as `cards.info`."""
    difference: str
    """`unknown field`, `unknown value`, `missing field` or `other type`."""
    field: str
    """The name of the field on the wire; with a dot if it is nested."""
    count: int
    """How many times it was seen."""


class DriftCount:
    """Counts the differences of a client."""

    def __init__(self) -> None:
        self._counts: Final[Counter[tuple[str, Note]]] = Counter()

    def add(self, call: str, notes: Iterable[Note]) -> None:
        for note in notes:
            # Invented names must leave room for other differences.
            most = _MOST if note.difference != "unknown field" else _MOST * 9 // 10
            if (call, note) in self._counts or len(self._counts) < most:
                self._counts[call, note] += 1

    def list(self) -> list[Drift]:
        """The differences, the most frequent first."""
        return [
            Drift(call=call, difference=note.difference.value, field=note.field, count=count)
            for (call, note), count in sorted(
                self._counts.items(), key=lambda item: (-item[1], item[0])
            )
        ]
