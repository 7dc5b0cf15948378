"""Types for answers that keep the fields and values which the vendor adds."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeAlias

from msgspec import to_builtins

from freedompay_async.redaction.masking import MOST_OF_TEXT, is_secret_name, mask_text
from freedompay_async.redaction.opening import Closed
from freedompay_async.redaction.portable import Portable
from freedompay_async.redaction.redaction import BY_SHAPE, Redaction, named_apart
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    _Encoded: TypeAlias = type
else:
    from freedompay_async.redaction.portable import Encoded as _Encoded

__all__ = ["Extra", "Fields", "OpenInt", "OpenStruct", "OpenText", "sealed"]

_DEEPEST: Final = 8


class Fields(Closed):
    """Fields by their name on the wire. `repr` shows only the names.

    It reads like a mapping, and is not a `Mapping` for `isinstance`: tools that show the locals of
    a frame would show the values of a mapping.
    """

    __slots__ = ("_fields",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, fields: Mapping[str, Any] | Fields) -> None:
        self._fields: Final[dict[str, Any]] = (
            fields._fields if isinstance(fields, Fields) else dict(fields)
        )

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __eq__(self, other: object) -> bool:
        return self._fields == (other._fields if isinstance(other, Fields) else other)

    def get(self, name: str, default: Any = None) -> Any:
        return self._fields.get(name, default)

    def keys(self) -> KeysView[str]:
        return self._fields.keys()

    def values(self) -> ValuesView[Any]:
        return self._fields.values()

    def items(self) -> ItemsView[str, Any]:
        return self._fields.items()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(mask_text(str(name)) for name in self)})"


def sealed(name: str, value: Any, *, hidden: Redaction | None) -> Any:
    """The value with a `Secret` in place of each text or number that may be one.

    Args:
        name: the name of the field.
        value: the value as it came.
        hidden: what must not be shown; `None`: the answer has no secrets in its texts.
    """
    return _sealed(value, secret=is_secret_name(name), hidden=hidden, depth=0)


def _sealed_fields(
    fields: Mapping[str, Any] | Fields, *, secret: bool, hidden: Redaction | None, depth: int
) -> dict[str, Any]:
    # Two names that are card numbers become equal when they are hidden, and neither may get lost.
    named = named_apart(
        (name if hidden is None else hidden.text(name), (name, value))
        for name, value in fields.items()
    )
    return {
        shown: _sealed(value, secret=secret or is_secret_name(name), hidden=hidden, depth=depth)
        for shown, (name, value) in named
    }


def _sealed(value: Any, *, secret: bool, hidden: Redaction | None, depth: int) -> Any:
    if value is None or isinstance(value, bool | Secret):
        return value
    if depth > _DEEPEST:
        return Secret(_text(value))
    if isinstance(value, dict):
        return _sealed_fields(value, secret=secret, hidden=hidden, depth=depth + 1)
    if isinstance(value, list):
        return [_sealed(part, secret=secret, hidden=hidden, depth=depth + 1) for part in value]
    if isinstance(value, int | Decimal):
        try:
            text = str(value)
        except ValueError:
            # Python does not write an integer of thousands of digits, which is no secret.
            return value
    else:
        text = str(value)
    # A longer text is not searched.
    if secret or len(text) > MOST_OF_TEXT or (hidden is not None and hidden.text(text) != text):
        return Secret(text)
    return value


def _text(value: object) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):
        return type(value).__name__


class Extra(Fields, metaclass=_Encoded):
    """The fields of an answer that the library does not know.

    A value that has the shape of a secret, or repeats one that was sent, is a `Secret`.
    """

    __slots__ = ()

    @property
    def _value_(self) -> dict[str, Any]:
        """The form that msgspec writes (see `redaction/portable.py`). It converts nothing in it, so
        values that JSON does not have are text already.
        """
        builtins: dict[str, Any] = to_builtins(self._fields)
        return builtins

    def __init__(
        self,
        fields: Mapping[str, Any] | Fields,
        *,
        secret: bool = False,
        hidden: Redaction | None = BY_SHAPE,
    ) -> None:
        super().__init__(_sealed_fields(fields, secret=secret, hidden=hidden, depth=0))

    def __reduce__(self) -> tuple[Any, ...]:
        return _extra, (self._fields,)


_NONE: Final = Extra({})


def _extra(fields: dict[str, Any]) -> Extra:
    """From a pickle. Empty fields become `_NONE`, so that a `repr` leaves them out."""
    return Extra(fields) if fields else _NONE


class OpenStruct(Portable, kw_only=True, frozen=True, repr_omit_defaults=True):
    """A JSON object of an answer."""

    EXPECTED: ClassVar[frozenset[str]] = frozenset()
    """Fields that the vendor's page says are always there."""
    DECIDING: ClassVar[frozenset[str]] = frozenset()
    """Fields that decide what an answer means. If one has another type, or is required and missing,
    the answer can't be read.
    """
    FILLED: ClassVar[frozenset[str]] = frozenset({"extra"})
    """Fields that the client fills in, and no answer."""
    SECRET: ClassVar[bool] = False
    """The answer consists of secrets, so an unknown field counts as one too."""

    extra: Extra = _NONE
    """The fields that the library does not know."""


class OpenInt(IntEnum):
    """A dictionary of numbers. An unknown number becomes a member without a name."""

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
    """A dictionary of words. An unknown word becomes a member without a name."""

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
