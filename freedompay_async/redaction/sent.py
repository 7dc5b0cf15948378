"""Finds the secrets in what goes out."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from msgspec import MsgspecError, Raw, Struct, json, to_builtins
from msgspec.structs import astuple, fields

from freedompay_async.redaction.masking import is_secret_name
from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_OF_ONE", "beginning", "leaves", "secrets_sent"]

MOST_OF_ONE: Final = 16_384
"""The most characters of one secret. A longer one is a document. It has a shape, and its beginning
is enough to recognise it.
"""
_SCALARS: Final = frozenset({str, int, bool, Decimal, type(None)})
_NO_FORM: Final = (
    *(AttributeError, TypeError, ValueError, OverflowError, RecursionError),
    MsgspecError,
)
_NOTHING: Final = frozenset({type(None)})


def secrets_sent(value: object) -> list[Secret]:
    """The secrets in a body: each `Secret`, and each field with the name of a secret."""
    found: list[Secret] = []
    if isinstance(value, Struct) and _is_plain(value):
        return found

    def take(secret: Secret) -> None:
        found.append(beginning(secret))

    # A body that JSON can't hold is refused before it is sent.
    with suppress(*_NO_FORM):
        _named_secrets(to_builtins(opened(value, take), enc_hook=_read), found)
    return found


def _read(value: object) -> Any:
    """What stands in JSON that the caller has written."""
    if isinstance(value, Raw):
        return json.decode(value)
    raise TypeError(f"it is of type {type(value).__name__}")


def _is_plain(value: Struct) -> bool:
    """A quick check that it has only plain values, also in the structs inside, and none of them
    under the name of a secret.
    """
    if _names_none(type(value)) and _SCALARS.issuperset(map(type, astuple(value))):
        return True
    parts = zip(astuple(value), _plain_in(type(value)), strict=True)
    others = [part for part, plain in parts if type(part) not in plain]
    return all(isinstance(part, Struct) and _is_plain(part) for part in others)


@cache
def _names_none(kind: type[Struct]) -> bool:
    """Whether no field has the name of a secret, which is so for most."""
    return not any(is_secret_name(each.encode_name) for each in fields(kind))


@cache
def _plain_in(kind: type[Struct]) -> tuple[frozenset[type], ...]:
    """For each field, the types whose values are no secrets in it."""
    return tuple(
        _NOTHING if is_secret_name(each.encode_name) else _SCALARS for each in fields(kind)
    )


def leaves(kind: Any) -> Iterator[Any]:
    """The types that an annotation names, inside lists and unions too."""
    parts = get_args(kind)
    if not parts:
        yield kind
    for part in parts:
        yield from leaves(part)


def _named_secrets(value: Any, found: list[Secret], named: str = "") -> None:
    """Find what stands under the name of a secret.

    Args:
        value: of a field.
        found: gets the secrets.
        named: the name of a secret that the value stands under; empty: none.
    """
    if isinstance(value, dict):
        for name, part in value.items():
            # In `{"pin": {"value": …}}` it is a secret too, and its type in `{"pin": {"type": …}}`
            # is none.
            whole = f"{named}_{name}" if named else str(name)
            _named_secrets(part, found, whole if is_secret_name(whole) else "")
    elif isinstance(value, list | tuple):
        for part in value:
            _named_secrets(part, found, named)
    elif named and isinstance(value, str | int | float) and not isinstance(value, bool):
        found.append(Secret(str(value)))


def beginning(secret: Secret) -> Secret:
    """The part of a secret that is kept: all of it, unless it is a document."""
    value = secret._value or ""
    return secret if len(value) <= MOST_OF_ONE else Secret(value[:MOST_OF_ONE])
