"""Reads JSON of a user: from a file, standard input, or a flag."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["fields_of", "object_of", "read_json"]

T = TypeVar("T", bound=msgspec.Struct)


def read_json(path: Path) -> Any:
    """The JSON in a file; `-` is standard input. Amounts keep their digits.

    Raises:
        ConfigurationError: it can't be read; nothing was sent.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be read ({error.strerror}). Nothing was sent."
        ) from error
    return _decode(content, "standard input" if str(path) == "-" else str(path))


def object_of(text: str, source: str) -> dict[str, Any]:
    """The JSON object of a flag.

    Raises:
        ConfigurationError: it is no JSON object; nothing was sent.
    """
    value = _decode(text.encode(errors="replace"), source)
    if not isinstance(value, dict):
        raise ConfigurationError(f"{source} is not a JSON object. Nothing was sent.")
    return value


def fields_of(value: Any, kind: type[T], what: str) -> T:
    """Make a struct of JSON; an unknown name is refused at any depth, because it would be lost.

    Raises:
        ConfigurationError: the JSON has another shape; nothing was sent.
    """
    try:
        made = msgspec.convert(value, kind, dec_hook=_sealed)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{what}: {mask_text(str(error))}. Nothing was sent.") from None
    lost = next(
        _lost(value, msgspec.to_builtins(made, enc_hook=str, builtin_types=(Decimal,))), None
    )
    if lost is not None:
        names = ", ".join(kind.__struct_fields__)
        raise ConfigurationError(
            f"{what} has no field {lost}; it has {names}. More goes into --extra. Nothing was sent."
        )
    return made


def _lost(value: Any, kept: Any, at: str = "") -> Iterator[str]:
    """The names in `value` that are missing in `kept`, which was made of it."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in kept:
                yield from _lost(part, kept[name], f"{at}{name}.")
            elif part is not None:
                yield at + mask_text(name)
    elif isinstance(value, list):
        for part, same in zip(value, kept, strict=True):
            yield from _lost(part, same, at)


def _sealed(kind: type[Any], value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        # msgspec adds the name of the field to it.
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")  # noqa: TRY004
    return kind(value)


def _decode(content: bytes, source: str) -> Any:
    try:
        return msgspec.json.Decoder(float_hook=Decimal).decode(content)
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        ValueError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise ConfigurationError(
            f"{source} is not JSON ({mask_text(str(error))}). Nothing was sent."
        ) from None
