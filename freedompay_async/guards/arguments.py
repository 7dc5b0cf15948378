"""Checks the types of the arguments of public functions.

The error names the argument, its type and the right one. It never shows a value of a wrong type,
which may be a key.
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
    "check_wait",
    "check_whole",
    "path_of",
    "refusal",
    "sealed",
    "wrong_type",
]

S = TypeVar("S", bound=Secret)

_HINTS: Final = {
    "bytes": ": decode it first",
    "bytearray": ": decode it first",
    "bool": "",
}


def refusal(name: str, value: object, want: str) -> ConfigurationError:
    """The error for a value of a wrong type: its name, its type, and what is wanted."""
    return ConfigurationError(f"{wrong_type(name, value, want)}. Nothing was sent.")


def wrong_type(name: str, value: object, want: str) -> str:
    """The same as a part of a sentence, for a message of its own."""
    if value is None:
        return f"{name} is None: give {want}"
    hint = _HINTS.get(type(value).__name__, "")
    if not isinstance(value, Secret) and hasattr(type(value), "get_secret_value"):
        hint = ": its get_secret_value() gives the text"
    return f"{name} is of type {type(value).__name__}: give {want}{hint}"


def check_text(name: str, value: object) -> str:
    """A text that may be shown.

    Raises:
        ConfigurationError: the value is no text, or is a `Secret`.
    """
    if isinstance(value, Secret):
        raise ConfigurationError(
            f"{name} is a {type(value).__name__}, but logs show it: give a text that is no secret. "
            "Nothing was sent."
        )
    if not isinstance(value, str):
        raise refusal(name, value, "text")
    # It may go into JSON, which msgspec does not write for a subclass of `str`.
    return str.__str__(value)


def sealed(name: str, hidden: Hidden[Any], kind: type[S]) -> S:
    """A text as a secret. It comes hidden, so that no traceback of the caller shows it.

    Raises:
        ConfigurationError: the value is no text.
    """
    if not isinstance(hidden.value, str):
        raise refusal(name, hidden.value, "text")
    return kind(hidden.value)


def path_of(name: str, value: object) -> str:
    """The path of a file, as text.

    Raises:
        ConfigurationError: the value is no path.
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
    """True or False. A text is refused, because "0" and "false" would count as true.

    Raises:
        ConfigurationError: the value is not True or False.
    """
    if not isinstance(value, bool):
        raise refusal(name, value, "True or False")
    return value


def check_wait(name: str, value: object) -> float:
    """True, False, or the seconds that a call may wait: infinity for True, and 0 for False.

    Raises:
        ConfigurationError: the value is none of these.
    """
    if value is True:
        return inf
    if not isinstance(value, int | float):
        raise refusal(name, value, "True, False or seconds")
    # NaN is neither, and a whole number may be larger than any float.
    if not value >= 0 or not (value <= float_info.max or value == inf):
        raise ConfigurationError(
            f"{name}={value!r}: it must be 0 or more (seconds). Nothing was sent."
        )
    return float(value)


def check_whole(name: str, value: object, *, unit: str = "") -> int:
    """A whole number, at least 1.

    Raises:
        ConfigurationError: the value is no such number.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise refusal(
            name, value, f"a whole number of {unit} (int)" if unit else "a whole number (int)"
        )
    if value < 1:
        raise ConfigurationError(
            f"{name}={value}: it must be at least 1{_in(unit)}. Nothing was sent."
        )
    return value


def check_number(name: str, value: object, *, unit: str = "", endless: bool = False) -> float:
    """A number that is more than 0; with `endless`, infinity is one too.

    Raises:
        ConfigurationError: the value is no such number.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise refusal(name, value, f"a number of {unit}" if unit else "a number")
    # NaN is not more than 0, and a whole number may be larger than any float.
    if not value > 0 or not (value <= float_info.max or (endless and value == inf)):
        raise ConfigurationError(
            f"{name}={value!r}: it must be more than 0{_in(unit)}. Nothing was sent."
        )
    return value


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""


def check_type(name: str, value: object, kind: type, want: str) -> None:
    """Raise `ConfigurationError` for a value of another type."""
    if not isinstance(value, kind):
        raise refusal(name, value, want)
