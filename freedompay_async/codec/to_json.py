"""Writes answers as JSON, for logs and other programs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn, cast

import msgspec

from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.secret import Secret

__all__ = ["to_json"]


def to_json(value: object, *, reveal: bool = False) -> str:
    """One line of JSON. Secrets are `***` unless `reveal` is true; amounts keep their digits."""
    builtins = msgspec.to_builtins(
        opened(value, Secret.reveal if reveal else str), enc_hook=_refused, builtin_types=(Decimal,)
    )
    text = _ENCODER.encode(_tidy(builtins)).decode()
    # Escaped, because a terminal could take control characters for commands.
    return (
        text
        if text.isprintable()
        else "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    )


def _refused(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def _tidy(value: Any) -> Any:
    """The value without each empty `extra`."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _tidy(part) for name, part in fields.items() if name != "extra" or part != {}}
    if isinstance(value, list | tuple):
        return [_tidy(part) for part in cast("list[Any]", value)]
    return value


_ENCODER = msgspec.json.Encoder(decimal_format="number")
