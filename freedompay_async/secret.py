"""A value that is shown as `***` wherever it turns up."""

from __future__ import annotations

from typing import Final, NoReturn

__all__ = ["Secret"]

MASK: Final = "***"


class Secret:
    """A string that no log, repr, format, traceback or pickle shows; `reveal()` is the only door."""

    __slots__ = ("_value",)

    def __init__(self, value: str | Secret) -> None:
        self._value: str = value._value if isinstance(value, Secret) else value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: hand over the place it is kept in, not the value")
