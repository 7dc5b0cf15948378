"""Values that show themselves as `***` everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeAlias, TypeVar

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    # For type checkers it is an ordinary string, and no enumeration.
    _Encoded: TypeAlias = type
else:
    from freedompay_async.redaction.portable import Encoded as _Encoded

__all__ = [
    "MASK",
    "Cvv",
    "Document",
    "Expiry",
    "Hidden",
    "Otp",
    "PageUrl",
    "Pan",
    "Pin",
    "Secret",
    "SecretKey",
    "Token",
]

T = TypeVar("T")
MASK: Final = "***"


class Secret(str, metaclass=_Encoded):
    """A text that no log, repr, format, traceback, pickle or JSON shows. `reveal()` gives it.

    Wherever a string is expected, it is the string `***`, so a secret in the wrong place is useless
    there. msgspec and pydantic write `***` too. A pickle does not hold the value; the secret that
    is read from it can't be revealed.
    """

    __slots__ = ("_value",)
    _value: str | None
    # msgspec takes this where it builds no JSON: see `portable.py`.
    _value_ = MASK

    def __new__(cls, value: str) -> Self:
        if not _is_text(value):
            kind = type(value).__name__
            hint = (
                ": its get_secret_value() gives the text"
                if hasattr(type(value), "get_secret_value")
                else ""
            )
            del value  # So that no traceback of this frame shows it.
            raise ConfigurationError(
                f"a {cls.__name__} is text, and not {kind}{hint}. Nothing was sent."
            )
        made = super().__new__(cls, MASK)
        made._value = value._value if isinstance(value, Secret) else value
        return made

    def reveal(self) -> str:
        """The value itself.

        Raises:
            ValueError: the secret came out of a pickle, which does not hold its value.
        """
        if self._value is None:
            raise ValueError(
                "this secret was pickled, and a pickle holds no secret: take it from where it is "
                "kept"
            )
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return self._value != ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value is not None and self._value == other._value

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_value, (type(self),)

    def __getstate__(self) -> None:
        return None

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> dict[str, Any]:
        """A pydantic model accepts a secret, or a text and makes it one; its JSON has `***`."""
        written = {
            "type": "function-plain",
            "function": _mask,
            "return_schema": {"type": "str"},
            "when_used": "json",
        }
        return {
            "type": "function-plain",
            "function": {"type": "no-info", "function": cls._sealed},
            "serialization": written,
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, Any]:
        return {"type": "string", "format": "password", "writeOnly": True, "title": cls.__name__}

    @classmethod
    def _sealed(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise ValueError(f"a {cls.__name__} is text")  # noqa: TRY004 - pydantic names the field then
        return cls(value)


def _mask(_: object) -> str:
    return MASK


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _without_value(cls: type[Secret]) -> Secret:
    made = str.__new__(cls, MASK)
    made._value = None
    if isinstance(made, SecretKey):
        made._exact = False
    return made


class Hidden(Generic[T]):
    """Holds a value of any type, so that the `repr` of a local does not show it."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value: Final = value

    def __repr__(self) -> str:
        return MASK


class SecretKey(Secret):
    """The merchant's key.

    Args:
        value: the key.
        exact: take the key as it is. Otherwise a key with white space, a line break, a BOM or
            quotation marks around it is refused, because they usually come from a file.
    """

    __slots__ = ("_exact",)
    _exact: bool

    def __new__(cls, value: str, *, exact: bool = False) -> Self:
        made = super().__new__(cls, value)
        made._exact = exact or (isinstance(value, SecretKey) and value.exact)
        return made

    @property
    def exact(self) -> bool:
        """Whether the key is taken as it is."""
        return self._exact


class Pan(Secret):
    """The number of a card."""

    __slots__ = ()


class Cvv(Secret):
    """The code on the back of a card."""

    __slots__ = ()


class Expiry(Secret):
    """The expiry date of a card."""

    __slots__ = ()


class Pin(Secret):
    """A PIN, plain or encrypted."""

    __slots__ = ()


class Otp(Secret):
    """A code that was sent to the customer."""

    __slots__ = ()


class Document(Secret):
    """An identity document in Base64."""

    __slots__ = ()


class Token(Secret):
    """An API key or a bearer token."""

    __slots__ = ()


class PageUrl(Secret):
    """A link that lets its holder set a PIN."""

    __slots__ = ()
