"""Shapes that stay open: fields and values that the vendor adds are kept, and break nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final, Self

from msgspec import Struct

from freedompay_async.masking import mask_text
from freedompay_async.secret import Secret

__all__ = ["Extra", "Fields", "OpenInt", "OpenStruct", "OpenText"]

_DEEPEST: Final = 8


class Fields(Mapping[str, Any]):
    """Fields by their name on the wire; `repr` shows the names only."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields: Final = dict(fields)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(mask_text(str(name)) for name in self)})"


class Extra(Fields):
    """Fields of an answer that the library does not know. What reads like a secret or a card number is a `Secret`."""

    __slots__ = ()

    def __init__(self, fields: Mapping[str, Any], *, secret: bool = False) -> None:
        super().__init__({name: _sealed(name, value, secret=secret) for name, value in fields.items()})


_NONE: Final = Extra({})


class OpenStruct(Struct, kw_only=True, frozen=True, repr_omit_defaults=True):
    """A JSON object of an answer."""

    EXPECTED: ClassVar[frozenset[str]] = frozenset()
    """Fields that the vendor's page says are always there."""
    DECIDING: ClassVar[frozenset[str]] = frozenset()
    """Fields that decide what an answer means: one of another type makes the answer unreadable, and no other does."""
    FILLED: ClassVar[frozenset[str]] = frozenset({"extra"})
    """Fields that the client fills in, and never the wire."""
    SECRET: ClassVar[bool] = False
    """Made of secrets, so that an unknown field is taken for one too."""

    extra: Extra = _NONE
    """Fields that the library does not know."""


class OpenInt(IntEnum):
    """A dictionary of numbers; a number that is not in it is a member without a name."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        made = int.__new__(cls, value)
        made._name_, made._value_ = "UNLISTED", value
        return made

    @property
    def known(self) -> bool:
        """Whether the vendor's dictionary has it."""
        return self._value_ in type(self)._value2member_map_


class OpenText(StrEnum):
    """A dictionary of words; a word that is not in it is a member without a name."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_, made._value_ = "UNLISTED", value
        return made

    @property
    def known(self) -> bool:
        """Whether the vendor's dictionary has it."""
        return self._value_ in type(self)._value2member_map_


def _sealed(name: str, value: Any, *, secret: bool, depth: int = 0) -> Any:
    """The value, with a `Secret` in the place of each text or number that may be one."""
    if value is None or isinstance(value, bool | Secret):
        return value
    if depth > _DEEPEST:
        return Secret(type(value).__name__)
    if isinstance(value, dict):
        return {each: _sealed(each, part, secret=secret, depth=depth + 1) for each, part in value.items()}
    if isinstance(value, list):
        return [_sealed(name, part, secret=secret, depth=depth + 1) for part in value]
    if isinstance(value, int | Decimal):
        try:
            text = str(value)
        except ValueError:
            # An integer of thousands of digits has no text in Python, and is no secret of a card.
            return value
    else:
        text = str(value)
    if secret or "***" in mask_text(f'"{name[:100]}": "{text[:4000]}"'):
        return Secret(text)
    return value
