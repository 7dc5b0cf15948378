"""What keeps a body with secrets from being stored in clear."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, Protocol, Self, TypeAlias

import msgspec
from msgspec import Struct

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.redaction.secret import MASK, Hidden, Secret

if TYPE_CHECKING:
    _Encoded: TypeAlias = type
else:
    from freedompay_async.redaction.portable import Encoded as _Encoded

__all__ = ["HiddenBody", "NotOpened", "Seal", "opened_body", "sealed_body"]

_NO_DATA: Final = Hidden(b"")
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
            Exception: the data can't be decrypted, or is of other associated data. The reason is
                told where it is a `NotOpened`.
        """
        ...


class NotOpened(ConfigurationError):
    """A seal can't open what it was given. Its text shows nothing of a key or of the data.

    What a seal of your own raises is told by the name of its class only; of this error, `why` is
    told too.

    Attributes:
        why: the reason, as a part of a sentence.
    """

    why: str = ""

    def __init__(self, why: str) -> None:
        super().__init__(f"the data can't be decrypted: {why}. Nothing was sent.")
        self.why = why


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
        ConfigurationError: `seal` is none, or failed, or did not give bytes.
    """
    inside = _Inside(body.body.decode(), tuple(each.reveal() for each in body.secrets))
    data = Hidden(msgspec.json.encode(inside))
    made = _done(seal, "encrypt", data, call=call, request_id=request_id)
    if made.wrong is not None:
        raise ConfigurationError(
            f"the body can't be sealed: {made.wrong}. Nothing was sent.",
            call=call,
            request_id=request_id,
        )
    return made.data.value


def opened_body(data: bytes, seal: Seal, *, call: str, request_id: str) -> HiddenBody:
    """The body that `sealed_body` has encrypted.

    Raises:
        ConfigurationError: it can't be decrypted, or is not what `sealed_body` makes.
    """
    made = _done(seal, "decrypt", Hidden(data), call=call, request_id=request_id)
    wrong, why = made.wrong, made.why
    if wrong is None:
        try:
            inside = msgspec.json.decode(made.data.value, type=_Inside)
        except (msgspec.MsgspecError, UnicodeError) as error:
            wrong = f"what it holds is no body, {type(error).__name__}"
        else:
            return HiddenBody(inside.body.encode(), tuple(map(Secret, inside.secrets)))
    # Raised here, so that it keeps no error alive whose frames hold the body.
    raise ConfigurationError(
        f"the sealed body can't be opened: {why}. Nothing was sent."
        if why
        else f"the sealed body can't be opened ({wrong}). It may have been sealed with another "
        "key, or for another call or request id. Nothing was sent.",
        call=call,
        request_id=request_id,
    )


class _Made(NamedTuple):
    """What a seal gave, or why it gave nothing."""

    data: Hidden[bytes]
    wrong: str | None = None
    why: str = ""


def _done(seal: Seal, method: str, data: Hidden[bytes], *, call: str, request_id: str) -> _Made:
    """What a method of a seal makes of the data.

    Raises:
        ConfigurationError: the seal has no such method.
    """
    work = getattr(seal, method, None)
    if not callable(work):
        error = refusal("seal", seal, "an object with the methods encrypt and decrypt")
        error.call, error.request_id = call, request_id
        raise error
    try:
        made = Hidden(work(data.value, _associated(call, request_id)))
    except NotOpened as error:
        return _Made(_NO_DATA, type(error).__name__, error.why)
    # A seal may raise anything. Its own error may show what it got, so only its name is told.
    except Exception as error:  # noqa: BLE001
        return _Made(_NO_DATA, type(error).__name__)
    if isinstance(made.value, bytes | bytearray | memoryview):
        # A library may give a subclass of bytes, which msgspec does not write.
        return _Made(Hidden(bytes(made.value)))
    if isinstance(made.value, Coroutine):
        made.value.close()
    return _Made(_NO_DATA, f"seal.{method} gave {type(made.value).__name__}, not bytes")


def _associated(call: str, request_id: str) -> bytes:
    return msgspec.json.encode((call, request_id))
