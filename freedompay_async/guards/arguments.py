"""What comes in through the public doors, held against its type.

A value of another type is refused with its name, its type and what to give in its place. The value
itself is never shown: it may be a key.
"""

from __future__ import annotations

from math import inf
from os import PathLike, fsencode, fspath
from sys import float_info
from typing import TYPE_CHECKING, Any, Final, TypeVar

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from freedompay_async.redaction.secret import Hidden

__all__ = [
    "check_flag",
    "check_number",
    "check_text",
    "check_type",
    "check_whole",
    "path_of",
    "refusal",
    "sealed",
]

S = TypeVar("S", bound=Secret)

_HINTS: Final = {
    "bytes": ": decode it first",
    "bytearray": ": decode it first",
    "bool": "",
}


def refusal(name: str, value: object, want: str) -> ConfigurationError:
    """The error for a value of another type: its name, its type, and what to give."""
    if value is None:
        return ConfigurationError(f"{name} is None: give {want}. Nothing was sent.")
    hint = _HINTS.get(type(value).__name__, "")
    if not isinstance(value, Secret) and hasattr(type(value), "get_secret_value"):
        hint = ": its get_secret_value() gives the text"
    return ConfigurationError(
        f"{name} is of type {type(value).__name__}: give {want}{hint}. Nothing was sent."
    )


def check_text(name: str, value: object) -> str:
    """Text that may be shown.

    Raises:
        ConfigurationError: it is none, or it is a `Secret`.
    """
    if isinstance(value, Secret):
        raise ConfigurationError(
            f"{name} is a {type(value).__name__}, and it is shown in logs: give plain text. "
            "Nothing was sent."
        )
    if not isinstance(value, str):
        raise refusal(name, value, "text")
    # It may go into JSON, and no kind of text of the caller's own has a form there.
    return str.__str__(value)


def sealed(name: str, given: Hidden[Any], kind: type[S]) -> S:
    """A text that must not be shown. It comes hidden, so that no traceback of its caller shows it.

    Raises:
        ConfigurationError: it is none.
    """
    if not isinstance(given.value, str):
        raise refusal(name, given.value, "text")
    return kind(given.value)


def path_of(name: str, value: object) -> str:
    """The path of a file, as text.

    Raises:
        ConfigurationError: it is something else.
    """
    path = fspath(value) if isinstance(value, PathLike) else value
    if not isinstance(path, str) or isinstance(path, Secret):
        raise refusal(name, path, "the path of a file, as text or as a Path")
    try:
        possible = bool(path) and b"\0" not in fsencode(path)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise ConfigurationError(f"{name}={path!r}: no file can have this name. Nothing was sent.")
    return path


def check_flag(name: str, value: object) -> bool:
    """True or False; a text is neither, for "0" and "false" would both be true.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(value, bool):
        raise refusal(name, value, "True or False")
    return value


def check_whole(name: str, value: object, *, unit: str = "") -> int:
    """A whole number, at least 1.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise refusal(
            name, value, f"a whole number of {unit} (int)" if unit else "a whole number (int)"
        )
    if value < 1:
        raise ConfigurationError(
            f"{name}={value}: {unit or 'a whole number'}, at least 1. Nothing was sent."
        )
    return value


def check_number(name: str, value: object, *, unit: str = "", endless: bool = False) -> float:
    """A number that is more than 0; `endless`: infinity will do.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise refusal(name, value, f"a number of {unit}" if unit else "a number")
    # NaN is not more than 0 either, and a whole number may be larger than any float.
    if not value > 0 or not (value <= float_info.max or (endless and value == inf)):
        raise ConfigurationError(
            f"{name}={value!r}: {unit or 'a number'}, more than 0. Nothing was sent."
        )
    return value


def check_type(name: str, value: object, kind: type, want: str) -> None:
    """Raise `ConfigurationError` where the value is of another type."""
    if not isinstance(value, kind):
        raise refusal(name, value, want)
