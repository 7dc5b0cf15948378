"""Whether what goes out in a body is what its model declares: pure.

A struct takes whatever it is made of, and JSON has a form for much of that: bytes become Base64 and
NaN becomes null. So the bytes are read back, which is quick, and only where they do not come out as
they went in the value that is wrong is looked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder
from msgspec.structs import fields

from freedompay_async.arguments import refusal
from freedompay_async.errors import ConfigurationError
from freedompay_async.models.open import Fields
from freedompay_async.redaction import leaves
from freedompay_async.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["wrong_body", "wrong_value"]

_OURS: Final = "freedompay_async.models"
_WANTED: Final = {str: "text", int: "a whole number (int)", Decimal: "a Decimal", bool: "True or False"}


def wrong_body(request: Struct, body: bytes) -> ConfigurationError | None:
    """The error for a body whose bytes do not say what its model declares, which names the field.

    Args:
        request: the body; of one of the caller's own types no more is asked than a form in JSON.
        body: the same, encoded.
    """
    decoder = _decoder_of(type(request))
    if decoder is not None:
        try:
            if decoder.decode(body) == request:
                return None
        except (MsgspecError, ConfigurationError, ValueError):
            pass
    return wrong_value(request)


def wrong_value(value: object) -> ConfigurationError | None:
    """The same, by looking at each value."""
    return next(_wrong(value, ""), None)


@cache
def _decoder_of(kind: type[Struct]) -> Decoder[Any] | None:
    """`None` where the values have to be looked at one by one."""
    if not kind.__module__.startswith(_OURS):
        return None
    try:
        return Decoder(kind, dec_hook=_sealed)
    except TypeError:
        # A union that JSON alone can't tell apart, such as text or Decimal.
        return None


def _sealed(kind: type[Any], value: Any) -> Any:
    return kind(value)


def _wrong(value: object, name: str) -> Iterator[ConfigurationError]:
    if isinstance(value, Struct):
        ours = type(value).__module__.startswith(_OURS)
        for field in fields(value):
            part = getattr(value, field.name)
            inner = f"{name}.{field.encode_name}" if name else field.encode_name
            if isinstance(part, Fields):
                # The whole body, as the caller wrote it.
                yield from _wrong(part, name)
            elif ours:
                yield from _unfit(part, tuple(leaves(field.type)), inner)
            else:
                yield from _wrong(part, inner)
    elif isinstance(value, Mapping | Fields):
        for key in value:
            yield from _wrong(value[key], f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _wrong(part, f"{name}[{number}]")
    elif not _has_a_form(value):
        yield _no_number(name)


def _unfit(value: object, kinds: tuple[Any, ...], name: str) -> Iterator[ConfigurationError]:
    """What is wrong with a value of a field that is of one of these types, or a list of them."""
    if isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _unfit(part, kinds, f"{name}[{number}]")
    elif isinstance(value, Struct) and type(value) in kinds:
        yield from _wrong(value, name)
    elif not _fits(value, kinds, name):
        if not _has_a_form(value):
            yield _no_number(name)
        else:
            named = [kind for kind in kinds if kind is not NoneType]
            yield refusal(name, value, " or ".join(_WANTED.get(kind, f"a {kind.__name__}") for kind in named))


def _fits(value: object, kinds: tuple[Any, ...], name: str) -> bool:
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, Decimal):
        return Decimal in kinds and value.is_finite()
    if isinstance(value, int):
        return int in kinds
    if isinstance(value, str | UUID):
        return str in kinds or any(isinstance(kind, type) and issubclass(kind, Secret) for kind in kinds)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        # JSON writes it as the vendor does: YYYY-MM-DD.
        return str in kinds and name.endswith("date")
    return value is None and NoneType in kinds


def _has_a_form(value: object) -> bool:
    """Whether JSON has a form for it, as far as numbers go."""
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, Decimal) or value.is_finite()


def _no_number(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is NaN or infinite, as an empty cell of a table is in some programs: leave it out. Nothing was sent."
    )
