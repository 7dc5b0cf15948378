"""Finds the secrets in what goes out."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from msgspec import Struct, to_builtins
from msgspec.structs import astuple, fields

from freedompay_async.redaction.masking import is_secret_name
from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_OF_ONE", "leaves", "secrets_sent"]

MOST_OF_ONE: Final = 16_384
"""The most characters of one secret. A longer one is a document. It has a shape, and its beginning
is enough to recognise it.
"""
_SCALARS: Final = frozenset({str, int, bool, Decimal, type(None)})
_NOTHING: Final = frozenset({type(None)})


def secrets_sent(value: object) -> list[Secret]:
    """The secrets in a body: each `Secret`, and each field with the name of a secret."""
    found: list[Secret] = []
    if isinstance(value, Struct) and _holds_none(type(value)):
        return found

    def take(secret: Secret) -> None:
        found.append(_beginning(secret))

    # A body that JSON can't hold is refused before it is sent.
    with suppress(AttributeError, TypeError, ValueError, OverflowError, RecursionError):
        if not (isinstance(value, Struct) and _is_plain(value)):
            _named_secrets(to_builtins(opened(value, take)), found)
    return found


def _is_plain(value: Struct) -> bool:
    """A quick check that it has only plain values, also in the structs inside, and none of them
    under the name of a secret.
    """
    parts = zip(astuple(value), _plain_in(type(value)), strict=True)
    others = [part for part, plain in parts if type(part) not in plain]
    return all(isinstance(part, Struct) and _is_plain(part) for part in others)


@cache
def _plain_in(kind: type[Struct]) -> tuple[frozenset[type], ...]:
    """For each field, the types whose values are no secrets in it."""
    return tuple(
        _NOTHING if is_secret_name(each.encode_name) else _SCALARS for each in fields(kind)
    )


@cache
def _holds_none(kind: type[Struct]) -> bool:
    """Whether a body of this type has no field for a secret, which is so for most."""
    return all(
        _SCALARS.issuperset(leaves(each.type)) and not is_secret_name(each.encode_name)
        for each in fields(kind)
    )


def leaves(kind: Any) -> Iterator[Any]:
    """The types that an annotation names, inside lists and unions too."""
    parts = get_args(kind)
    if not parts:
        yield kind
    for part in parts:
        yield from leaves(part)


def _named_secrets(value: Any, found: list[Secret], *, named: bool = False) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            _named_secrets(part, found, named=isinstance(name, str) and is_secret_name(name))
    elif isinstance(value, list | tuple):
        for part in value:
            _named_secrets(part, found, named=named)
    elif named and isinstance(value, str | int | float) and not isinstance(value, bool):
        found.append(Secret(str(value)))


def _beginning(secret: Secret) -> Secret:
    value = secret._value or ""
    return secret if len(value) <= MOST_OF_ONE else Secret(value[:MOST_OF_ONE])
