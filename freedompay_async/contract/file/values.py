"""Reads and checks the values of a contract file. Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["READ", "Bad", "kind_of", "shown"]

_MOST_SHOWN: Final = 60
_KINDS: Final[dict[type[object], str]] = {
    str: "a text",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class Bad(Exception):
    """What is wrong, and where: the path of a table or a key, or the number of a line."""

    def __init__(self, at: tuple[str, ...] | int, problem: str) -> None:
        super().__init__(problem)
        self.at: Final = at
        self.problem: Final = problem


def shown(name: str) -> str:
    """A name or a value of the file, shortened for a message."""
    short = name if len(name) <= _MOST_SHOWN else f"{name[:_MOST_SHOWN]}…"
    return short if short.isprintable() else repr(short)


def _a_text(path: tuple[str, ...], value: object) -> str:
    if not isinstance(value, str):
        raise Bad(
            path, f"{shown(path[-1])} is {kind_of(value)}, and must be a text in quotation marks"
        )
    return value


def _a_retry(path: tuple[str, ...], value: object) -> Retry:
    text = _a_text(path, value)
    try:
        return Retry(text.strip().lower())
    except ValueError:
        pass
    raise Bad(path, f"retry is {shown(text)!r}, and must be askable or unaskable")


def _texts(path: tuple[str, ...], value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Bad(
            path, f'{path[-1]} is {kind_of(value)}, and must be a list of texts, as ["client_id"]'
        )
    return value


def _names(path: tuple[str, ...], value: object) -> dict[str, str]:
    """A mapping from names to names. TOML makes tables of names with a dot that are not quoted."""
    if not isinstance(value, dict):
        raise Bad(
            path,
            (
                f"{path[-1]} is {kind_of(value)}, and must be a table, as {{ old_name = "
                '"new_name" }'
            ),
        )
    names: dict[str, str] = {}
    for name, other in value.items():
        if isinstance(other, dict):
            names |= {
                f"{name}.{inner}": each for inner, each in _names((*path, name), other).items()
            }
        elif isinstance(other, str):
            names[name] = other
        else:
            raise Bad(
                (*path, name),
                f"{shown(name)} is {kind_of(other)}, and must be a name in quotation marks",
            )
    return names


def _fields(path: tuple[str, ...], value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Bad(
            path, f'fields is {kind_of(value)}, and must be a table, as {{ channel = "api" }}'
        )
    return {name: _value((*path, name), part) for name, part in value.items()}


def _value(path: tuple[str, ...], value: Any) -> Any:
    """The value for JSON, which has no times."""
    if isinstance(value, dict):
        return {name: _value((*path, name), part) for name, part in value.items()}
    if isinstance(value, list):
        return [_value(path, part) for part in value]
    if isinstance(value, Decimal) and not value.is_finite():
        raise Bad(path, f"{shown(path[-1])} is {value}, which JSON can't hold")
    return value.isoformat() if isinstance(value, datetime | date | time) else value


READ: Final[Mapping[str, Callable[[tuple[str, ...], Any], Any]]] = {
    "path": _a_text,
    "retry": _a_retry,
    "fields": _fields,
    "leave_out": _texts,
    "rename": _names,
    "headers": _names,
    "envelope": _texts,
}
"""How to read the value of each setting. The first argument is the path of the setting."""


def kind_of(value: object) -> str:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "a number"
    return _KINDS.get(type(value), "a time")
