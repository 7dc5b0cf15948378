"""Copies a value without what JSON can't hold: secrets, and fields that are no mapping."""

from __future__ import annotations

import dataclasses
from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import force_setattr

from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterable

__all__ = ["Closed", "opened"]

_UNCHANGED: Final = frozenset({str, int, bool, float, Decimal, type(None), bytes})


class Closed:
    """Fields that read like a mapping, and are not a `Mapping` for `isinstance`."""

    __slots__ = ()

    def items(self) -> ItemsView[str, Any]:
        raise NotImplementedError


def opened(value: Any, show: Callable[[Secret], Any]) -> Any:
    """A copy of the value, with `show(secret)` in place of each secret and a dict in place of
    closed fields.

    The value itself does not change. Parts without secrets and closed fields are not copied.
    """
    kind = type(value)
    if kind in _UNCHANGED:
        return value
    if isinstance(value, Secret):
        return show(value)
    if isinstance(value, dict | Closed):
        return {name: opened(part, show) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [opened(part, show) for part in value]
    if isinstance(value, Struct):
        return _with(value, value.__struct_fields__, force_setattr, show)
    fields = (
        dataclasses.fields(value)
        if dataclasses.is_dataclass(kind)
        else getattr(kind, "__attrs_attrs__", ())
    )
    names = [each.name for each in fields]
    return _with(value, names, object.__setattr__, show)


def _with(
    value: Any,
    names: Iterable[str],
    put: Callable[[Any, str, Any], None],
    show: Callable[[Secret], Any],
) -> Any:
    made = None
    for name in names:
        part = getattr(value, name)
        other = opened(part, show)
        if other is not part:
            made = copy(value) if made is None else made
            put(made, name, other)
    return value if made is None else made
