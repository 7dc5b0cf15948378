"""Lets msgspec (as in Litestar) and pydantic (as in FastAPI) write the library's values.

A web handler returns an answer as it is, so their encoders have to write it without a hook.
"""

from __future__ import annotations

from enum import EnumMeta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Encoded", "Portable"]


class Encoded(EnumMeta):
    """The metaclass of types that msgspec writes without a hook.

    A type can't tell msgspec how to write it. msgspec takes a class of this metaclass for an
    enumeration: it writes the text of a member that is a string, and the `_value_` of any other
    member. In all else such a class is an ordinary one.

    To read one, msgspec would look it up among the members. So it gets a stand-in there, for which
    it asks a hook as for any other type.
    """

    @classmethod
    def __prepare__(  # type: ignore[override]
        cls, _name: str, _bases: tuple[type, ...], /, **_options: Any
    ) -> dict[str, Any]:
        return {}

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any
    ) -> Any:
        return type.__new__(cls, name, bases, namespace, **options)

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **_options: Any
    ) -> None:
        type.__init__(cls, name, bases, namespace)

    # The methods of an enumeration would use its members.
    __call__ = type.__call__  # pyright: ignore[reportAssignmentType]
    __repr__ = type.__repr__
    __setattr__ = type.__setattr__
    __delattr__ = type.__delattr__

    def __dir__(cls) -> list[str]:
        return list(type.__dir__(cls))

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __reversed__(cls) -> Iterator[Any]:
        return iter(())

    def __len__(cls) -> int:
        return 0

    def __contains__(cls, value: object) -> bool:
        return False

    def __getitem__(cls, name: str) -> Any:
        raise KeyError(name)

    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def __subclasscheck__(cls, other: type) -> bool:
        return type.__subclasscheck__(
            cls, other.stands_for if isinstance(other, _StandIn) else other
        )

    @property
    def __members__(cls) -> Mapping[str, Any]:  # type: ignore[override]
        return MappingProxyType({})

    @property
    def __supertype__(cls) -> type:
        """The type that msgspec reads in its place, as for a `NewType`."""
        return _stand_in(cls)


class _StandIn(type):
    """The metaclass of stand-ins, which pass everything on to the class they stand for."""

    stands_for: type

    def __call__(cls, *args: Any, **options: Any) -> Any:
        return cls.stands_for(*args, **options)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.stands_for)


@cache
def _stand_in(kind: type) -> type:
    bases = tuple(base for base in kind.__mro__[:-1] if type(base) is type)
    named = {"stands_for": kind, "__slots__": (), "__module__": kind.__module__}
    return _StandIn(kind.__name__, bases, named)


class Portable(msgspec.Struct, frozen=True):
    """A struct that a web handler may return as it is, and that a pydantic model may hold.

    `dict()` of it has its fields in the form of JSON: amounts and times are text, and secrets are
    `***`.
    """

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(_as_dict(self).items())

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> dict[str, Any]:
        written = {
            "type": "function-plain",
            "function": _as_dict,
            "return_schema": {"type": "any"},
            "when_used": "always",
        }
        return {"type": "is-instance", "cls": cls, "serialization": written}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, Any]:
        return {"type": "object", "title": cls.__name__}


def _as_dict(value: Portable) -> dict[str, Any]:
    return cast("dict[str, Any]", msgspec.to_builtins(value))
