"""Checks the values of a body against the types of its model, before it is sent. Pure.

A struct accepts any value, and JSON would change some: bytes become Base64, and NaN becomes null.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import cache
from math import isfinite
from operator import contains
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_origin
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple, fields

from freedompay_async.contract.models.open import Fields
from freedompay_async.guards.arguments import wrong_type
from freedompay_async.redaction.secret import Secret
from freedompay_async.redaction.sent import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["wrong_value"]

_OURS: Final = "freedompay_async."
_BYTES: Final = (bytes, bytearray, memoryview)
_WANTED: Final = {
    str: "text",
    int: "a whole number (int)",
    Decimal: "a Decimal",
    bool: "True or False",
}


class _Field(NamedTuple):
    name: str
    wire_name: str
    kinds: tuple[Any, ...]
    """The types that its annotation names."""
    many: bool
    """It is a list of values of these types."""
    unchecked: frozenset[type]
    """Types of which every value is right."""
    structs: tuple[type[Struct], ...]
    """Structs whose own values have to be right."""


def wrong_value(value: object) -> str | None:
    """What is wrong with the first wrong value, with the name of its field; `None`: nothing.

    Args:
        value: a body, or fields of one. Fields that no model declares are only checked for numbers
            that JSON can't hold, and for bytes in place of text.
    """
    try:
        # A quick first check, which nearly every body passes.
        if isinstance(value, Struct) and _passes(value):
            return None
        return next(_wrong(value, ""), None)
    except RecursionError:
        return "a value can't be written as JSON: it is inside itself, or nested too deeply"


@cache
def _fields_of(kind: type[Struct]) -> tuple[_Field, ...]:
    """The fields of a model. All fields of a model of the caller are checked."""
    ours = kind.__module__.startswith(_OURS)
    found = [
        (field, tuple(leaves(field.type)) if ours else (), _is_list(field.type))
        for field in fields(kind)
    ]
    return tuple(
        _Field(
            field.name,
            field.encode_name,
            kinds,
            many,
            frozenset(filter(_is_unchecked, () if many else kinds)),
            tuple(filter(_is_struct, () if many else kinds)),
        )
        for field, kinds, many in found
    )


def _passes(value: Struct) -> bool:
    """Whether each value is of a type of which every value is right, also in the structs inside."""
    kind, values = type(value), astuple(value)
    if all(map(contains, _unchecked_in(kind), map(type, values))):
        return True
    parts = zip(values, _fields_of(kind), strict=True)
    others = [(part, field) for part, field in parts if type(part) not in field.unchecked]
    return all(isinstance(part, field.structs) and _passes(part) for part, field in others)


@cache
def _unchecked_in(kind: type[Struct]) -> tuple[frozenset[type], ...]:
    return tuple(field.unchecked for field in _fields_of(kind))


def _is_list(kind: object) -> bool:
    origin = get_origin(kind)
    return (isinstance(origin, type) and issubclass(origin, Sequence)) or any(
        map(_is_list, get_args(kind))
    )


def _is_unchecked(kind: Any) -> bool:
    return kind in (str, int, bool, NoneType) or (
        isinstance(kind, type) and issubclass(kind, Secret)
    )


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _wrong(value: object, name: str) -> Iterator[str]:
    if isinstance(value, Struct):
        for own, wire_name, kinds, many, unchecked, _ in _fields_of(type(value)):
            part = getattr(value, own, None)
            inner = f"{name}.{wire_name}" if name else wire_name
            if isinstance(part, Fields):
                # It is the whole body, as the caller wrote it.
                yield from _wrong(part, name)
            elif not kinds:
                yield from _wrong_of_theirs(part, inner)
            elif type(part) not in unchecked:
                yield from _unfit(part, kinds, inner, many=many)
    elif isinstance(value, Mapping | Fields):
        for key in value:
            yield from _wrong(value[key], f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple | set | frozenset):
        for number, part in enumerate(value):
            yield from _wrong(part, f"{name}[{number}]")
    elif isinstance(value, _BYTES):
        yield wrong_type(name, value, "text")
    elif not _has_a_form(value):
        yield _no_number(name)
    else:
        for own in _names_of(type(value)):
            yield from _wrong_of_theirs(getattr(value, own, None), f"{name}.{own}")


def _wrong_of_theirs(value: object, name: str) -> Iterator[str]:
    """What is wrong with a field of a type of the caller, whose bytes may be meant as Base64."""
    if not isinstance(value, _BYTES):
        yield from _wrong(value, name)


def _names_of(kind: type) -> list[str]:
    """The fields of a dataclass, or of a class made by attrs."""
    made = (
        dataclasses.fields(kind)
        if dataclasses.is_dataclass(kind)
        else getattr(kind, "__attrs_attrs__", ())
    )
    return [each.name for each in made]


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _unfit(value: object, kinds: tuple[Any, ...], name: str, *, many: bool) -> Iterator[str]:
    """What is wrong with a value of a field of one of these types, or with `many` of a list."""
    if many and isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _unfit(part, kinds, f"{name}[{number}]", many=False)
    elif (
        not many
        and isinstance(value, Struct)
        and isinstance(value, tuple(kind for kind in kinds if isinstance(kind, type)))
    ):
        yield from _wrong(value, name)
    elif not _fits(value, () if many and value is not None else kinds, name):
        if not _has_a_form(value):
            yield _no_number(name)
        else:
            named = " or ".join(
                _WANTED.get(kind, _a(kind.__name__)) for kind in kinds if kind is not NoneType
            )
            yield wrong_type(name, value, f"a list, of which each is {named}" if many else named)


def _fits(value: object, kinds: tuple[Any, ...], name: str) -> bool:
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, Decimal):
        return Decimal in kinds and value.is_finite()
    if isinstance(value, int):
        return int in kinds
    if isinstance(value, str) and type(value) is not str and not isinstance(value, Secret | Enum):
        return False  # msgspec does not write a subclass of `str`
    if isinstance(value, str | UUID):
        return str in kinds or any(
            isinstance(kind, type) and issubclass(kind, Secret) for kind in kinds
        )
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        # msgspec writes it in the vendor's form: YYYY-MM-DD.
        return str in kinds and name.endswith("date")
    return value is None and NoneType in kinds


def _has_a_form(value: object) -> bool:
    """Whether the value is no number that JSON can't hold."""
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, Decimal) or value.is_finite()


def _no_number(name: str) -> str:
    return f"{name} is NaN or infinite, as some programs read an empty cell: leave it out"
