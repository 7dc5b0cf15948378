"""What keeps a body with secrets from being stored in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, Self, TypeAlias

import msgspec
from msgspec import Struct

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import MASK, Secret

if TYPE_CHECKING:
    _Encoded: TypeAlias = type
else:
    from freedompay_async.redaction.portable import Encoded as _Encoded

__all__ = ["HiddenBody", "Seal", "opened_body", "sealed_body"]

_IN_CLEAR: Final = (
    "the body has a secret in it, which is stored nowhere in clear: store the intent by "
    "intent.to_json(seal=…), and load it by Intent.load(…, seal=…). Nothing was sent."
)


class Seal(Protocol):
    """Encrypts and decrypts what an intent holds, such as by AES-GCM.

    `associated_data` has the call and the request id. It is not secret, and `decrypt` has to fail
    with any other than `encrypt` got, so that nobody can put one intent's body into another.
    """

    def encrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """The data, encrypted."""
        ...

    def decrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """The data that `encrypt` got.

        Raises:
            Exception: the data can't be decrypted, or is of other associated data.
        """
        ...


class HiddenBody(metaclass=_Encoded):
    """A body with secrets, and those. Neither `repr` nor msgspec nor pickle shows it."""

    __slots__ = ("body", "secrets")

    def __init__(self, body: bytes, secrets: tuple[Secret, ...]) -> None:
        self.body: Final = body
        self.secrets: Final = secrets

    @property
    def _value_(self) -> NoReturn:
        """What msgspec would write (see `redaction/portable.py`)."""
        raise ConfigurationError(_IN_CLEAR)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise ConfigurationError(_IN_CLEAR)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HiddenBody) and self.body == other.body

    def __hash__(self) -> int:
        return hash((HiddenBody, self.body))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        return MASK


class _Inside(Struct, frozen=True, omit_defaults=True):
    """What is encrypted. Without the secrets nobody could keep them out of texts later."""

    body: str
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return MASK


def sealed_body(body: HiddenBody, seal: Seal, *, call: str, request_id: str) -> bytes:
    """The body, encrypted.

    Raises:
        ConfigurationError: `seal` did not give bytes.
    """
    inside = _Inside(body.body.decode(), tuple(each.reveal() for each in body.secrets))
    made: Any = seal.encrypt(msgspec.json.encode(inside), _associated(call, request_id))
    if not isinstance(made, bytes):
        raise ConfigurationError(
            f"seal.encrypt gave {type(made).__name__}, not bytes. Nothing was sent.",
            call=call,
            request_id=request_id,
        )
    return made


def opened_body(data: bytes, seal: Seal, *, call: str, request_id: str) -> HiddenBody:
    """The body that `sealed_body` has encrypted.

    Raises:
        ConfigurationError: it can't be decrypted, or is not what `sealed_body` makes.
    """
    try:
        inside = msgspec.json.decode(
            seal.decrypt(data, _associated(call, request_id)), type=_Inside
        )
    # A seal may raise anything. Its own error may show what it got, so only its name is told.
    except Exception as error:  # noqa: BLE001
        raise ConfigurationError(
            f"the sealed body can't be opened ({type(error).__name__}): it was sealed with another "
            "key, or for another call or request id. Nothing was sent.",
            call=call,
            request_id=request_id,
        ) from None
    return HiddenBody(inside.body.encode(), tuple(Secret(each) for each in inside.secrets))


def _associated(call: str, request_id: str) -> bytes:
    return msgspec.json.encode((call, request_id))
