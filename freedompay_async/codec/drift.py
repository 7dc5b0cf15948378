"""How the issuer's answers have differed from the contract: counted by name, never with a value."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from freedompay_async.redaction.portable import Portable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.codec.shapes import Note

__all__ = ["Drift", "DriftCount"]

# What an issuer that makes field names up could take of memory.
_MOST: Final = 1_000


class Drift(Portable, kw_only=True, frozen=True):
    """One difference between the contract and what came."""

    call: str
    """The method, such as `cards.info`."""
    difference: str
    """`unknown field`, `unknown value`, `missing field` or `other type`."""
    field: str
    """Its name on the wire; a nested one with a dot."""
    count: int


class DriftCount:
    """Counts the differences of a client."""

    def __init__(self) -> None:
        self._counts: Final[Counter[tuple[str, Note]]] = Counter()

    def add(self, call: str, notes: Iterable[Note]) -> None:
        for note in notes:
            # Names that the issuer makes up must not take the place of what else may come.
            most = _MOST if note.difference != "unknown field" else _MOST * 9 // 10
            if (call, note) in self._counts or len(self._counts) < most:
                self._counts[call, note] += 1

    def list(self) -> list[Drift]:
        """The most frequent first."""
        return [
            Drift(call=call, difference=note.difference.value, field=note.field, count=count)
            for (call, note), count in sorted(
                self._counts.items(), key=lambda item: (-item[1], item[0])
            )
        ]
