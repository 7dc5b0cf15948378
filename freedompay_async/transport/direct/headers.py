"""The headers of an answer, as the `DirectTransport` reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import ItemsView

__all__ = ["Headers"]


class Headers(Mapping[str, str]):
    """Looked up without regard to case. They are decoded when the first one is asked for, because
    nobody asks for one of a good answer.

    Args:
        raw: names and values, in their order.
    """

    __slots__ = ("_found", "_raw")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._found: CIMultiDict[str] | None = None

    @property
    def _all(self) -> CIMultiDict[str]:
        if self._found is None:
            self._found = CIMultiDict(
                (name.decode("ascii"), value.decode("utf-8", "surrogateescape"))
                for name, value in self._raw
            )
        return self._found

    def __getitem__(self, name: str) -> str:
        return self._all[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def items(self) -> ItemsView[str, str]:
        """Each header, one that came twice too."""
        return self._all.items()
