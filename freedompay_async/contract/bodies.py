"""The names of the fields of a body, and a body with some fields left out or renamed. Pure.

A dot names a field inside an object, as `client.first_name`. In a list it names the field of each
part.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins
from msgspec.structs import fields

from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.sent import leaves, secrets_sent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from freedompay_async.redaction.secret import Secret

__all__ = ["collision", "names_of", "outer", "reshaped", "secrets_renamed"]


@cache
def names_of(kind: type[Struct]) -> frozenset[str]:
    """The names of all fields of a body, also those inside its objects."""
    names: set[str] = set()
    for each in fields(kind):
        names.add(each.encode_name)
        for part in leaves(each.type):
            if isinstance(part, type) and issubclass(part, Struct):
                names |= {f"{each.encode_name}.{inner}" for inner in names_of(part)}
    return frozenset(names)


def outer(name: str, among: Collection[str]) -> str | None:
    """The one of these objects that the field is inside of; `None`: there is none."""
    parts = name.split(".")
    return next(
        (around for count in range(1, len(parts)) if (around := ".".join(parts[:count])) in among),
        None,
    )


def collision(
    names: Collection[str], leave_out: Collection[str], rename: Mapping[str, str]
) -> tuple[str, str] | None:
    """A renamed field and the other field that has its new name too; `None`: there is no such."""
    taken: dict[str, str] = {}
    for name in sorted(names):
        if name in leave_out or outer(name, leave_out):
            continue
        around, _, last = name.rpartition(".")
        becomes = f"{around}.{rename.get(name, last)}"
        other = taken.setdefault(becomes, name)
        if other != name:
            return (name, other) if name in rename else (other, name)
    return None


def reshaped(
    body: Mapping[str, Any],
    leave_out: Collection[str],
    rename: Mapping[str, str],
    *,
    around: str = "",
) -> dict[str, Any]:
    """The body without the fields that are left out, and with the new names, in the same order."""
    made: dict[str, Any] = {}
    for last, value in body.items():
        name = f"{around}{last}"
        if name not in leave_out:
            made[rename.get(name, last)] = _inside(value, leave_out, rename, f"{name}.")
    return made


def _inside(value: Any, leave_out: Collection[str], rename: Mapping[str, str], around: str) -> Any:
    if isinstance(value, dict):
        return reshaped(value, leave_out, rename, around=around)
    if isinstance(value, list | tuple):
        return [_inside(each, leave_out, rename, around) for each in value]
    return value


def secrets_renamed(request: Struct, rename: Mapping[str, str]) -> list[Secret]:
    """The fields that have the name of a secret only since they were renamed.

    Values that are a `Secret` are known without this.
    """
    # A body that JSON can't hold is refused before it is sent.
    with suppress(AttributeError, TypeError, ValueError, OverflowError, RecursionError):
        return secrets_sent(reshaped(to_builtins(opened(request, lambda _: None)), (), rename))
    return []
