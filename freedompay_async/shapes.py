"""From JSON to a struct: unknown fields are kept aside, and what differs from the contract is noted by its name: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, get_args

import msgspec

from freedompay_async.masking import mask_text
from freedompay_async.models.open import Extra, OpenInt, OpenStruct, OpenText
from freedompay_async.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Difference", "Note", "read_shape"]

T = TypeVar("T")
_FIELD: Final = re.compile(r" - at `\$\.([^.\[`]+)`")


class Difference(StrEnum):
    """How an answer differs from the contract."""

    UNKNOWN_FIELD = "unknown field"
    UNKNOWN_VALUE = "unknown value"
    MISSING_FIELD = "missing field"
    OTHER_TYPE = "other type"


class Note(NamedTuple):
    """One difference; the name of the field, and never its value."""

    difference: Difference
    field: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is known of a struct's fields."""

    names: frozenset[str]
    expected: frozenset[str]
    optional: frozenset[str]
    """Fields that may be set aside where they are of another type."""
    parts: tuple[tuple[str, _Shape], ...]
    words: tuple[tuple[str, frozenset[Any]], ...]
    secret: bool


def read_shape(fields: dict[str, Any], kind: type[T], *, notes: list[Note]) -> T:
    """The struct; `fields` is used up.

    Raises:
        msgspec.ValidationError: a field that decides is absent or of another type.
    """
    shape = _shape_of(kind) if issubclass(kind, OpenStruct) else None
    if shape is not None:
        _tidy(fields, shape, "", notes)
    while True:
        try:
            return msgspec.convert(fields, kind, dec_hook=_sealed)
        except msgspec.ValidationError as error:
            name = _FIELD.search(str(error))
            if shape is None or name is None or name[1] not in shape.optional or name[1] not in fields:
                raise
            # It decides nothing, so the answer stays readable without it.
            kept = dict(fields.pop("extra", {}))
            kept[name[1]] = fields.pop(name[1])
            fields["extra"] = Extra(kept, secret=shape.secret)
            notes.append(Note(Difference.OTHER_TYPE, name[1]))


def _tidy(fields: dict[str, Any], shape: _Shape, at: str, notes: list[Note]) -> None:
    if not fields.keys() <= shape.names:
        unknown = {name: fields.pop(name) for name in fields.keys() - shape.names}
        notes.extend(Note(Difference.UNKNOWN_FIELD, at + _shown(name)) for name in sorted(unknown))
        fields["extra"] = Extra(unknown, secret=shape.secret)
    for name, part in shape.parts:
        value = fields.get(name)
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, dict):
                _tidy(each, part, f"{at}{name}.", notes)
    for name, known in shape.words:
        value = fields.get(name)
        if isinstance(value, str | int) and value not in known:
            notes.append(Note(Difference.UNKNOWN_VALUE, at + name))
    if not shape.expected <= fields.keys():
        notes.extend(Note(Difference.MISSING_FIELD, at + name) for name in sorted(shape.expected - fields.keys()))


@cache
def _shape_of(kind: type[OpenStruct]) -> _Shape:
    fields = [each for each in msgspec.structs.fields(kind) if each.name not in kind.FILLED]
    parts: list[tuple[str, _Shape]] = []
    words: list[tuple[str, frozenset[Any]]] = []
    inner: set[str] = set()
    for each in fields:
        for part in _types_in(each.type):
            if issubclass(part, OpenStruct):
                parts.append((each.name, _shape_of(part)))
                inner.add(each.name)
            elif issubclass(part, OpenInt | OpenText):
                words.append((each.name, frozenset(member.value for member in part)))
    names = frozenset(each.name for each in fields)
    optional = frozenset(each.name for each in fields if not each.required) - kind.DECIDING - inner
    return _Shape(names, kind.EXPECTED, optional, tuple(parts), tuple(words), kind.SECRET)


def _types_in(kind: Any) -> Iterator[type]:
    """The classes that an annotation names, those inside lists and unions too."""
    if isinstance(kind, type) and not get_args(kind):
        yield kind
    for part in get_args(kind):
        yield from _types_in(part)


def _sealed(kind: type[Any], value: Any) -> Any:
    """Values of types that JSON does not have."""
    if isinstance(value, kind):
        return value
    if issubclass(kind, Secret) and isinstance(value, str | int) and not isinstance(value, bool):
        return kind(str(value))
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")


def _shown(name: str) -> str:
    """A field's name may be anything: short, and never a card number."""
    return mask_text(name[:60])
