"""Seals by AES-GCM and by Fernet, of the library `cryptography`.

What they make is one byte for the kind of the seal, four bytes that name the key, and the
ciphertext. So a key that is missing is told from a body that was changed.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Protocol

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.staying import Staying
from freedompay_async.intents.seal_keys import aes_key, fernet_key, listed_keys
from freedompay_async.intents.sealing import NotOpened
from freedompay_async.redaction.secret import Hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freedompay_async.redaction.secret import Secret

__all__ = ["AesGcmSeal", "FernetSeal"]

_NAME: Final = 4
_HEAD: Final = 1 + _NAME
_NONCE: Final = 12
_TAG: Final = 16
_LENGTH: Final = 4


class _Cipher(Protocol):
    """Encrypts with one key."""

    def encrypt(self, data: Hidden[bytes], associated: bytes) -> bytes:
        """The ciphertext."""
        ...

    def decrypt(self, data: bytes, associated: bytes) -> Hidden[bytes] | None:
        """The data; `None`: it was changed, or the key or the associated data is another."""
        ...


class _Key(NamedTuple):
    """A key in use, and its name, which tells nothing of it."""

    name: bytes
    cipher: _Cipher


class _KeyedSeal(Staying):
    """A seal of several keys: the first encrypts, and each decrypts what it has encrypted."""

    INSTEAD = "make one in each process, from where its keys are kept"
    _KIND: ClassVar[int]
    # A tool that reports errors shows a seal whose keys were refused, too.
    _keys: tuple[_Key, ...] = ()

    def __init__(
        self,
        keys: Hidden[object],
        checked: Callable[[str, Hidden[object]], Hidden[bytes]],
        cipher: Callable[[Hidden[bytes]], _Cipher],
    ) -> None:
        given = [checked(f"keys[{at}]", key) for at, key in enumerate(listed_keys(keys))]
        label = b"freedompay_async seal " + bytes([self._KIND])
        self._keys = tuple(
            # Four bytes of a MAC tell a key from others, and say nothing of what it is.
            _Key(hmac.digest(key.value, label, "sha256")[:_NAME], cipher(key))
            for key in given
        )

    def encrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """The data, encrypted with the first key."""
        # Hidden, because a tool that reports errors may show the locals of each frame.
        hidden = Hidden(data)
        del data
        name, cipher = self._keys[0]
        head = bytes([self._KIND]) + name
        return head + cipher.encrypt(hidden, head + associated_data)

    def decrypt(self, data: bytes, associated_data: bytes) -> bytes:
        """The data that `encrypt` got.

        Raises:
            NotOpened: it was encrypted with another key, or for other associated data, or was
                changed.
        """
        kind, head, rest = type(self).__name__, data[:_HEAD], data[_HEAD:]
        if len(head) < _HEAD or head[0] != self._KIND:
            raise NotOpened(f"it was not sealed by {kind}")
        named = [key for key in self._keys if key.name == head[1:]]
        for key in named:
            opened = key.cipher.decrypt(rest, head + associated_data)
            if opened is not None:
                return opened.value
        if named:
            raise NotOpened("it was changed, or sealed for another call or request id")
        count = len(self._keys)
        missing = "not the key" if count == 1 else f"none of the {count} keys"
        raise NotOpened(
            f"it was sealed with the key {head[1:].hex()}, which is {missing} of this {self!r}"
        )

    def __repr__(self) -> str:
        names = ", ".join(key.name.hex() for key in self._keys)
        return f"{type(self).__name__}({names})"


class AesGcmSeal(_KeyedSeal):
    """Seals by AES-GCM, as `seal=` of `Intent.to_json`. It needs the extra `seal`.

    Each body gets a random nonce of 96 bits, so a key is good for 2^32 bodies (NIST SP 800-38D,
    section 8.3). `repr` shows a name of each key, which is made of it and tells nothing of it.

    Args:
        keys: the first one encrypts, and each one decrypts. To change keys, put a new one first,
            and leave the old one out when nothing is stored that it has sealed. A key is 16, 24 or
            32 random bytes, or those as text in Base64, as `secrets.token_urlsafe(32)` gives it.

    Raises:
        ConfigurationError: a key is none, there is none, or `cryptography` is missing.
    """

    _KIND = 1

    def __init__(self, keys: Sequence[bytes | str | Secret]) -> None:
        hidden = Hidden[object](keys)
        del keys
        super().__init__(hidden, aes_key, _AesGcm)


class FernetSeal(_KeyedSeal):
    """Seals by Fernet (AES-128-CBC and HMAC-SHA256), as `seal=` of `Intent.to_json`. It needs the
    extra `seal`.

    Fernet has no associated data: call and request id are inside of what it encrypts, and are
    compared. A token of Fernet shows the time at which it was made. `repr` shows a name of each
    key, which is made of it and tells nothing of it.

    Args:
        keys: the first one encrypts, and each one decrypts. To change keys, put a new one first,
            and leave the old one out when nothing is stored that it has sealed. A key is what
            `Fernet.generate_key()` gives, as bytes or as text.

    Raises:
        ConfigurationError: a key is none, there is none, or `cryptography` is missing.
    """

    _KIND = 2

    def __init__(self, keys: Sequence[bytes | str | Secret]) -> None:
        hidden = Hidden[object](keys)
        del keys
        super().__init__(hidden, fernet_key, _Fernet)


class _AesGcm:
    """AES-GCM with one key: the nonce, the ciphertext and the tag of 16 bytes."""

    def __init__(self, key: Hidden[bytes]) -> None:
        try:
            # The library is an extra, needed only where something is sealed.
            from cryptography.exceptions import InvalidTag  # noqa: PLC0415
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        except ImportError as error:
            raise _missing("AesGcmSeal") from error
        self._invalid: Final = InvalidTag
        self._cipher: Final = AESGCM(key.value)

    def encrypt(self, data: Hidden[bytes], associated: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data.value, associated)

    def decrypt(self, data: bytes, associated: bytes) -> Hidden[bytes] | None:
        if len(data) < _NONCE + _TAG:
            return None
        try:
            return Hidden(self._cipher.decrypt(data[:_NONCE], data[_NONCE:], associated))
        except self._invalid:
            return None


class _Fernet:
    """Fernet with one key: the bytes of its token, in which are the length of the associated data
    (four bytes), that data, and what was to be encrypted.
    """

    def __init__(self, key: Hidden[bytes]) -> None:
        try:
            # The library is an extra, needed only where something is sealed.
            from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415
        except ImportError as error:
            raise _missing("FernetSeal") from error
        self._invalid: Final = InvalidToken
        self._cipher: Final = Fernet(urlsafe_b64encode(key.value))

    def encrypt(self, data: Hidden[bytes], associated: bytes) -> bytes:
        length = len(associated).to_bytes(_LENGTH, "big")
        # The token is text in Base64, and what holds the sealed body writes it in Base64 again.
        return urlsafe_b64decode(self._cipher.encrypt(length + associated + data.value))

    def decrypt(self, data: bytes, associated: bytes) -> Hidden[bytes] | None:
        try:
            inside = Hidden(self._cipher.decrypt(urlsafe_b64encode(data)))
        except self._invalid:
            return None
        # The length stands first, so no two pairs of associated data and data look the same.
        begin = len(associated).to_bytes(_LENGTH, "big") + associated
        if not hmac.compare_digest(inside.value[: len(begin)], begin):
            return None
        return Hidden(inside.value[len(begin) :])


def _missing(kind: str) -> ConfigurationError:
    return ConfigurationError(
        f"{kind} needs the library cryptography, which can't be imported: pip install "
        "'freedompay-async[seal]'. Nothing was sent."
    )
