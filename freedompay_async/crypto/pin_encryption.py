"""Encrypts a PIN for "Set PIN", in the form that the vendor has told you.

The vendor's page says "Encrypted PIN code. The AES 256 algorithm is used for encryption". The mode,
the IV, the padding, the form of the key, the encoding of the result, and whether digits or a PIN
block are encrypted, are not public. A wrong guess sets a PIN that nobody knows, so no argument here
has a default: ask the vendor, then set each.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Protocol

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Hidden, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["AesPin", "PinEncryptor"]


_KEY: Final = 32
_BLOCK: Final = 16
_IV: Final = {"CBC": _BLOCK, "ECB": 0, "CTR": _BLOCK, "GCM": 12}
_IN_BLOCKS: Final = ("CBC", "ECB")
_PADDINGS: Final = ("pkcs7", "zero", "none")
_ENCODERS: Final[dict[str, Callable[[bytes], str]]] = {
    "base64": lambda data: b64encode(data).decode("ascii"),
    "base64url": lambda data: urlsafe_b64encode(data).decode("ascii"),
    "hex": bytes.hex,
}
_PIN: Final = re.compile(r"[0-9]{4,12}")
_HEX_KEY: Final = re.compile(r"\s*[0-9A-Fa-f]{64}\s*")
_BASE64_KEY: Final = re.compile(r"\s*[0-9A-Za-z+/_-]{43}=?\s*")


class PinEncryptor(Protocol):
    """Encrypts the digits of a PIN. The result is sent as `pin`. Any function from `str` to `str`
    will do.
    """

    def __call__(self, pin: str, /) -> str:
        """The encrypted PIN."""
        ...


class AesPin:
    """AES 256 in the form that the vendor has given you. It needs the extra `pin`.

    For other forms (a counter of another layout, associated data, unpadded base64url, upper-case
    hex), write a function around it or in place of it.

    Args:
        key: the 32 bytes. Decode text yourself, such as `bytes.fromhex(secret.reveal())`.
        mode: `GCM` appends its tag of 16 bytes to the ciphertext and has no associated data; `CTR`
            increments the whole IV as one big-endian number.
        iv: `random-prefix` makes a new IV for each PIN, puts its bytes before the ciphertext, and
            encodes both together. Bytes are a fixed IV, which is not sent. 16 bytes, in `GCM` 12;
            `None` in `ECB`, which has no IV. With a fixed IV or in `ECB`, equal PINs look equal,
            and a fixed IV in `CTR` or `GCM` reveals how two PINs differ: use it only if the vendor
            insists.
        padding: to blocks of 16 bytes: `pkcs7`; `zero` bytes, none if the block is full; `none`,
            the only one in `CTR` and `GCM`.
        encoding: `base64` and `base64url` with `=` at the end; `hex` in lower case.
        plain: what to encrypt: the ASCII `digits`, or the bytes that your function makes of them,
            such as a PIN block of ISO 9564. If the block needs the PAN, make an `AesPin` for each
            card.

    Raises:
        ConfigurationError: the settings contradict each other, or `cryptography` is missing.
    """

    def __init__(
        self,
        *,
        key: bytes,
        mode: Literal["CBC", "ECB", "CTR", "GCM"],
        iv: Literal["random-prefix"] | bytes | None,
        padding: Literal["pkcs7", "zero", "none"],
        encoding: Literal["base64", "base64url", "hex"],
        plain: Literal["digits"] | Callable[[str], bytes],
    ) -> None:
        # A tool that reports errors with the locals of each frame would log the key, and the PAN in
        # a `partial`.
        hidden_key, hidden_iv, hidden_plain = (
            Hidden[object](key),
            Hidden[object](iv),
            Hidden[object](plain),
        )
        del key, iv, plain
        # Set before the first error, because such a tool calls `repr(self)` too.
        self.mode: Final = mode
        self.padding: Final = padding
        self.encoding: Final = encoding
        _one_of("mode", mode, _IV)
        _one_of("padding", padding, _PADDINGS)
        _one_of("encoding", encoding, _ENCODERS)
        self._plain: Final = _checked_plain(hidden_plain)
        if mode not in _IN_BLOCKS and padding != "none":
            raise ConfigurationError(
                f"mode {mode} takes data of any length: padding must be 'none'. Nothing was sent."
            )
        if mode in _IN_BLOCKS and padding == "none" and hidden_plain.value == "digits":
            raise ConfigurationError(
                f"mode {mode} takes whole blocks, and digits never fill one: choose a padding. "
                "Nothing was sent."
            )
        self._iv: Final = _checked_iv(mode, hidden_iv)
        self._seal: Final = _sealer(mode, _checked_key(hidden_key))

    def __call__(self, pin: str | Secret, /) -> str:
        """Encrypt a PIN of 4 to 12 digits.

        Raises:
            ConfigurationError: it is no such PIN, or the result of `plain` can't be encrypted.
        """
        pin = _secret(pin)
        if not _is_pin(pin.reveal()):
            raise ConfigurationError(
                "pin must be text of 4 to 12 digits from 0 to 9. Nothing was sent."
            )
        data = self._padded(Hidden(self._plain.value(pin.reveal())))
        if self._iv is None:
            prefix = iv = os.urandom(_IV[self.mode])
        else:
            prefix, iv = b"", self._iv.value
        return _ENCODERS[self.encoding](prefix + self._seal(iv, data))

    def _padded(self, data: Hidden[object]) -> Hidden[bytes]:
        if not isinstance(data.value, bytes):
            raise ConfigurationError(
                f"plain returned {type(data.value).__name__}: it must return bytes. Nothing was "
                "sent."
            )
        length = len(data.value)
        if not length:
            raise ConfigurationError(
                "plain returned no bytes: there is nothing to encrypt. Nothing was sent."
            )
        missing = -length % _BLOCK
        if self.padding == "pkcs7":
            # A full block is padded too: its last byte could be read as padding.
            missing = missing or _BLOCK
            return Hidden(data.value + bytes([missing]) * missing)
        if self.padding == "zero":
            return Hidden(data.value + bytes(missing))
        if missing and self.mode in _IN_BLOCKS:
            raise ConfigurationError(
                f"plain returned {length} bytes, and mode {self.mode} with padding 'none' takes "
                "whole blocks of 16. Nothing was sent."
            )
        return Hidden(data.value)

    def __repr__(self) -> str:
        return f"AesPin(mode={self.mode!r}, padding={self.padding!r}, encoding={self.encoding!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an AesPin can't be pickled, because it holds its key: make a new one from the place "
            "where the key is kept"
        )


def _sealer(mode: str, key: Hidden[bytes]) -> Callable[[bytes, Hidden[bytes]], bytes]:
    """A function from IV and data to the ciphertext."""
    try:
        # The library is an extra, needed only to encrypt PINs.
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "AesPin needs the library cryptography, which can't be imported: pip install "
            "'freedompay-async[pin]'. Nothing was sent."
        ) from error

    if mode == "GCM":
        gcm = AESGCM(key.value)
        return lambda iv, data: gcm.encrypt(iv, data.value, None)

    aes = algorithms.AES(key.value)

    def seal(iv: bytes, data: Hidden[bytes]) -> bytes:
        # ECB is weak, but the vendor chooses the mode.
        chosen = modes.CBC(iv) if mode == "CBC" else modes.CTR(iv) if mode == "CTR" else modes.ECB()  # noqa: S305
        encryptor = Cipher(aes, chosen).encryptor()
        return encryptor.update(data.value) + encryptor.finalize()

    return seal


def _one_of(name: str, value: object, known: Iterable[str]) -> None:
    if value not in tuple(known):
        raise ConfigurationError(
            f"{name} is {value!r}: it must be one of {', '.join(known)}. Nothing was sent."
        )


def _checked_plain(plain: Hidden[object]) -> Hidden[Callable[[str], object]]:
    if plain.value == "digits":
        return Hidden(str.encode)
    if callable(plain.value):
        return Hidden(plain.value)
    raise ConfigurationError(
        "plain must be 'digits', or a function from the digits to bytes, such as a PIN block. "
        "Nothing was sent."
    )


def _checked_iv(mode: str, iv: Hidden[object]) -> Hidden[bytes] | None:
    """The fixed IV, empty for ECB, which has none; `None`: a random IV for each PIN."""
    size = _IV[mode]
    if not size:
        if iv.value is not None:
            raise ConfigurationError(f"mode {mode} has no IV: iv must be None. Nothing was sent.")
        return Hidden(b"")
    if not isinstance(iv.value, bytes):
        if iv.value == "random-prefix":
            return None
        raise ConfigurationError(
            f"iv in mode {mode} must be 'random-prefix' or {size} bytes: decode hex or base64 "
            "first. Nothing was sent."
        )
    if len(iv.value) != size:
        raise ConfigurationError(
            f"iv has {len(iv.value)} bytes, and mode {mode} takes {size}: decode hex or base64 "
            "first. Nothing was sent."
        )
    return Hidden(iv.value)


def _checked_key(key: Hidden[object]) -> Hidden[bytes]:
    if isinstance(key.value, str | Secret):
        raise ConfigurationError(
            "key is text, and AES 256 takes 32 bytes: decode it as hex, as base64 or as "
            f"characters, as the vendor means it.{_hint(key.value)} Nothing was sent."
        )
    if not isinstance(key.value, bytes):
        raise ConfigurationError(
            f"key is {type(key.value).__name__}: it must be bytes. Nothing was sent."
        )
    if len(key.value) != _KEY:
        raise ConfigurationError(
            f"key has {len(key.value)} bytes, and AES 256 takes 32.{_hint(key.value)} Nothing was "
            "sent."
        )
    return Hidden(key.value)


def _hint(key: str | Secret | bytes) -> str:
    """The likely mistake. It never raises, because its locals hold the key."""
    value: object = key.reveal() if isinstance(key, Secret) else key
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if _HEX_KEY.fullmatch(text):
        return " It looks like the hex of a key: bytes.fromhex() makes the key of that text."
    if _BASE64_KEY.fullmatch(text):
        return " It looks like the base64 of a key: base64.b64decode() makes the key of that text."
    return ""


def _secret(pin: object) -> Secret:
    """The PIN as a secret; an empty one for a value that is no text, which is refused unseen."""
    return Secret(pin) if isinstance(pin, str | Secret) else Secret("")


def _is_pin(value: object) -> bool:
    return isinstance(value, str) and _PIN.fullmatch(value) is not None
