"""The keys of a seal, as a caller has them. No error shows one."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.redaction.secret import Hidden, Secret

__all__ = ["aes_key", "fernet_key", "listed_keys"]

_AES: Final = (16, 24, 32)
_FERNET: Final = 32
_HEX: Final = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64}")
_STANDARD: Final = str.maketrans("-_", "+/")


def listed_keys(keys: Hidden[object]) -> list[Hidden[object]]:
    """Each key of a list.

    Raises:
        ConfigurationError: it is no list, or has no key.
    """
    if isinstance(keys.value, str | bytes | bytearray) or not isinstance(keys.value, Sequence):
        raise ConfigurationError(
            f"keys is of type {type(keys.value).__name__}: give a list of keys, of which the first "
            "one encrypts. Nothing was sent."
        )
    if not keys.value:
        raise ConfigurationError("keys is empty: a seal needs a key. Nothing was sent.")
    return [Hidden(each) for each in keys.value]


def aes_key(place: str, key: Hidden[object]) -> Hidden[bytes]:
    """A key of AES: 16, 24 or 32 bytes, or those as text in Base64.

    Raises:
        ConfigurationError: it is no such key.
    """
    if isinstance(key.value, str):
        text = _text(key.value)
        if _HEX.fullmatch(text.value):
            raise _refused(place, "looks like hex: give bytes.fromhex() of it")
        made, what = _decoded(text), "is text that holds"
        if made is None:
            raise _refused(place, "is text, and no Base64")
    elif isinstance(key.value, bytes):
        made, what = Hidden(key.value), "has"
        # The Base64 of a key may be as long as another key, so the length does not tell.
        if _is_text(made):
            raise _refused(
                place, "is text as bytes, and a key is random bytes: give Base64 as text (str)"
            )
    else:
        raise refusal(place, key.value, "16, 24 or 32 bytes, or text in Base64")
    if len(made.value) not in _AES:
        raise _refused(place, f"{what} {len(made.value)} bytes, and AES takes 16, 24 or 32")
    return made


def fernet_key(place: str, key: Hidden[object]) -> Hidden[bytes]:
    """The 32 bytes of what `Fernet.generate_key()` gives, as text or as bytes.

    Raises:
        ConfigurationError: it is no such key.
    """
    if not isinstance(key.value, str | bytes):
        raise refusal(place, key.value, "what Fernet.generate_key() gives")
    made = _decoded(_text(key.value))
    if made is None or len(made.value) != _FERNET:
        raise _refused(place, "is no key of Fernet: give what Fernet.generate_key() gives")
    return made


def _is_text(key: Hidden[bytes]) -> bool:
    """Whether it has characters only, as random bytes do not."""
    text = _text(key.value).value
    return bool(text) and text.isascii() and text.isprintable()


def _text(given: str | bytes) -> Hidden[str]:
    """The text without the white space that a file has around it."""
    if isinstance(given, bytes):
        # No byte is refused here: what is no Base64 is told later.
        return Hidden(given.decode("latin-1").strip())
    return Hidden((given.reveal() if isinstance(given, Secret) else given).strip())


def _decoded(text: Hidden[str]) -> Hidden[bytes] | None:
    """What Base64 holds, in either alphabet, with its `=` or without; `None`: it is no Base64."""
    bare = Hidden(text.value.rstrip("=").translate(_STANDARD))
    try:
        return Hidden(b64decode(bare.value + "=" * (-len(bare.value) % 4), validate=True))
    except ValueError:
        return None


def _refused(place: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{place} {why}. Nothing was sent.")
